"""Builds database, ledger, object store and services from the settings: the one place where they are chosen."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from blockmrs.chain.ledger import Ledger
from blockmrs.chain.sealer import Sealer
from blockmrs.crypto.secret_files import read_or_create_secret_file
from blockmrs.crypto.turns import FEW_WAITING, Turns
from blockmrs.crypto.wrapping import WrapCost, Wrapper
from blockmrs.domain.sharing import Now
from blockmrs.errors import Conflict, InvalidInput, Unavailable, VerificationFailed
from blockmrs.model.chain import SqlLedgerStore
from blockmrs.model.database import Database, create_engine, file_of
from blockmrs.model.migrations import is_current
from blockmrs.model.rows import derive_row_key
from blockmrs.services.accounts.closing import Closing
from blockmrs.services.accounts.identity import Identity, SessionLimits
from blockmrs.services.accounts.invitations import Invitations
from blockmrs.services.accounts.throttle import Throttle
from blockmrs.services.advice.interviews import TriageService
from blockmrs.services.advice.who_is_told import WhoIsTold
from blockmrs.services.container import Services
from blockmrs.services.followup.clearances import Clearances
from blockmrs.services.followup.head_reports import AfterReport
from blockmrs.services.followup.replies import Replies
from blockmrs.services.followup.symptom_checks import FollowUps
from blockmrs.services.grants.checkpoints import Checkpoints
from blockmrs.services.grants.owners import Owners
from blockmrs.services.grants.standing import StandingGrants
from blockmrs.services.handover.lost import Lost
from blockmrs.services.handover.passed_on import PassedOn
from blockmrs.services.leaving.closer import Closer
from blockmrs.services.leaving.departures import Departures
from blockmrs.services.leaving.survey import Surveyor
from blockmrs.services.lines.cards import Cards
from blockmrs.services.lines.mailbox import Mailbox
from blockmrs.services.node.backup import Backup
from blockmrs.services.node.clock_watch import ClockWatch
from blockmrs.services.node.data_folder import HEAD, OBJECTS, OUTBOX, PATIENCE_S, FolderLock, use_folder
from blockmrs.services.node.health import HealthService
from blockmrs.services.node.overview import Overview
from blockmrs.services.node.restore import Restore
from blockmrs.services.node.verify import Evidence
from blockmrs.services.notices import Notices
from blockmrs.services.people.calls import Calls
from blockmrs.services.people.joining import Joining
from blockmrs.services.people.organisations import Organisations
from blockmrs.services.people.persons import People
from blockmrs.services.people.plans import Plans
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
from blockmrs.services.sharing.inbox import Inbox
from blockmrs.services.sharing.rights import Rights
from blockmrs.services.sharing.shares import Sharing
from blockmrs.services.sharing.standing_records import StandingRecords
from blockmrs.services.sharing.who_looked import WhoLooked
from blockmrs.services.stopping.left_to_do import LeftToDo
from blockmrs.services.stopping.releases import Releases
from blockmrs.services.stopping.sealing_anew import SealingAnew
from blockmrs.storage.embedded import EmbeddedStore
from blockmrs.storage.leaving import Leaving
from blockmrs.storage.let_go import LET_GO, LetGo
from blockmrs.storage.outbox import OutboxStore

if TYPE_CHECKING:
    from blockmrs.cid import Cid
    from blockmrs.config.settings import Settings, StorageSettings
    from blockmrs.storage import ObjectStore

Clock = Callable[[], datetime]
Aside = Callable[[], AbstractContextManager[None]]

# A node that does not sync its disk leaves that to the kernel, which takes half a minute: we allow four times that.
NODE_SETTLE_S = 120.0
# What a header may contain; the secret alone, without `bearer:`.
_TOKEN = re.compile(r"[!-~]{1,4096}")


@dataclass(frozen=True, slots=True)
class Foundation:
    """What the services are built on. While `in_use` is held, no restore can replace any of it."""

    in_use: FolderLock
    database: Database
    pepper: bytes
    ledger: Ledger
    objects: OutboxStore
    let_go: LetGo
    leaving: Leaving
    near: ObjectStore
    clock: Clock
    clock_watch: ClockWatch

    def close(self) -> None:
        """Release everything; the last process to use the folder seals the database file as it is then."""
        self.database.engine.dispose()
        if self.in_use.alone():
            self.database.rest()
        self.in_use.close()

    def stored_cids(self) -> Iterator[Cid]:
        """Every object in this node's own folders that was not let go; an IPFS node is not asked for its list."""
        of_store = self.objects.inner.iter_cids() if isinstance(self.objects.inner, EmbeddedStore) else ()
        yield from (cid for cid in (*of_store, *self.objects.iter_waiting()) if cid not in self.let_go)


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def pepper_file(settings: Settings) -> Path:
    """The file with the pepper, without which no password opens anything."""
    return settings.data.secrets / "pepper"


def build_database(settings: Settings) -> Database:
    """The database; its folder and the pepper are made if there were none. Migrates nothing.

    Raises:
        VerificationFailed: there is a database but no pepper: with another pepper nothing in it would ever open.
    """
    for folder in (settings.data.folder, settings.data.secrets):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(settings.data.url)
    # Checked in this order, because whoever makes both makes the pepper first.
    if _was_used(settings, engine) and not pepper_file(settings).exists():
        raise VerificationFailed(
            "the pepper is missing, and without it no password opens anything here: bring the file back from a backup",
            path=pepper_file(settings),
        )
    return Database(engine, derive_row_key(read_or_create_secret_file(pepper_file(settings))))


def _was_used(settings: Settings, engine: Engine) -> bool:
    file = file_of(engine)
    has_database = file is not None and file.exists() and file.stat().st_size > 0
    return has_database or (settings.data.secrets / HEAD).exists()


@contextmanager
def database_alone(settings: Settings) -> Iterator[Database]:
    """The database, for as long as nobody else uses, or can use, the data folder; sealed at the end.

    Raises:
        Conflict: a server or another command uses the folder.
    """
    with use_folder(settings.data.folder, alone=True):
        database = build_database(settings)
        yield database
        database.rest()


def _enter(settings: Settings, upgrade: bool) -> tuple[FolderLock, Database]:
    """A place in the data folder, and the database; with `upgrade`, migrated first if need be, with nobody else there.

    If several servers start at once on a new folder, one migrates and the others wait for it.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        in_use, database = use_folder(settings.data.folder), build_database(settings)
        if is_current(database.engine):
            return in_use, database
        is_alone = False
        try:
            if not upgrade:
                raise Unavailable("the database is not up to date: run `blockmrs migrate` first")
            is_alone = in_use.alone()
            if is_alone:
                database.migrate()
        finally:
            database.engine.dispose()
            in_use.close()
        if not is_alone and time.monotonic() > deadline:
            raise Conflict(
                "the database has to be brought up to date for this version, but a server or another command uses"
                " this data folder: stop it first"
            )
        # Not the same for all: those that ask at the same moment would block each other forever.
        time.sleep(random.uniform(0.01, 0.1))  # noqa: S311 - no secret


def build_sealer(settings: Settings) -> Sealer:
    """This machine's sealer; its key and head file are kept beside the pepper, never in the database."""
    return Sealer(settings.data.secrets / "sealer.key", settings.data.secrets / HEAD)


def build_object_store(settings: StorageSettings, folder: Path) -> ObjectStore:
    """The object store chosen by the settings; `folder` is for the embedded one."""
    if settings.kind == "embedded":
        return EmbeddedStore(folder)
    # Loading the client takes a third of the start; nobody should wait for that without a node.
    from blockmrs.storage.kubo import KuboStore

    token = None
    if settings.kubo_token_file:
        try:
            # Some systems' editors put a byte order mark before the text.
            token = Path(settings.kubo_token_file).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise InvalidInput("the file with the IPFS node's token cannot be read, or is not text") from error
        if not _TOKEN.fullmatch(token):
            raise InvalidInput("the file with the IPFS node's token must hold the secret on one line, and nothing else")
    return KuboStore(settings.kubo_address, settings.timeout_s, token)


def build_foundation(settings: Settings, clock: Clock = utc_now, *, upgrade: bool = False) -> Foundation:
    """Everything below the services; a new chain is begun if there is none.

    Args:
        upgrade: bring the database up to date first; otherwise it must be already.

    Raises:
        Conflict: a restore is under way in the data folder, or was interrupted; or the database is not up to date, and
            somebody is using it.
        Unavailable: it is not up to date, and `upgrade` is false: of several processes, none may migrate by itself.
    """
    in_use, database = _enter(settings, upgrade)
    ledger = Ledger(SqlLedgerStore(database.engine), build_sealer(settings), clock)
    store = build_object_store(settings.storage, settings.data.objects)
    settle_s = NODE_SETTLE_S if settings.storage.kind == "kubo" else 0.0
    let_go = LetGo(settings.data.secrets / LET_GO)
    objects = OutboxStore(store, settings.data.outbox, settle_s, let_go)
    leaving = Leaving(objects, settings.data.outbox, let_go)
    # The embedded store is as close at hand as any copy would be.
    near = objects.near() if settings.storage.kind == "kubo" else objects
    pepper = read_or_create_secret_file(pepper_file(settings))
    watch = ClockWatch(ledger, clock)
    return Foundation(in_use, database, pepper, ledger, objects, let_go, leaving, near, clock, watch)


def build_turns(settings: Settings, aside: Aside | None = None) -> Turns:
    """The queue for everything that is costly on purpose.

    Args:
        aside: replaces a waiting thread of the server by another. Without it only a few may wait, since a server
            whose threads all wait for passwords cannot show anybody what to do for the injured.
    """
    at_once, waiting = settings.passwords.at_once, settings.passwords.waiting
    if aside is None:
        return Turns(at_once, min(waiting, FEW_WAITING))
    return Turns(at_once, waiting, aside=aside)


def build_services(settings: Settings, foundation: Foundation, aside: Aside | None = None) -> Services:
    """Every service, wired to the same foundation. `aside`: see `build_turns`."""
    database, ledger, objects, clock = foundation.database, foundation.ledger, foundation.objects, foundation.clock
    near = foundation.near
    passwords, codes_for = settings.passwords, settings.sharing
    cost = WrapCost(memory_kib=passwords.memory_kib, iterations=passwords.iterations, lanes=passwords.lanes)
    wrapper = Wrapper(foundation.pepper, cost, build_turns(settings, aside))
    throttle = Throttle(database, wrapper, clock)
    closing = Closing(database, wrapper, foundation.let_go)
    cards = Cards(ledger, near)
    mailbox = Mailbox(database, ledger, objects, near, cards, clock, closing.check_open)
    limits = SessionLimits(timedelta(seconds=settings.sessions.idle_s), timedelta(seconds=settings.sessions.longest_s))
    identity = Identity(database, mailbox, cards, wrapper, throttle, limits, clock, closing)
    lifetime = timedelta(seconds=codes_for.invitation_lifetime_s)
    invitations = Invitations(database, wrapper, throttle, lifetime, clock)
    organisations = Organisations(database, mailbox, cards, invitations, closing.is_closing)
    rolls = Rolls(mailbox, closing.is_closing)
    teams = Teams(database, mailbox, cards, near, invitations, rolls)
    calls = Calls(teams)
    access = AccessFinder(database, mailbox, objects, teams, organisations)
    standing = StandingGrants(mailbox, cards, objects, rolls.of)
    checkpoints = Checkpoints(mailbox, rolls.of)
    owners = Owners(mailbox, standing, checkpoints)
    reports = Reports(
        database, mailbox, cards, objects, teams, access, owners, waiting=lambda pointer: objects.waiting(pointer.cid),
        lacking=objects.lacking,
    )  # fmt: skip
    attachments = Attachments(database, mailbox, cards, objects, organisations, access, reports, owners)
    books = Books(mailbox, rolls, access, reports, standing)
    crew_facts = CrewFacts(
        database, mailbox, objects, teams, rolls, lambda *given: along.give_to_running(*given), owners
    )
    along = GivenFacts(mailbox, access, reports, books, attachments, crew_facts)
    sharing = Sharing(database, mailbox, cards, organisations, access, reports, attachments, throttle, books, along)
    after = AfterReport(database, mailbox, access, reports, attachments, sharing)
    zone = ZoneInfo(settings.site.time_zone) if settings.site.time_zone else None
    clearances = Clearances(after, cards, organisations, zone)
    replies = Replies(after, cards, organisations)
    code_lifetime = timedelta(seconds=codes_for.code_lifetime_s)
    codes = Codes(
        database, objects, cards, access, wrapper, throttle, code_lifetime, clock, ledger.chain_id, crew_facts
    )  # fmt: skip
    rights = Rights(database, mailbox, cards, teams, rolls, invitations, codes, sharing)
    health = HealthService(database, ledger, objects, settings.data.folder)
    triage = TriageService()
    people, inbox = People(teams), Inbox(mailbox, organisations, access, sharing)
    from_now_on = FromNowOn(database, mailbox, cards, people, organisations, rolls, standing, throttle, objects)
    releases = Releases(database, mailbox, teams, codes, foundation.leaving)
    facts = Facts(database, mailbox, cards, objects, crew_facts, owners)
    record_sharing = RecordSharing(
        database,
        mailbox,
        objects,
        cards,
        organisations,
        teams,
        people,
        rolls,
        throttle,
        RecordReader(mailbox, facts, standing.kept_out, checkpoints),
        from_now_on.one_at_a_time,
    )
    sealing_anew = SealingAnew(
        database, mailbox, cards, teams, access, books, sharing, from_now_on,
        LeftToDo(mailbox, standing, rolls.of), releases, objects.lacking, objects,
        lambda: foundation.clock_watch.state().may_erase, record_sharing.readers,
    )  # fmt: skip
    surveyor = Surveyor(
        mailbox, teams, rolls, organisations, books, standing, record_sharing, releases, identity.visits,
        closing.is_closing, identity.is_only_admin,
    )  # fmt: skip
    departures = Departures(
        database, mailbox, build_sealer(settings).public_key, wrapper, identity, closing, surveyor,
        foundation.leaving, timedelta(seconds=settings.sharing.closing_wait_s),
    )  # fmt: skip
    return Services(
        departures=departures,
        readings=mailbox.readings,
        triage=triage,
        who_is_told=WhoIsTold(triage, asdict(settings.policy)),
        identity=identity,
        invitations=invitations,
        joining=Joining(invitations),
        organisations=organisations,
        teams=teams,
        plans=Plans(teams, calls),
        calls=calls,
        people=people,
        lost=Lost(teams, PassedOn(mailbox, cards)),
        rights=rights,
        everyone=Everyone(
            mailbox, rights, reports, access, sharing, codes, crew_facts, (from_now_on.rows, record_sharing.rights)
        ),
        facts=facts,
        crew_facts=crew_facts,
        reports=reports,
        sharing=sharing,
        inbox=inbox,
        record_sharing=record_sharing,
        received_records=ReceivedRecords(mailbox, organisations, access),
        followups=FollowUps(after, teams),
        clearances=clearances,
        replies=replies,
        codes=codes,
        sealing_anew=sealing_anew,
        notices=Notices(mailbox, teams, access, codes, clearances, replies, rights, people, reports, inbox),
        reminders=Reminders(mailbox, people, sharing, from_now_on, record_sharing, sealing_anew),
        from_now_on=from_now_on,
        standing_records=StandingRecords(mailbox, organisations, access, sharing),
        who_looked=WhoLooked(
            mailbox, rolls, access, sharing, codes, crew_facts, identity.visits, (from_now_on.log, record_sharing.log)
        ),
        evidence=Evidence(database, ledger, objects, foundation.stored_cids, objects.pending, foundation.let_go.cids),
        health=health,
        clock_watch=foundation.clock_watch,
        overview=Overview(database, ledger, health, foundation.clock_watch),
    )


def build_closer(settings: Settings, foundation: Foundation) -> Closer:
    """What carries out the closing of accounts; it needs nobody's keys."""
    database, ledger, clock = foundation.database, foundation.ledger, foundation.clock
    wrapper = Wrapper(foundation.pepper, WrapCost())
    closing = Closing(database, wrapper, foundation.let_go)
    return Closer(
        database, ledger, build_sealer(settings), wrapper, closing, foundation.leaving,
        lambda: Now(clock(), ledger.head().time).latest,
    )  # fmt: skip


def build_backup(settings: Settings, foundation: Foundation) -> Backup:
    """What writes backups of this installation while it runs."""
    return Backup(
        settings.data.folder,
        foundation.database.engine,
        foundation.objects,
        foundation.stored_cids,
        foundation.leaving.read,
        foundation.clock,
    )


def build_restore(settings: Settings, clock: Clock = utc_now) -> Restore:
    """What restores a backup into the data folder; InvalidInput if the database is kept elsewhere."""
    if settings.data.database_url:
        raise InvalidInput("a restore needs the database in the data folder", name="blockmrs.data.database_url")

    def keeper(folder: Path) -> Callable[[bytes], Cid]:
        store = build_object_store(settings.storage, folder / OBJECTS)
        if isinstance(store, EmbeddedStore):
            return store.put
        # The node may be away, or not be there yet: the objects wait, and the server delivers them.
        return OutboxStore(store, folder / OUTBOX).keep

    return Restore(settings.data.folder, keeper, clock)
