"""`blockmrs demo`: a believable club on a fresh installation."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from blockmrs.cli.common import open_services, settings_option
from blockmrs.services.demo import make_demo

if TYPE_CHECKING:
    from blockmrs.config.settings import Settings


@click.command()
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print the accounts as JSON.")
def command(settings: Settings, as_json: bool) -> None:
    """Fill a fresh installation with a team, families and a hospital, and print their passwords once."""
    demo = make_demo(open_services(settings))
    if as_json:
        click.echo(json.dumps(asdict(demo)))
        return
    click.echo("Made for this installation, and shown only once:\n")
    for account in demo.accounts:
        click.echo(f"  {account.role:<13} {account.user_name:<14} {account.password}")
        click.echo(f"  {'':<13} {'':<14} recovery code {account.recovery_code}")
    click.echo("\nOn the address of the server, which may run meanwhile:\n")
    for path, what in (
        ("/field", "advice, for everybody"),
        ("/login", "sign in as any of them"),
        (f"/field/report/{demo.report}", "a report, for its coach and family"),
        ("/inbox", "what the hospital got, for a clinician"),
        ("/people", "who can see what, for a parent"),
        ("/admin", "counts and health, for the administrator"),
        ("/r", f"the report for the crew, with the code {demo.typed_code}, for 24 hours"),
    ):
        width = 14 if len(path) <= 14 else len(path)
        click.echo(f"  {path:<{width}} {what}")
