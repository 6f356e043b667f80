"""What is put on which line when something is granted, shared, passed on and ended."""

from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.crypto.keys import Keyring
from blockmrs.domain.sharing import Grant
from blockmrs.errors import NotFound
from blockmrs.services.grants.ending import end_as_author, end_as_subject, ending_of, original_of
from blockmrs.services.grants.granting import LineTo, copy_to_owner, give_to_owner, pass_on, write_grant, write_share
from blockmrs.services.lines.reader import GrantEntry, Line
from tests.conftest import StillClock
from tests.support.lines import Lines, held, update

LINE_KEY, BOOK_KEY = bytes([1]) * 32, bytes([2]) * 32


@pytest.fixture
def ward(lines: Lines) -> Keyring:
    return lines.person("ward")


def on(lines: Lines, line_key: bytes, reader: Keyring) -> Line:
    return lines.mailbox.line_by_anyone(line_key, reader)


def only(line: Line) -> GrantEntry:
    (entry,) = line.grants.values()
    return entry


def share(lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring, *, withheld: bool = False) -> Grant:
    """Carol shares an update about Sam with the ward; returns what she was about to grant."""
    batch = lines.mailbox.batch()
    grant = lines.grant(sam, 1, purpose="care", title="Head", level=2, party="Carol")
    to, owner = LineTo(ward.card, LINE_KEY), None if withheld else sam
    write_share(batch, grant, carol, to, "The Ward", book_key=BOOK_KEY, owner=owner)
    batch.commit()
    return grant


def test_a_grant_is_found_where_it_was_written_under_the_id_that_was_told(
    lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring
) -> None:
    batch, grant = lines.mailbox.batch(), lines.grant(sam, 1)
    grant_id = write_grant(batch, grant, carol, LineTo(ward.card, LINE_KEY))
    batch.commit()
    entry = only(on(lines, LINE_KEY, ward))
    assert (entry.id, entry.grant, entry.author) == (grant_id, grant, carol.card.id)


def test_an_own_line_is_read_by_the_card_that_it_is_of(sam: Keyring) -> None:
    assert LineTo.own(sam) == LineTo(sam.card, sam.own_line)


def test_a_share_gives_the_recipient_the_grant_with_ways_back_to_both(
    lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring
) -> None:
    grant = share(lines, carol, sam, ward)
    given = only(on(lines, LINE_KEY, ward)).grant
    assert replace(given, return_to_author=None, return_to_subject=None) == grant
    backs = (given.return_to_author, given.return_to_subject)
    assert [len(back or b"") for back in backs] == [32, 32]
    assert len({*backs, LINE_KEY, BOOK_KEY}) == 4


def test_every_share_has_ways_back_of_its_own(lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring) -> None:
    for _ in range(2):
        share(lines, carol, sam, ward)
    entries = [entry.grant for entry in on(lines, LINE_KEY, ward).grants.values()]
    assert len({back for grant in entries for back in (grant.return_to_author, grant.return_to_subject)}) == 4


def test_the_givers_book_names_whom_it_was_given_to_and_opens_nothing(
    lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring
) -> None:
    share(lines, carol, sam, ward)
    original, copy = only(on(lines, LINE_KEY, ward)), only(on(lines, BOOK_KEY, carol))
    expected = replace(
        original.grant, object=None, title="", party="The Ward", grantee=ward.card.id, copy_of=original.id
    )
    assert (copy.grant, copy.author) == (expected, carol.card.id)


def test_the_owners_copy_lacks_the_way_back_to_the_giver_and_nothing_else(
    lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring
) -> None:
    share(lines, carol, sam, ward)
    copy, owners = only(on(lines, BOOK_KEY, carol)), only(on(lines, sam.own_line, sam))
    assert (owners.grant, owners.author) == (replace(copy.grant, return_to_author=None), carol.card.id)
    assert owners.grant.return_to_subject is not None


def test_a_share_of_what_is_withheld_leaves_no_trace_for_its_owner(
    lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring
) -> None:
    share(lines, carol, sam, ward, withheld=True)
    given = only(on(lines, LINE_KEY, ward)).grant
    assert (given.return_to_subject, len(given.return_to_author or b"")) == (None, 32)
    assert only(on(lines, BOOK_KEY, carol)).grant.return_to_subject is None
    assert not on(lines, sam.own_line, sam).grants


def test_a_copy_can_reach_the_owner_later(lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring) -> None:
    share(lines, carol, sam, ward, withheld=True)
    copy, batch = only(on(lines, BOOK_KEY, carol)).grant, lines.mailbox.batch()
    copy_to_owner(batch, copy, carol, sam)
    batch.commit()
    owners = only(on(lines, sam.own_line, sam))
    assert (owners.grant, owners.author) == (replace(copy, return_to_author=None), carol.card.id)


def test_an_owner_gets_a_grant_with_its_number_its_mark_and_the_update_before_it(
    lines: Lines, carol: Keyring, sam: Keyring
) -> None:
    lines.own(lines.grant(sam, 1), sam)
    batch, grant = lines.mailbox.batch(), lines.grant(sam, 2, withheld=True, draft_mark=bytes(16))
    give_to_owner(lines.mailbox, batch, held(sam), grant, carol, mark=bytes([7]) * 16)
    batch.commit()
    *_, entry = on(lines, sam.own_line, sam).grants.values()
    expected = replace(grant, number=1, previous=update(1), withheld=False, draft_mark=bytes([7]) * 16)
    assert (entry.grant, entry.author) == (expected, carol.card.id)


def test_an_owners_grant_bears_no_mark_but_what_is_told_and_follows_what_is_told(
    lines: Lines, carol: Keyring, sam: Keyring
) -> None:
    batch, grant = lines.mailbox.batch(), lines.grant(sam, 2, draft_mark=bytes(16))
    give_to_owner(lines.mailbox, batch, held(sam), grant, carol, previous=update(9))
    batch.commit()
    given = only(on(lines, sam.own_line, sam)).grant
    assert (given.draft_mark, given.previous, given.number) == (None, update(9), 0)


def test_what_follows_is_passed_on_for_the_time_of_the_share_without_what_is_the_owners(
    lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring, clock: StillClock
) -> None:
    since, until = clock() + timedelta(hours=1), clock() + timedelta(days=3)
    owned = {"number": 4, "previous": update(1), "draft_mark": bytes(16)}
    checks = [lines.grant(sam, number, purpose="check", about=update(1)) for number in (2, 3)]
    grants = [replace(check, **owned) for check in checks]
    batch = lines.mailbox.batch()
    pass_on(batch, grants, carol, LineTo(ward.card, LINE_KEY), since, until)
    batch.commit()
    entries = on(lines, LINE_KEY, ward).grants.values()
    assert [entry.author for entry in entries] == [carol.card.id] * 2
    assert [entry.grant for entry in entries] == [replace(check, not_before=since, not_after=until) for check in checks]


def end(lines: Lines, carol: Keyring, ward: Keyring, owner: Keyring | None) -> None:
    """Carol ends the first share in her book."""
    copy, batch = next(iter(on(lines, BOOK_KEY, carol).grants.values())), lines.mailbox.batch()
    copies = on(lines, owner.own_line, owner).grants.values() if owner is not None else ()
    end_as_author(batch, copy, lines.clock(), carol, ward.card, book_key=BOOK_KEY, owner=owner, on_owners_line=copies)
    batch.commit()


def test_whoever_gave_a_share_ends_it_for_its_recipient_in_the_book_for_the_owner_and_for_all(
    lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring, clock: StillClock
) -> None:
    share(lines, carol, sam, ward)
    original, copy, owners = (
        only(on(lines, key, reader)) for key, reader in ((LINE_KEY, ward), (BOOK_KEY, carol), (sam.own_line, sam))
    )
    clock.advance(timedelta(hours=1))
    end(lines, carol, ward, sam)
    for key, reader, grant_id in (
        (carol.line_to(ward.card.id), ward, original.id),
        (BOOK_KEY, carol, copy.id),
        (sam.own_line, sam, owners.id),
    ):
        (revocation,) = on(lines, key, reader).revocations
        assert (revocation[0], revocation[1].grant_id, revocation[1].at) == (carol.card.id, grant_id, clock())
    ending = ending_of(lines.mailbox, original.id, [carol.card.id])
    assert ending is not None
    assert (ending[0], ending[1].at) == (carol.card.id, clock())


def test_the_end_of_one_share_ends_no_other_on_the_owners_line(
    lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring
) -> None:
    for _ in range(2):
        share(lines, carol, sam, ward)
    end(lines, carol, ward, sam)
    assert [entry.revoked is None for entry in on(lines, sam.own_line, sam).grants.values()] == [False, True]


def test_the_end_of_a_withheld_share_writes_nothing_to_the_owner(
    lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring
) -> None:
    share(lines, carol, sam, ward, withheld=True)
    end(lines, carol, ward, None)
    assert not on(lines, sam.own_line, sam).revocations
    assert only(on(lines, BOOK_KEY, carol)).revoked is not None


def test_the_subjects_card_ends_a_share_and_the_person_who_did_it_signs_the_end_of_the_copy(
    lines: Lines, carol: Keyring, sam: Keyring, ward: Keyring, clock: StillClock
) -> None:
    share(lines, carol, sam, ward)
    maria, original, copy = lines.person("maria"), only(on(lines, LINE_KEY, ward)), only(on(lines, sam.own_line, sam))
    batch = lines.mailbox.batch()
    end_as_subject(batch, copy, clock(), maria, held(sam), LineTo(ward.card, sam.line_to(ward.card.id)))
    batch.commit()
    (to_ward,) = on(lines, sam.line_to(ward.card.id), ward).revocations
    (own,) = on(lines, sam.own_line, sam).revocations
    assert (to_ward[0], to_ward[1].grant_id, to_ward[1].at) == (sam.card.id, original.id, clock())
    assert (own[0], own[1].grant_id, own[1].at) == (maria.card.id, copy.id, clock())
    assert ending_of(lines.mailbox, original.id, [sam.card.id]) is not None


@pytest.mark.parametrize("lacking", ["copy_of", "grantee"])
def test_only_the_copy_of_a_share_can_be_ended_as_one(lines: Lines, sam: Keyring, lacking: str) -> None:
    fields = {"copy_of": bytes([3]) * 32, "grantee": bytes([4]) * 32}
    whole = GrantEntry(bytes(32), bytes(32), lines.grant(sam, 1, **fields))
    assert original_of(whole) == (bytes([3]) * 32, bytes([4]) * 32)
    with pytest.raises(NotFound, match="no such share"):
        original_of(replace(whole, grant=replace(whole.grant, **{lacking: None})))
