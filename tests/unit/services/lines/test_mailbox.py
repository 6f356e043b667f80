"""What a person's keys find on the chain, and whose keys they may use."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from blockmrs.chain.merkle import InclusionProof
from blockmrs.chain.transaction import Kind
from blockmrs.cid import Cid
from blockmrs.crypto.envelope import seal_object
from blockmrs.crypto.keys import Keyring
from blockmrs.domain.sharing import Appointment, Pointer, Receipt
from blockmrs.encoding import encode
from blockmrs.errors import InvalidInput, InvalidProof, NotFound, ObjectMissing, StorageUnavailable
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.mailbox import LABEL_LIMIT, EntrustedKeys, Mailbox, MissingKeys
from blockmrs.services.lines.updates import write_update
from tests.conftest import StillClock
from tests.support.lines import Lines, put_at, seed_of, update


@pytest.fixture
def maria(lines: Lines) -> Keyring:
    return lines.person("maria")


@pytest.fixture
def mailbox(lines: Lines) -> Mailbox:
    return lines.mailbox


# Time and size.


def test_the_present_is_the_clocks_and_never_before_the_newest_block(
    lines: Lines, mailbox: Mailbox, clock: StillClock
) -> None:
    block = lines.ledger.head().time
    clock.advance(timedelta(minutes=5))
    assert (mailbox.present().clock, mailbox.present().newest_block, mailbox.moment()) == (clock(), block, clock())
    clock.advance(timedelta(days=-1))
    assert mailbox.moment() == block


def test_the_log_is_as_long_as_what_stands_in_it(lines: Lines, mailbox: Mailbox, sam: Keyring) -> None:
    size = mailbox.log_size
    lines.own(lines.grant(sam, 1), sam)
    assert mailbox.log_size == size + 1 == lines.ledger.size
    assert mailbox.chain_id == lines.ledger.chain_id
    assert mailbox.length(sam.own_line) == 1


def test_what_took_effect_unseen_is_shown_after_settling(
    mailbox: Mailbox, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[int] = []
    monkeypatch.setattr(lines.ledger, "catch_up", lambda: caught.append(1))
    mailbox.settle()
    assert caught == [1]


# Lines.


def test_pages_of_an_own_line_hold_their_places_and_what_may_stand_there(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    ids = [lines.own(lines.grant(sam, number), sam) for number in range(3)]
    hers = put_at(lines, lines.grant(sam, 9), 3, maria, sam, sam.own_line)
    assert list(mailbox.own_page(sam, 1, 4).grants) == ids[1:]
    assert list(mailbox.subject_page(sam, 1, 4).grants) == [*ids[1:], hers]
    assert list(mailbox.subject_page(sam, 1, 2).grants) == [ids[1]]
    assert list(mailbox.own_page(sam, 1, 2).grants) == [ids[1]]
    assert list(mailbox.private_line(sam.own_line, sam).grants) == ids
    assert list(mailbox.line_by_anyone(sam.own_line, sam).grants) == [*ids, hers]
    assert list(mailbox.line_from(sam.own_line, sam, maria.card).grants) == [hers]
    assert list(mailbox.opened_on(sam.own_line, sam, [3], maria.card).grants) == [hers]
    assert list(mailbox.opened_on(sam.own_line, sam, [3], sam.card).grants) == []


def test_items_are_opened_at_their_places_and_checked(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    mine = lines.own(lines.grant(sam, 1), sam)
    hers = put_at(lines, lines.grant(sam, 2), 1, maria, sam, sam.own_line)
    items = mailbox.contents(sam)
    assert [item.sort for item in items] == [Sort.REPORT, Sort.REPORT]
    assert list(mailbox.opened(sam, [*items, items[0]]).grants) == [mine, hers]
    assert list(mailbox.opened(sam, items, author=sam.card).grants) == [mine]
    assert mailbox.opened(sam, []).grants == {}


def test_what_is_said_on_a_line_comes_with_its_place_and_time_in_the_order_of_the_log(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring, clock: StillClock
) -> None:
    later = put_at(lines, lines.grant(sam, 1), 1, maria, sam, sam.own_line)
    first = clock()
    clock.advance(timedelta(hours=1))
    earlier = put_at(lines, lines.grant(sam, 2), 0, sam, sam, sam.own_line)
    size = lines.ledger.size
    assert [(i, m.id) for i, m in mailbox.messages_on(sam.own_line, sam)] == [(size - 1, earlier), (size - 2, later)]
    assert [(at, m.id) for at, m in mailbox.logged(sam.own_line, sam)] == [(first, later), (clock(), earlier)]
    assert mailbox.time_at(size - 2) == first


def test_what_is_remembered_of_a_line_is_what_its_author_wrote(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    lines.own(lines.grant(sam, 1), sam)
    put_at(lines, lines.grant(sam, 2), 1, maria, sam, sam.own_line)

    def keep(message):
        return message.position

    assert [placed.value for placed in mailbox.remembered(sam.own_line, sam, keep)] == [0, 1]
    assert [placed.value for placed in mailbox.remembered(sam.own_line, sam, keep, maria.card)] == [1]


def test_receipts_come_back_with_their_place_and_who_signed_them(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    back = bytes([3]) * 32
    receipt = Receipt(update(1), lines.clock(), "care", "Dr Lee", "North Hospital", update(2))
    lines.write(receipt, maria, sam.card, back)
    lines.write(lines.grant(sam, 1), maria, sam.card, back)
    batch = mailbox.batch()
    batch.add(Kind.RECEIPT, {6: b"short"}, author=maria, recipient=sam.card, line_key=back)
    batch.commit()
    lines.write(receipt, sam, sam.card, back)
    size = lines.ledger.size
    assert mailbox.return_line(back, sam) == [
        (size - 4, maria.card.id, receipt), (size - 1, sam.card.id, receipt)
    ]  # fmt: skip


def test_a_grant_is_proven_to_be_under_the_newest_header(
    lines: Lines, mailbox: Mailbox, sam: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines.own(lines.grant(sam, 1), sam)
    height = lines.ledger.head().height
    lines.own(lines.grant(sam, 2), sam)
    entry = next(iter(mailbox.own_page(sam, 0, 1).grants.values()))
    place = mailbox.prove(sam.own_line, sam, entry)
    assert (place.index, place.height) == (entry.index, height)
    assert mailbox.written_at(entry) == lines.clock()
    wrong = InclusionProof(entry.index, lines.ledger.size, (bytes(32),) * 3)
    monkeypatch.setattr(lines.ledger, "prove_inclusion", lambda *_: wrong)
    with pytest.raises(InvalidProof):
        mailbox.prove(sam.own_line, sam, entry)
    with pytest.raises(NotFound):
        mailbox.prove(sam.doorbell_line, sam, entry)


# Of which grant an update has its place.


def written(lines: Lines, author: Keyring, subject: Keyring) -> tuple[Pointer, bytes]:
    return write_update(
        lines.mailbox.batch(), author, subject=subject.card.id, kind="report", purpose="care", body=b"{}",
        created=lines.clock(), chain_id=lines.chain_id,
    )  # fmt: skip


def test_an_updates_place_is_that_of_the_first_grant_that_its_author_signed(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    pointer, identifier = written(lines, maria, sam)
    given = lines.grant(sam, 1, update_id=identifier, object=pointer)
    broken = lines.grant(sam, 1, update_id=identifier, object=Pointer(Cid.of(b"gone"), bytes(32)))
    other = lines.grant(sam, 2)
    stranger = lines.person("stranger")
    for number, (grant, author) in enumerate(
        [(broken, stranger), (given, sam), (given, maria), (given, maria), (other, sam)]
    ):
        put_at(lines, grant, number, author, sam, sam.own_line)
    entries = list(mailbox.line_by_anyone(sam.own_line, sam).grants.values())
    assert [entry.position for entry in mailbox.placed(reversed(entries))] == [2, 4]
    assert [entry.position for entry in mailbox.placed(entries[:2])] == [1]
    assert [entry.position for entry in mailbox.placed([entries[0]])] == [0]
    assert mailbox.update(given).author == maria.card.id


def test_where_no_grant_of_an_update_opens_the_first_gives_it_its_place(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    for number, author in enumerate((sam, maria)):
        put_at(lines, lines.grant(sam, 1), number, author, sam, sam.own_line)
    entries = list(mailbox.line_by_anyone(sam.own_line, sam).grants.values())
    assert [entry.position for entry in mailbox.placed(entries)] == [0]


# Whom somebody acts for.


def appoint(
    lines: Lines, person: Keyring, name: str = "sam", label: str = "Sam Rivers", relation: str = "guardian"
) -> Keyring:
    batch = lines.mailbox.batch()
    dependent = lines.mailbox.appoint(batch, seed_of(name), label, relation, person)
    batch.commit()
    return dependent


def ring(lines: Lines, person: Keyring, appointment: Appointment, author: object) -> None:
    """Leave an appointment at somebody's doorbell."""
    batch = lines.mailbox.batch()
    batch.add(
        Kind.APPOINT,
        appointment.to_fields(),
        author=author,
        recipient=person.card,
        line_key=person.doorbell_line,
    )
    batch.commit()


def sealed(lines: Lines, content: object) -> Pointer:
    return lines.mailbox.batch().keep_near(seal_object(encode(content), chain_id=lines.chain_id))


def test_who_appointed_and_accepted_may_use_the_keys(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    assert mailbox.appointed(maria) == []
    assert appoint(lines, maria) == sam
    (found,) = mailbox.appointed(maria)
    assert (found.keyring, found.relation, found.label, found.seed) == (sam, "guardian", "Sam Rivers", seed_of("sam"))
    assert repr(found) == "EntrustedKeys(guardian)"
    assert mailbox.waiting(maria) == []
    (_, message), *_ = mailbox.doorbell(maria)
    assert Appointment.from_fields(message.fields).not_before == mailbox.moment()


def test_what_somebody_accepted_stands_where_every_version_looks(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    assert appoint(lines, maria) == sam
    accepted = mailbox.private_line(maria.derive("accepted"), maria).appointments
    assert [dependent for dependent, _ in accepted] == [sam.card.id]


def test_the_keys_stand_near_and_not_where_reports_are_kept(lines: Lines, maria: Keyring, sam: Keyring) -> None:
    before = len(lines.near.objects)
    appoint(lines, maria)
    assert (len(lines.near.objects), len(lines.objects.objects)) == (before + 1, 0)


def test_of_one_card_the_last_appointment_counts_until_it_ends(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring, clock: StillClock
) -> None:
    appoint(lines, maria)
    pointer = sealed(lines, {0: seed_of("sam"), 1: "Sam"})
    until = clock() + timedelta(hours=1)
    ring(lines, maria, Appointment(sam.card.id, pointer, "self", clock(), not_after=until), sam)
    assert [(held.relation, held.label) for held in mailbox.appointed(maria)] == [("self", "Sam")]
    clock.advance(timedelta(hours=1) - timedelta(milliseconds=1))
    assert len(mailbox.appointed(maria)) == 1
    clock.advance(timedelta(milliseconds=1))
    assert mailbox.appointed(maria) == []


def test_an_appointment_counts_only_from_its_own_card_and_once_accepted(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    pointer = sealed(lines, {0: seed_of("sam"), 1: "Sam"})
    appointment = Appointment(sam.card.id, pointer, "guardian", lines.clock())
    ring(lines, maria, appointment, sam)
    assert mailbox.appointed(maria) == []
    other = lines.person("other")
    appoint(lines, maria, "other", "Other")
    ring(lines, maria, appointment, other)
    assert [held.label for held in mailbox.appointed(maria)] == ["Other"]


def test_what_else_lies_at_the_doorbell_gives_no_keys_and_takes_none(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    appoint(lines, maria)
    lines.write(lines.grant(sam, 1), sam, maria.card, maria.doorbell_line)
    batch = lines.mailbox.batch()
    batch.add(Kind.APPOINT, {6: b"short"}, author=sam, recipient=maria.card, line_key=maria.doorbell_line)
    batch.commit()
    assert len(mailbox.appointed(maria)) == 1


@pytest.mark.parametrize("content", [{1: "no seed"}, {0: "text", 1: "Sam"}, {0: bytes(32), 1: "Sam"}, ["a list"]])
def test_an_object_that_holds_other_keys_or_none_gives_none(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring, content: object
) -> None:
    appoint(lines, maria)
    appointment = Appointment(sam.card.id, sealed(lines, content), "guardian", lines.clock())
    with pytest.raises(InvalidInput):
        mailbox.keys_of(appointment)
    ring(lines, maria, appointment, sam)
    assert mailbox.appointed(maria) == []


def test_a_label_is_cut_to_its_limit_and_may_be_missing(lines: Lines, mailbox: Mailbox, sam: Keyring) -> None:
    long = sealed(lines, {0: seed_of("sam"), 1: "x" * (LABEL_LIMIT + 1)})
    assert mailbox.keys_of(Appointment(sam.card.id, long, "self", lines.clock())).label == "x" * 120
    none = sealed(lines, {0: seed_of("sam")})
    assert mailbox.keys_of(Appointment(sam.card.id, none, "self", lines.clock())).label == ""


def test_keys_that_are_not_here_are_told_and_never_taken_for_none(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    before = set(lines.near.objects)
    appoint(lines, maria)
    appoint(lines, maria, "other", "Other")
    kept = [cid for cid in lines.near.objects if cid not in before]
    del lines.near.objects[kept[0]]
    with pytest.raises(ObjectMissing):
        mailbox.appointed(maria)
    lost: list[MissingKeys] = []
    assert [held.label for held in mailbox.appointed(maria, lost)] == []
    assert lost == [MissingKeys(sam.card.id, "guardian")]


def test_of_whom_not_even_the_card_is_here_the_keys_are_lost_too(lines: Lines, maria: Keyring, sam: Keyring) -> None:
    appoint(lines, maria)
    del lines.near.objects[lines.cards.pointer(sam.card.id).cid]
    fresh = lines.mailbox_of()
    lost: list[MissingKeys] = []
    assert fresh.appointed(maria, lost) == []
    assert lost == [MissingKeys(sam.card.id, "guardian")]


def test_a_store_that_does_not_answer_is_heard(lines: Lines, maria: Keyring, sam: Keyring) -> None:
    appoint(lines, maria)
    lines.near.away = True
    with pytest.raises(StorageUnavailable):
        lines.mailbox_of().appointed(maria)


def test_who_accepted_early_waits_until_somebody_says_yes(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring, clock: StillClock
) -> None:
    batch, since = mailbox.batch(), mailbox.moment()
    lines.write(lines.grant(sam, 1), sam, maria.card, maria.doorbell_line)
    bell = mailbox.accept_early(batch, sam.card.id, "S" * 130, "guardian", maria)
    batch.commit()
    assert mailbox.appointed(maria) == []
    assert mailbox.waiting(maria) == [("S" * 120, since)]
    clock.advance(timedelta(hours=1))
    batch = mailbox.batch()
    mailbox.appoint_later(
        batch, EntrustedKeys(sam, "holder", "Sam Rivers", seed_of("sam")), "guardian", maria.card, bell
    )
    batch.commit()
    assert [(held.keyring, held.label, held.relation) for held in mailbox.appointed(maria)] == [
        (sam, "Sam Rivers", "guardian")
    ]  # fmt: skip
    assert mailbox.waiting(maria) == []
    assert [message.position for _, message in mailbox.doorbell(maria)] == [0, 1]


def test_what_one_waits_for_and_is_not_here_is_passed_over(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    batch = mailbox.batch()
    mailbox.accept_early(batch, sam.card.id, "Sam", "guardian", maria)
    lines.near.objects.pop(batch.sizes[-1][0])
    mailbox.accept_early(batch, lines.person("other").card.id, "Other", "guardian", maria)
    batch.commit()
    assert [label for label, _ in mailbox.waiting(maria)] == ["Other"]


def test_whoever_is_at_the_doorbell_is_told_with_their_card_however_many_tokens_were_issued(
    lines: Lines, mailbox: Mailbox, maria: Keyring, sam: Keyring
) -> None:
    put_at(lines, lines.grant(sam, 1), 30, sam, maria, maria.doorbell_line)
    assert list(mailbox.doorbell(maria)) == []
    assert [(card, message.position) for card, message in mailbox.doorbell(maria, issued=30)] == [(sam.card, 30)]
    stranger = SimpleNamespace(card=Keyring.from_seed(b"x" * 32).card, signing_seed=sam.signing_seed)
    put_at(lines, lines.grant(sam, 1), 0, stranger, maria, maria.doorbell_line)
    assert [card for card, _ in mailbox.doorbell(maria)] == [sam.card]


def test_keys_and_lost_keys_show_nothing_secret(sam: Keyring) -> None:
    held = EntrustedKeys(sam, "guardian", "Sam Rivers", seed_of("sam"))
    assert seed_of("sam").hex() not in repr(held)
    assert "Sam" not in repr(held)
