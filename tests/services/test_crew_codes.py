"""A report by code: who makes one, what opens it, what ends it, and what its author and the family see of that."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from blockmrs.domain.permission import Action
from blockmrs.errors import CannotOpen, InvalidInput, NotFound, TooManyAttempts, Unavailable
from blockmrs.model.codes import ReportCodeRow
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.sharing import crew_codes
from blockmrs.services.sharing.crew_codes import MAX_WRONG, QR_LETTERS, WRONG_CODES, Codes, ReportCode
from tests.conftest import StillClock
from tests.services.test_story import guardian, save
from tests.support.world import World, staged

CREW, OTHER = "192.0.2.1", "192.0.2.2"


@pytest.fixture
@staged
def carol(world: World) -> Actor:
    actor = world.person("carol", "Carol Coach")
    world.teams.add_player(actor, "Sam Rivers", "7", "")
    return actor


@pytest.fixture
@staged
def address(world: World, carol: Actor) -> str:
    return save(world, carol).address


@pytest.fixture
def code(world: World, carol: Actor, address: str) -> ReportCode:
    return world.codes.make(carol, address)


def wrong(typed: str | None, last: int = 1) -> str:
    """The same locator with another secret."""
    assert typed is not None
    return typed[:-1] + [letter for letter in "23456789" if letter != typed[-1]][last % 7]


def guess(world: World, code: ReportCode, times: int, address: str = CREW) -> None:
    for number in range(times):
        with pytest.raises(NotFound):
            world.codes.open_typed(wrong(code.typed, number), address)


def status(world: World, actor: Actor, address: str) -> ReportCode:
    found = world.codes.status(actor, address)
    assert found is not None
    return found


def test_a_code_opens_the_report_by_both_ways_until_its_time_is_over(
    world: World, carol: Actor, address: str, code: ReportCode, clock: StillClock
) -> None:
    assert code.until == clock() + timedelta(days=1)
    assert len(code.qr_secret) == QR_LETTERS == 22
    assert (code.openings, code.first_opened, code.wrong_tries, code.stopped) == (0, None, 0, False)
    for opened in (world.codes.open_qr(code.qr_secret, CREW), world.codes.open_typed(code.typed or "", CREW)):
        assert (opened.report.player, opened.until) == ("Sam Rivers", code.until)
    clock.advance(timedelta(days=1) - timedelta(milliseconds=1))
    assert world.codes.open_qr(code.qr_secret, CREW)
    clock.advance(timedelta(milliseconds=1))
    for open_it in (
        lambda: world.codes.open_qr(code.qr_secret, CREW),
        lambda: world.codes.open_typed(code.typed or "", CREW),
    ):
        with pytest.raises(NotFound) as refused:
            open_it()
        assert str(refused.value) == "No report opens with this code. It may have ended"
    assert world.codes.status(carol, address) is None


def test_there_is_one_code_for_a_report_until_it_is_stopped_or_guessed_away(
    world: World, carol: Actor, address: str, code: ReportCode, clock: StillClock
) -> None:
    assert world.codes.make(carol, address) == code
    world.codes.stop(carol, address)
    clock.advance(timedelta(minutes=1))
    second = world.codes.make(carol, address)
    assert second.typed != code.typed
    guess(world, second, MAX_WRONG)
    clock.advance(timedelta(minutes=1))
    third = world.codes.make(carol, address)
    assert third.typed not in (None, second.typed)
    assert status(world, carol, address) == third


def test_a_stopped_code_opens_nothing_by_either_way_and_is_shown_as_stopped(
    world: World, carol: Actor, address: str, code: ReportCode
) -> None:
    world.codes.stop(carol, address)
    for open_it in (
        lambda: world.codes.open_qr(code.qr_secret, CREW),
        lambda: world.codes.open_typed(code.typed or "", CREW),
    ):
        with pytest.raises(NotFound):
            open_it()
    shown = status(world, carol, address)
    assert (shown.stopped, shown.typed, shown.openings) == (True, None, 0)


def test_stopping_one_reports_code_leaves_anothers(world: World, carol: Actor, code: ReportCode) -> None:
    other = save(world, carol, draft="ff" * 16).address
    world.codes.make(carol, other)
    world.codes.stop(carol, other)
    assert world.codes.open_qr(code.qr_secret, CREW)


def test_openings_are_counted_and_the_first_keeps_its_time(
    world: World, carol: Actor, address: str, code: ReportCode, clock: StillClock
) -> None:
    first = clock()
    world.codes.open_qr(code.qr_secret, CREW)
    clock.advance(timedelta(hours=1))
    world.codes.open_typed(code.typed or "", CREW)
    shown = status(world, carol, address)
    assert (shown.openings, shown.first_opened, shown.wrong_tries) == (2, first, 0)
    assert (shown.typed, shown.qr_secret) == (code.typed, code.qr_secret)


def test_the_family_sees_that_a_code_was_opened_and_not_the_code(
    world: World, carol: Actor, address: str, code: ReportCode
) -> None:
    maria = guardian(world, carol)
    world.codes.open_qr(code.qr_secret, CREW)
    shown = status(world, maria, address)
    assert (shown.typed, shown.qr_secret, shown.openings) == (None, "", 1)
    world.codes.stop(maria, address)
    assert status(world, carol, address).stopped


def test_a_code_shows_nothing_of_itself(code: ReportCode) -> None:
    assert code.typed is not None
    assert code.typed not in repr(code)
    assert code.qr_secret not in repr(code)


def test_ten_wrong_secrets_end_the_typed_code_and_its_author_sees_how_many_there_were(
    world: World, carol: Actor, address: str, code: ReportCode
) -> None:
    guess(world, code, MAX_WRONG - 1)
    assert (status(world, carol, address).typed, status(world, carol, address).wrong_tries) == (code.typed, 9)
    assert world.codes.open_typed(code.typed or "", CREW)
    assert status(world, carol, address).wrong_tries == 9
    guess(world, code, 1)
    shown = status(world, carol, address)
    assert (shown.typed, shown.wrong_tries, shown.stopped) == (None, MAX_WRONG, False)
    with pytest.raises(NotFound):
        world.codes.open_typed(code.typed or "", CREW)
    assert world.codes.open_qr(code.qr_secret, CREW)
    assert status(world, carol, address).wrong_tries == MAX_WRONG


def test_tries_that_run_beside_each_other_count_too(world: World, carol: Actor, address: str, code: ReportCode) -> None:
    """Each is counted before it is looked at: eleven at once are one too many."""
    locator = (code.typed or "").replace("-", "").replace(" ", "")[:4]
    for _ in range(MAX_WRONG):
        world.codes._count_try(locator)
    with pytest.raises(NotFound):
        world.codes._count_try(locator)
    assert status(world, carol, address).typed is None


def test_a_try_that_could_not_be_looked_at_is_taken_back(
    world: World, carol: Actor, address: str, code: ReportCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> bytes:
        raise Unavailable("not now")

    monkeypatch.setattr("blockmrs.crypto.wrapping.Wrapper.unwrap", busy)
    with pytest.raises(Unavailable):
        world.codes.open_typed(code.typed or "", CREW)
    monkeypatch.undo()
    assert status(world, carol, address).wrong_tries == 0


def test_sixty_wrong_codes_from_one_address_are_enough_and_scanning_goes_on(
    world: World, code: ReportCode, clock: StillClock
) -> None:
    nowhere = "ZZZZ-ZZZZ-ZZZZ"
    for _ in range(WRONG_CODES):
        with pytest.raises(NotFound):
            world.codes.open_typed(nowhere, CREW)
    with pytest.raises(TooManyAttempts):
        world.codes.open_typed(code.typed or "", CREW)
    assert world.codes.open_typed(code.typed or "", OTHER)
    assert world.codes.open_qr(code.qr_secret, CREW)
    for _ in range(WRONG_CODES):
        with pytest.raises(NotFound):
            world.codes.open_qr("x" * 22, CREW)
    with pytest.raises(TooManyAttempts):
        world.codes.open_qr(code.qr_secret, CREW)
    clock.advance(timedelta(minutes=15))
    assert world.codes.open_typed(code.typed or "", CREW)
    assert world.codes.open_qr(code.qr_secret, CREW)


def test_right_codes_are_not_counted_against_their_address(world: World, code: ReportCode) -> None:
    for _ in range(WRONG_CODES + 1):
        world.codes.open_qr(code.qr_secret, CREW)


def test_text_that_is_no_code_is_refused_before_it_counts(world: World, code: ReportCode) -> None:
    for typed in ("", "ABC", (code.typed or "") + "2"):
        with pytest.raises(InvalidInput):
            world.codes.open_typed(typed, CREW)


def test_a_locator_that_is_in_use_is_drawn_again(
    world: World, carol: Actor, code: ReportCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = (code.typed or "").replace("-", "").replace(" ", "")
    other = save(world, carol, draft="ff" * 16).address
    real, drawn = crew_codes.new_code, []

    def draw(length: int) -> str:
        drawn.append(length)
        return plain[:4] if length == 4 and len(drawn) < 6 else real(length)

    monkeypatch.setattr(crew_codes, "new_code", draw)
    second = world.codes.make(carol, other)
    assert world.codes.open_qr(second.qr_secret, CREW)
    assert drawn == [4, 8] * 4
    monkeypatch.setattr(crew_codes, "new_code", lambda length: plain[:4] if length == 4 else real(length))
    world.codes.stop(carol, other)
    tried: list[str] = []
    real_write = world.codes._write
    monkeypatch.setattr(world.codes, "_write", lambda *given: tried.append("") or real_write(*given))
    with pytest.raises(Unavailable):
        world.codes.make(carol, other)
    assert len(tried) == 5


def test_what_happened_to_codes_is_news_for_whoever_made_them_and_nobody_else(
    world: World, carol: Actor, address: str, code: ReportCode, clock: StillClock
) -> None:
    dan = world.person("dan", "Dan Coach")
    other = save(world, carol, draft="ff" * 16).address
    second = world.codes.make(carol, other)
    assert (world.codes.news(), world.codes.opened_handles()) == ([], set())
    world.codes.open_qr(code.qr_secret, CREW)
    guess(world, second, MAX_WRONG)
    news = world.codes.news()
    assert sorted((one.guessed, one.first_opened) for one in news if one.first_opened) == [(False, clock())]
    assert sorted(one.guessed for one in news) == [False, True]
    updates = {(world.codes.made_by(carol, one) or b"").hex()[:32] for one in news}
    assert updates == {address, other}
    assert {world.codes.made_by(dan, one) for one in news} == {None}
    assert world.codes.opened_handles() == {one.handle for one in news if not one.guessed}
    assert set(world.codes.running()) == {one.handle for one in news}
    assert set(world.codes.running().values()) == {code.until}
    world.codes.stop(carol, address)
    assert [one.guessed for one in world.codes.news()] == [True]
    # Stopped, and opened before: still to be told to the family.
    assert len(world.codes.opened_handles()) == 1
    assert len(world.codes.running()) == 1
    clock.advance(timedelta(days=1))
    assert (world.codes.news(), world.codes.opened_handles(), world.codes.running()) == ([], set(), {})


def test_rows_hold_nothing_that_opens_a_code(world: World, carol: Actor, code: ReportCode) -> None:
    plain = (code.typed or "").replace("-", "").replace(" ", "")
    with world.database.read() as rows:
        (row,) = rows.scalars(select(ReportCodeRow))
        for kept in (row.sealed_typed, row.qr_lookup, row.sealed_qr, row.sealed_for_author):
            assert plain[4:].encode() not in (kept or b"")
            assert code.qr_secret.encode() not in (kept or b"")
        assert row.locator == plain[:4]


def test_one_codes_sealed_content_opens_under_no_other_locator(
    world: World, carol: Actor, address: str, code: ReportCode
) -> None:
    with world.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM report_code")).scalar() == 1
    with world.database.write() as rows:
        (row,) = rows.scalars(select(ReportCodeRow))
        values = {
            name: getattr(row, name)
            for name in ("handle", "sealed_typed", "qr_lookup", "sealed_qr", "sealed_for_author", "expires")
        }
        rows.delete(row)
        rows.flush()
        rows.add(ReportCodeRow(locator="2222", wrong_tries=0, openings=0, **values))
    with pytest.raises(CannotOpen):
        world.codes.open_qr(code.qr_secret, CREW)
    with pytest.raises(NotFound):
        world.codes.open_typed("2222" + (code.typed or "").replace("-", "")[4:], CREW)
    assert status(world, carol, address).typed is None


def test_a_code_is_made_only_by_its_reports_author(world: World, carol: Actor, address: str) -> None:
    assert isinstance(world.codes, Codes)
    with pytest.raises(NotFound):
        world.codes.make(world.person("mallory", "Mallory"), address)
    with pytest.raises(NotFound):
        world.codes.status(world.person("mona", "Mona"), address)


def test_typed_and_scanned_codes_are_counted_each_under_its_own_name_and_wrong_ones_alone(
    world: World, code: ReportCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[str, object]] = []
    for name in ("check", "note"):
        monkeypatch.setattr(world.throttle, name, lambda *given, name=name, **more: counted.append((name, given, more)))
    minutes = timedelta(minutes=15)
    world.codes.open_qr(code.qr_secret, CREW)
    world.codes.open_typed(code.typed or "", OTHER)
    limits = {"limit": 60, "window": minutes}
    scanned = ("check", ("scanned code",), {"address": CREW} | limits)
    typed = ("check", ("code",), {"address": OTHER} | limits)
    assert counted == [scanned, typed]
    counted.clear()
    with pytest.raises(NotFound):
        world.codes.open_qr("x" * 22, CREW)
    with pytest.raises(NotFound):
        world.codes.open_typed(wrong(code.typed), OTHER)
    assert counted == [
        scanned, ("note", ("scanned code",), {"address": CREW, "window": minutes}),
        typed, ("note", ("code",), {"address": OTHER, "window": minutes}),
    ]  # fmt: skip


def test_a_try_of_a_code_that_is_there_no_longer_takes_nothing_back(world: World, code: ReportCode) -> None:
    for act in (world.codes._take_back_try, world.codes._end_typed_code):
        act("2222")
    assert world.codes.open_typed(code.typed or "", CREW)


def test_a_reports_codes_are_found_where_every_version_looks(
    world: World, carol: Actor, address: str, code: ReportCode
) -> None:
    player = world.teams.team(carol).players[0]
    held = world.teams.holding(player)
    update_id = world.access.allow(carol, address, Action.MAKE_CODE).grant.update_id
    assert list(world.codes.running()) == [held.keyring.derive("report code", update_id)]


def test_a_code_that_was_opened_often_is_counted_with_the_first_time(
    world: World, carol: Actor, address: str, code: ReportCode, clock: StillClock
) -> None:
    clock.advance(timedelta(minutes=1))
    first = clock()
    for _ in range(3):
        world.codes.open_qr(code.qr_secret, CREW)
        clock.advance(timedelta(minutes=1))
    shown = status(world, carol, address)
    assert (shown.openings, shown.first_opened) == (3, first)


def test_of_several_codes_of_a_report_the_newest_is_shown(
    world: World, carol: Actor, address: str, code: ReportCode, clock: StillClock
) -> None:
    world.codes.stop(carol, address)
    for _ in range(3):
        clock.advance(timedelta(minutes=1))
        newest = world.codes.make(carol, address)
        assert status(world, carol, address) == newest
        world.codes.stop(carol, address)
    assert status(world, carol, address).until == newest.until
