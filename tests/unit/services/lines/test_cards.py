"""Cards in the log: what stands at a card's place is believed only if it is that card, signed by it."""

import pytest

from blockmrs.chain.lines import card_slot
from blockmrs.chain.transaction import Kind
from blockmrs.cid import Cid
from blockmrs.crypto.envelope import seal_object
from blockmrs.crypto.keys import Keyring, card_entry_seed, sealing_public_key
from blockmrs.domain.sharing import Introduction, Pointer
from blockmrs.errors import NotFound, ObjectMissing, StorageUnavailable
from blockmrs.services.lines import cards as module
from blockmrs.services.lines.cards import Cards, read_card
from tests.support.lines import Lines, seed_of


@pytest.fixture
def sam() -> Keyring:
    return Keyring.from_seed(seed_of("sam"))


def put_at(
    lines: Lines, place: Keyring, *, says: Keyring, author: Keyring, key: bytes, pointer: Pointer | None = None
) -> None:
    """An entry at the place of one card that tells of another, however it is signed."""
    batch = lines.mailbox.batch()
    if pointer is None:
        pointer = batch.keep_near(seal_object(says.card.encode(), chain_id=lines.chain_id))
    batch.add_at(
        Kind.CARD, Introduction(pointer).to_fields(), author=author, recipient_id=place.card.id,
        recipient_key=sealing_public_key(card_entry_seed(place.card.id)), slot=card_slot(place.card.id),
        one_time_seed=key,
    )  # fmt: skip
    batch.commit()


def test_a_published_card_is_found_by_its_id_and_its_object_by_its_pointer(lines: Lines, sam: Keyring) -> None:
    batch = lines.mailbox.batch()
    pointer = lines.cards.publish(batch, sam)
    batch.commit()
    assert lines.cards.find(sam.card.id) == sam.card
    assert lines.cards.pointer(sam.card.id) == pointer
    assert read_card(lines.near, pointer, lines.chain_id) == sam.card


def test_a_card_that_was_never_published_is_not_found(lines: Lines, sam: Keyring) -> None:
    with pytest.raises(NotFound):
        lines.cards.find(sam.card.id)


def test_a_card_that_was_found_is_not_looked_up_again(lines: Lines) -> None:
    sam = lines.person("sam")
    lines.cards.find(sam.card.id)
    lines.near.away = True
    assert lines.cards.find(sam.card.id) == sam.card


def test_what_others_write_at_a_cards_place_is_passed_over(lines: Lines, sam: Keyring) -> None:
    mallory = Keyring.from_seed(seed_of("mallory"))
    # Under another one-time key; with another card; signed inside by somebody else; and no object at all.
    put_at(lines, sam, says=sam, author=sam, key=mallory.signing_seed)
    put_at(lines, sam, says=mallory, author=mallory, key=mallory.signing_seed)
    put_at(lines, sam, says=sam, author=mallory, key=sam.signing_seed)
    with pytest.raises(NotFound):
        lines.cards.find(sam.card.id)
    lines.person("sam")
    assert lines.cards.find(sam.card.id) == sam.card


def test_somebody_elses_card_under_its_own_key_does_not_pass_for_this_one(lines: Lines, sam: Keyring) -> None:
    mallory = Keyring.from_seed(seed_of("mallory"))
    put_at(lines, sam, says=mallory, author=mallory, key=mallory.signing_seed)
    with pytest.raises(NotFound):
        lines.cards.find(sam.card.id)


def test_a_name_of_what_never_was_here_hides_no_card_and_is_told_where_there_is_none(
    lines: Lines, sam: Keyring
) -> None:
    missing = Pointer(Cid.of(b"never"), bytes(32))
    put_at(lines, sam, says=sam, author=sam, key=sam.signing_seed, pointer=missing)
    with pytest.raises(ObjectMissing):
        lines.cards.find(sam.card.id)
    lines.person("sam")
    assert lines.cards.find(sam.card.id) == sam.card


def test_a_store_that_does_not_answer_is_heard(lines: Lines) -> None:
    sam = lines.person("sam")
    lines.near.away = True
    with pytest.raises(StorageUnavailable):
        lines.cards.find(sam.card.id)


def test_of_the_cards_that_were_found_those_used_last_are_remembered(lines: Lines, monkeypatch) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    people = [lines.person(name) for name in ("a", "b", "c")]
    cards = Cards(lines.ledger, lines.near)
    for keyring in people[:2]:
        cards.find(keyring.card.id)
    cards.find(people[0].card.id)
    cards.remember(people[2].card)
    lines.near.away = True
    assert cards.find(people[0].card.id) == people[0].card
    assert cards.find(people[2].card.id) == people[2].card
    with pytest.raises(StorageUnavailable):
        cards.find(people[1].card.id)
