"""A real installation in a folder: SQLite file, embedded block store, outbox wrapper, head file; as `make run` has it.

Only Argon2 is made cheap: it is paid at sign-in, not by what is measured here.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from blockmrs.chain.ledger import MAX_BLOCK_TRANSACTIONS
from blockmrs.chain.transaction import ENVELOPE_BYTES, Transaction
from blockmrs.config.assembly import Foundation, build_database, build_foundation, build_services, utc_now
from blockmrs.config.settings import Settings, read_settings
from blockmrs.crypto.keys import signing_public_key
from blockmrs.crypto.signatures import SIGNATURE_BYTES, sign
from blockmrs.domain.reports import Advice, Report, ReportedFinding
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.container import Services
from blockmrs.services.people.roster import Player
from blockmrs.services.reports.reports import SavedReport
from blockmrs.websetup import prepare

_CHEAP = {
    "blockmrs.passwords.memory_kib": "64",
    "blockmrs.passwords.iterations": "1",
    "blockmrs.passwords.lanes": "1",
}
_PASSWORD = "marble kettle sunrise otter"


@dataclass(frozen=True, slots=True)
class Coach:
    """A coach with one player on the roster."""

    actor: Actor
    player: Player


@dataclass(frozen=True, slots=True)
class Installation:
    """Every service over one folder."""

    settings: Settings
    foundation: Foundation
    services: Services

    def person(self, display_name: str) -> Actor:
        """A new account, signed in, with its recovery code confirmed."""
        return self.signed_in(display_name)[0]

    def signed_in(self, display_name: str) -> tuple[Actor, str]:
        """The same, with the token that its browser's cookie holds."""
        signed_up = self.services.identity.sign_up(f"u{secrets.token_hex(6)}", display_name, _PASSWORD)
        actor = self.services.identity.actor_for(signed_up.token)
        assert actor is not None
        self.services.identity.confirm_recovery(actor)
        return replace(actor, recovery_confirmed=True), signed_up.token

    def coach(self, earlier_reports: int) -> Coach:
        """A coach who saved `earlier_reports` about the player before."""
        actor = self.person("Ana Coach")
        team = self.services.teams.add_player(actor, "Sam Rivers", "7", self.services.teams.team(actor).version)
        coach = Coach(actor, team.players[0])
        for _ in range(earlier_reports):
            self.save(coach)
        return coach

    def member(self, organisation: str) -> Actor:
        """A clinician of a new organisation of the directory."""
        actor = self.person("Dr Chen")
        self.services.organisations.accept(actor, self.services.organisations.add(organisation), "")
        return actor

    def save(self, coach: Coach) -> SavedReport:
        """One new report about the coach's player, who is told at once."""
        return self.services.reports.save(
            coach.actor, secrets.token_hex(16), a_report(), player=coach.player, withheld=False
        )

    def fill_chain(self, size: int) -> None:
        """Other people's transactions, until the log has `size`: validly signed, and nobody's to open."""
        ledger = self.foundation.ledger
        while (missing := size - ledger.size) > 0:
            ledger.submit([_somebody_elses(ledger.chain_id) for _ in range(min(missing, MAX_BLOCK_TRANSACTIONS))])

    def close(self) -> None:
        """Let go of the files."""
        self.foundation.database.engine.dispose()
        self.foundation.in_use.close()


def install(folder: Path) -> Installation:
    """A fresh installation in `folder`."""
    settings = read_settings({**_CHEAP, "blockmrs.data.folder": str(folder)})
    database = build_database(settings)
    prepare(database)
    database.engine.dispose()
    foundation = build_foundation(settings)
    return Installation(settings, foundation, build_services(settings, foundation))


def a_report() -> Report:
    """A report as the pages make one."""
    now = utc_now()
    return Report(
        player="Sam Rivers",
        shirt_number="7",
        age="13 to 15",
        injured_at=now - timedelta(minutes=10),
        written_at=now,
        place="North Field",
        sport="Rugby",
        mechanism=("fall",),
        findings=(ReportedFinding("head/vomited", "Threw up?", "yes"),),
        advice=Advice(1, "Call an ambulance now", (("HEAD-08", "Vomiting twice can be serious."),), "1", False),
        done=("ice",),
        ambulance_called_at=None,
        who_was_told=("nobody yet",),
        note="Landed on the back of the head.",
        author="Ana Coach",
        team="North U15",
    )


def _somebody_elses(chain_id: bytes) -> bytes:
    seed = secrets.token_bytes(32)
    transaction = Transaction(
        secrets.token_bytes(32), signing_public_key(seed), secrets.token_bytes(ENVELOPE_BYTES), bytes(SIGNATURE_BYTES)
    )
    signature = sign(seed, "transaction", chain_id, transaction.unsigned())
    return replace(transaction, signature=signature).encode()
