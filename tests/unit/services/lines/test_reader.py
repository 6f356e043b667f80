"""Reading a line: what is opened, what is believed, and how far a reader looks."""

from types import SimpleNamespace

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.crypto.keys import Keyring
from blockmrs.domain.kinds import Scope
from blockmrs.domain.sharing import Appointment, BundleGrant, Introduction, Pointer, Receipt, Revocation
from blockmrs.encoding import Value
from blockmrs.errors import NotFound, ObjectMissing, StorageUnavailable
from blockmrs.services.lines.cards import Cards
from blockmrs.services.lines.reader import LineReader, Message, messages_of, sort_messages
from blockmrs.services.lines.readings import Readings
from tests.support.lines import Lines, put_at, update


def own(lines: Lines, sam: Keyring, **options: object) -> list[tuple[int, bytes]]:
    """Place and id of what a reader finds on their own line."""
    found = lines.reader.read(sam.own_line, sam, **({"author": None} | options))
    return [(message.position, message.id) for message in found]


def test_a_line_is_read_in_its_order_with_each_entrys_places(lines: Lines, sam: Keyring) -> None:
    ids = [lines.own(lines.grant(sam, number), sam) for number in range(3)]
    found = list(lines.reader.read(sam.own_line, sam, author=sam.card))
    assert [(message.id, message.position) for message in found] == list(zip(ids, range(3), strict=True))
    start = lines.ledger.size - 3
    assert [message.index for message in found] == [start, start + 1, start + 2]
    assert {(message.kind, message.author) for message in found} == {(Kind.GRANT, sam.card.id)}


def test_a_payload_that_was_sealed_twice_for_its_place_is_told_once(lines: Lines, sam: Keyring) -> None:
    grant = lines.grant(sam, 1)
    first = put_at(lines, grant, 0, sam, sam, sam.own_line)
    assert put_at(lines, grant, 0, sam, sam, sam.own_line) == first
    assert own(lines, sam) == [(0, first)]
    places = list(lines.reader.places(sam.own_line, sam, 0))
    assert [(position, message and message.id) for position, message in places] == [(0, first), (0, first)]


def test_a_part_of_a_line_begins_and_ends_where_it_is_asked_for(lines: Lines, sam: Keyring) -> None:
    ids = [lines.own(lines.grant(sam, number), sam) for number in range(4)]
    assert own(lines, sam, start=1, stop=3) == [(1, ids[1]), (2, ids[2])]
    assert own(lines, sam, start=2) == [(2, ids[2]), (3, ids[3])]
    assert own(lines, sam, start=2, stop=2) == []
    assert [position for position, _ in lines.reader.places(sam.own_line, sam, 3)] == [3]


def test_places_that_are_named_are_read_in_their_order(lines: Lines, sam: Keyring) -> None:
    ids = [lines.own(lines.grant(sam, number), sam) for number in range(3)]
    found = lines.reader.at(sam.own_line, sam, [0, 2, 9], author=sam.card)
    assert [(position, message and message.id) for position, message in found] == [(0, ids[0]), (2, ids[2])]


def test_a_reader_looks_a_window_beyond_the_last_entry(lines: Lines, sam: Keyring) -> None:
    seen = [put_at(lines, lines.grant(sam, number), number, sam, sam, sam.own_line) for number in (0, 39, 59, 79)]
    assert [found for _, found in own(lines, sam)] == seen
    put_at(lines, lines.grant(sam, 120), 120, sam, sam, sam.own_line)
    assert [found for _, found in own(lines, sam)] == seen


def test_an_empty_line_is_read_one_window_far_unless_more_is_asked_for(lines: Lines, sam: Keyring) -> None:
    far = put_at(lines, lines.grant(sam, 1), 20, sam, sam, sam.own_line)
    assert own(lines, sam) == []
    assert own(lines, sam, at_least=1) == [(20, far)]


def test_a_reader_always_asks_for_whole_windows(lines: Lines, sam: Keyring, monkeypatch) -> None:
    lines.own(lines.grant(sam, 1), sam)
    asked, ask = [], lines.ledger.at_numbers
    monkeypatch.setattr(lines.ledger, "at_numbers", lambda key, numbers: asked.append(numbers) or ask(key, numbers))
    assert own(lines, sam, stop=1)
    assert own(lines, sam)
    assert asked == [range(20), range(20), range(20, 40)]


def test_what_is_meant_for_somebody_else_says_nothing(lines: Lines, sam: Keyring, carol: Keyring) -> None:
    put_at(lines, lines.grant(sam, 1), 0, carol, carol, sam.own_line)
    assert own(lines, sam) == []
    assert list(lines.reader.places(sam.own_line, sam, 0)) == [(0, None)]


def test_what_is_sealed_to_the_reader_but_meant_for_another_says_nothing(
    lines: Lines, sam: Keyring, carol: Keyring
) -> None:
    target = SimpleNamespace(card=SimpleNamespace(id=carol.card.id, sealing_key=sam.card.sealing_key))
    put_at(lines, lines.grant(sam, 1), 0, carol, target, sam.own_line)
    assert own(lines, sam) == []


def test_what_its_author_did_not_sign_says_nothing(lines: Lines, sam: Keyring, carol: Keyring) -> None:
    mallory = lines.person("mallory")
    forger = SimpleNamespace(card=carol.card, signing_seed=mallory.signing_seed)
    put_at(lines, lines.grant(sam, 1), 0, forger, sam, sam.own_line)
    assert own(lines, sam) == own(lines, sam, author=carol.card) == []


def test_where_one_alone_may_write_nobody_else_is_heard(lines: Lines, sam: Keyring, carol: Keyring) -> None:
    mine, hers = lines.own(lines.grant(sam, 1), sam), put_at(lines, lines.grant(sam, 2), 1, carol, sam, sam.own_line)
    assert own(lines, sam, author=sam.card) == [(0, mine)]
    assert own(lines, sam, author=carol.card) == [(1, hers)]
    assert own(lines, sam) == [(0, mine), (1, hers)]


def test_an_author_whose_card_was_never_published_is_not_heard(lines: Lines, sam: Keyring) -> None:
    put_at(lines, lines.grant(sam, 1), 0, Keyring.from_seed(b"x" * 32), sam, sam.own_line)
    assert own(lines, sam) == []


def forget_card(lines: Lines, keyring: Keyring) -> LineReader:
    """A reader who never saw that card, and whose store has lost it."""
    cid = lines.cards.pointer(keyring.card.id).cid
    del lines.near.objects[cid]
    return LineReader(lines.ledger, Cards(lines.ledger, lines.near), Readings(lines.ledger))


def test_what_nobody_can_check_is_told_apart_from_what_is_wrong(lines: Lines, sam: Keyring, carol: Keyring) -> None:
    hers = put_at(lines, lines.grant(sam, 2), 0, carol, sam, sam.own_line)
    reader = forget_card(lines, carol)
    with pytest.raises(ObjectMissing):
        list(reader.read(sam.own_line, sam, author=None))
    unproven: list[Message] = []
    assert list(reader.read(sam.own_line, sam, author=None, unproven=unproven)) == []
    assert [(message.id, message.author, message.position) for message in unproven] == [(hers, carol.card.id, 0)]


def test_who_reads_knows_their_own_card_whatever_became_of_its_object(lines: Lines, sam: Keyring) -> None:
    mine = lines.own(lines.grant(sam, 1), sam)
    reader = forget_card(lines, sam)
    assert [message.id for message in reader.read(sam.own_line, sam, author=None)] == [mine]


def test_a_store_that_does_not_answer_is_heard(lines: Lines, sam: Keyring, carol: Keyring) -> None:
    put_at(lines, lines.grant(sam, 2), 0, carol, sam, sam.own_line)
    lines.near.away = True
    reader = LineReader(lines.ledger, Cards(lines.ledger, lines.near), Readings(lines.ledger))
    with pytest.raises(StorageUnavailable):
        list(reader.read(sam.own_line, sam, author=None))


def entry_of(lines: Lines, sam: Keyring):
    line = sort_messages(lines.reader.read(sam.own_line, sam, author=None))
    return next(iter(line.grants.values()))


def test_a_grants_transaction_is_found_at_its_place_and_checked_again(lines: Lines, sam: Keyring) -> None:
    lines.own(lines.grant(sam, 1), sam)
    entry = entry_of(lines, sam)
    found = lines.reader.find(sam.own_line, sam, entry)
    assert found == lines.ledger.transaction(entry.index)


def test_a_grant_that_is_not_at_its_place_or_not_signed_is_not_found(
    lines: Lines, sam: Keyring, carol: Keyring
) -> None:
    from dataclasses import replace

    lines.own(lines.grant(sam, 1), sam)
    entry = entry_of(lines, sam)
    forger = SimpleNamespace(card=carol.card, signing_seed=sam.signing_seed)
    forged = put_at(lines, lines.grant(sam, 2), 1, forger, sam, sam.own_line)
    for wrong in (replace(entry, id=bytes(32)), replace(entry, position=5), replace(entry, id=forged, position=1)):
        with pytest.raises(NotFound):
            lines.reader.find(sam.own_line, sam, wrong)


def message(kind: Kind, number: int, fields: dict, author: bytes = bytes(32)) -> Message:
    return Message(kind, bytes([number]) * 32, author, fields, number, number + 100)


def test_messages_are_sorted_by_kind_with_their_places(lines: Lines, sam: Keyring) -> None:
    grant, at = lines.grant(sam, 1), lines.clock()
    introduction = Introduction(grant.object or pytest.fail("no object"), bytes(32), party="North")
    appointment = Appointment(update(4), introduction.card, "guardian", at)
    receipt = Receipt(update(1), at, "care", "Dr Lee")
    said = [
        message(Kind.GRANT, 1, grant.to_fields(), author=b"a" * 32),
        message(Kind.INTRODUCE, 2, introduction.to_fields()),
        message(Kind.APPOINT, 3, appointment.to_fields()),
        message(Kind.RECEIPT, 4, receipt.to_fields(), author=b"r" * 32),
        message(Kind.COVER, 5, grant.to_fields()),
        message(Kind.GRANT, 6, {6: 0}),
        message(Kind.REVOKE, 7, Revocation(bytes([9]) * 32, at).to_fields(), author=b"v" * 32),
    ]
    line = sort_messages(said)
    (entry,) = line.grants.values()
    assert (entry.id, entry.author, entry.grant) == (bytes([1]) * 32, b"a" * 32, grant)
    assert (entry.position, entry.index, entry.revoked) == (1, 101, None)
    assert line.introductions == [introduction]
    assert line.appointments == [(update(4), appointment)]
    assert line.receipts == [(b"r" * 32, receipt)]
    assert line.revocations == [(b"v" * 32, Revocation(bytes([9]) * 32, at))]


def test_the_first_revocation_of_a_grant_ends_it_wherever_it_stands(lines: Lines, sam: Keyring) -> None:
    first, second = Revocation(bytes([5]) * 32, lines.clock()), Revocation(bytes([5]) * 32, lines.clock())
    line = sort_messages(
        [
            message(Kind.REVOKE, 1, first.to_fields(), author=b"a" * 32),
            message(Kind.REVOKE, 2, second.to_fields(), author=b"b" * 32),
            message(Kind.GRANT, 5, lines.grant(sam, 5).to_fields()),
            message(Kind.GRANT, 6, lines.grant(sam, 6).to_fields()),
        ]
    )
    ended, runs = line.grants.values()
    assert (ended.revoked, ended.revoked_by) == (first, b"a" * 32)
    assert (runs.revoked, runs.revoked_by) == (None, b"")


def test_messages_are_what_opened_each_payload_once() -> None:
    one, other = message(Kind.COVER, 1, {}), message(Kind.COVER, 2, {})
    assert list(messages_of([(0, None), (1, one), (2, other), (3, one)])) == [one, other]


def test_a_pointer_shows_no_seed(lines: Lines, sam: Keyring) -> None:
    pointer = lines.grant(sam, 1).object
    assert isinstance(pointer, Pointer)
    assert bytes(32).hex() not in repr(pointer)


def test_grants_of_more_than_one_update_are_told_apart_with_what_ended_them(lines: Lines, sam: Keyring) -> None:
    grant = lines.grant(sam, 1)
    assert grant.object is not None
    several = [
        BundleGrant(scope, grant.object, update(number), sam.card.id, "care", lines.clock())
        for number, scope in enumerate((Scope.BUNDLE, Scope.STANDING, Scope.CHECKPOINT))
    ]
    ids = [lines.own(one, sam) for one in (grant, *several)]
    lines.own(Revocation(ids[1], lines.clock()), sam)
    line = sort_messages(lines.reader.read(sam.own_line, sam, author=sam.card))
    assert list(line.grants) == ids[:1]
    assert [(key, entry.grant) for key, entry in line.bundles.items()] == list(zip(ids[1:], several, strict=True))
    assert [entry.revoked_by for entry in line.bundles.values()] == [sam.card.id, b"", b""]


@pytest.mark.parametrize("scope", [1, 5, True, "3", None])
def test_a_grant_with_a_scope_that_is_not_known_is_passed_over(lines: Lines, sam: Keyring, scope: Value) -> None:
    fields = {**lines.grant(sam, 1).to_fields(), 6: scope}
    line = sort_messages([Message(Kind.GRANT, bytes(32), sam.card.id, fields, 0)])
    assert (line.grants, line.bundles) == ({}, {})


def test_within_one_reading_a_line_is_opened_once_for_each_reader_author_and_part(
    lines: Lines, sam: Keyring, carol: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [lines.own(lines.grant(sam, number), sam) for number in range(3)]
    opened, real = [], LineReader._open
    monkeypatch.setattr(LineReader, "_open", lambda self, *entry: opened.append(1) or real(self, *entry))
    with lines.mailbox.readings.one():
        for _ in range(2):
            assert [found for _, found in own(lines, sam)] == ids
        assert len(opened) == 3
        for _ in range(2):
            assert own(lines, sam, start=1, stop=2) == [(1, ids[1])]
            assert own(lines, sam, author=carol.card) == []
            assert [place for _, place in lines.reader.places(sam.own_line, sam, 2)] != []
            assert list(lines.reader.read(sam.own_line, carol, author=None)) == []
        assert len(opened) == 3 + 1 + 3 + 2 + 3
        added = lines.own(lines.grant(sam, 3), sam)
        assert [found for _, found in own(lines, sam)] == [*ids, added]
    opened.clear()
    for _ in range(2):
        own(lines, sam)
    assert len(opened) == 8, "where no reading has begun, each is on their own"
