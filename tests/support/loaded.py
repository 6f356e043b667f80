"""What a server and its commands load, all of it: imported by the process from which those of the tests are forked.

To load it takes longer than anything that they are told to do. Nothing is opened here, and no thread is started.
"""

import click.testing

import blockmrs.cli
import tests.support.ledger_work
import tests.support.processes
import tests.support.world
from blockmrs.domain.triage.loader import load_rules
from blockmrs.fhir import bundle

load_rules()
bundle.bundle_class()

__all__ = ["blockmrs", "click", "tests"]
