"""One card follows another: the first named counts, by places in the log, and the old card's word ends there."""

from datetime import timedelta

import pytest

from blockmrs.chain.lines import one_time_seed_at, slot_at, successor_slot
from blockmrs.chain.transaction import Kind
from blockmrs.cid import Cid
from blockmrs.crypto.keys import Keyring, card_entry_seed, ending_keyring, sealing_public_key
from blockmrs.domain.sharing import Grant, Pointer, Revocation
from blockmrs.domain.succession import Successor
from blockmrs.errors import InvalidProof, ObjectMissing
from blockmrs.services.grants.ending import ending_of
from blockmrs.services.lines import cards as module
from blockmrs.services.lines.cards import Cards
from blockmrs.services.lines.updates import write_update
from tests.support.lines import Lines, put_at

NOWHERE = Pointer(Cid.of(b"never"), bytes(32))


@pytest.fixture
def sam(lines: Lines) -> Keyring:
    return lines.person("sam")


@pytest.fixture
def samuel(lines: Lines) -> Keyring:
    """The card that Sam's passes to."""
    return lines.person("samuel")


def name(lines: Lines, old: Keyring, new: Keyring) -> int:
    """The old card names the new one; returns the place in the log."""
    batch = lines.unasked()
    lines.cards.name_successor(batch, old, new, lines.cards.pointer(new.card.id))
    batch.commit()
    return lines.ledger.size - 1


def says(
    lines: Lines, old: Keyring, *, new: bytes, author: Keyring | None = None, key: bytes | None = None, **changes
) -> None:
    """Something else at the place where a card names its successor."""
    fields = Successor(new, NOWHERE).to_fields() | changes.get("fields", {})
    batch = lines.unasked()
    batch.add_at(
        changes.get("kind", Kind.CARD), fields, author=author or old,
        recipient_id=changes.get("recipient", old.card.id),
        recipient_key=sealing_public_key(card_entry_seed(old.card.id)), slot=successor_slot(old.card.id),
        one_time_seed=key or old.signing_seed,
    )  # fmt: skip
    batch.commit()


def following(lines: Lines, card: Keyring) -> tuple[bytes, int] | None:
    """Asked anew, without what an earlier question left behind; and the same with it."""
    anew, again = Cards(lines.ledger, lines.near).successor(card.card), lines.cards.successor(card.card)
    assert anew == again
    return None if anew is None else (anew.card_id, anew.index)


def test_the_first_successor_in_the_log_counts(lines: Lines, sam: Keyring, samuel: Keyring) -> None:
    assert following(lines, sam) is None
    place = name(lines, sam, samuel)
    name(lines, sam, lines.person("another"))
    assert following(lines, sam) == (samuel.card.id, place)
    assert lines.cards.successor_before(sam.card, place) is None


def test_what_others_write_where_a_card_names_its_successor_is_passed_over(
    lines: Lines, sam: Keyring, samuel: Keyring
) -> None:
    mallory = lines.person("mallory")
    says(lines, sam, new=mallory.card.id, author=mallory, key=mallory.signing_seed)
    says(lines, sam, new=mallory.card.id, author=mallory)
    says(lines, sam, new=mallory.card.id, key=mallory.signing_seed)
    says(lines, sam, new=mallory.card.id, kind=Kind.GRANT)
    says(lines, sam, new=mallory.card.id, recipient=mallory.card.id)
    says(lines, sam, new=sam.card.id)
    for wrong in ({9: b"short"}, {9: 7}, {7: b"short"}, {8: None}):
        says(lines, sam, new=mallory.card.id, fields=wrong)
    assert following(lines, sam) is None
    place = name(lines, sam, samuel)
    assert following(lines, sam) == (samuel.card.id, place)


def test_what_the_old_card_signs_at_a_later_place_counts_for_nothing_whatever_time_it_says(
    lines: Lines, sam: Keyring, samuel: Keyring
) -> None:
    mailbox, early = lines.mailbox, lines.own(lines.grant(sam, 1), sam)
    name(lines, sam, samuel)
    long_ago = lines.clock() - timedelta(days=400)
    late = lines.own(lines.grant(sam, 2, not_before=long_ago), sam)
    # At an earlier number of the line, too: it is the place in the log that counts.
    put_at(lines, lines.grant(sam, 3, not_before=long_ago), 0, sam, sam, sam.own_line)
    for read in (mailbox, lines.mailbox_of()):
        assert list(read.own_page(sam, 0, 5).grants) == [early]
        assert list(read.line_by_anyone(sam.own_line, sam).grants) == [early]
        assert late not in read.line_from(sam.own_line, sam, sam.card).grants


def test_what_others_write_to_the_old_line_still_arrives(lines: Lines, sam: Keyring, samuel: Keyring) -> None:
    carol = lines.person("carol")
    name(lines, sam, samuel)
    arrived = lines.write(lines.grant(sam, 1), carol, sam.card, sam.own_line)
    assert list(lines.mailbox.line_by_anyone(sam.own_line, sam).grants) == [arrived]


def test_what_was_read_before_the_old_card_was_followed_stays(lines: Lines, sam: Keyring, samuel: Keyring) -> None:
    early = lines.own(lines.grant(sam, 1), sam)
    assert list(lines.mailbox.own_page(sam, 0, 5).grants) == [early]
    name(lines, sam, samuel)
    lines.own(lines.grant(sam, 2), sam)
    assert list(lines.mailbox.own_page(sam, 0, 5).grants) == [early]


def test_whoever_follows_a_card_ends_what_it_gave_and_nobody_before_their_turn(
    lines: Lines, sam: Keyring, samuel: Keyring
) -> None:
    grant_id = lines.own(lines.grant(sam, 1), sam)

    def end(by: Keyring) -> None:
        common = ending_keyring(grant_id)
        lines.write(Revocation(grant_id, lines.clock()), by, common.card, common.own_line)

    end(samuel)
    assert ending_of(lines.mailbox, grant_id, [sam.card.id]) is None
    name(lines, sam, samuel)
    end(sam)
    end(lines.person("mallory"))
    assert ending_of(lines.mailbox, grant_id, [sam.card.id]) is None
    end(samuel)
    ended = ending_of(lines.mailbox, grant_id, [sam.card.id])
    assert ended is not None
    assert ended[0] == samuel.card.id


def test_whoever_follows_a_card_gives_what_is_about_it(lines: Lines, sam: Keyring, samuel: Keyring) -> None:
    carol, batch = lines.person("carol"), lines.unasked()
    pointer, update_id = write_update(
        batch, carol, subject=sam.card.id, kind="report", purpose="report", body=b"{}", created=lines.clock(),
        chain_id=lines.chain_id, holder=carol,
    )  # fmt: skip
    grant = Grant(update_id, sam.card.id, "care", lines.clock(), object=pointer)
    with pytest.raises(InvalidProof):
        lines.mailbox.read(grant, samuel.card.id)
    name(lines, sam, samuel)
    assert lines.mailbox.read(grant, samuel.card.id).author == carol.card.id
    with pytest.raises(InvalidProof):
        lines.mailbox.read(grant, lines.person("mallory").card.id)


def test_a_row_of_successors_is_gone_along_and_one_that_comes_back_ends(
    lines: Lines, sam: Keyring, samuel: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = lines.person("third")
    name(lines, sam, samuel)
    name(lines, samuel, third)
    assert lines.cards.speaks_for(third.card.id, [sam.card.id])
    name(lines, third, sam)
    assert lines.cards.speaks_for(third.card.id, [sam.card.id])
    assert not lines.cards.speaks_for(lines.person("mallory").card.id, [sam.card.id, bytes(32)])
    monkeypatch.setattr(module, "MOST_IN_A_ROW", 1)
    assert lines.cards.speaks_for(samuel.card.id, [sam.card.id])
    assert not lines.cards.speaks_for(third.card.id, [sam.card.id])


def test_nothing_is_concluded_while_a_card_on_the_way_is_not_here(lines: Lines, sam: Keyring, samuel: Keyring) -> None:
    name(lines, sam, samuel)
    mallory = lines.person("mallory")
    lines.near.objects.clear()
    with pytest.raises(ObjectMissing):
        Cards(lines.ledger, lines.near).speaks_for(mallory.card.id, [sam.card.id])


def test_of_the_cards_that_were_asked_about_those_asked_last_are_remembered(
    lines: Lines, sam: Keyring, samuel: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 1)
    place = name(lines, sam, samuel)
    assert following(lines, samuel) is None
    assert following(lines, sam) == (samuel.card.id, place)


def test_nobody_without_the_old_key_stands_where_a_card_names_its_successor(lines: Lines, sam: Keyring) -> None:
    """However much others put there, none of it is fetched."""
    flood = lines.unasked()
    for number in range(50):
        flood.add_at(
            Kind.CARD, {}, author=lines.person("mallory"), recipient_id=sam.card.id,
            recipient_key=sam.card.sealing_key, slot=successor_slot(sam.card.id),
            one_time_seed=one_time_seed_at(slot_at(bytes(32), 0), number),
        )  # fmt: skip
    flood.commit()
    assert lines.ledger.at_place(successor_slot(sam.card.id), sam.card.signing_key) == []
