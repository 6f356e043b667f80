"""The contents of a line: a page opens only what it shows, and shows what a whole reading would."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from blockmrs.chain.lines import one_time_seed_at, slot_at
from blockmrs.chain.transaction import Kind
from blockmrs.crypto.keys import Keyring
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.sharing import Grant
from blockmrs.errors import NotFound, Unavailable
from blockmrs.model.database import Database
from blockmrs.model.objects import ShortCutRow
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.lines import reader
from blockmrs.services.lines.cards import Cards
from blockmrs.services.lines.contents import (
    LIST_PAGE,
    Item,
    ListPlace,
    Sort,
    by_log,
    decode_contents,
    encode_contents,
    page_of,
)
from blockmrs.services.lines.short_cuts import read_short_cuts
from blockmrs.services.people.persons import ME, Person
from tests.conftest import StillClock
from tests.support.quick import quick_folder
from tests.support.world import World

MANY = 45


@pytest.fixture(scope="module")
def kept() -> Iterator[World]:
    """Maria with many reports of her own, once read, so that her contents are kept."""
    with quick_folder() as folder:
        made = World(Path(folder), StillClock(datetime(2026, 3, 14, 15, 9, tzinfo=UTC)))
        maria = made.person("maria", "Maria Rivers")
        for number in range(MANY):
            save(made, maria, number)
        made.reports.page_about(me(made, maria))
        yield made
        made.engine.dispose()


@pytest.fixture
def maria(kept: World) -> Actor:
    actor = kept.identity.actor_for(kept.identity.sign_in("maria", "marble kettle sunrise otter", "test"))
    assert actor is not None
    return actor


def me(world: World, actor: Actor) -> Person:
    return world.people.find(actor, ME)


def save(world: World, actor: Actor, number: int) -> str:
    report = replace(world.report(f"Number {number}"), origin="home")
    return world.reports.save(actor, secrets.token_hex(16), report, person=me(world, actor)).address


def shown(world: World, actor: Actor) -> list[str]:
    """Every page's addresses, from the newest on."""
    found, before = [], None
    while True:
        reports, before = world.reports.page_about(me(world, actor), before)
        assert len(reports) <= LIST_PAGE
        found += [report.address for report in reports]
        if before is None:
            return found


def row(world: World, keyring: Keyring) -> bytes | None:
    with world.database.read() as rows:
        found = rows.get(ShortCutRow, keyring.derive("contents"))
        return None if found is None else found.sealed


def put_row(world: World, keyring: Keyring, sealed: bytes | None) -> None:
    with world.database.write() as rows:
        found = rows.get(ShortCutRow, keyring.derive("contents"))
        if found is not None and sealed is None:
            rows.delete(found)
        elif found is not None and sealed is not None:
            found.sealed = sealed


def write_at(world: World, actor: Actor, position: int, *, author: Actor | None = None) -> bytes:
    """A grant of a report about the actor at any place of their line; its update id."""
    keyring, card = actor.keyring, actor.keyring.card
    update_id, batch = secrets.token_bytes(32), world.mailbox.batch()
    some = next(iter(world.mailbox.own_page(keyring, 1, 2).grants.values())).grant
    batch.add_at(
        Kind.GRANT,
        Grant(update_id, card.id, "report", world.clock(), object=some.object, level=4).to_fields(),
        author=(author or actor).keyring,
        recipient_id=card.id,
        recipient_key=card.sealing_key,
        slot=slot_at(keyring.own_line, position),
        one_time_seed=one_time_seed_at(keyring.own_line, position),
    )
    batch.commit()
    return update_id


def test_every_report_stands_on_exactly_one_page_newest_first(kept, maria) -> None:
    pages = shown(kept, maria)
    assert len(pages) == len(set(pages)) == MANY
    newest, oldest = kept.reports.open(maria, pages[0]), kept.reports.open(maria, pages[-1])
    assert (newest.report.player, oldest.report.player) == (f"Number {MANY - 1}", "Number 0")


def test_a_page_opens_what_it_shows_and_little_else(kept, maria, monkeypatch) -> None:
    opened = []
    real = reader.open_transaction
    monkeypatch.setattr(reader, "open_transaction", lambda *args, **named: opened.append(1) or real(*args, **named))
    kept.reports.page_about(me(kept, maria))
    assert LIST_PAGE <= len(opened) < 2 * LIST_PAGE


def pages_of(page: Callable[[ListPlace | None], tuple[list[Any], ListPlace | None]]) -> list[Any]:
    """Everything on all pages, from the newest on, each page's address parsed as a browser sends it."""
    found, place = page(None)
    while place is not None:
        more, place = page(ListPlace.parse(str(place)))
        assert more
        found += more
    return found


def test_reports_saved_at_one_moment_stand_on_one_page_each_wherever_it_ends(kept) -> None:
    """Two processes, or two threads, take one free place of the line; the clock says the same to both."""
    nina = kept.person("twins", "Nina")
    saved = {save(kept, nina, 0), save(kept, nina, 1)}
    for position in range(4, 24):
        saved |= {write_at(kept, nina, position)[:16].hex() for _ in range(3)}
    mine = [report.address for report in pages_of(lambda before: kept.reports.mine(nina, before))]
    about = [report.address for report in pages_of(lambda before: kept.reports.page_about(me(kept, nina), before))]
    assert sorted(mine) == sorted(about) == sorted(saved)


def test_versions_of_facts_saved_at_one_moment_stand_on_one_page_each(kept) -> None:
    olga, facts = kept.person("olga", "Olga"), HealthFacts(allergies=("Penicillin",))
    person, today = me(kept, olga), kept.clock().date()
    for _ in range(LIST_PAGE + 3):
        version = kept.facts.current(person).version
        kept.facts.save(olga, person, secrets.token_hex(16), facts, version, today)
    shown = pages_of(lambda before: kept.facts.page_of_history(person, before))
    assert len({version.version for version in shown}) == len(shown) == LIST_PAGE + 3


def test_what_comes_between_two_pages_takes_nothing_off_the_next_one() -> None:
    rows = [Item(number, Sort.REPORT, bytes([number]) * 32, index=number) for number in range(30)]
    newest, place = page_of(rows, None, by_log)
    late = [Item(position, Sort.REPORT, b"l" * 32, index=position) for position in (3, 15, 40)]
    oldest, end = page_of([*rows, *late], place, by_log)
    assert end is None
    assert set(rows) <= {*newest, *oldest}


@pytest.mark.parametrize("damage", ["gone", "cut", "a flipped bit", "of another version"])
def test_without_its_row_or_with_a_damaged_one_the_line_says_the_same(kept, maria, damage: str) -> None:
    """So a data folder from before there were contents opens as well."""
    before, sealed = shown(kept, maria), row(kept, maria.keyring)
    assert sealed is not None
    flipped = bytes([sealed[0] ^ 1]) + sealed[1:]
    changed = {"gone": None, "cut": sealed[:40], "a flipped bit": flipped, "of another version": b"\x02" + sealed[1:]}
    put_row(kept, maria.keyring, changed[damage])
    assert shown(kept, maria) == before
    assert row(kept, maria.keyring) not in (None, changed[damage])


def test_a_row_of_somebody_else_is_not_believed(kept, maria) -> None:
    before, other = shown(kept, maria), kept.person("nina", "Nina")
    for number in range(25):
        save(kept, other, number)
    shown(kept, other)
    put_row(kept, maria.keyring, row(kept, other.keyring))
    assert shown(kept, maria) == before


def test_what_comes_later_to_a_place_that_was_read_is_found(kept, maria) -> None:
    """Two processes may take one free place, and the slower one's block comes after it was read."""
    before = shown(kept, maria)
    late = write_at(kept, maria, 5)
    assert set(shown(kept, maria)) == {late[:16].hex(), *before}
    listed = [item for item in kept.mailbox.contents(maria.keyring) if item.position == 5]
    assert len(listed) == 2


def test_what_did_not_open_is_tried_again(kept, maria, monkeypatch) -> None:
    coach = kept.person("carol", "Carol Coach")
    length = kept.mailbox.length(maria.keyring.own_line)
    real = Cards.find

    def unknown(cards: Cards, card_id: bytes) -> object:
        if card_id == coach.keyring.card.id:
            raise NotFound("no card with this id is in the log")
        return real(cards, card_id)

    monkeypatch.setattr(Cards, "find", unknown)
    late = write_at(kept, maria, length, author=coach)
    for number in range(LIST_PAGE):
        save(kept, maria, number)
    assert late not in [item.about for item in kept.mailbox.contents(maria.keyring)]
    monkeypatch.undo()
    assert late in [item.about for item in kept.mailbox.contents(maria.keyring)]


def test_what_never_opens_makes_nobody_write_a_row_at_each_visit(kept) -> None:
    """Whoever holds the line's key can put there what nobody can open, as much as they like."""
    olaf, others = kept.person("olaf", "Olaf"), kept.person("hostile", "Hostile")
    saved = save(kept, olaf, 0)
    keyring, batch = olaf.keyring, kept.mailbox.batch()
    for position in range(2, 30):
        batch.add_at(
            Kind.COVER,
            {},
            author=others.keyring,
            recipient_id=others.keyring.card.id,
            recipient_key=others.keyring.card.sealing_key,
            slot=slot_at(keyring.own_line, position),
            one_time_seed=one_time_seed_at(keyring.own_line, position),
        )
    batch.commit()
    assert shown(kept, olaf) == [saved]
    written = row(kept, keyring)
    assert written is not None
    assert shown(kept, olaf) == [saved]
    assert row(kept, keyring) == written


def test_one_row_that_was_changed_costs_the_other_nothing(kept, maria) -> None:
    whole, keyring = shown(kept, maria), maria.keyring
    with kept.engine.begin() as connection:
        change = "UPDATE saved_report SET sealed = zeroblob(1200) WHERE lookup = ?"
        connection.exec_driver_sql(change, (keyring.derive("contents seen"),))
    assert read_short_cuts(kept.database, [keyring.derive("contents"), keyring.derive("contents seen")]).keys() == {
        keyring.derive("contents")
    }
    assert shown(kept, maria) == whole


def test_a_full_disk_keeps_nobody_from_reading(kept, maria, monkeypatch) -> None:
    before = shown(kept, maria)
    put_row(kept, maria.keyring, None)

    def full(database: Database) -> None:
        raise Unavailable("the database did not answer")

    monkeypatch.setattr(Database, "write", full)
    assert shown(kept, maria) == before


def test_the_row_is_sealed_and_its_size_tells_only_a_power_of_two(kept, maria) -> None:
    (first, *_) = kept.mailbox.contents(maria.keyring)
    sealed = row(kept, maria.keyring)
    assert sealed is not None
    assert first.about not in sealed
    text = encode_contents([Item(0, Sort.REPORT)] * 40, 40, 80)
    assert len(text) == 8192
    assert len(encode_contents([], 0, 0)) == 1024


def test_contents_are_read_as_they_were_written() -> None:
    items = [
        Item(0, Sort.APPOINTMENT, b"a" * 32),
        Item(7, Sort.REPORT, b"b" * 32, b"c" * 16, 1_700_000_000_000, True, False),
        Item(7, Sort.FACTS, b"d" * 32, b"e" * 16, 1_700_000_000_001, True, True),
        Item(2**40, Sort.UNOPENED),
    ]
    assert decode_contents(encode_contents(items, 2**40 + 1, 99)) == (items, 2**40 + 1, 99)


def test_everything_still_verifies(kept, maria) -> None:
    kept.evidence.check_everything(lambda *_: None)
