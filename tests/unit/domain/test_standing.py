"""What is due by a standing grant, and whose word counts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from blockmrs.domain.bundles import BundleTerms
from blockmrs.domain.kinds import Relation
from blockmrs.domain.roll import Entry, Roll, Says, Statement, read_roll
from blockmrs.domain.sharing import Grant
from blockmrs.domain.standing import CHOICES, GIVEN_KINDS, counted_then, counts_now, covers, gives_private, is_given

NOW = datetime(2026, 3, 14, tzinfo=UTC)
COACH, MOTHER, FATHER, INVITED = (bytes([number]) * 32 for number in (1, 2, 3, 4))
GRANT = Grant(bytes(32), bytes(32), "report", NOW)


def roll(*statements: tuple[bytes, Statement]) -> Roll:
    return read_roll(Entry(statement, author, NOW, number) for number, (author, statement) in enumerate(statements, 1))


MADE = (COACH, Statement(Says.MADE, COACH, "Coach", Relation.COACH))


def invited(by: bytes, number: int) -> tuple[bytes, Statement]:
    until = datetime(2027, 1, 1, tzinfo=UTC)
    return (by, Statement(Says.INVITED, bytes([100 + number]) * 32, until=until))


def joined(who: bytes, number: int) -> tuple[bytes, Statement]:
    return (who, Statement(Says.JOINED, who, "X", Relation.GUARDIAN, bytes([100 + number]) * 32))


@pytest.mark.parametrize("kind", ["roster", "clearance", "reply", "something-new", "private"])
def test_a_kind_that_no_choice_names_is_given_by_no_terms(kind):
    assert kind not in GIVEN_KINDS
    assert not covers(BundleTerms(kinds=(kind,)), kind, bytes(32))


def test_terms_that_name_no_kind_give_nothing():
    assert [kind for kind in GIVEN_KINDS if covers(BundleTerms(), kind, bytes(32))] == []


def test_what_is_named_is_given_but_for_what_stays_out():
    for choice, kinds in CHOICES.items():
        terms = BundleTerms(kinds=tuple(str(kind) for kind in kinds), left_out=(bytes(32),))
        assert gives_private(terms) is (choice == "private")
        if choice == "private":
            continue
        assert all(covers(terms, kind, bytes([1]) * 32) for kind in kinds)
        assert not any(covers(terms, kind, bytes(32)) for kind in kinds)


@pytest.mark.parametrize(
    ("size", "index", "given"), [(None, 9, False), (5, 9, False), (6, 9, True), (9, 9, True), (10, 9, False)]
)
def test_only_whoever_looked_after_it_began_and_before_they_wrote_has_given(size, index, given):
    assert is_given(replace(GRANT, given_size=size), index, standing_index=5) is given


def test_a_coach_s_word_on_giving_counts_for_nothing_even_on_a_roll_without_family():
    assert not counts_now(roll(MADE), COACH)
    assert not counted_then(roll(MADE), roll(MADE), COACH)


def test_a_coach_who_let_themselves_in_counts_until_somebody_of_the_family_is_in():
    alone = roll(MADE, invited(COACH, 1), joined(COACH, 1))
    later = roll(MADE, invited(COACH, 1), joined(COACH, 1), invited(COACH, 2), joined(MOTHER, 2))
    assert (counts_now(alone, COACH), counts_now(later, COACH), counts_now(later, MOTHER)) == (True, False, True)
    assert (counted_then(alone, alone, COACH), counted_then(alone, later, COACH)) == (True, False)


def test_what_somebody_began_who_left_since_runs_on_and_they_begin_nothing_more():
    begun = [MADE, invited(COACH, 1), joined(MOTHER, 1), invited(MOTHER, 2), joined(FATHER, 2),
             (MOTHER, Statement(Says.CONFIRMED, FATHER, relation=Relation.GUARDIAN))]  # fmt: skip
    both, left = roll(*begun), roll(*begun, (FATHER, Statement(Says.ENDED, FATHER, relation=Relation.GUARDIAN)))
    assert (counted_then(both, left, FATHER), counts_now(left, FATHER)) == (True, False)
    assert not counted_then(left, left, FATHER)
