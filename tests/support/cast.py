"""A site with everybody on it who could stand in any relation to one report."""

import itertools
import re
import secrets
import sqlite3
import weakref
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, inspect
from webob import Request
from webtest import TestApp

from blockmrs.controllers.web.browser import Browser
from blockmrs.crypto.sessions import new_token
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.reports import ReportedFinding
from blockmrs.domain.venues import Venue
from blockmrs.model.database import file_of
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.people.organisations import Organisation
from blockmrs.services.reports.reports import SavedReport
from blockmrs.services.selections.selection import Selection, Terms
from tests.support.heads import answers, head_report
from tests.support.quick import quick_folder
from tests.support.site import TestSite, build_site
from tests.support.snapshot import objects_in
from tests.support.world import PASSWORD

PLAYER = "Quinn Marlow"
PERSONS = {
    "author": "Carol Coach",
    "family": "Maria Marlow",
    "waiting": "Gus Marlow",
    "recipient": "Dr Lee",
    "former": "Dr Former",
    "expired": "Dr Expired",
    "left": "Dr Left",
    "other_member": "Dr Otto",
    "other_coach": "Dan Coach",
    "other_patient": "Nina Berg",
    "stranger": "Mallory Stranger",
    "admin": "Olga Operator",
}
NOBODY = "nobody"
EVERYBODY = (*PERSONS, NOBODY)
UNTOLD = ("left", "other_member", "other_coach", "other_patient", "stranger", "admin")
"""Those who must not be able to tell a report that was not granted to them from one that does not exist."""
# What a refusal may write: that a session was used, and that somebody tried. Who looked at what they may read is noted
# as "visit"; that a refusal notes none is in tests/pages/record/test_log.py.
_ALLOWED_WRITES = {"web_session", "throttle", "visit"}
# What stands where on one's own line is remembered by reading it (services/lines/contents.py), sealed in 1 KiB or
# more; every other short cut is shorter.
_NOT_REMEMBERED = {"saved_report": "WHERE length(sealed) < 1024"}


@dataclass
class Cast:
    """The site, its people, and the report that the coach saved, shared three times, and stopped sharing once."""

    site: TestSite
    actors: dict[str, Actor] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    saved: SavedReport | None = None
    share_id: str = ""
    check_id: str = ""
    opened: str = ""
    statement_id: str = ""
    reply_id: str = ""
    sender_id: str = ""
    _record: tuple[str, str, str] | tuple[()] = ()
    _counter: Any = field(default_factory=itertools.count)
    _sessions: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        assert self.saved is not None
        return self.saved.address

    def browser(self, persona: str) -> TestApp:
        """A browser in which the person is signed in, in a session of their own."""
        return self._with_session(self._sign_in(persona))

    def usual_browser(self, persona: str) -> TestApp:
        """The same, in one session that the person keeps."""
        if persona not in self._sessions:
            self._sessions[persona] = self._sign_in(persona)
        return self._with_session(self._sessions[persona])

    def _sign_in(self, persona: str) -> str:
        if persona == NOBODY:
            return ""
        return self.site.services.identity.sign_in(persona, PASSWORD, f"test {next(self._counter)}")

    def _with_session(self, token: str) -> TestApp:
        browser = self.site.browser()
        # Tries are counted by address: each browser has its own.
        browser.extra_environ["REMOTE_ADDR"] = f"10.0.{next(self._counter)}"
        if token:
            browser.set_cookie("blockmrs", token)
        return browser

    def actor(self, persona: str) -> Actor:
        """The person as services know them, whatever sessions have ended meanwhile."""
        return self.actors[persona]

    def save(
        self, coach: str = "author", player: str | None = PLAYER, *more: ReportedFinding, withheld: bool = False
    ) -> SavedReport:
        """One more report of a hurt head, with `more` that was found, about a player of the coach's roster."""
        services, actor = self.site.services, self.actors[coach]
        players = {entry.name: entry for entry in services.teams.team(actor).players}
        report = head_report(self.site.clock())
        report = replace(report, player=player or PLAYER, findings=(*report.findings, *more))
        return services.reports.save(actor, secrets.token_hex(16), report, player=players[player], withheld=withheld)

    def join(self, actor: Actor, player: str = PLAYER) -> None:
        """Let somebody join as guardian of a player, by an invitation of the coach's."""
        services, coach = self.site.services, self.actors["author"]
        found = next(entry for entry in services.teams.team(coach).players if entry.name == player)
        services.teams.join(actor, services.teams.invite_family(coach, found.player_id), "guardian", "")

    def newcomer(self) -> str:
        """One more guardian of the player who waits; returns their name."""
        number = next(self._counter)
        made = self.site.services.identity.sign_up(f"newcomer-{number}", f"Newcomer {number}", PASSWORD)
        actor = self.site.services.identity.actor_for(made.token)
        assert actor is not None
        self.join(actor)
        return actor.display_name

    def waiting(self) -> str:
        """The name of a guardian of the player who waits now: the usual one, or a new one where somebody decided."""
        rights, mother = self.site.services.rights, self.actors["family"]
        handle = next(handle for handle, called in rights.people(mother) if called == PLAYER)
        found = [right.name for right in rights.page(mother, handle).rights if right.may_confirm]
        return found[-1] if found else self.newcomer()

    def right_of(self, name: str) -> str:
        """What the player's mother calls the part of somebody of that name in forms."""
        rights, mother = self.site.services.rights, self.actors["family"]
        handle = next(handle for handle, called in rights.people(mother) if called == PLAYER)
        return next(right.right_id for right in rights.page(mother, handle).rights if right.name == name)

    def venue(self) -> Venue:
        """A venue of the coach's plan."""
        plans, coach = self.site.services.plans, self.actors["author"]
        known = plans.plan(coach).venues
        fields = {"name": "Marlow Park", "address": "1 Marlow Lane"}
        return known[0] if known else plans.put(coach, secrets.token_hex(8), fields, "")

    def colleague(self) -> str:
        """The card id of another member of the recipient's organisation, who is in now; the recipient manages both."""
        services, chief = self.site.services, self.actors["recipient"]
        organisation = self.organisations["recipient"].card_id
        if "colleague" not in self.actors:
            self.actors["colleague"] = sign_up(self.site, "colleague", "Dr Colleague")
        actor = self.actors["colleague"]
        if not services.organisations.staff.manages(chief, organisation):
            services.organisations.staff.set_manages(None, organisation, chief.keyring.card.id, manages=True)
        if services.organisations.staff.current(actor.keyring.card.id, organisation) is None:
            services.organisations.accept(actor, services.organisations.invite(chief, organisation), "")
        return actor.keyring.card.id.hex()

    def from_now_on(self) -> tuple[str, str, str]:
        """The player's mother lets the recipient's hospital read from now on, and has told it something since.

        Returns the share's id, and what a member calls the record and those facts in addresses.
        """
        services, mother, doctor = self.site.services, self.actors["family"], self.actors["recipient"]
        person, organisation = services.people.of(mother)[-1], self.organisations["recipient"].card_id
        if not services.from_now_on.of(mother, person.handle):
            until = self.site.clock() + timedelta(days=30)
            services.from_now_on.begin(mother, person.handle, organisation, "care", until, ("reports", "facts"))
            version, today = services.facts.current(person).version, self.site.clock().date()
            facts = HealthFacts(allergies=("Nuts",))
            services.facts.save(mother, person, secrets.token_hex(16), facts, version, today)
        (record,) = services.standing_records.records(doctor)
        facts_address = services.standing_records.page(doctor, record.record_id).facts[0].address
        return organisation.hex(), record.record_id, facts_address

    def waiting_update(self) -> str:
        """A report of the coach's that waits to be given to the recipient's hospital."""
        share_id, mother, services = self.from_now_on()[0], self.actors["family"], self.site.services
        waits = services.from_now_on.waiting_for(mother, services.people.of(mother)[-1].handle, share_id)
        return waits[0].entry_id if waits else self.save().address

    def given_record(self) -> tuple[str, str, str]:
        """What the player's mother gave of his record to the recipient's hospital, who opened it.

        What she calls the share, what the recipient calls it, and an update of it.
        """
        if not self._record:
            received, reader = self.site.services.received_records, self.actors["recipient"]
            share_id, address = self.give_record()
            received.acknowledge(reader, address)
            opened = received.open(reader, address)
            assert opened is not None
            self._record = share_id, address, opened.updates[0].update_id
        return self._record

    def give_record(self) -> tuple[str, str]:
        """The same, once more, and not opened yet: what the mother and the recipient call it."""
        services, mother, reader = self.site.services, self.actors["family"], self.actors["recipient"]
        handle, hospital = services.people.of(mother)[-1].handle, self.organisations["recipient"].card_id
        terms = Terms("care", self.site.clock() + timedelta(days=30))
        share_id = services.record_sharing.share(mother, handle, secrets.token_hex(16), hospital, Selection(), terms)
        (newest, *_), _ = services.received_records.page(reader, None, [])
        return share_id, newest.address

    def share(self, address: str, organisation: str, lasts: timedelta = timedelta(days=30)) -> str:
        """Share a report of the coach's; returns the share's id."""
        card_id, until = self.organisations[organisation].card_id, self.site.clock() + lasts
        return self.site.services.sharing.grant(self.actors["author"], address, card_id, "care", until).share_id


def sign_up(site: TestSite, name: str, shown: str) -> Actor:
    """A new account that has confirmed its recovery code; of the name "admin", the administrator's."""
    identity = site.services.identity
    if name == "admin":
        made = identity.set_up(identity.make_setup_token(), name, shown, PASSWORD, "")
    else:
        made = identity.sign_up(name, shown, PASSWORD)
    actor = identity.actor_for(made.token)
    assert actor is not None
    identity.confirm_recovery(actor)
    confirmed = identity.actor_for(made.token)
    assert confirmed is not None
    return confirmed


def play(site: TestSite) -> Cast:
    """Everybody signs up; the coach saves and shares; one share is stopped and one runs out; one member leaves."""
    cast, services = Cast(site), site.services
    for name, shown in PERSONS.items():
        cast.actors[name] = sign_up(site, name, shown)
    for member, organisation in (
        ("recipient", "North Hospital"),
        ("former", "West Hospital"),
        ("expired", "East Hospital"),
        ("other_member", "South Hospital"),
    ):
        code = services.organisations.add(organisation)
        cast.organisations[member] = services.organisations.accept(cast.actors[member], code, "")
    for coach, players in (("author", [PLAYER, "Nils Berg"]), ("other_coach", ["Tom Hill"])):
        actor = cast.actors[coach]
        version = services.teams.team(actor).version
        services.teams.add_players(actor, [("", name) for name in players], version)
    # Of two guardians of one player, one waits until the other says yes.
    for person, player in (("family", PLAYER), ("waiting", PLAYER), ("other_patient", "Nils Berg")):
        cast.join(cast.actors[person], player)
    cast.saved = cast.save()
    cast.save(player="Nils Berg")
    cast.save("other_coach", "Tom Hill")
    cast.share_id = cast.share(cast.address, "recipient")
    _join_and_leave(cast)
    cast.sender_id = services.sharing.cover(cast.actors["recipient"], cast.address).sender_id
    check = services.followups.save(cast.actors["author"], cast.address, secrets.token_hex(16), answers())
    cast.check_id = check.check_id
    cast.opened = cast.save().address
    cast.share(cast.opened, "recipient")
    services.sharing.acknowledge(cast.actors["recipient"], cast.opened)
    said = services.clearances.issue(
        cast.actors["recipient"], cast.opened, secrets.token_hex(16), stage="light exercise",
        seen_on=site.clock().date(), conditions="", note="",
    )  # fmt: skip
    cast.statement_id = said.statement_id
    replied = services.replies.send(
        cast.actors["recipient"], cast.opened, secrets.token_hex(16), wish="seen", phone="", line=""
    )
    cast.reply_id = replied.reply_id
    for address in (cast.address, cast.opened):
        stopped = cast.share(address, "former")
        cast.share(address, "expired", timedelta(minutes=5))
        services.sharing.stop(cast.actors["author"], address, stopped)
    site.clock.advance(timedelta(minutes=10))
    return cast


@cache
def _played() -> tuple[Cast, dict[Path, bytes]]:
    """Everybody on a site that is closed again, and all files of its folder."""
    with quick_folder() as folder:
        cast = play(build_site(folder))
        cast.site.foundation.close()
        files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return cast, files


def play_in(folder: Path, **settings: str) -> Cast:
    """The same as `play`, on a new site in `folder`: played once in a process, and copied."""
    played, files = _played()
    for path, content in files.items():
        (folder / path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / path).touch(mode=0o600)
        (folder / path).write_bytes(content)
    site = build_site(folder, **settings)
    site.clock.ahead = played.site.clock.ahead
    known = {"actors": dict(played.actors), "organisations": dict(played.organisations)}
    return replace(played, site=site, **known, _counter=itertools.count(1000), _sessions={})


def _join_and_leave(cast: Cast) -> None:
    """Somebody was a member of the recipient's organisation, opened the report, and has left."""
    services, organisation = cast.site.services, cast.organisations["recipient"].card_id
    chief, gone = cast.actors["recipient"], cast.actors["left"]
    services.organisations.accept(gone, services.organisations.invite(chief, organisation), "")
    services.sharing.acknowledge(gone, cast.address)
    services.organisations.staff.end(chief, organisation, gone.keyring.card.id)


def state_of(site: TestSite) -> dict[str, Any]:
    """All that a refused request must leave as it was: every row and every object, and the chain's newest header."""
    state = dict(_rows_of(site.foundation.database.engine))
    state["head"] = site.foundation.ledger.head().encode()
    state["objects"] = objects_in(site.settings.data.folder)
    return state


class _Rows:
    """Every row, read again only after somebody wrote: this is asked thousands of times."""

    def __init__(self, engine: Engine) -> None:
        # A connection of its own: SQLite's number is another after what any other connection wrote.
        self._connection = sqlite3.connect(str(file_of(engine)), check_same_thread=False)
        weakref.finalize(engine, self._connection.close)
        self._tables = _tables(engine) - _ALLOWED_WRITES
        self._version, self._rows = -1, dict[str, Any]()

    def now(self) -> dict[str, Any]:
        cursor = self._connection.cursor()
        (version,) = cursor.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            # A chain's rows are only ever added to, and each is under the header.
            self._rows = {
                table: cursor.execute(f'SELECT count(*) FROM "{table}"').fetchone()
                if table.startswith("chain_")
                else cursor.execute(f'SELECT * FROM "{table}" {_NOT_REMEMBERED.get(table, "")}').fetchall()
                for table in self._tables
            }
            self._version = version
        return self._rows


_read: weakref.WeakKeyDictionary[Engine, _Rows] = weakref.WeakKeyDictionary()


def _rows_of(engine: Engine) -> dict[str, Any]:
    if engine not in _read:
        _read[engine] = _Rows(engine)
    return _read[engine].now()


@cache
def _tables(engine: Engine) -> frozenset[str]:
    return frozenset(inspect(engine).get_table_names())


def csrf(browser: TestApp) -> str:
    """A form token of this browser, as any page would give it one."""
    if "blockmrs" not in browser.cookies:
        browser.set_cookie("blockmrs", new_token())
    request = Request.blank("/", headers={"Cookie": f"blockmrs={browser.cookies['blockmrs']}"})
    return Browser(request, browser.app._site).csrf_token()


def without_own_marks(page: str, *addresses: str) -> str:
    """A page without what differs every time: form tokens, sealed drafts, the number for help; and the address."""
    page = re.sub(r'name="(_csrf|draft)" type="hidden" value="[^"]*"', r'name="\1"', page)
    page = re.sub(r'(id="c-error"[^>]*>)[0-9A-Z]{8}<', r"\1<", page)
    # The account's mark, then a form token.
    page = re.sub(r'(data-account="[0-9a-f]+) [^ "]+', r"\1", page)
    for address in sorted(addresses, key=len, reverse=True):
        page = page.replace(address, "ADDRESS")
    return page
