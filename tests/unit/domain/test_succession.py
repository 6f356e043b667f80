"""What a card says of the one that follows it, and who is on the roll of a card that follows another."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockmrs.cid import Cid
from blockmrs.domain.kinds import Relation
from blockmrs.domain.permission import require_handing_over
from blockmrs.domain.roll import Before, Entry, Part, Roll, Says, Statement, read_roll
from blockmrs.domain.sharing import Appointment, Pointer
from blockmrs.domain.succession import Predecessor, Successor
from blockmrs.errors import InvalidInput, NotAuthorized

NOW = datetime(2026, 3, 14, tzinfo=UTC)
CAROL, MARIA, JOE, MALLORY = (bytes([number]) * 32 for number in range(1, 5))
CODES = tuple(bytes([number]) * 32 for number in range(101, 104))
OBJECT = Pointer(Cid(bytes(32)), bytes([1]) * 32)
Said = tuple[bytes, Statement]


def read(*statements: Said, before: Before | None = None) -> Roll:
    return read_roll(
        (
            Entry(statement, author, NOW + timedelta(hours=100 * number), number)
            for number, (author, statement) in enumerate(statements, 1)
        ),
        before,
    )


def invited(number: int, by: bytes = CAROL) -> Said:
    return by, Statement(Says.INVITED, CODES[number], until=NOW + timedelta(days=3650))


def joined(who: bytes, number: int) -> Said:
    return who, Statement(Says.JOINED, who, "N", Relation.GUARDIAN, CODES[number])


def carried(who: bytes, by: bytes = MARIA, relation: str = Relation.GUARDIAN) -> Said:
    return by, Statement(Says.CARRIED, who, "N", relation)


def old_roll(*more: Said) -> Roll:
    """A coach, a mother, and a father who waits unless somebody says yes."""
    made = CAROL, Statement(Says.MADE, CAROL, "Coach", Relation.COACH)
    return read(made, invited(0), invited(1), joined(MARIA, 0), joined(JOE, 1), *more)


YES = MARIA, Statement(Says.CONFIRMED, JOE, relation=Relation.GUARDIAN)


def test_a_successor_and_a_predecessor_are_read_as_they_were_written() -> None:
    follows, followed = Successor(JOE, OBJECT), Predecessor(JOE, OBJECT)
    assert Successor.from_fields(follows.to_fields()) == follows
    assert Predecessor.from_fields(followed.to_fields()) == followed


@pytest.mark.parametrize("wrong", [{9: None}, {9: b"x"}, {9: 1}, {7: b"x"}, {7: None}, {8: "x" * 32}])
def test_a_successor_of_another_form_is_refused(wrong: dict[int, object]) -> None:
    with pytest.raises(InvalidInput):
        Successor.from_fields(Successor(JOE, OBJECT).to_fields() | wrong)


@pytest.mark.parametrize("wrong", [{9: "guardian"}, {9: None}, {6: b"x"}, {7: b"x"}, {8: None}])
def test_a_predecessor_of_another_form_is_refused(wrong: dict[int, object]) -> None:
    with pytest.raises(InvalidInput):
        Predecessor.from_fields(Predecessor(JOE, OBJECT).to_fields() | wrong)


def test_whom_a_card_follows_lets_nobody_act() -> None:
    fields = Predecessor(JOE, OBJECT).to_fields()
    with pytest.raises(InvalidInput):
        Appointment.from_fields(fields | {10: 1})


def test_who_was_in_is_in_on_the_next_roll_by_the_word_of_who_handed_over() -> None:
    before = old_roll(YES)
    roll = read(carried(MARIA), carried(JOE), carried(CAROL, relation=Relation.COACH), before=Before(before, MARIA))
    assert [roll.is_in(card) for card in (MARIA, JOE, CAROL)] == [True, True, False]
    assert roll.uses(CAROL)
    assert roll.coaches[CAROL].part is Part.IN
    assert roll.family[JOE].since == before.family[JOE].since
    assert roll.handed_over_by == MARIA
    assert roll.began


def test_who_waited_or_was_ended_or_never_was_there_is_carried_over_by_nobody() -> None:
    gone = MARIA, Statement(Says.ENDED, CAROL, relation=Relation.COACH)
    statements = [carried(MARIA), carried(JOE), carried(MALLORY), carried(CAROL, relation=Relation.COACH)]
    roll = read(*statements, before=Before(old_roll(gone), MARIA))
    assert (list(roll.family), list(roll.coaches)) == ([MARIA], [])


def test_nobody_else_carries_anybody_over_and_nobody_without_a_roll_before() -> None:
    before = Before(old_roll(YES), MARIA)
    assert list(read(carried(JOE, JOE), carried(CAROL, CAROL, Relation.COACH), before=before).family) == []
    assert list(read(carried(MARIA), carried(JOE, JOE), before=before).family) == [MARIA]
    assert list(read(carried(MARIA)).family) == []
    # Whoever hands over enters themselves first.
    assert list(read(carried(JOE), before=before).family) == []


def test_who_was_ended_since_is_not_carried_over_again_and_carries_nobody() -> None:
    before = Before(old_roll(YES), MARIA)
    leaves = MARIA, Statement(Says.ENDED, MARIA, relation=Relation.GUARDIAN)
    roll = read(carried(MARIA), carried(JOE), leaves, carried(MARIA), before=before)
    assert roll.family[MARIA].part is Part.ENDED
    roll = read(
        carried(MARIA), carried(JOE), leaves, carried(CAROL, relation=Relation.COACH), before=before,
    )  # fmt: skip
    assert list(roll.coaches) == []


def test_on_a_roll_that_follows_another_nobody_joins_without_the_familys_word() -> None:
    without = MALLORY, Statement(Says.JOINED, MALLORY, "M", Relation.GUARDIAN)
    known = CAROL, Statement(Says.KNOWN, MALLORY, "M", Relation.GUARDIAN)
    coach = carried(CAROL, relation=Relation.COACH)
    roll = read(carried(MARIA), coach, known, without, before=Before(old_roll(), MARIA))
    assert roll.family[MALLORY].part is Part.WAITING
    assert not roll.acts(MALLORY)
    assert not roll.acts(bytes(32))


def test_who_may_hand_over_is_one_of_the_family_and_a_coach_only_while_none_is_in() -> None:
    made = CAROL, Statement(Says.MADE, CAROL, "Coach", Relation.COACH)
    assert read(made).hands_over(CAROL)
    assert not read(made).hands_over(MALLORY)
    roll = old_roll()
    assert [roll.hands_over(card) for card in (MARIA, JOE, CAROL)] == [True, False, False]


def test_a_coach_who_let_themselves_in_does_not_hand_over_while_another_is_in() -> None:
    made = CAROL, Statement(Says.MADE, CAROL, "Coach", Relation.COACH)
    alone = read(made, invited(0), joined(CAROL, 0))
    assert alone.hands_over(CAROL)
    roll = read(made, invited(0), joined(CAROL, 0), invited(1), joined(MARIA, 1))
    assert [roll.hands_over(card) for card in (CAROL, MARIA)] == [False, True]


def test_only_who_may_passes_a_card_on() -> None:
    require_handing_over(True)
    with pytest.raises(NotAuthorized):
        require_handing_over(False)


OUTSIDERS = (JOE, MALLORY, CAROL)
ANY_STATEMENT = st.builds(
    Statement,
    st.sampled_from(list(Says)),
    st.sampled_from([*OUTSIDERS, MARIA, *CODES]),
    st.just("N"),
    st.sampled_from([*Relation, ""]),
    st.none() | st.sampled_from(CODES),
    st.none() | st.just(NOW + timedelta(days=3650)),
)


@given(st.lists(st.tuples(st.sampled_from(OUTSIDERS), ANY_STATEMENT), max_size=12))
def test_whatever_who_left_writes_on_the_next_roll_they_are_not_on_it_and_nobody_goes(statements: list[Said]) -> None:
    """A coach whose part ended, somebody who waited, and a stranger, who all had the old seed or get the new one."""
    gone = MARIA, Statement(Says.ENDED, CAROL, relation=Relation.COACH)
    roll = read(carried(MARIA), *statements, before=Before(old_roll(gone), MARIA))
    assert [holder.card for holder in roll.family_in()] == [MARIA]
    assert not any(roll.acts(card) or roll.decides(card) or roll.hands_over(card) for card in OUTSIDERS)
    assert not any(holder.part is Part.IN for holder in roll.coaches.values())
    assert roll.open_invitations(NOW) == []
