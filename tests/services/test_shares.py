"""Sharing a report with a hospital: what is refused, what each side is shown, and what of it is written once only."""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.chain.transaction import Kind
from blockmrs.domain.kinds import Purpose
from blockmrs.domain.permission import Action
from blockmrs.domain.senders import Standing as Sender
from blockmrs.domain.sharing import Grant, Revocation
from blockmrs.errors import InvalidInput, NotFound, ObjectMissing, TooManyAttempts
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.lines.contents import Sort
from blockmrs.services.sharing.openings import Opening
from blockmrs.services.sharing.shares import SHARES_A_DAY, SHARES_AN_HOUR, InboxItem, Share
from tests.services.test_story import guardian, member, save
from tests.support.at_least import at_least
from tests.support.claims import grants_on
from tests.support.heads import answers, head_report
from tests.support.world import World, staged

MONTH = timedelta(days=30)


@pytest.fixture
@staged
def otto(world: World) -> Actor:
    return member(world, "otto", "South Hospital")


@pytest.fixture
@staged
def address(world: World, carol: Actor) -> str:
    return save(world, carol).address


def id_of(world: World, name: str = "North Hospital") -> bytes:
    return next(entry.card_id for entry in world.organisations.directory() if entry.name == name)


def give(world: World, actor: Actor, address: str, to: str = "North Hospital", **changed) -> Share:
    asked = {"purpose": "care", "until": world.clock() + MONTH} | changed
    return world.sharing.grant(actor, address, id_of(world, to), asked["purpose"], asked["until"])


def shares(world: World, actor: Actor, address: str) -> list[Share]:
    return world.sharing.shares(actor, address)


# What is refused


def test_whoever_got_a_report_holds_no_keys_of_whom_it_is_about(world, carol, lee, address) -> None:
    give(world, carol, address)
    with pytest.raises(NotFound, match="not held here"):
        world.books.subject(lee, world.access.allow(lee, address, Action.READ))
    held = world.books.subject(carol, world.access.allow(carol, address, Action.READ))
    assert held.keyring.card.id == world.access.allow(lee, address, Action.READ).grant.subject


def test_a_share_for_no_reason_of_ours_or_without_a_good_end_is_refused_and_leaves_nothing(
    world, carol, lee, address, clock
) -> None:
    size, late = world.ledger.size, timedelta(days=366, milliseconds=1)
    asked = [("purpose", "curiosity"), ("purpose", "CARE"), ("until", clock()), ("until", clock() + late)]
    with at_least(4) as case:
        for field, value in asked:
            with case((field, value)):
                with pytest.raises(InvalidInput) as refused:
                    give(world, carol, address, **{field: value})
                assert refused.value.field == field
                assert (world.ledger.size, shares(world, carol, address)) == (size, [])


def test_a_share_may_last_from_a_moment_to_a_leap_year(world, carol, lee, otto, address, clock) -> None:
    for to, lasts in (("North Hospital", timedelta(milliseconds=1)), ("South Hospital", timedelta(days=366))):
        assert give(world, carol, address, to, until=clock() + lasts).until == clock() + lasts


def test_every_reason_that_can_be_chosen_is_taken_and_shown(world, carol, lee, address) -> None:
    with at_least(5) as case:
        for purpose in Purpose:
            with case(purpose):
                share = give(world, carol, address, purpose=str(purpose))
                assert (share.purpose, world.sharing.cover(lee, address).purpose) == (purpose, purpose)
                world.sharing.stop(carol, address, share.share_id)


def test_where_nobody_has_joined_the_field_is_the_organisation(world, carol, address) -> None:
    world.organisations.add("Empty Hospital")
    with pytest.raises(InvalidInput) as refused:
        give(world, carol, address, "Empty Hospital")
    assert refused.value.field == "organisation"


def test_a_report_that_was_never_shared_has_no_cover_and_no_share_to_stop(world, carol, lee, address) -> None:
    for act in (
        lambda: world.sharing.cover(lee, address),
        lambda: world.sharing.acknowledge(lee, address),
        lambda: world.sharing.stop(carol, address, "00" * 32),
    ):
        with pytest.raises(NotFound):
            act()
    assert shares(world, carol, address) == []


def test_one_organisation_takes_thirty_shares_an_hour_and_ninety_a_day_from_one_account(
    world, carol, lee, otto, clock, monkeypatch
) -> None:
    counted: list[tuple[str, str, int, timedelta]] = []
    real = world.throttle.count

    def count(what: str, who: str, *, limit: int, window: timedelta) -> None:
        counted.append((what, who, limit, window))
        real(what, who, limit=limit, window=window)

    monkeypatch.setattr(world.throttle, "count", count)
    addresses = [save(world, carol, draft=f"{number:032x}").address for number in range(3)]
    give(world, carol, addresses[0])
    assert (SHARES_AN_HOUR, SHARES_A_DAY) == (30, 90)
    assert [entry[2:] for entry in counted] == [(30, timedelta(hours=1)), (90, timedelta(days=1))]
    # Under these names they are counted in the database: another name would forget what was counted before.
    assert [entry[0] for entry in counted] == ["share in an hour", "share in a day"]
    give(world, carol, addresses[1])
    give(world, carol, addresses[1], "South Hospital")
    dan = world.person("dan", "Dan Coach")
    give(world, dan, save(world, dan, draft="dd" * 16).address)
    whose = [entry[1] for entry in counted]
    assert whose[0] == whose[1] == whose[2] == whose[3], "the same account, to the same organisation"
    assert len({whose[0], whose[4], whose[6]}) == 3


def test_the_count_of_a_day_ends_with_the_day(world, carol, lee, clock, monkeypatch) -> None:
    monkeypatch.setattr("blockmrs.services.sharing.shares.SHARES_A_DAY", 2)
    addresses = [save(world, carol, draft=f"{number:032x}").address for number in range(3)]
    for address in addresses[:2]:
        give(world, carol, address)
    clock.advance(timedelta(hours=2))
    with pytest.raises(TooManyAttempts):
        give(world, carol, addresses[2])
    clock.advance(timedelta(days=1))
    assert give(world, carol, addresses[2]).active


# What each side is shown


def test_a_share_is_shown_with_everything_that_was_agreed(world, carol, lee, address, clock) -> None:
    maria, until = guardian(world, carol), clock() + MONTH
    made = give(world, carol, address, purpose="insurance", until=until)
    for person in (carol, maria):
        (shown,) = shares(world, person, address)
        assert shown == Share(
            shown.share_id, "North Hospital", "insurance", clock(), until, stopped=None, active=True,
            by_me=person is carol,
        )  # fmt: skip
        assert len(bytes.fromhex(shown.share_id)) == 32
    assert shares(world, carol, address) == [made]


def test_the_cover_tells_who_sent_what_why_and_until_when(world, carol, lee, address, clock) -> None:
    shared_at, until = clock(), clock() + MONTH
    give(world, carol, address, purpose="sport", until=until)
    clock.advance(timedelta(minutes=5))
    cover = world.sharing.cover(lee, address)
    assert cover == InboxItem(
        address=address, title="Sam Rivers, 13 to 15", level=1, sender="Carol Coach", is_claimed=True, imitated="",
        sender_id=cover.sender_id, organisation="North Hospital", purpose="sport", shared_at=shared_at, until=until,
        active=True, opened_at=None, lost=False,
    )  # fmt: skip
    assert len(bytes.fromhex(cover.sender_id)) == 16
    world.sharing.acknowledge(lee, address)
    opened_at = clock()
    clock.advance(timedelta(days=2))
    assert world.sharing.cover(lee, address).opened_at == opened_at, "shown for good, though it covers twelve hours"
    (listed,) = world.received(lee)
    assert listed == replace(cover, opened_at=opened_at)


def test_a_sender_who_is_in_the_directory_is_shown_by_its_name_and_claims_nothing(world, lee, otto) -> None:
    address = save(world, otto).address
    give(world, replace(otto, display_name="Somebody else"), address)
    cover = world.sharing.cover(lee, address)
    assert (cover.sender, cover.is_claimed, cover.imitated) == ("Dr Otto, South Hospital", False, "")


def test_a_report_whose_text_is_not_here_is_marked_and_its_opening_leaves_no_receipt(
    world, carol, lee, address, monkeypatch
) -> None:
    monkeypatch.setattr(world.reports, "lacking", world.objects.lacking)
    give(world, carol, address)
    access = world.access.allow(carol, address, Action.SHARE)
    assert not world.sharing.cover(lee, address).lost
    assert access.grant.object is not None
    name = str(access.grant.object.cid)
    (path,) = [path for path in (world.folder / "objects").rglob("*") if path.is_file() and name in path.name]
    path.unlink()
    assert world.sharing.cover(lee, address).lost
    assert [item.lost for item in world.received(lee)] == [True]
    size = world.ledger.size
    with pytest.raises(ObjectMissing):
        world.sharing.acknowledge(lee, address)
    assert world.ledger.size == size
    assert shares(world, carol, address)[0].receipts == ()


def test_the_newest_share_stands_first_and_each_has_its_own_receipts(world, carol, lee, otto, address, clock) -> None:
    maria = guardian(world, carol)
    give(world, carol, address, purpose="sport")
    clock.advance(timedelta(minutes=1))
    give(world, carol, address, "South Hospital", purpose="other")
    clock.advance(timedelta(minutes=1))
    world.sharing.acknowledge(otto, address)
    receipt = Opening("Dr Otto", "South Hospital", clock(), "other")
    for person in (carol, maria):
        assert [(share.party, share.receipts) for share in shares(world, person, address)] == [
            ("South Hospital", (receipt,)), ("North Hospital", ())
        ]  # fmt: skip
    clock.advance(timedelta(minutes=1))
    world.sharing.acknowledge(lee, address)
    assert [len(share.receipts) for share in shares(world, maria, address)] == [1, 1]


def test_one_organisation_is_given_each_report_on_its_own(world, carol, lee, address) -> None:
    other = save(world, carol, draft="ff" * 16).address
    made = give(world, carol, address)
    assert shares(world, carol, other) == []
    with pytest.raises(NotFound):
        world.sharing.stop(carol, other, made.share_id)
    with pytest.raises(NotFound):
        world.sharing.cover(lee, other)
    world.sharing.acknowledge(lee, address)
    give(world, carol, other)
    assert world.sharing.open_shared(lee, other) is None, "a receipt is for one report"
    assert world.sharing.cover(lee, other).opened_at is None


def test_whose_page_a_report_has_follows_from_who_reads_it(world, carol, lee, address) -> None:
    maria = guardian(world, carol)
    give(world, carol, address)
    nina = world.person("nina", "Nina")
    asked = [world.sharing.is_author_or_family(actor, address) for actor in (carol, maria, lee, nina)]
    assert asked == [True, True, False, False]
    with pytest.raises(NotFound):
        world.sharing.is_author_or_family(carol, address.upper() + "!")


def test_with_whom_a_report_is_shared_now_is_told_with_the_end(world, carol, lee, otto, address, clock) -> None:
    ended = give(world, carol, address)
    until = clock() + timedelta(days=3)
    give(world, carol, address, "South Hospital", until=until)
    world.sharing.stop(carol, address, ended.share_id)
    access = world.access.allow(carol, address, Action.SHARE)
    assert world.sharing.running(carol, access) == [(id_of(world, "South Hospital"), until)]
    clock.advance(timedelta(days=3))
    assert world.sharing.running(carol, access) == []


# What is written once


def test_a_share_is_made_again_only_once_the_first_has_ended(world, carol, lee, address, clock) -> None:
    first = give(world, carol, address)
    size = world.ledger.size
    assert give(world, carol, address, purpose="sport", until=clock() + timedelta(days=1)) == first
    assert world.ledger.size == size
    stopped = world.sharing.stop(carol, address, first.share_id)
    assert (stopped.share_id, stopped.active, stopped.stopped, stopped.by_family) == (
        first.share_id, False, clock(), False
    )  # fmt: skip
    again = give(world, carol, address)
    assert again.share_id != first.share_id
    assert [share.active for share in shares(world, carol, address)] == [True, False]
    assert world.sharing.cover(lee, address).active
    clock.advance(MONTH)
    assert give(world, carol, address).active, "it had run out"


def test_stopping_a_share_twice_writes_once_and_leaves_the_other(world, carol, lee, otto, address, clock) -> None:
    maria = guardian(world, carol)
    first, second = give(world, carol, address), give(world, carol, address, "South Hospital")
    world.sharing.stop(carol, address, first.share_id)
    size, ended = world.ledger.size, shares(world, carol, address)
    clock.advance(timedelta(hours=1))
    for person in (carol, maria):
        shown = {share.party: share.share_id for share in shares(world, person, address)}
        assert not world.sharing.stop(person, address, shown["North Hospital"]).active
    assert (world.ledger.size, shares(world, carol, address)) == (size, ended)
    assert world.sharing.cover(otto, address).active
    assert [share.active for share in shares(world, maria, address)] == [True, False]
    assert second.active


def test_what_ended_is_noted_on_the_familys_line_too(world, carol, lee, otto, address) -> None:
    maria = guardian(world, carol)
    first = give(world, carol, address)
    give(world, carol, address, "South Hospital")
    sam = world.people.of(maria)[-1].card.keyring
    world.sharing.stop(carol, address, first.share_id)
    line = world.mailbox.line_by_anyone(sam.own_line, sam)
    ends = [ends.grant_id for _, ends in line.revocations]
    copies = {entry.grant.party: entry.id for entry in line.grants.values() if entry.grant.copy_of is not None}
    assert ends == [copies["North Hospital"]]


def test_the_copy_on_the_familys_line_leads_to_no_receipts_of_the_authors(world, carol, lee, address) -> None:
    maria = guardian(world, carol)
    give(world, carol, address)
    sam = world.people.of(maria)[-1].card.keyring
    (copy,) = [entry.grant for entry in grants_on(world, sam, Sort.SHARE)]
    assert (copy.return_to_author, copy.object, copy.title) == (None, None, "")
    assert copy.return_to_subject is not None
    assert (copy.grantee, copy.party) == (id_of(world), "North Hospital")


def test_an_opening_leaves_one_receipt_each_and_makes_the_sender_known_once(world, carol, lee, address, clock) -> None:
    give(world, carol, address, purpose="second opinion")
    size = world.ledger.size
    world.sharing.acknowledge(lee, address)
    # For author and family, for oneself, and that the sender is known from now on.
    assert world.ledger.size == size + 4
    world.sharing.acknowledge(lee, address)
    assert world.ledger.size == size + 4
    clock.advance(timedelta(hours=12))
    world.sharing.acknowledge(lee, address)
    assert world.ledger.size == size + 7, "the sender was known"
    (held,) = world.organisations.memberships(lee)
    assert world.access.senders.standings(held) == {carol.keyring.card.id: Sender.KNOWN}
    (shown,) = shares(world, carol, address)
    assert [(one.reader, one.purpose) for one in shown.receipts] == [("Dr Lee", "second opinion")] * 2


def test_a_receipt_names_the_share_its_reader_and_their_organisation(world, carol, lee, address, clock) -> None:
    give(world, carol, address, purpose="sport")
    world.sharing.acknowledge(lee, address)
    access = world.access.allow(carol, address, Action.SHARE)
    (copy,) = world.books.shown(carol, access)
    assert copy.grant.return_to_author is not None
    ((_, signer, receipt),) = world.mailbox.return_line(copy.grant.return_to_author, carol.keyring)
    assert signer == lee.keyring.card.id
    assert (receipt.update_id, receipt.grant_id, receipt.at) == (copy.grant.update_id, copy.grant.copy_of, clock())
    assert (receipt.purpose, receipt.reader, receipt.organisation) == ("sport", "Dr Lee", "North Hospital")


# What is kept from the family


def test_releasing_a_report_gives_again_what_still_runs_and_nothing_else(
    world, carol, lee, otto, address, clock
) -> None:
    park = member(world, "park", "West Hospital")
    kept = save(world, carol, withheld=True, draft="ff" * 16).address
    maria = guardian(world, carol)
    stopped = give(world, carol, kept)
    until = clock() + timedelta(days=9)
    give(world, carol, kept, "South Hospital", purpose="insurance", until=until)
    give(world, carol, kept, "West Hospital", until=clock() + timedelta(hours=1))
    world.sharing.stop(carol, kept, stopped.share_id)
    clock.advance(timedelta(hours=1))
    height = world.ledger.head().height
    world.sharing.release_to_family(carol, kept)
    assert world.ledger.head().height == height + 1, "a crash leaves all of it or nothing"
    for person in (carol, maria):
        (running,) = [share for share in shares(world, person, kept) if share.active]
        assert (running.party, running.purpose, running.until) == ("South Hospital", "insurance", until)
        assert len(shares(world, person, kept)) == 4
    assert world.sharing.cover(otto, kept).until == until
    for gone in (lee, park):
        assert [item.active for item in world.received(gone)] == [False]
    size = world.ledger.size
    world.sharing.release_to_family(carol, kept)
    world.sharing.release_to_family(carol, address)
    assert world.ledger.size == size, "what the family has is not given again"


def test_a_withheld_report_is_shared_and_stopped_without_a_word_on_the_familys_line(world, carol, lee) -> None:
    kept = save(world, carol, withheld=True).address
    maria = guardian(world, carol)
    sam = world.people.of(maria)[-1].card.keyring
    length = world.mailbox.length(sam.own_line)
    made = give(world, carol, kept)
    world.sharing.acknowledge(lee, kept)
    assert [one.reader for one in shares(world, carol, kept)[0].receipts] == ["Dr Lee"]
    assert not world.sharing.stop(carol, kept, made.share_id).active
    assert world.mailbox.length(sam.own_line) == length
    assert [item.active for item in world.received(lee)] == [False]


def test_checks_after_a_report_go_with_it_when_it_is_shared(world, carol, lee) -> None:
    team = world.teams.add_player(carol, "Sam Rivers", "7", "")
    report = head_report(world.clock())
    address = world.reports.save(carol, "ee" * 16, report, player=team.players[0], withheld=False).address
    world.followups.save(carol, address, secrets.token_hex(16), answers())
    give(world, carol, address)
    world.sharing.acknowledge(lee, address)
    opened = world.sharing.open_shared(lee, address)
    assert opened is not None
    assert len(world.followups.of(lee, address).checks) == 1


def test_whoever_may_not_end_it_ends_nothing_by_writing_in_a_book_of_their_own(world, carol, lee, address) -> None:
    """A guardian's own program revokes the copy on the player's line: the share goes on until it is ended for all."""
    maria = guardian(world, carol)
    give(world, carol, address)
    sam = world.people.of(maria)[-1].card.keyring
    (copy,) = grants_on(world, sam, Sort.SHARE)
    batch = world.mailbox.batch()
    fields = Revocation(copy.id, world.clock()).to_fields()
    batch.add(Kind.REVOKE, fields, author=maria.keyring, recipient=sam.card, line_key=sam.own_line)
    batch.commit()
    for person in (carol, maria):
        assert [share.active for share in shares(world, person, address)] == [True]


def test_what_somebody_opened_is_found_again_where_every_version_looks(world, carol, lee, address) -> None:
    give(world, carol, address)
    world.sharing.acknowledge(lee, address)
    update_id = world.access.allow(carol, address, Action.SHARE).grant.update_id
    line = world.mailbox.private_line(lee.keyring.derive("opened", update_id), lee.keyring)
    assert [receipt.update_id for _, receipt in line.receipts] == [update_id]


def test_who_opens_a_report_states_the_ends_of_memberships_that_nobody_stated(
    world, carol, lee, address, monkeypatch
) -> None:
    give(world, carol, address)
    stated: list[tuple[Actor, bytes]] = []
    monkeypatch.setattr(world.organisations.staff, "state", lambda *given: stated.append(given))
    world.sharing.acknowledge(lee, address)
    assert stated == [(lee, id_of(world))]


def test_a_report_that_was_sent_before_levels_were_recorded_counts_as_urgent(world, carol, lee, address) -> None:
    give(world, carol, save(world, carol, draft="ff" * 16).address)
    granted = world.access.allow(carol, address, Action.SHARE).grant
    old = Grant(
        granted.update_id, granted.subject, "care", world.clock(), not_after=world.clock() + MONTH,
        object=granted.object, return_to_author=secrets.token_bytes(32), title="Sam Rivers", party="Carol Coach",
    )  # fmt: skip
    hospital, batch = world.cards.find(id_of(world)), world.mailbox.batch()
    batch.add(
        Kind.GRANT, old.to_fields(), author=carol.keyring, recipient=hospital,
        line_key=carol.keyring.line_to(hospital.id),
    )  # fmt: skip
    batch.commit()
    assert world.sharing.cover(lee, address).level == 1


def test_a_note_of_a_share_with_nobody_cannot_be_stopped(world, carol, lee, address) -> None:
    """A program of the author's own notes a share in the book of the report, and names no recipient."""
    maria = guardian(world, carol)
    access = world.access.allow(carol, address, Action.SHARE)
    note = replace(access.grant, purpose="care", grantee=None, copy_of=bytes(32), object=None, number=None)
    sam = world.people.of(maria)[-1].card.keyring
    book = world.reports.book_key(carol.keyring, access.grant.update_id)
    for to, line_key in ((carol.keyring.card, book), (sam.card, sam.own_line)):
        batch = world.mailbox.batch()
        batch.add(Kind.GRANT, note.to_fields(), author=carol.keyring, recipient=to, line_key=line_key)
        batch.commit()
    size = world.ledger.size
    for person in (carol, maria):
        (shown,) = shares(world, person, address)
        with pytest.raises(NotFound, match="no such share"):
            world.sharing.stop(person, address, shown.share_id)
    assert world.ledger.size == size
