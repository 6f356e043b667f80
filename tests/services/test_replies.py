"""A clinician's reply to any report: who may send it, who sees it, and that nobody else's word counts."""

import secrets
import threading
from datetime import timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.domain.kinds import Content
from blockmrs.domain.permission import Action
from blockmrs.domain.replies import CALL, MOST_REPLIES, SEEN, Reply
from blockmrs.domain.senders import Standing as Sender
from blockmrs.domain.sharing import Grant
from blockmrs.errors import Ended, InvalidInput, NotAuthorized, NotFound
from blockmrs.fhir.reply import write_reply
from blockmrs.services.lines.updates import write_update
from tests.services.test_story import guardian, member, save, share
from tests.support.world import staged

DRAFT = "dd" * 16
NUMBER = "+1 202 555 0123"
WEEK = timedelta(days=7)


@pytest.fixture
@staged
def report(world, carol):
    """The address of a report that is of no head injury."""
    return save(world, carol).address


@pytest.fixture
@staged
def doctor(world, carol, report):
    """A member of a hospital that has the report, and has opened it."""
    actor = member(world, "chen", "North Hospital")
    share(world, carol, report)
    world.sharing.acknowledge(actor, report)
    return actor


@pytest.fixture
@staged
def maria(world, carol, report):
    return guardian(world, carol)


def answer(world, actor, address, wish=CALL, phone=NUMBER, line="", draft=None):
    return world.replies.send(actor, address, draft or secrets.token_hex(16), wish=wish, phone=phone, line=line)


def read(world, actor, address):
    """What a reader is told, newest first: the number, the words, by whom; None for what was taken back."""
    return [
        (one.reply.phone, one.reply.line, one.reply.doctor, one.reply.organisation)
        if one.withdrawn_at is None
        else None
        for one in world.replies.of(actor, address).given
    ]


def news(world, actor):
    """What the first page tells of replies: about whom, and the number."""
    since, people = world.clock() - WEEK, world.teams.acting_for(actor)
    return [
        (one.about, one.given.reply.phone) for who in (*people, None) for one in world.replies.news(actor, who, since)
    ]


def colleague(world, doctor, name="park"):
    actor, hospital = world.person(name, f"Nurse {name.title()}"), world.organisations.directory()[0]
    world.organisations.accept(actor, world.organisations.invite(doctor, hospital.card_id), "")
    return actor


def test_a_reply_reaches_coach_family_and_colleagues_and_is_news_to_coach_and_family(
    world, carol, maria, report, doctor
):
    nurse = colleague(world, doctor)
    world.sharing.acknowledge(nurse, report)
    answer(world, doctor, report, line="Bring the splint.")
    expected = [(NUMBER, "Bring the splint.", "Dr Chen", "North Hospital")]
    assert [read(world, reader, report) for reader in (carol, maria, doctor, nurse)] == [expected] * 4
    assert news(world, carol) == [("Sam Rivers, 13 to 15", NUMBER)]
    assert news(world, maria) == [("Sam Rivers", NUMBER)]
    assert news(world, doctor) == news(world, nurse) == []


def test_seen_alone_carries_no_number_whatever_stands_in_the_box(world, carol, report, doctor):
    answer(world, doctor, report, SEEN)
    assert read(world, carol, report) == [("", "", "Dr Chen", "North Hospital")]


def test_it_can_be_said_again_newest_first_with_the_number_proposed(world, carol, report, doctor, clock):
    answer(world, doctor, report, SEEN)
    clock.advance(timedelta(minutes=1))
    answer(world, doctor, report)
    assert [reply[0] for reply in read(world, carol, report)] == [NUMBER, ""]
    assert world.replies.of(doctor, report).phone == NUMBER


def test_who_asks_to_be_called_stays_on_the_first_page_whatever_is_said_after_it(world, carol, report, doctor, clock):
    answer(world, doctor, report)
    clock.advance(timedelta(minutes=1))
    answer(world, doctor, report, SEEN)
    assert news(world, carol) == [("Sam Rivers, 13 to 15", NUMBER)]


def test_an_organisation_replies_at_most_so_often_and_what_it_said_can_still_be_taken_back(
    world, carol, report, doctor
):
    made = [answer(world, doctor, report, SEEN) for _ in range(MOST_REPLIES)]
    assert world.replies.of(doctor, report).may_reply is False
    size = world.ledger.size
    with pytest.raises(InvalidInput, match="as many replies"):
        answer(world, doctor, report)
    assert world.ledger.size == size
    world.replies.withdraw(doctor, report, made[0].reply_id, DRAFT)
    assert read(world, carol, report).count(None) == 1
    with pytest.raises(InvalidInput, match="as many replies"):
        answer(world, doctor, report)


def test_pressing_send_again_is_the_same_reply(world, carol, report, doctor):
    first, size = answer(world, doctor, report, draft=DRAFT), world.ledger.size
    assert answer(world, doctor, report, draft=DRAFT).reply_id == first.reply_id
    assert world.ledger.size - size == 0
    assert len(read(world, carol, report)) == 1
    assert world.evidence.check_everything(lambda *_: None).unlisted == 0


def test_two_presses_at_once_are_one_reply(world, carol, report, doctor):
    presses = [threading.Thread(target=answer, args=(world, doctor, report), kwargs={"draft": DRAFT}) for _ in range(2)]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    assert len(read(world, carol, report)) == 1


def test_what_was_taken_back_shows_no_number_and_is_no_news(world, carol, maria, report, doctor):
    made = answer(world, doctor, report)
    world.replies.withdraw(doctor, report, made.reply_id, DRAFT)
    size = world.ledger.size
    world.replies.withdraw(doctor, report, made.reply_id, DRAFT)
    world.replies.withdraw(doctor, report, made.reply_id, "ee" * 16)
    assert world.ledger.size == size, "taking it back again changes nothing"
    assert [read(world, reader, report) for reader in (carol, maria, doctor)] == [[None]] * 3
    assert news(world, carol) == news(world, maria) == []


def test_only_its_writer_takes_a_reply_back(world, carol, report, doctor):
    made = answer(world, doctor, report)
    nurse = colleague(world, doctor)
    world.sharing.acknowledge(nurse, report)
    for actor, reply_id in ((nurse, made.reply_id), (doctor, "00" * 16)):
        with pytest.raises(NotFound):
            world.replies.withdraw(actor, report, reply_id, DRAFT)
    assert read(world, carol, report) != [None]


def test_a_reply_stops_being_news_after_a_week_and_stays_in_the_report(world, carol, report, doctor, clock):
    answer(world, doctor, report)
    clock.advance(WEEK + timedelta(minutes=1))
    assert news(world, carol) == []
    assert len(read(world, carol, report)) == 1


def test_coach_parent_stranger_and_other_hospitals_may_not_reply(world, carol, maria, report, doctor):
    otto, size = member(world, "otto", "South Hospital"), None
    mallory = world.person("mallory", "Mallory")
    for actor, refusal in ((carol, NotAuthorized), (maria, NotAuthorized), (otto, NotFound), (mallory, NotFound)):
        size = world.ledger.size
        with pytest.raises(refusal):
            answer(world, actor, report)
        assert world.ledger.size == size
    with pytest.raises(NotFound):
        world.replies.of(mallory, report)


def test_a_coach_or_parent_who_is_a_member_of_the_hospital_may_not_reply_either(world, carol, maria, report, doctor):
    hospital = world.organisations.directory()[0]
    for actor in (carol, maria):
        world.organisations.accept(actor, world.organisations.invite(doctor, hospital.card_id), "")
        with pytest.raises(NotAuthorized):
            answer(world, actor, report)


def test_nobody_replies_to_a_report_that_they_did_not_open(world, carol, report):
    actor = member(world, "chen", "North Hospital")
    share(world, carol, report)
    assert world.replies.of(actor, report) is None
    with pytest.raises(NotAuthorized):
        answer(world, actor, report)


def test_after_the_share_was_stopped_nothing_goes_back_and_what_was_said_stays(world, carol, report, doctor, clock):
    answer(world, doctor, report)
    clock.advance(timedelta(minutes=1))
    (given,) = world.sharing.shares(carol, report)
    world.sharing.stop(carol, report, given.share_id)
    for attempt in (answer, lambda *of: world.replies.withdraw(*of[1:], "00" * 16, DRAFT)):
        with pytest.raises(Ended):
            attempt(world, doctor, report)
    assert len(read(world, carol, report)) == 1


def test_somebody_who_left_replies_no_more_and_what_they_said_is_marked(world, carol, report, doctor):
    nurse, hospital = colleague(world, doctor), world.organisations.directory()[0].card_id
    world.sharing.acknowledge(nurse, report)
    answer(world, nurse, report)
    world.organisations.staff.end(nurse, hospital, nurse.keyring.card.id)
    with pytest.raises(NotFound):
        answer(world, nurse, report)
    (given,) = world.replies.of(carol, report).given
    assert given.left is not None


def test_to_a_sender_who_is_blocked_no_reply_goes_but_one_can_be_taken_back(world, carol, report, doctor):
    made = answer(world, doctor, report)
    sender = world.sharing.cover(doctor, report).sender_id
    world.inbox.decide(doctor, sender, Sender.BLOCKED)
    size, there = world.ledger.size, world.replies.of(doctor, report)
    assert (there.is_blocked, there.may_reply) == (True, False)
    with pytest.raises(NotAuthorized, match="blocked"):
        answer(world, doctor, report)
    assert world.ledger.size == size
    world.replies.withdraw(doctor, report, made.reply_id, DRAFT)
    assert read(world, carol, report) == [None]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"phone": ""}, "phone"), ({"phone": "ask at the desk"}, "phone"), ({"phone": "1" * 1000000}, "phone"),
     ({"phone": "+1 1"}, "phone"), ({"wish": "later"}, "wish"), ({"wish": ""}, "wish"), ({"line": "x" * 121}, "line"),
     ({"line": "a\u202eb"}, "line")],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_written(world, report, doctor, wrong, field):
    size = world.ledger.size
    with pytest.raises(InvalidInput) as refused:
        answer(world, doctor, report, **wrong)
    assert refused.value.field == field
    assert world.ledger.size == size


def test_a_reply_to_a_withheld_report_reaches_the_family_with_the_release(world, carol, clock):
    address = save(world, carol, withheld=True).address
    mother, doctor = guardian(world, carol), member(world, "chen", "North Hospital")
    share(world, carol, address)
    world.sharing.acknowledge(doctor, address)
    made = answer(world, doctor, address, line="Taken back.")
    clock.advance(timedelta(minutes=1))
    world.replies.withdraw(doctor, address, made.reply_id, DRAFT)
    clock.advance(timedelta(minutes=1))
    answer(world, doctor, address)
    assert news(world, carol) == [("Sam Rivers, 13 to 15", NUMBER)]
    assert news(world, mother) == []
    with pytest.raises(NotFound):
        world.replies.of(mother, address)
    clock.advance(timedelta(minutes=1))
    world.sharing.release_to_family(carol, address)
    expected = [(NUMBER, "", "Dr Chen", "North Hospital"), None]
    assert [read(world, reader, address) for reader in (carol, mother)] == [expected] * 2


def forge(world, forger, carol, address, *, author=None, about=None, withdraws=b""):
    """A reply on the return line to the coach, by somebody who has come to know it."""
    access, now = world.access.allow(carol, address, Action.READ), world.clock()
    wish, phone = ("", "") if withdraws else (CALL, "900 555 0100")
    reply = Reply(about or access.grant.update_id, wish, phone, "", "Dr Chen", "North Hospital", now, withdraws)
    batch, subject = world.mailbox.batch(), access.grant.subject
    pointer, update_id = write_update(
        batch, author or forger.keyring, subject=subject, kind=Content.REPLY, purpose="care",
        body=write_reply(reply, subject=subject), created=now, chain_id=world.ledger.chain_id,
    )  # fmt: skip
    grant = Grant(update_id, subject, Content.REPLY, now, object=pointer, about=access.grant.update_id)
    for entry in world.books.shown(carol, access):
        batch.add(Kind.GRANT, grant.to_fields(), author=forger.keyring, recipient=carol.keyring.card,
                  line_key=entry.grant.return_to_author)  # fmt: skip
    batch.commit()


def test_a_number_from_somebody_who_is_no_member_is_not_shown(world, carol, maria, report, doctor):
    for forger in (world.person("mallory", "Dr Chen"), member(world, "otto", "South Hospital"), carol, maria):
        forge(world, forger, carol, report)
    nurse = colleague(world, doctor)
    forge(world, nurse, carol, report, author=carol.keyring)
    forge(world, nurse, carol, report, about=bytes(32))
    assert read(world, carol, report) == []


def test_a_colleague_with_a_program_of_their_own_takes_back_nobody_elses_reply(world, carol, report, doctor):
    made = answer(world, doctor, report)
    full = world.access.allow(carol, report, Action.READ)
    ((_, entry, _),) = world.sharing.returned(carol, full, Content.REPLY)
    assert entry.grant.update_id.hex().startswith(made.reply_id)
    forge(world, colleague(world, doctor), carol, report, withdraws=entry.grant.update_id)
    assert read(world, carol, report) == [(NUMBER, "", "Dr Chen", "North Hospital")]


def test_a_flood_of_one_hospitals_replies_neither_hides_anothers_nor_makes_the_page_endless(
    world, carol, report, doctor
):
    south = member(world, "otto", "South Hospital")
    organisation = next(one for one in world.organisations.directory() if one.name == "South Hospital")
    world.sharing.grant(carol, report, organisation.card_id, "care", world.clock() + timedelta(days=30))
    world.sharing.acknowledge(south, report)
    answer(world, south, report)
    for _ in range(MOST_REPLIES * 2 + 5):
        forge(world, doctor, carol, report)
    numbers = [reply[0] for reply in read(world, carol, report)]
    assert NUMBER in numbers
    assert len(numbers) <= 4 * MOST_REPLIES


def test_a_reply_whose_text_is_gone_is_missed_and_not_taken_for_none(world, carol, report, doctor):
    answer(world, doctor, report)
    access = world.access.allow(carol, report, Action.READ)
    ((_, entry, _),) = world.sharing.returned(carol, access, Content.REPLY)
    name = str(entry.grant.object.cid)
    (path,) = [path for path in (world.folder / "objects").rglob("*") if path.is_file() and name in path.name]
    path.unlink()
    there = world.replies.of(carol, report)
    assert (there.given, there.gap_count) == ((), 1)


def to_the_hospital(world, actor, address):
    organisation = next(one for one in world.organisations.directory() if one.name == "North Hospital")
    until = world.clock() + timedelta(days=60)
    return world.sharing.grant(actor, address, organisation.card_id, "care", until)


def test_a_reply_to_what_the_family_sent_is_the_familys_alone(world, carol, maria, report):
    doctor = member(world, "chen", "North Hospital")
    to_the_hospital(world, maria, report)
    world.sharing.acknowledge(doctor, report)
    answer(world, doctor, report)
    assert (len(read(world, maria, report)), read(world, carol, report)) == (1, [])
    assert (len(news(world, maria)), news(world, carol)) == (1, [])


def test_a_reply_reaches_the_coach_too_where_coach_and_family_both_sent_it(world, carol, maria, report, doctor):
    to_the_hospital(world, maria, report)
    world.sharing.acknowledge(doctor, report)
    made = answer(world, doctor, report)
    assert [len(read(world, reader, report)) for reader in (carol, maria, doctor)] == [1, 1, 1]
    world.replies.withdraw(doctor, report, made.reply_id, DRAFT)
    assert [read(world, reader, report) for reader in (carol, maria, doctor)] == [[None]] * 3


def test_a_report_that_was_never_shared_is_not_opened_to_look_for_replies(world, carol, maria, report, monkeypatch):
    member(world, "chen", "North Hospital")

    def opened(*_: object) -> None:
        raise AssertionError("it was opened")

    monkeypatch.setattr(type(world.mailbox), "opened", opened)
    assert news(world, carol) == []
    assert list(world.replies.news(maria, world.teams.acting_for(maria)[0], world.clock() - WEEK)) == []
