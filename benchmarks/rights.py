"""The page of everybody's rights with many of them: milliseconds of the processor's time, against `/healthz`.

A coach whose players' families were invited, and whose reports went to hospitals and crews: the most that one person
sees. The first page of rows is shown; all rows are collected for it, since they are filtered and counted.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.installation import Installation, a_report, install
from benchmarks.own_time import median_ms
from benchmarks.pages import request
from blockmrs.config.application import assemble
from blockmrs.config.assembly import utc_now
from blockmrs.services.accounts.actor import Actor

PLAYERS_FOR_200 = 25
_INVITATIONS, _REPORTS = 2, 2
_HOSPITALS_EACH = 2
"""Each report goes to two of its own: nobody may send a hospital more than thirty reports in an hour."""


@dataclass(frozen=True, slots=True)
class RightsTimes:
    """Milliseconds, each a median: of the page, of its last page, of one person's page, of `/healthz`."""

    rights: int
    page: float
    last: float
    one_person: float
    healthz: float


def measure_rights(folder: Path, players: int, rounds: int) -> RightsTimes:
    """A coach with so many players, each with eight rights: the coach's, two invitations, four shares and a code."""
    installation = install(folder)
    application = assemble(installation.settings, installation.services)
    try:
        actor, token = installation.signed_in("Ana Coach")
        fill(installation, actor, players)
        everyone, rights = installation.services.everyone, installation.services.rights
        count = everyone.page(actor, [])
        handle = rights.people(actor)[-1][0]

        def task(path: str) -> float:
            return median_ms(request(application, "GET", path, cookie=f"blockmrs={token}"), rounds)

        return RightsTimes(
            count.total,
            task("/people"),
            task(f"/people?page={count.pages}"),
            task(f"/people/{handle}"),
            task("/healthz"),
        )
    finally:
        installation.close()


def report_rights(times: RightsTimes) -> list[str]:
    """The page against `/healthz`, and against one person's page."""
    return [
        f"  /people / healthz                         {times.page / times.healthz:.0f}",
        f"  /people / one person's page               {times.page / times.one_person:.1f}",
        f"    ({times.rights} rights: first page {times.page:.0f} ms, last page {times.last:.0f} ms,"
        f" one person's page {times.one_person:.0f} ms)",
    ]


def fill(installation: Installation, actor: Actor, players: int) -> None:
    """Give those rights."""
    services = installation.services
    hospitals = [f"Hospital {number}" for number in range(_REPORTS * _HOSPITALS_EACH)]
    for hospital in hospitals:
        installation.member(hospital)
    cards = [entry.card_id for entry in services.organisations.directory() if entry.name in hospitals]
    added = [(str(number), f"Player {number}") for number in range(players)]
    until = utc_now() + timedelta(days=30)
    for player in services.teams.add_players(actor, added, services.teams.team(actor).version).players:
        for _ in range(_INVITATIONS):
            services.teams.invite_family(actor, player.player_id)
        for number in range(_REPORTS):
            address = services.reports.save(actor, secrets.token_hex(16), a_report(), player=player).address
            for card in cards[number * _HOSPITALS_EACH : (number + 1) * _HOSPITALS_EACH]:
                services.sharing.grant(actor, address, card, "care", until)
        services.codes.make(actor, address)
