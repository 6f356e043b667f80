"""Rows changed in the database, behind the program's back, are not believed by the reads that use them.

Each column of each guarded table is changed, one at a time, to a value that somebody would profit from; the use cases
that read that table refuse. What a short cut says stands on the chain too, so that one is passed over, and logged.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, LargeBinary, String, func, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import aliased, class_mapper

from blockmrs.domain.access_log import Event, LogEntry
from blockmrs.errors import VerificationFailed
from blockmrs.model.accounts import AccountRow
from blockmrs.model.base import Base
from blockmrs.model.codes import InvitationClaimRow, InvitationRow
from blockmrs.model.glance import Query
from blockmrs.model.objects import ShortCutRow
from blockmrs.model.prepared import Prepared
from blockmrs.model.rows import Guarded, guarded_tables
from blockmrs.model.throttle import ThrottleRow
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.people.joining import Joining
from blockmrs.services.reports.reports import SavedReport
from tests.conftest import StillClock
from tests.services.test_story import guardian, member, save, share
from tests.support.people import member_page
from tests.support.quick import quick_folder
from tests.support.site import TestSite
from tests.support.world import PASSWORD, World

BROWSER = "B" * 43


@dataclass
class Stage:
    """Everybody whose rows are changed, with a row in each guarded table."""

    world: World
    carol: Actor
    doctor: Actor
    token: str
    saved: SavedReport
    code: str
    invitation: str
    setup_token: str
    leaver: Actor
    leaving: str


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with quick_folder() as folder:
        world = World(folder, StillClock(datetime(2026, 3, 14, 15, 9, tzinfo=UTC)))
        setup_token = world.identity.make_setup_token()
        carol = world.person("carol", "Carol Coach")
        saved = save(world, carol)
        guardian(world, carol)
        doctor = member(world, "lee", "North Hospital")
        share(world, carol, saved.address)
        code = world.codes.make(carol, saved.address).typed
        token = world.identity.sign_in("carol", PASSWORD, "there", BROWSER)
        invitation = world.teams.invite_family(carol, world.teams.team(carol).players[0].player_id)
        world.throttle.count("code", "somewhere", limit=60, window=timedelta(minutes=15))
        with world.database.write() as rows:
            lookup = rows.scalars(select(InvitationRow)).one().lookup
            rows.add(InvitationClaimRow(lookup=lookup, claimed_by=b"c" * 32))
        world.identity.questions.open_box(carol.account_id, carol.keyring)
        world.identity.questions.ask(doctor, LogEntry(Event.OPENED_REPORT, world.clock(), "Sam Rivers"))
        leaver = world.person("nina", "Nina Berg")
        leaving = world.departures.ask(leaver, PASSWORD).number
        assert code is not None
        yield Stage(world, carol, doctor, token, saved, code, invitation, setup_token, leaver, leaving)
        world.engine.dispose()


READS: dict[str, list[Callable[[Stage], object]]] = {
    "account": [
        lambda stage: stage.world.identity.actor_for(stage.token),
        lambda stage: stage.world.identity.has_admin(),
        lambda stage: stage.world.teams.team(stage.carol),
        lambda stage: stage.world.identity.new_recovery_code(stage.carol, PASSWORD),
    ],
    "web_session": [lambda stage: stage.world.identity.actor_for(stage.token)],
    "known_browser": [lambda stage: stage.world.identity.sign_in("carol", PASSWORD, "there", BROWSER)],
    "throttle": [
        lambda stage: stage.world.throttle.count("code", "somewhere", limit=60, window=timedelta(minutes=15)),
    ],
    "organisation": [
        lambda stage: stage.world.organisations.directory(),
        lambda stage: stage.world.received(stage.doctor),
        lambda stage: share(stage.world, stage.carol, stage.saved.address),
    ],
    "staff_membership": [
        lambda stage: stage.world.organisations.memberships(stage.doctor),
        lambda stage: stage.world.received(stage.doctor),
        lambda stage: stage.world.organisations.directory(),
        lambda stage: share(stage.world, stage.carol, stage.saved.address),
    ],
    "doorbell_token": [
        lambda stage: stage.world.organisations.take_token(stage.world.organisations.directory()[0].card_id),
    ],
    "invitation": [lambda stage: Joining(stage.world.invitations).read(stage.invitation, "")],
    "report_code": [
        lambda stage: stage.world.codes.open_typed(stage.code, ""),
        lambda stage: stage.world.codes.status(stage.carol, stage.saved.address),
    ],
    "held_object": [lambda stage: stage.world.evidence.listed_cids()],
    "operator_box": [lambda stage: stage.world.identity.questions.is_open()],
    "question": [lambda stage: stage.world.identity.questions.of(replace(stage.carol, is_admin=True))],
    "leaving": [
        lambda stage: stage.world.departures.of(stage.leaver),
        lambda stage: stage.world.departures.find(stage.leaving),
    ],
    "setup_token": [lambda stage: stage.world.identity.set_up(stage.setup_token, "root", "Olga Op", PASSWORD, "")],
}
# By these a row is looked up: changed, it is not there for who looks (docs/adr/0006), and refused wherever it is read.
FOUND_BY = {
    ("account", "account_id"),
    ("account", "name_lookup"),
    ("web_session", "session_digest"),
    ("web_session", "account_id"),
    ("known_browser", "mark"),
    ("known_browser", "account_id"),
    ("throttle", "throttle_key"),
    ("organisation", "card_id"),
    ("staff_membership", "card_id"),
    ("staff_membership", "organisation_id"),
    ("doorbell_token", "organisation_id"),
    ("invitation", "lookup"),
    ("report_code", "locator"),
    ("report_code", "handle"),
    ("question", "account_id"),
    ("leaving", "leaving_id"),
    ("leaving", "account_id"),
}
GUARDED = sorted((one.class_ for one in Base.registry.mappers if issubclass(one.class_, Guarded)), key=str)
COLUMNS = [(table.name, column.name) for table in guarded_tables() for column in table.columns]


@contextmanager
def changed(world: World, table: str, name: str) -> Iterator[None]:
    """Write another believable value into that column of every row, as somebody with the database file could."""
    (column,) = (one for each in guarded_tables() if each.name == table for one in each.columns if one.name == name)
    with closing(sqlite3.connect(world.folder / "blockmrs.db", isolation_level=None)) as file:
        before = file.execute(f'SELECT "{name}", rowid FROM "{table}"').fetchall()
        assert before, "every guarded table has a row"
        file.execute(f'UPDATE "{table}" SET "{name}" = {_other(column)}')
        try:
            yield
        finally:
            number = "token_id - 1000" if name == "token_id" else "rowid"
            file.executemany(f'UPDATE "{table}" SET "{name}" = ? WHERE {number} = ?', before)


def _other(column: Column[Any]) -> str:
    name = f'"{column.name}"'
    if isinstance(column.type, LargeBinary):
        # Another last byte, whichever it is: most of these values are random.
        last = f"CASE substr({name}, -1) WHEN x'55' THEN x'AA' ELSE x'55' END"
        return f"coalesce(CAST(substr({name}, 1, length({name}) - 1) || {last} AS BLOB), x'00')"
    if isinstance(column.type, String):
        return f"substr({name}, 1, length({name}) - 1) || 'x'"
    if isinstance(column.type, Boolean):
        return f"1 - {name}"
    return f"coalesce({name}, 0) + 1000"


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_row_of_which_one_column_was_changed_is_read_by_nobody(stage: Stage, table: str, column: str) -> None:
    (row,) = (mapper.class_ for mapper in Base.registry.mappers if mapper.local_table.name == table)
    with changed(stage.world, table, column):
        for door in (stage.world.database.read, stage.world.database.write):
            with pytest.raises(VerificationFailed), door() as rows:
                rows.scalars(select(row)).all()
        with pytest.raises(VerificationFailed), stage.world.database.glance() as glance:
            glance.all(Query(row))
    with stage.world.database.read() as rows:
        assert rows.scalars(select(row)).all()


@pytest.mark.parametrize("row", GUARDED, ids=lambda row: row.__name__)
def test_at_a_glance_a_row_is_what_it_is_in_a_session(stage: Stage, row: type[Guarded]) -> None:
    keys, attributes = class_mapper(row).primary_key, [one.key for one in class_mapper(row).column_attrs]
    with stage.world.database.read() as rows, stage.world.database.glance() as glance:
        expected = list(rows.scalars(select(row).order_by(*keys)))
        seen = glance.all(Query(row, order_by=keys))
        assert expected
        assert [[getattr(one, key) for key in attributes] for one in seen] == [
            [getattr(one, key) for key in attributes] for one in expected
        ]
        assert [type(getattr(seen[0], key)) for key in attributes] == [
            type(getattr(expected[0], key)) for key in attributes
        ]
        assert glance.all(Query(row, order_by=keys, limit=1))[0].mac == expected[0].mac


def test_at_a_glance_rows_are_found_by_their_keys(stage: Stage) -> None:
    with stage.world.database.read() as rows, stage.world.database.glance() as glance:
        lookups = [row.lookup for row in rows.scalars(select(ShortCutRow))]
        assert len(lookups) > 1
        strangers = [number.to_bytes(32, "big") for number in range(600)]
        for wanted in ([], lookups[:1], lookups[:2], [*lookups[:2], bytes(32)], lookups):
            for others in ([], strangers):
                rows = glance.get_all(ShortCutRow, [*others, *wanted])
                assert sorted(row.lookup for row in rows) == sorted(set(wanted) - {bytes(32)})
        assert glance.get_one(ShortCutRow, lookups[0]).lookup == lookups[0]
        assert glance.get(ShortCutRow, bytes(32)) is None
        with pytest.raises(NoResultFound):
            glance.get_one(ShortCutRow, bytes(32))


@pytest.mark.parametrize(
    ("table", "column"), [place for place in COLUMNS if place[0] in READS and place not in FOUND_BY]
)
def test_no_use_case_believes_a_row_of_which_one_column_was_changed(stage: Stage, table: str, column: str) -> None:
    with changed(stage.world, table, column):
        for read in READS[table]:
            with pytest.raises(VerificationFailed):
                read(stage)


def test_who_clears_the_administrators_mark_in_the_database_does_not_find_set_up_open(stage: Stage) -> None:
    identity = stage.world.identity
    with changed(stage.world, "account", "is_admin"), pytest.raises(VerificationFailed):
        identity.set_up(stage.setup_token, "root", "Olga Op", PASSWORD, "")
    identity.set_up(stage.setup_token, "root", "Olga Op", PASSWORD, "")
    with closing(sqlite3.connect(stage.world.folder / "blockmrs.db", isolation_level=None)) as file:
        file.execute("UPDATE account SET is_admin = 0")
    with pytest.raises(VerificationFailed):
        identity.set_up(identity.make_setup_token(), "mallory", "Mallory", PASSWORD, "")


def test_a_changed_short_cut_keeps_nobody_from_reading_and_is_logged(stage: Stage, caplog) -> None:
    before = [entry.address for entry in stage.world.reports.mine(stage.carol)[0]]
    with changed(stage.world, "saved_report", "sealed"):
        assert [entry.address for entry in stage.world.reports.mine(stage.carol)[0]] == before
        assert stage.world.reports.open(stage.carol, stage.saved.address).address == stage.saved.address
    assert "saved_report" in caplog.text


@pytest.mark.parametrize(
    "statement",
    [
        select(AccountRow.is_admin),
        select(AccountRow, ThrottleRow.tries),
        select(func.max(ThrottleRow.tries)),
        select(aliased(AccountRow).is_admin),
        select(AccountRow.__table__.c.is_admin),
        select(select(AccountRow.is_admin).subquery()),
    ],
)
def test_a_value_without_the_row_that_proves_it_cannot_be_asked_for(stage: Stage, statement: Any) -> None:
    with stage.world.database.read() as rows, pytest.raises(RuntimeError):
        rows.execute(statement)
    with pytest.raises(RuntimeError):
        Prepared(statement)
    with stage.world.database.read() as rows:
        assert rows.scalar(select(func.count()).select_from(AccountRow))


def test_pages_say_that_something_is_wrong_and_advice_goes_on(site: TestSite, caplog) -> None:
    app = member_page(site, "maria", "Maria Rivers")
    assert app.get("/settings").status_int == 200
    with closing(sqlite3.connect(str(site.foundation.database.engine.url.database), isolation_level=None)) as file:
        file.execute("UPDATE account SET is_admin = 1")
    for page in ("/settings", "/admin"):
        answer = app.get(page, expect_errors=True)
        assert answer.status_int == 500
        assert "Content-Security-Policy" in answer.headers
    assert app.get("/field").status_int == 200
    said = [record.getMessage() for record in caplog.records if "changed outside" in record.getMessage()]
    assert len(said) == 2
    assert all("table=account" in line and "maria" not in line.lower() for line in said)
