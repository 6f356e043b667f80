"""Everything from now on while something of it cannot be read: a save depends on nobody else, and nothing is lost."""

from datetime import timedelta

import pytest

from blockmrs.errors import ObjectMissing, StorageUnavailable
from blockmrs.model.objects import HeldObjectRow
from blockmrs.services.grants import standing as standing_module
from blockmrs.services.grants.standing_memory import StandingMemory
from tests.support.from_now_on import ALL, MONTH, Home


@pytest.fixture
def chosen(home: Home, monkeypatch: pytest.MonkeyPatch):
    """Takes away what says what was chosen, and returns how it is put back."""

    def take():
        pointer = home.world.standing.running(home.card())[0].copy.grant.object
        content = home.world.embedded.get(pointer.cid)
        home.world.embedded.unpin(pointer.cid)
        # As after a start: a process that saved before remembers it.
        monkeypatch.setattr(home.world.standing, "_memory", StandingMemory())
        return lambda: home.world.embedded.put(content)

    return take


def test_while_what_was_chosen_cannot_be_read_nothing_is_given_and_it_waits(home: Home, chosen) -> None:
    home.begin()
    put_back = chosen()
    home.tell(home.maria)
    (share,) = home.shares(home.joe)
    assert (share.is_readable, share.choices, home.waiting(home.maria), home.give(home.maria)) == (False, (), 0, 0)
    put_back()
    assert (home.waiting(home.maria), home.give(home.maria), home.facts()) == (1, 1, [("Penicillin",)])


def test_a_save_while_nobody_can_tell_who_reads_is_saved_and_given_later(home: Home, monkeypatch) -> None:
    home.begin()

    def away(_subject):
        raise StorageUnavailable("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(home.world.standing, "running", away)
        home.tell(home.maria)
    assert home.world.facts.current(home.team.person(home.joe)).facts.allergies == ("Penicillin",)
    assert (home.facts(), home.waiting(home.maria), home.give(home.joe)) == ([], 1, 1)
    assert home.facts() == [("Penicillin",)]


def test_a_save_that_leaves_no_room_in_its_block_is_saved_and_given_later(home: Home, monkeypatch) -> None:
    home.begin()
    with monkeypatch.context() as patched:
        patched.setattr(standing_module, "_LEFT_FREE", 10_000)
        home.tell(home.maria)
    assert (home.facts(), home.give(home.maria), home.facts()) == ([], 1, [("Penicillin",)])


def test_a_save_notes_how_far_everything_is_given_only_where_nothing_waits(home: Home, monkeypatch) -> None:
    monkeypatch.setattr(standing_module, "_TIDIED_EVERY", 1)
    home.begin()
    home.team.save()
    home.tell(home.maria)
    assert home.waiting(home.maria) == 1


def test_a_text_that_cannot_be_fetched_now_is_passed_over_by_nobody(home: Home, monkeypatch) -> None:
    home.begin()
    address = home.team.save()

    def away(_grant):
        raise StorageUnavailable("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(home.world.mailbox, "update", away)
        with pytest.raises(StorageUnavailable):
            home.give(home.maria)
    assert (home.waiting(home.maria), home.give(home.maria), home.inbox()) == (1, 1, [address])


def test_of_whom_nobody_can_tell_what_waits_hides_nothing_of_the_others(home: Home, monkeypatch) -> None:
    home.begin()
    home.team.save()
    world, real = home.world, home.world.standing.waiting

    def waiting(subject):
        if subject.keyring.card.id == home.maria.keyring.card.id:
            raise ObjectMissing("not here")
        return real(subject)

    monkeypatch.setattr(world.standing, "waiting", waiting)
    gaps: list[str] = []
    assert [(one.label, one.number) for one in world.from_now_on.waiting(home.maria, gaps)] == [("Sam Rivers", 1)]
    assert gaps == ["waiting"]
    with pytest.raises(ObjectMissing):
        world.from_now_on.waiting(home.maria)


def test_a_press_that_was_cut_off_is_the_same_press_whenever_it_comes_again(home: Home, monkeypatch) -> None:
    """Its end date is counted from now, so that it asks for another moment each time."""
    world, real, draft = home.world, home.world.ledger.submit, "ab" * 16

    def cut_off(transactions):
        real(transactions)
        raise StorageUnavailable("no answer")

    def press() -> None:
        until = world.clock() + MONTH
        world.from_now_on.begin(home.maria, home.handle(home.maria), home.hospital, "care", until, ALL, draft)

    with monkeypatch.context() as patched:
        patched.setattr(world.ledger, "submit", cut_off)
        with pytest.raises(StorageUnavailable):
            press()
    (reader,) = world.standing.running(home.card())
    listed = reader.copy.grant.object.cid.digest
    with world.database.read() as rows:
        assert rows.get(HeldObjectRow, listed) is None
    world.clock.advance(timedelta(minutes=3))
    press()
    with world.database.read() as rows:
        assert rows.get(HeldObjectRow, listed) is not None
    home.stop(home.joe)
    size = world.ledger.size
    press()
    assert (world.ledger.size, home.shares(home.maria)) == (size, []), "sent again by a browser, a year later"


def test_the_mark_of_one_parent_s_press_keeps_nothing_of_the_other_s_back(home: Home) -> None:
    world, until = home.world, home.world.clock() + MONTH
    for actor in (home.maria, home.joe):
        world.from_now_on.begin(actor, home.handle(actor), home.hospital, "care", until, ALL, "ab" * 16)
        home.stop(actor)
    assert len(world.standing.of(home.card())) == 2


def test_a_later_save_opens_no_copy_and_no_terms_again_and_yet_misses_no_end(home: Home, monkeypatch) -> None:
    home.begin()
    home.tell(home.maria)
    with monkeypatch.context() as patched:
        patched.setattr(home.world.standing, "_terms", lambda _entry: pytest.fail("opened again"))
        home.tell(home.joe, "Latex")
    assert home.facts() == [("Latex",), ("Penicillin",)]
    home.stop(home.joe)
    home.tell(home.maria, "Nuts")
    home.begin(choices=("reports",))
    home.tell(home.maria, "Dust")
    assert (home.facts(), home.on_the_line()) == ([], home.on_the_line())
    assert len(home.on_the_line()) == 2, "what was given before the end"
