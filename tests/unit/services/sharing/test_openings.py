"""Which receipts of a share count as an opening, and which show that the copy says something other than was shared."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from blockmrs.domain.sharing import Grant, Receipt
from blockmrs.domain.staff import Membership, last_of
from blockmrs.services.sharing.openings import Opening, differs, openings

LEE, PARK, STRANGER = (bytes([number]) * 32 for number in (1, 2, 3))
HOSPITAL, CLINIC, ORIGINAL, UPDATE, SUBJECT = (bytes([number]) * 32 for number in (11, 12, 13, 14, 15))
BEGAN = datetime(2026, 3, 14, 15, tzinfo=UTC)
UNTIL = BEGAN + timedelta(days=30)
COPY = Grant(
    UPDATE, SUBJECT, "care", BEGAN, not_after=UNTIL, grantee=HOSPITAL, copy_of=ORIGINAL, party="North Hospital"
)
RECEIPT = Receipt(UPDATE, BEGAN, "handover", "A name of their own", "An organisation of their own", ORIGINAL)


@dataclass
class FakeStaff:
    """Memberships by organisation."""

    members: dict[bytes, list[Membership]] = field(default_factory=dict)

    def of(self, organisation_id: bytes) -> list[Membership]:
        return self.members.get(organisation_id, [])

    def known(self, card_id: bytes, organisation_id: bytes) -> Membership | None:
        return last_of(self.of(organisation_id), card_id)

    def organisations_of(self, card_id: bytes) -> set[bytes]:
        return {
            one
            for one, members in self.members.items()
            if any(member.card_id == card_id and member.is_current for member in members)
        }


class FakeMailbox:
    """A log in which an entry was written each hour."""

    def time_at(self, index: int) -> datetime:
        return BEGAN + timedelta(hours=index)


def member(card_id: bytes, name: str, since_place: int = 5, until_place: int | None = None) -> Membership:
    until = None if until_place is None else BEGAN + timedelta(days=until_place)
    return Membership(card_id, name, BEGAN, since_place, False, until, until_place)


STAFF = FakeStaff({HOSPITAL: [member(LEE, "Dr Lee"), member(PARK, "Dr Park", 5, 9)], CLINIC: [member(STRANGER, "S")]})


def shown(*receipts: tuple[int, bytes, Receipt], copy: Grant = COPY, staff: FakeStaff = STAFF) -> list[Opening]:
    return list(openings(FakeMailbox(), staff, copy, receipts))


def test_an_opening_has_the_directorys_name_the_shares_party_the_time_of_the_block_and_the_purpose() -> None:
    assert shown((7, LEE, RECEIPT)) == [
        Opening("Dr Lee", "North Hospital", BEGAN + timedelta(hours=7), "handover", None)
    ]


def test_who_has_left_since_is_shown_with_the_time_of_that() -> None:
    assert [(one.reader, one.left) for one in shown((8, PARK, RECEIPT))] == [("Dr Park", BEGAN + timedelta(days=9))]


@pytest.mark.parametrize(("place", "counts"), [(4, False), (5, True), (8, True), (9, False)])
def test_a_receipt_counts_that_its_signer_wrote_as_a_member(place: int, counts: bool) -> None:
    assert bool(shown((place, PARK, RECEIPT))) is counts


def test_one_receipt_that_does_not_count_leaves_the_others() -> None:
    found = shown((6, STRANGER, RECEIPT), (6, LEE, replace(RECEIPT, grant_id=bytes(32))), (7, LEE, RECEIPT))
    assert [one.at for one in found] == [BEGAN + timedelta(hours=7)]


def test_a_receipt_for_another_update_or_grant_is_no_opening_of_this_share() -> None:
    assert shown((7, LEE, replace(RECEIPT, update_id=bytes(32)))) == []
    assert shown((7, LEE, replace(RECEIPT, grant_id=bytes(32)))) == []
    # In those from before receipts named their grant there is none.
    assert len(shown((7, LEE, replace(RECEIPT, grant_id=None)))) == 1


def test_a_copy_that_names_no_recipient_has_no_openings_and_is_not_asked_about() -> None:
    assert shown((7, LEE, RECEIPT), copy=replace(COPY, grantee=None), staff=FakeStaff({None: STAFF.of(HOSPITAL)})) == []


def test_who_the_members_are_is_not_read_for_a_share_that_nobody_opened() -> None:
    class Unread(FakeStaff):
        def of(self, organisation_id: bytes) -> list[Membership]:
            raise AssertionError("read")

    assert shown(staff=Unread()) == []


@pytest.mark.parametrize(
    ("signer", "receipt", "copy", "lies"),
    [
        pytest.param(LEE, RECEIPT, COPY, False, id="as the copy says"),
        pytest.param(PARK, RECEIPT, COPY, False, id="by a member who has left"),
        pytest.param(LEE, replace(RECEIPT, update_id=bytes(32)), COPY, True, id="another update"),
        pytest.param(LEE, replace(RECEIPT, grant_id=bytes(32)), COPY, True, id="another grant"),
        pytest.param(LEE, replace(RECEIPT, grant_id=None), COPY, False, id="no grant named"),
        pytest.param(LEE, replace(RECEIPT, at=UNTIL - timedelta(milliseconds=1)), COPY, False, id="before the end"),
        pytest.param(LEE, replace(RECEIPT, at=UNTIL), COPY, True, id="at the end"),
        pytest.param(LEE, replace(RECEIPT, at=UNTIL), replace(COPY, not_after=None), False, id="no end"),
        pytest.param(STRANGER, RECEIPT, COPY, True, id="by a member of another organisation"),
        pytest.param(bytes(32), replace(RECEIPT, at=UNTIL, update_id=bytes(32)), COPY, False, id="by nobody listed"),
        pytest.param(LEE, RECEIPT, replace(COPY, grantee=None), True, id="the copy names no recipient"),
    ],
)
def test_a_receipt_of_a_listed_member_that_does_not_match_the_copy_shows_that_the_copy_lies(
    signer: bytes, receipt: Receipt, copy: Grant, lies: bool
) -> None:
    assert differs(STAFF, copy, [(7, signer, receipt)]) is lies


def test_one_receipt_that_does_not_match_is_enough_wherever_it_stands() -> None:
    good, bad = (6, LEE, RECEIPT), (7, LEE, replace(RECEIPT, grant_id=bytes(32)))
    assert differs(STAFF, COPY, [good, bad])
    assert differs(STAFF, COPY, [bad, good])
    assert not differs(STAFF, COPY, [])
