"""What a statement on a roll does follows from who makes it and how things stand, never from what it claims."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockmrs.domain.kinds import Relation
from blockmrs.domain.roll import Entry, Part, Roll, Says, Statement, read_roll
from blockmrs.errors import InvalidInput

START = datetime(2026, 3, 14, tzinfo=UTC)
CAROL, MARIA, JOE, SAM, MALLORY = (bytes([number]) * 32 for number in range(1, 6))
CODES = tuple(bytes([number]) * 32 for number in range(101, 106))
UNTIL = START + timedelta(days=7)


def roll(*said: tuple[bytes, Statement]) -> Roll:
    return read_roll(
        Entry(statement, author, START + timedelta(minutes=number), number)
        for number, (author, statement) in enumerate(said, start=1)
    )


def made(author: bytes = CAROL) -> tuple[bytes, Statement]:
    return author, Statement(Says.MADE, author, "Coach", Relation.COACH)


def invited(number: int, author: bytes = CAROL) -> tuple[bytes, Statement]:
    return author, Statement(Says.INVITED, CODES[number], until=UNTIL)


def joined(who: bytes, number: int | None = None) -> tuple[bytes, Statement]:
    return who, Statement(Says.JOINED, who, "N", "guardian", None if number is None else CODES[number])


def confirmed(author: bytes, who: bytes, relation: str = "guardian") -> tuple[bytes, Statement]:
    return author, Statement(Says.CONFIRMED, who, relation=relation)


def ended(author: bytes, about: bytes, relation: str = "guardian") -> tuple[bytes, Statement]:
    return author, Statement(Says.ENDED, about, relation=relation)


def closed(author: bytes, number: int) -> tuple[bytes, Statement]:
    return author, Statement(Says.ENDED, CODES[number])


FAMILY = (made(), invited(0), joined(MARIA, 0), invited(1), joined(JOE, 1), confirmed(MARIA, JOE))


def test_the_first_is_in_and_the_second_waits() -> None:
    there = roll(*FAMILY[:-1])
    assert (there.acts(MARIA), there.acts(JOE), there.family[JOE].part) == (True, False, Part.WAITING)


def test_of_two_who_accept_one_invitation_the_first_in_the_log_joined() -> None:
    there = roll(made(), invited(0), joined(MARIA, 0), joined(MALLORY, 0))
    assert set(there.family) == {MARIA}


@pytest.mark.parametrize(
    "said",
    [
        confirmed(CAROL, JOE),
        confirmed(JOE, JOE),
        confirmed(MALLORY, JOE),
        (CAROL, Statement(Says.JOINED, JOE, "N", "guardian")),
        (CAROL, Statement(Says.KNOWN, JOE, "N", "guardian")),
        joined(JOE),
    ],
    ids=["coach", "themselves", "stranger", "coach in their name", "coach as if known", "as if from before"],
)
def test_nobody_but_the_family_lets_in_who_waits(said) -> None:
    assert not roll(*FAMILY[:-1], said).acts(JOE)


@pytest.mark.parametrize(
    "said",
    [
        made(),
        confirmed(CAROL, CAROL, Relation.COACH),
        invited(2),
        joined(CAROL, 1),
        confirmed(MALLORY, CAROL, Relation.COACH),
    ],
    ids=["enters again", "says yes to themselves", "invites", "joins", "a friend says yes"],
)
def test_nothing_that_a_coach_can_sign_undoes_their_end(said) -> None:
    there = roll(*FAMILY, ended(MARIA, CAROL, Relation.COACH), said)
    assert not there.uses(CAROL)
    assert not there.acts(CAROL)
    assert there.open_invitations(START) == []


def test_the_family_lets_a_coach_back_in() -> None:
    assert roll(*FAMILY, ended(MARIA, CAROL, Relation.COACH), confirmed(JOE, CAROL, Relation.COACH)).uses(CAROL)


@pytest.mark.parametrize("author", [CAROL, MALLORY])
def test_neither_coach_nor_stranger_ends_one_of_the_family(author: bytes) -> None:
    assert roll(*FAMILY, ended(author, MARIA), ended(author, JOE)).family_in() == roll(*FAMILY).family_in()


def test_a_coach_who_holds_the_seed_ends_nobody_with_a_card_of_their_own_making() -> None:
    there = roll(*FAMILY, made(MALLORY), invited(2, MALLORY), joined(SAM, 2), ended(SAM, MARIA), ended(MALLORY, MARIA))
    assert there.acts(MARIA)
    assert not there.acts(SAM)


def test_two_others_are_needed_and_enough() -> None:
    three = (*FAMILY, invited(2), joined(SAM, 2), confirmed(JOE, SAM))
    assert roll(*three, ended(MARIA, JOE)).acts(JOE)
    assert not roll(*three, ended(MARIA, JOE), ended(SAM, JOE)).acts(JOE)
    assert roll(*FAMILY, ended(MARIA, JOE), ended(MARIA, JOE)).acts(JOE)


def test_the_last_of_the_family_and_a_coach_without_a_family_cannot_leave() -> None:
    assert roll(*FAMILY[:3], ended(MARIA, MARIA)).acts(MARIA)
    assert roll(made(), ended(CAROL, CAROL, Relation.COACH)).uses(CAROL)


def test_with_a_coach_go_the_invitations_that_they_made() -> None:
    there = roll(*FAMILY, invited(2), ended(MARIA, CAROL, Relation.COACH), joined(SAM, 2))
    assert SAM not in there.family


@pytest.mark.parametrize(("author", "is_closed"), [(MARIA, True), (CAROL, True), (JOE, False), (MALLORY, False)])
def test_an_invitation_is_ended_by_the_family_who_is_in_or_by_who_made_it(author: bytes, is_closed: bool) -> None:
    there = roll(*FAMILY[:-1], invited(2), closed(author, 2), joined(SAM, 2))
    assert (SAM not in there.family) is is_closed


def test_what_was_accepted_is_not_ended_by_ending_its_invitation() -> None:
    assert roll(*FAMILY, closed(MARIA, 1)).acts(JOE)


@pytest.mark.parametrize(
    ("author", "part"),
    [(JOE, Part.ENDED), (MARIA, Part.ENDED), (CAROL, Part.ENDED), (SAM, Part.WAITING), (MALLORY, Part.WAITING)],
    ids=["themselves", "the family", "who invited them", "another who waits", "a stranger"],
)
def test_who_waits_is_sent_away_by_the_family_or_their_inviter_and_may_go(author: bytes, part: Part) -> None:
    waiting = (*FAMILY[:-1], invited(2, MARIA), joined(SAM, 2))
    assert roll(*waiting, ended(author, JOE)).family[JOE].part is part


def test_a_coach_whose_part_has_ended_sends_nobody_away_whom_they_invited() -> None:
    gone = (*FAMILY[:-1], ended(MARIA, CAROL, Relation.COACH))
    assert roll(*gone, ended(CAROL, JOE)).family[JOE].part is Part.WAITING


def test_who_was_ended_and_is_invited_again_waits_for_a_new_yes() -> None:
    again = (*FAMILY, ended(JOE, JOE), invited(2, MARIA), joined(JOE, 2))
    there = roll(*again)
    assert there.family[JOE].part is Part.WAITING
    assert there.family[JOE].confirmed_by == b""
    assert roll(*again, confirmed(MARIA, JOE)).acts(JOE)


def test_who_accepts_once_more_stays_what_they_are() -> None:
    before = roll(*FAMILY)
    there = roll(*FAMILY, invited(2, MARIA), joined(JOE, 2))
    assert there.family == before.family
    waiting = roll(*FAMILY[:-1], invited(2), joined(JOE, 2))
    assert waiting.family[JOE].part is Part.WAITING


def test_a_name_is_that_under_which_a_card_was_entered() -> None:
    there = roll(made(), invited(0), joined(MARIA, 0))
    assert [there.name_of(card) for card in (MARIA, CAROL, MALLORY)] == ["N", "Coach", ""]


def test_who_joined_before_is_in_and_nobody_can_pretend_that_later() -> None:
    assert roll(joined(MARIA), made()).acts(MARIA)
    assert not roll(made(), invited(0), joined(MALLORY)).acts(MALLORY)
    assert Roll().acts(MARIA), "they are on no roll yet"


def test_what_joined_before_keeps_the_next_from_being_the_first() -> None:
    known = (CAROL, Statement(Says.KNOWN, MARIA, "Maria", "guardian"))
    there = roll(made(), known, invited(0), joined(MALLORY, 0))
    assert (there.acts(MARIA), there.acts(MALLORY)) == (True, False)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {12: 8, 13: CAROL},
        {12: True, 13: CAROL},
        {12: 1, 13: b"short"},
        {12: 1, 13: CAROL, 14: "x" * 65},
        {12: 1, 13: CAROL, 14: 5},
        {12: 3, 13: CAROL, 15: b"short"},
        {12: 2, 13: CAROL, 11: "soon"},
    ],
)
def test_fields_of_another_form_are_no_statement(fields) -> None:
    with pytest.raises(InvalidInput):
        Statement.from_fields(fields)


def test_a_statement_reads_back_as_it_was_written() -> None:
    for said in (
        Statement(Says.JOINED, MARIA, "Maria", "guardian", CODES[0], bell=(SAM, JOE)),
        Statement(Says.INVITED, CODES[0], until=UNTIL),
        Statement(Says.ENDED, MARIA, relation="guardian"),
    ):
        assert Statement.from_fields(said.to_fields(SAM)) == said


PEOPLE = (CAROL, MARIA, JOE, SAM, MALLORY)
WHO = st.sampled_from(PEOPLE)
WHAT = st.builds(
    lambda author, says, about, relation, code, old: (
        author,
        Statement(
            says,
            CODES[code] if says is Says.INVITED else about,
            "N",
            relation,
            None if old else CODES[code],
            UNTIL,
        ),
    ),
    WHO,
    st.sampled_from(Says),
    WHO,
    st.sampled_from(("guardian", "self", Relation.COACH)),
    st.integers(0, 4),
    st.booleans(),
)


@given(st.lists(WHAT, max_size=25))
def test_whatever_coach_and_strangers_say_a_family_that_is_in_stays_in_and_they_stay_out(said) -> None:
    """Maria and Joe are in, and the coach's part has ended; the others say what they like, in any order."""
    hostile = [(author, statement) for author, statement in said if author not in (MARIA, JOE)]
    there = roll(*FAMILY, ended(MARIA, CAROL, Relation.COACH), *hostile)
    assert {holder.card for holder in there.family_in()} == {MARIA, JOE}
    assert not there.uses(CAROL)
    assert not any(there.acts(card) for card in (CAROL, SAM, MALLORY))


def test_the_steps_are_what_took_effect_each_time_and_nothing_else() -> None:
    said = roll(
        made(), invited(0), joined(MARIA, 0), ended(MARIA, CAROL, "coach"), confirmed(MARIA, CAROL, "coach"),
        ended(MALLORY, CAROL, "coach"), invited(1), ended(MARIA, CODES[1], ""), ended(MARIA, CAROL, "coach"),
    )  # fmt: skip
    steps = [(step.says, step.by, step.holder.part if step.holder else None) for step in said.steps]
    assert steps == [
        (Says.MADE, CAROL, Part.IN), (Says.INVITED, CAROL, None), (Says.JOINED, MARIA, Part.IN),
        (Says.ENDED, MARIA, Part.ENDED), (Says.CONFIRMED, MARIA, Part.IN), (Says.INVITED, CAROL, None),
        (Says.ENDED, MARIA, None), (Says.ENDED, MARIA, Part.ENDED),
    ]  # fmt: skip
