"""Giving a whole record: how many transactions, and how long, with 10 updates in it and with many.

The record is somebody's own, all of it reports from home; it was saved in the usual way as far as the chain, the
objects and the line go, many to a block, and its checkpoints are those of the last save before. What is measured is the
whole service call, from choosing to the durable block and its rows, beside the least of a share: that of ten updates.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from benchmarks.installation import Installation, a_report, install
from benchmarks.measure import Samples, Task, interleave
from benchmarks.own_time import median_ms
from blockmrs.config.assembly import utc_now
from blockmrs.domain.kinds import Content
from blockmrs.domain.sharing import Grant
from blockmrs.fhir.report import write_report
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.saving import commit_batch
from blockmrs.services.lines.updates import write_update
from blockmrs.services.people.persons import ME
from blockmrs.services.selections.selection import Selection, Terms

SIZES = (10, 1_000, 10_000)
SECONDS = 2.0
"""The budget of giving 10,000 updates."""
UNCOVERED = 450
"""How many entries came since the last checkpoint: nearly as many as ever do."""
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class GivingTimes:
    """Wall-clock samples by number of updates; transactions of a second share; its processor's time, milliseconds."""

    samples: Samples
    transactions: dict[int, int]
    own_ms: dict[int, float]


@dataclass(frozen=True, slots=True)
class _Giver:
    """Somebody with a record of their own, and whom it goes to."""

    installation: Installation
    actor: Actor
    organisation: bytes

    def give(self) -> None:
        """Everything, once more, as one request does it."""
        services = self.installation.services
        with services.readings.one():
            services.record_sharing.share(
                self.actor, ME, secrets.token_hex(16), self.organisation, Selection(),
                Terms("care", utc_now() + timedelta(days=30)),
            )  # fmt: skip


def measure_giving(folder: Path, sizes: tuple[int, ...], rounds: int) -> GivingTimes:
    """Each number of updates in an installation of its own."""
    givers = {size: _giver(install(folder / str(size)), size) for size in sizes}
    try:
        transactions = {size: _transactions(giver) for size, giver in givers.items()}
        # Nobody gives to one place more often than thirty times in a day.
        samples = interleave(min(rounds, 9), {str(size): _rounds(giver) for size, giver in givers.items()})
        own = {size: median_ms(giver.give, min(rounds, 5)) for size, giver in givers.items()}
        return GivingTimes(samples, transactions, own)
    finally:
        for giver in givers.values():
            giver.installation.close()


def report_giving(times: GivingTimes) -> list[str]:
    """The ratios against the smallest, and whether the budget holds."""
    least, *others = times.own_ms
    lines = [
        f"  {size:,} updates / {least:,} updates".ljust(44) + str(times.samples.ratio(str(size), str(least)))
        for size in others
    ]
    most = max(times.own_ms)
    seconds = times.samples.median_ms(str(most)) / 1000
    budget = f"{'within' if seconds < SECONDS else 'OVER'} {SECONDS:.0f} s" if most >= max(SIZES) else "no budget"
    return [
        *lines,
        *(
            f"    ({size:,} updates: {times.transactions[size]} transactions,"
            f" {times.samples.median_ms(str(size)):.0f} ms, of which the processor {times.own_ms[size]:.0f} ms)"
            for size in times.own_ms
        ),
        f"    {most:,} updates: {seconds:.2f} s, {budget}",
    ]


def _rounds(giver: _Giver) -> "Task":
    return lambda _number: giver.give


def _transactions(giver: _Giver) -> int:
    """How many a share takes once the line to that organisation is there."""
    giver.give()
    before = giver.installation.foundation.ledger.size
    giver.give()
    return giver.installation.foundation.ledger.size - before


def _giver(installation: Installation, size: int) -> _Giver:
    installation.member("North Hospital")
    actor = installation.person("Maria Rivers")
    uncovered = min(UNCOVERED, size - 1)
    fill(installation, actor, size - uncovered - 1)
    report = replace(a_report(), origin="home")
    services = installation.services
    # This one leaves the checkpoint, if the record is long enough for one.
    services.reports.save(actor, secrets.token_hex(16), report, person=services.people.find(actor, ME))
    fill(installation, actor, uncovered)
    return _Giver(installation, actor, services.organisations.directory()[0].card_id)


def fill(installation: Installation, actor: Actor, number: int) -> None:
    """So many more reports about themselves, a thousand to a block."""
    mailbox = installation.services.reports._mailbox
    keyring, body = actor.keyring, write_report(replace(a_report(), origin="home"))
    while number > 0:
        batch, now = mailbox.batch(), mailbox.moment()
        start = mailbox.length(keyring.own_line)
        batch.know_length(keyring.own_line, start)
        previous = mailbox.last_update(keyring)
        for place in range(start, start + min(number, _AT_ONCE)):
            pointer, update_id = write_update(
                batch, keyring, subject=keyring.card.id, kind=Content.REPORT, purpose="care", body=body, created=now,
                chain_id=mailbox.chain_id, holder=keyring,
            )  # fmt: skip
            grant = Grant(
                update_id, keyring.card.id, Content.REPORT, now, object=pointer, number=place, previous=previous,
                draft_mark=secrets.token_bytes(16), level=1, head=True, private=False, title="Sam Rivers",
            )  # fmt: skip
            write_grant(batch, grant, keyring, LineTo.own(keyring))
            previous = update_id
        commit_batch(installation.foundation.database, batch)
        number -= _AT_ONCE


def checkpoints_of(installation: Installation, actor: Actor) -> int:
    """How many stand on their line."""
    mailbox = installation.services.reports._mailbox
    return sum(item.sort is Sort.CHECKPOINT for item in mailbox.contents(actor.keyring))
