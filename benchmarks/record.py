"""The record's page with many entries: the budget is 200 ms of the server's own time (thread's processor time).

Beside it what it can cost no less: to open, from the chain and the object store, one report as its own page does; and
what the first visit costs, which reads the whole line once.
"""

import secrets
import statistics
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import delete

from benchmarks.installation import Installation, a_report, install
from benchmarks.own_time import median_ms
from benchmarks.pages import request
from blockmrs.config.application import assemble
from blockmrs.domain.facts import HealthFacts
from blockmrs.model.objects import ShortCutRow
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.people.persons import ME

PAGE_MS = 200.0
PAGES = ("/record", "/record/reports", "/record/facts/history", "/log", "/field/reports", "/")
_FACTS_EVERY = 10


@dataclass(frozen=True, slots=True)
class RecordTimes:
    """Milliseconds, each a median: of the pages by address, of the first visit, of one report opened, of `/healthz`."""

    entries: int
    pages: dict[str, float]
    first_visit: float
    one_report: float
    healthz: float


def measure_record(folder: Path, entries: int, rounds: int) -> RecordTimes:
    """A person with so many entries on their own line: every tenth are health facts, the rest reports from home."""
    installation = install(folder)
    application = assemble(installation.settings, installation.services)
    try:
        actor, token = installation.signed_in("Maria Rivers")
        address = fill(installation, actor, entries)
        # Others have used the chain since: what came later is looked for at every place of the line.
        installation.fill_chain(installation.foundation.ledger.size + 100)
        tasks = {page: request(application, "GET", page, cookie=f"blockmrs={token}") for page in PAGES}

        def first_visit() -> object:
            forget(installation, actor)
            return tasks["/record"]()

        first = median_ms(first_visit, max(3, rounds // 5))
        return RecordTimes(
            entries,
            {page: median_ms(task, rounds) for page, task in tasks.items()},
            first,
            median_ms(lambda: installation.services.reports.open(actor, address), rounds),
            median_ms(request(application, "GET", "/healthz"), rounds),
        )
    finally:
        installation.close()


def report_record(times: RecordTimes) -> list[str]:
    """The page against one report and `/healthz`, and whether the budget holds."""
    page = times.pages["/record"]
    over = sum(value >= PAGE_MS for value in times.pages.values())
    slowest = max(times.pages, key=lambda name: times.pages[name])
    return [
        f"  /record / one report opened               {page / times.one_report:.1f}",
        f"  /record / healthz                         {page / times.healthz:.0f}",
        f"  first visit / later visits                {times.first_visit / page:.0f}",
        f"    ({times.entries:,} entries: /record {page:.0f} ms, first visit {times.first_visit:.0f} ms,"
        f" one report {times.one_report:.1f} ms;",
        f"    slowest {slowest} {times.pages[slowest]:.0f} ms, usual {statistics.median(times.pages.values()):.0f} ms;"
        f" {over} of {len(times.pages)} pages reach {PAGE_MS:.0f} ms)",
    ]


def fill(installation: Installation, actor: Actor, entries: int) -> str:
    """Write the entries; returns the address of the last report."""
    services, version, address = installation.services, "", ""
    person = services.people.find(actor, ME)
    for number in range(entries):
        draft = secrets.token_hex(16)
        if number % _FACTS_EVERY == 0:
            facts, today = HealthFacts(allergies=(f"Allergy {number}",)), services.facts.now().date()
            version = services.facts.save(actor, person, draft, facts, version, today).version
        else:
            report = replace(a_report(), origin="home")
            address = services.reports.save(actor, draft, report, person=person).address
    return address


def forget(installation: Installation, actor: Actor) -> None:
    """Take the contents of their line away, as after a recovery from the seed."""
    with installation.foundation.database.write() as rows:
        rows.execute(delete(ShortCutRow).where(ShortCutRow.lookup == actor.keyring.derive("contents")))
