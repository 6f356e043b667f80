"""A whole installation in a folder, from real parts, with cheap password hashing: for tests below the web."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from blockmrs.chain.ledger import Ledger
from blockmrs.chain.sealer import Sealer
from blockmrs.crypto.secret_files import read_or_create_secret_file
from blockmrs.crypto.wrapping import WrapCost, Wrapper
from blockmrs.domain.reports import Advice, Report, ReportedFinding
from blockmrs.model.chain import SqlLedgerStore
from blockmrs.model.database import Database, create_engine
from blockmrs.model.rows import derive_row_key
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.accounts.closing import Closing
from blockmrs.services.accounts.identity import Identity, SessionLimits
from blockmrs.services.accounts.invitations import Invitations
from blockmrs.services.accounts.throttle import Throttle
from blockmrs.services.followup.clearances import Clearances
from blockmrs.services.followup.head_reports import AfterReport
from blockmrs.services.followup.replies import Replies
from blockmrs.services.followup.symptom_checks import FollowUps
from blockmrs.services.grants.checkpoints import Checkpoints
from blockmrs.services.grants.owners import Owners
from blockmrs.services.grants.standing import StandingGrants
from blockmrs.services.handover.handing_over import HandingOver
from blockmrs.services.handover.passed_on import PassedOn
from blockmrs.services.leaving.closer import Closer
from blockmrs.services.leaving.departures import Departures
from blockmrs.services.leaving.plan import Step
from blockmrs.services.leaving.survey import Surveyor
from blockmrs.services.lines.cards import Cards
from blockmrs.services.lines.mailbox import Mailbox
from blockmrs.services.node.data_folder import HEAD
from blockmrs.services.node.verify import Evidence
from blockmrs.services.people.organisations import Organisations
from blockmrs.services.people.persons import People
from blockmrs.services.people.rolls import Rolls
from blockmrs.services.people.teams import Teams
from blockmrs.services.record.crew_facts import CrewFacts
from blockmrs.services.record.facts import Facts
from blockmrs.services.reminders import Reminders
from blockmrs.services.reports.access import AccessFinder
from blockmrs.services.reports.attachments import Attachments
from blockmrs.services.reports.reports import Reports
from blockmrs.services.selections.entries import RecordReader
from blockmrs.services.selections.received import ReceivedRecords
from blockmrs.services.selections.record_shares import RecordSharing
from blockmrs.services.sharing.books import Books
from blockmrs.services.sharing.crew_codes import Codes
from blockmrs.services.sharing.everyone import Everyone
from blockmrs.services.sharing.from_now_on import FromNowOn
from blockmrs.services.sharing.given_facts import GivenFacts
from blockmrs.services.sharing.inbox import Inbox, Page
from blockmrs.services.sharing.rights import Rights
from blockmrs.services.sharing.shares import InboxItem, Sharing
from blockmrs.services.sharing.standing_records import StandingRecords
from blockmrs.services.sharing.who_looked import WhoLooked
from blockmrs.services.stopping.left_to_do import LeftToDo
from blockmrs.services.stopping.releases import Releases
from blockmrs.services.stopping.sealing_anew import SealingAnew
from blockmrs.storage import ObjectStore
from blockmrs.storage.embedded import EmbeddedStore
from blockmrs.storage.leaving import Leaving
from blockmrs.storage.let_go import LET_GO, LetGo
from blockmrs.storage.outbox import OutboxStore
from tests.support.dialects import hold_every_statement
from tests.support.migrated import make_tables
from tests.support.pure import remember_what_is_pure
from tests.support.stages import Made, Stages

PASSWORD = "marble kettle sunrise otter"


@dataclass
class World:
    """Every service over one folder.

    Args:
        store: replaces the embedded block store, to let a node be away.
        believed: whether its clock can be.
        alike: it has the secrets and the chain of all that begin alike, so that `once` need not do again what it did.
    """

    folder: Path
    clock: Callable[[], datetime]
    store: ObjectStore | None = None
    codes_of: dict[str, str] = field(default_factory=dict)
    alike: bool = False
    believed: bool = True

    def __post_init__(self) -> None:
        secrets, clock = self.folder / "secrets", self.clock
        self._stages = Stages(self.folder, clock, self.codes_of, self.alike)
        self.pepper = read_or_create_secret_file(secrets / "pepper")
        hold_every_statement()
        remember_what_is_pure()
        self.engine = create_engine(f"sqlite:///{self.folder / 'blockmrs.db'}")
        self.database = Database(self.engine, derive_row_key(self.pepper))
        make_tables(self.engine)
        self._stages.watch(self.engine)
        self.ledger = Ledger(SqlLedgerStore(self.engine), Sealer(secrets / "sealer.key", secrets / HEAD), clock)
        self.embedded = EmbeddedStore(self.folder / "objects")
        self.let_go = LetGo(secrets / LET_GO)
        self.objects = OutboxStore(self.store or self.embedded, self.folder / "outbox", let_go=self.let_go)
        self.leaving = Leaving(self.objects, self.folder / "outbox", self.let_go)
        wrapper = Wrapper(self.pepper, WrapCost(memory_kib=64, iterations=1, lanes=1))
        self.throttle = Throttle(self.database, wrapper, clock)
        closing = Closing(self.database, wrapper, self.let_go)
        self.cards = Cards(self.ledger, self.objects)
        self.mailbox = Mailbox(
            self.database, self.ledger, self.objects, self.objects, self.cards, clock, closing.check_open
        )
        limits = SessionLimits(timedelta(hours=2), timedelta(hours=12))
        self.identity = Identity(
            self.database, self.mailbox, self.cards, wrapper, self.throttle, limits, clock, closing
        )
        self.invitations = Invitations(self.database, wrapper, self.throttle, timedelta(days=7), clock)
        self.organisations = Organisations(
            self.database, self.mailbox, self.cards, self.invitations, closing.is_closing
        )
        self.rolls = Rolls(self.mailbox, closing.is_closing)
        self.teams = Teams(self.database, self.mailbox, self.cards, self.objects, self.invitations, self.rolls)
        self.people = People(self.teams)
        self.passed_on = PassedOn(self.mailbox, self.cards)
        self.handing_over = HandingOver(
            self.database, self.mailbox, self.cards, self.rolls, self.invitations, self.passed_on, self.objects
        )
        self.standing = StandingGrants(self.mailbox, self.cards, self.objects, self.rolls.of)
        self.checkpoints = Checkpoints(self.mailbox, self.rolls.of)
        self.owners = Owners(self.mailbox, self.standing, self.checkpoints)
        self.crew_facts = CrewFacts(
            self.database, self.mailbox, self.objects, self.teams, self.rolls,
            lambda *given: self.along.give_to_running(*given), self.owners,
        )  # fmt: skip
        self.facts = Facts(self.database, self.mailbox, self.cards, self.objects, self.crew_facts, self.owners)
        self.access = AccessFinder(self.database, self.mailbox, self.objects, self.teams, self.organisations)
        self.reports = Reports(
            self.database, self.mailbox, self.cards, self.objects, self.teams, self.access, self.owners,
            lambda pointer: self.objects.waiting(pointer.cid),
        )  # fmt: skip
        self.attachments = Attachments(
            self.database,
            self.mailbox,
            self.cards,
            self.objects,
            self.organisations,
            self.access,
            self.reports,
            self.owners,
        )
        self.books = Books(self.mailbox, self.rolls, self.access, self.reports, self.standing)
        self.along = GivenFacts(
            self.mailbox, self.access, self.reports, self.books, self.attachments, self.crew_facts
        )  # fmt: skip
        self.sharing = Sharing(
            self.database, self.mailbox, self.cards, self.organisations, self.access, self.reports, self.attachments,
            self.throttle, self.books, self.along,
        )  # fmt: skip
        self.from_now_on = FromNowOn(
            self.database, self.mailbox, self.cards, self.people, self.organisations, self.rolls, self.standing,
            self.throttle, self.objects,
        )  # fmt: skip
        self.standing_records = StandingRecords(self.mailbox, self.organisations, self.access, self.sharing)
        self.inbox = Inbox(self.mailbox, self.organisations, self.access, self.sharing)
        after = AfterReport(self.database, self.mailbox, self.access, self.reports, self.attachments, self.sharing)
        self.followups = FollowUps(after, self.teams)
        self.clearances = Clearances(after, self.cards, self.organisations, UTC)
        self.replies = Replies(after, self.cards, self.organisations)
        self.codes = Codes(
            self.database, self.objects, self.cards, self.access, wrapper, self.throttle, timedelta(days=1), clock,
            self.ledger.chain_id, self.crew_facts,
        )  # fmt: skip
        self.rights = Rights(
            self.database, self.mailbox, self.cards, self.teams, self.rolls, self.invitations, self.codes, self.sharing
        )  # fmt: skip
        self.records = RecordReader(self.mailbox, self.facts, self.standing.kept_out, self.checkpoints)
        self.record_sharing = RecordSharing(
            self.database, self.mailbox, self.objects, self.cards, self.organisations, self.teams, self.people,
            self.rolls, self.throttle, self.records, self.from_now_on.one_at_a_time,
        )  # fmt: skip
        self.everyone = Everyone(
            self.mailbox, self.rights, self.reports, self.access, self.sharing, self.codes, self.crew_facts,
            (self.from_now_on.rows, self.record_sharing.rights),
        )  # fmt: skip
        self.who_looked = WhoLooked(
            self.mailbox, self.rolls, self.access, self.sharing, self.codes, self.crew_facts, self.identity.visits,
            (self.from_now_on.log, self.record_sharing.log),
        )  # fmt: skip
        self.received_records = ReceivedRecords(self.mailbox, self.organisations, self.access)
        self.evidence = Evidence(
            self.database, self.ledger, self.objects, self.embedded.iter_cids, self.objects.pending, self.let_go.cids
        )
        releases = Releases(self.database, self.mailbox, self.teams, self.codes, self.leaving)
        self.left_to_do = LeftToDo(self.mailbox, self.standing, self.rolls.of)
        self.sealing_anew = SealingAnew(
            self.database, self.mailbox, self.cards, self.teams, self.access, self.books, self.sharing,
            self.from_now_on, self.left_to_do, releases, self.objects.lacking, self.objects, lambda: self.believed,
            self.record_sharing.readers,
        )  # fmt: skip
        self.reminders = Reminders(
            self.mailbox, self.people, self.sharing, self.from_now_on, self.record_sharing, self.sealing_anew
        )  # fmt: skip
        surveyor = Surveyor(
            self.mailbox, self.teams, self.rolls, self.organisations, self.books, self.standing, self.record_sharing,
            releases, self.identity.visits, closing.is_closing, self.identity.is_only_admin,
        )  # fmt: skip
        sealer = Sealer(secrets / "sealer.key", secrets / HEAD)
        self.departures = Departures(
            self.database, self.mailbox, sealer.public_key, wrapper, self.identity, closing, surveyor, self.leaving,
            timedelta(days=14),
        )  # fmt: skip

        def closer(on_step: Callable[[Step], None] = lambda _step: None) -> Closer:
            return Closer(
                self.database, self.ledger, sealer, wrapper, closing, self.leaving, self.mailbox.moment, on_step
            )

        self.closer = closer
        self._stages.begin()

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        """What `make` returns and does, for fixtures alone; done once in a process for all that begin alike."""
        return self._stages.once(what, make)

    def person(self, user_name: str, display_name: str) -> Actor:
        """A new account that has confirmed its recovery code, signed in."""
        signed_up = self.identity.sign_up(user_name, display_name, PASSWORD)
        self.codes_of[user_name] = signed_up.recovery_code
        actor = self.identity.actor_for(signed_up.token)
        assert actor is not None
        self.identity.confirm_recovery(actor)
        return replace(actor, recovery_confirmed=True)

    def received(self, actor: Actor) -> list[InboxItem]:
        """An inbox: what known senders sent, then of each stranger at most three, then what has ended."""
        lost: list[str] = []
        pages: list[Callable[..., Page]] = [
            lambda before: self.inbox.first(actor, before, lost).known,
            lambda before: self.inbox.unknown(actor, before, lost),
            lambda before: self.inbox.ended(actor, before, lost),
        ]
        found: list[InboxItem] = []
        for page_of in pages:
            page = page_of(None)
            found += page.items
            while page.older is not None:
                page = page_of(page.older)
                found += page.items
        return found

    def report(self, player: str = "Sam Rivers", level: int = 1) -> Report:
        return report_at(self.clock(), player, level)


def staged(fixture: Callable[..., Made]) -> Callable[..., Made]:
    """A fixture that needs a `world`, and does what it does by `World.once`."""

    @wraps(fixture)
    def made(**given: Any) -> Made:
        world: World = given["world"]
        return world.once(f"{fixture.__module__} {fixture.__name__}", lambda: fixture(**given))

    return made


def report_at(now: datetime, player: str = "Sam Rivers", level: int = 1) -> Report:
    """A believable report, written at that time."""
    return Report(
        player=player,
        shirt_number="7",
        age="13 to 15",
        injured_at=now - timedelta(minutes=10),
        written_at=now,
        place="North Field",
        sport="Rugby",
        mechanism=("fall",),
        findings=(ReportedFinding("head/vomited", "Threw up?", "yes"),),
        advice=Advice(level, "Call an ambulance now", (("HEAD-08", "Vomiting twice can be serious."),), "1", False),
        done=("ice",),
        ambulance_called_at=None,
        who_was_told=("nobody yet",),
        note="Landed on the back of the head.",
        author="Ana Coach",
        team="North U15",
    )
