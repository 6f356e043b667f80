"""Who is a member of an organisation, whose signature counted when, and who may change that."""

from datetime import UTC, datetime

import pytest

from blockmrs.domain.staff import (
    Leaving,
    Membership,
    at_place,
    current_of,
    find_current,
    last_of,
    require_leave_to_change,
    require_leave_to_end,
    require_manager,
)
from blockmrs.encoding import Value
from blockmrs.errors import InvalidInput, NotAuthorized, NotFound

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
ADA, BEN, CLEO, STRANGER = (bytes([number]) * 32 for number in range(1, 5))
ADMINISTRATOR = None


def member(card: bytes, since: int = 10, until: int | None = None, *, manages: bool = False) -> Membership:
    return Membership(card, "N", NOON, since, manages, None if until is None else NOON, until)


FORMER = member(BEN, 10, 20)
AGAIN = member(BEN, 30)
MANAGER = member(ADA, manages=True)
STAFF = (FORMER, MANAGER, AGAIN)
TWO_MANAGERS = (MANAGER, member(CLEO, manages=True), AGAIN)


def test_a_signature_counts_from_the_place_of_joining_to_before_that_of_leaving() -> None:
    assert [FORMER.covers(place) for place in (9, 10, 19, 20)] == [False, True, True, False]
    assert [AGAIN.covers(place) for place in (29, 30, 10**9)] == [False, True, True]
    assert [one.is_current for one in (FORMER, AGAIN)] == [False, True]


def test_who_joined_again_has_the_membership_of_each_time() -> None:
    assert [at_place(STAFF, BEN, place) for place in (9, 15, 25, 35)] == [None, FORMER, None, AGAIN]
    assert current_of(STAFF, BEN) is AGAIN
    assert current_of((FORMER,), BEN) is None


def test_the_last_membership_is_the_newest_whether_or_not_it_has_ended() -> None:
    assert last_of(STAFF, BEN) is AGAIN
    assert last_of((FORMER, MANAGER), BEN) is FORMER
    assert last_of(STAFF, STRANGER) is None


def test_who_has_left_is_told_apart_from_who_never_came() -> None:
    assert find_current(STAFF, BEN) is AGAIN
    with pytest.raises(InvalidInput):
        find_current((FORMER, MANAGER), BEN)
    with pytest.raises(NotFound):
        find_current(STAFF, STRANGER)


def test_a_leaving_reads_back_as_it_was_written() -> None:
    leaving = Leaving(BEN, NOON, 30)
    assert Leaving.from_fields(leaving.to_fields()) == leaving


@pytest.mark.parametrize("wrong", [{6: None}, {6: BEN[1:]}, {6: "b" * 32}, {7: None}, {8: None}, {8: True}, {8: "30"}])
def test_fields_of_another_form_end_nothing(wrong: dict[int, Value]) -> None:
    with pytest.raises(InvalidInput):
        Leaving.from_fields({**Leaving(BEN, NOON, 30).to_fields(), **wrong})


def test_members_are_managed_by_those_with_that_role_and_by_the_administrator() -> None:
    require_manager(STAFF, ADA)
    require_manager(STAFF, ADMINISTRATOR)
    with pytest.raises(NotAuthorized):
        require_manager(STAFF, BEN)


@pytest.mark.parametrize("by", [STRANGER, CLEO])
def test_who_is_no_member_or_no_longer_one_learns_nothing_about_the_members(by: bytes) -> None:
    staff = (*STAFF, member(CLEO, 10, 20, manages=True))
    with pytest.raises(NotFound):
        require_manager(staff, by)
    with pytest.raises(NotFound):
        require_leave_to_end(staff, BEN, by)
    with pytest.raises(NotFound):
        require_leave_to_end(staff, by, by)
    with pytest.raises(NotFound):
        require_leave_to_change(staff, BEN, by, manages=True)


def test_a_membership_is_ended_by_the_member_a_manager_or_the_administrator() -> None:
    assert [require_leave_to_end(STAFF, BEN, by) for by in (BEN, ADA, ADMINISTRATOR)] == [AGAIN] * 3
    with pytest.raises(NotAuthorized):
        require_leave_to_end(STAFF, ADA, BEN)


def test_the_last_who_manages_members_is_ended_or_relieved_by_the_administrator_alone() -> None:
    with pytest.raises(InvalidInput):
        require_leave_to_end(STAFF, ADA, ADA)
    with pytest.raises(InvalidInput):
        require_leave_to_change(STAFF, ADA, ADA, manages=False)
    assert require_leave_to_end(STAFF, ADA, ADMINISTRATOR) is MANAGER
    assert require_leave_to_change(STAFF, ADA, ADMINISTRATOR, manages=False) is MANAGER


def test_of_two_who_manage_members_either_may_go_but_one_who_has_left_does_not_count() -> None:
    assert require_leave_to_end(TWO_MANAGERS, ADA, ADA) is MANAGER
    assert require_leave_to_change(TWO_MANAGERS, ADA, CLEO, manages=False) is MANAGER
    with pytest.raises(InvalidInput):
        require_leave_to_end((MANAGER, member(CLEO, 10, 20, manages=True), AGAIN), ADA, ADA)


def test_the_role_is_given_by_who_has_it_and_not_taken_by_who_lacks_it() -> None:
    assert require_leave_to_change(STAFF, BEN, ADA, manages=True) is AGAIN
    with pytest.raises(NotAuthorized):
        require_leave_to_change(STAFF, BEN, BEN, manages=True)
