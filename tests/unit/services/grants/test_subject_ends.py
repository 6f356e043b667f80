"""What the subject of a report ends on the lines of its recipient."""

import pytest

from blockmrs.crypto.keys import Keyring
from blockmrs.domain.sharing import Grant, Revocation
from blockmrs.services.grants.subject_ends import with_subjects_ends
from blockmrs.services.lines.reader import GrantEntry, Line
from tests.support.lines import Lines

BACK = bytes([5]) * 32
FIRST, AGAIN, OTHER = (bytes([number]) * 32 for number in (11, 12, 13))


@pytest.fixture
def carol(lines: Lines) -> Keyring:
    return Keyring.from_seed(b"c" * 32)


@pytest.fixture
def dan() -> Keyring:
    return Keyring.from_seed(b"d" * 32)


@pytest.fixture
def sam() -> Keyring:
    return Keyring.from_seed(b"s" * 32)


def line_of(author: Keyring, **grants: Grant) -> Line:
    ids = {"first": FIRST, "again": AGAIN, "other": OTHER}
    return Line(grants={ids[name]: GrantEntry(ids[name], author.card.id, grant) for name, grant in grants.items()})


def ended(lines: list[tuple[object, Line]]) -> dict[bytes, bytes]:
    """By grant, who ended it."""
    return {
        entry.id: entry.revoked_by for _, line in lines for entry in line.grants.values() if entry.revoked is not None
    }


def test_where_no_subject_ended_anything_the_lines_are_as_they_were(lines: Lines, carol, sam) -> None:
    line = line_of(carol, first=lines.grant(sam, 1, return_to_subject=BACK))
    assert with_subjects_ends([(carol.card, line)]) == [(carol.card, line)]
    assert ended([(carol.card, line)]) == {}


def test_what_the_subject_ends_is_ended_and_bars_the_same_update_from_being_given_again(
    lines: Lines, carol, sam
) -> None:
    given = lines.grant(sam, 1, return_to_subject=BACK)
    stop = Revocation(FIRST, lines.clock())
    mine = line_of(carol, first=given, again=given, other=lines.grant(sam, 2, return_to_subject=BACK))
    found = with_subjects_ends([(carol.card, mine), (sam.card, Line(revocations=[(sam.card.id, stop)]))])
    assert ended(found) == {FIRST: sam.card.id, AGAIN: sam.card.id}
    assert {entry.revoked for entry in found[0][1].grants.values()} == {stop, None}
    assert [card for card, _ in found] == [carol.card, sam.card]


def test_it_bars_the_card_that_gave_it_and_no_other(lines: Lines, carol, dan, sam) -> None:
    given = lines.grant(sam, 1, return_to_subject=BACK)
    found = with_subjects_ends(
        [
            (carol.card, line_of(carol, first=given)),
            (dan.card, line_of(dan, again=given)),
            (sam.card, Line(revocations=[(sam.card.id, Revocation(FIRST, lines.clock()))])),
        ]
    )
    assert ended(found) == {FIRST: sam.card.id}


def test_who_is_not_the_subject_ends_nothing(lines: Lines, carol, dan, sam) -> None:
    line = line_of(carol, first=lines.grant(sam, 1, return_to_subject=BACK))
    stop = Line(revocations=[(dan.card.id, Revocation(FIRST, lines.clock()))])
    assert ended(with_subjects_ends([(carol.card, line), (dan.card, stop)])) == {}


def test_of_a_report_that_is_kept_from_them_the_subject_ends_nothing(lines: Lines, carol, sam) -> None:
    line = line_of(carol, first=lines.grant(sam, 1), again=lines.grant(sam, 1, return_to_subject=BACK))
    stop = Line(revocations=[(sam.card.id, Revocation(FIRST, lines.clock()))])
    assert ended(with_subjects_ends([(carol.card, line), (sam.card, stop)])) == {}


def test_barring_does_not_reach_a_later_grant_that_is_kept_from_them(lines: Lines, carol, sam) -> None:
    line = line_of(carol, first=lines.grant(sam, 1, return_to_subject=BACK), again=lines.grant(sam, 1))
    stop = Line(revocations=[(sam.card.id, Revocation(FIRST, lines.clock()))])
    assert ended(with_subjects_ends([(carol.card, line), (sam.card, stop)])) == {FIRST: sam.card.id}


def test_what_the_subject_gave_is_ended_on_its_own_line_like_any_grant(lines: Lines, sam) -> None:
    own = line_of(sam, first=lines.grant(sam, 1, return_to_subject=BACK))
    own.revocations.append((sam.card.id, Revocation(FIRST, lines.clock())))
    assert ended(with_subjects_ends([(sam.card, own)])) == {}


def test_what_had_ended_before_keeps_its_own_end(lines: Lines, carol, sam) -> None:
    line = line_of(carol, first=lines.grant(sam, 1, return_to_subject=BACK))
    before = Revocation(FIRST, lines.clock())
    entry = line.grants[FIRST]
    line.grants[FIRST] = GrantEntry(FIRST, entry.author, entry.grant, revoked=before, revoked_by=carol.card.id)
    stop = Line(revocations=[(sam.card.id, Revocation(FIRST, lines.clock()))])
    assert ended(with_subjects_ends([(carol.card, line), (sam.card, stop)])) == {FIRST: carol.card.id}


def test_of_several_ends_of_one_update_the_first_counts(lines: Lines, carol, sam) -> None:
    given = lines.grant(sam, 1, return_to_subject=BACK)
    first, second = Revocation(FIRST, lines.clock()), Revocation(AGAIN, lines.clock())
    line = line_of(carol, first=given, again=given)
    stops = Line(revocations=[(sam.card.id, second), (sam.card.id, first)])
    found = with_subjects_ends([(carol.card, line), (sam.card, stops)])
    assert {entry.revoked for entry in found[0][1].grants.values()} == {first}
