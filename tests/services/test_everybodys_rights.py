"""The page of all rights shows each viewer exactly the rights over what `domain/permission.py` lets them see."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from blockmrs.domain.permission import Action, Standing, require
from blockmrs.errors import BlockMRSError, Ended, NotAuthorized, NotFound, ObjectMissing
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.people.persons import ME
from blockmrs.services.reports.access import parse_report_address
from blockmrs.services.sharing.everyone import OTHERS, ROWS, Everyone, Form, RightRow
from tests.services.test_story import member
from tests.support.team import team_in
from tests.support.world import World

DAY = timedelta(days=1)
Row = tuple[str, str, str]
"""The form of a right, who holds it, and the address of the report that it opens (else empty)."""


@dataclass
class Given:
    """A right over a report, as it was given: by whom, over which report, and its row."""

    by: Actor
    address: str
    row: Row


class Club:
    """Sam, who is 13 or older and has joined; mother and father; a coach; a doctor; another patient; a stranger."""

    def __init__(self, world: World) -> None:
        self.world, self.team = world, team_in(world)
        self.carol, self.maria = self.team.carol, self.team.maria
        self.lee, self.otto = member(world, "lee", "North Hospital"), member(world, "otto", "South Hospital")
        self.joe = self.team.joins("joe", "Joe Rivers")
        self.team.confirm(self.maria, "Joe Rivers")
        self.sam = self.team.joins("sam", "Sam R.", "self")
        self.team.confirm(self.maria, "Sam R.", "self")
        self.gus = self.team.joins("gus", "Gus Waits")
        self.nina, self.mallory = world.person("nina", "Nina Berg"), world.person("mallory", "Mallory Stranger")
        self.given: list[Given] = []
        self._give()

    @property
    def viewers(self) -> dict[str, Actor]:
        return {
            "the player's mother": self.maria, "the second guardian": self.joe, "the young person": self.sam,
            "the coach": self.carol, "who waits": self.gus, "a doctor it was shared with": self.lee,
            "another patient": self.nina, "a stranger": self.mallory,
        }  # fmt: skip

    def _give(self) -> None:
        world = self.world
        by_coach, withheld = self.team.save(), self.team.save(withheld=True)
        about_ann = world.reports.save(self.carol, secrets.token_hex(16), world.report("Ann Ames")).address
        at_home = self.home(self.maria, "Sam Rivers")
        own, ninas = self.home(self.sam, "Sam R."), self.home(self.nina, "Nina Berg")
        for actor, address in (
            (self.carol, by_coach), (self.carol, withheld), (self.carol, about_ann), (self.maria, at_home),
            (self.sam, own), (self.nina, ninas),
        ):  # fmt: skip
            self.share(actor, address, "North Hospital")
            world.codes.make(actor, address)
            self.given.append(Given(actor, address, (Form.CODE, "", address)))
        # Ended ones, which nobody is to see.
        gone = self.share(self.carol, by_coach, "South Hospital")
        world.sharing.stop(self.carol, by_coach, gone)
        self.given.pop()
        self.invited = self.team.code()

    def home(self, actor: Actor, label: str) -> str:
        person = next(person for person in self.world.people.of(actor) if person.label == label)
        return self.world.reports.save(actor, secrets.token_hex(16), self.world.report(label), person=person).address

    def share(self, actor: Actor, address: str, to: str) -> str:
        hospital = next(entry.card_id for entry in self.world.organisations.directory() if entry.name == to)
        share = self.world.sharing.grant(actor, address, hospital, "care", self.world.clock() + 30 * DAY)
        self.given.append(Given(actor, address, (Form.SHARE, to, address)))
        return share.share_id

    def may_see(self, viewer: Actor, address: str) -> bool:
        """What the one place that decides says of who looked, and so of who may look, at a report."""
        access = self.world.access.find(viewer, parse_report_address(address))
        try:
            require(Action.SEE_WHO_LOOKED, Standing.STRANGER if access is None else access.standing)
        except BlockMRSError:
            return False
        return True

    def expected(self, viewer: Actor) -> set[Row]:
        reports = {given.row for given in self.given if self.may_see(viewer, given.address)}
        if viewer not in (self.maria, self.joe, self.sam, self.carol):
            return reports
        roll = [(Form.FAMILY, name, "") for name in ("Maria Rivers", "Joe Rivers", "Sam R.", "Gus Waits")]
        return {*reports, *roll, (Form.COACH, "Carol Coach", ""), (Form.INVITATION, "", "")}

    def rows(self, viewer: Actor) -> list[RightRow]:
        return self.world.everyone.of(viewer)


@pytest.fixture
def club(world: World) -> Club:
    return Club(world)


def as_rows(rows: list[RightRow]) -> list[Row]:
    return [(row.form, row.name, row.report) for row in rows]


def test_each_viewer_sees_exactly_the_rights_over_what_they_may_read(club: Club) -> None:
    counts = {}
    for who, viewer in club.viewers.items():
        rows = as_rows(club.rows(viewer))
        assert set(rows) == club.expected(viewer), who
        assert len(rows) == len(set(rows)), f"{who} sees each right once"
        counts[who] = len(rows)
    assert counts == {
        "the player's mother": 10, "the second guardian": 10, "the young person": 12, "the coach": 12,
        "who waits": 0, "a doctor it was shared with": 0, "another patient": 2, "a stranger": 0,
    }  # fmt: skip


def test_what_is_kept_from_the_family_changes_nothing_that_they_see(club: Club) -> None:
    team, others = club.team, [club.maria, club.joe, club.sam, club.gus, club.nina, club.mallory]
    before = [club.world.everyone.page(viewer, []) for viewer in others]
    kept = team.save(withheld=True)
    club.share(club.carol, kept, "South Hospital")
    club.world.codes.make(club.carol, kept)
    assert [club.world.everyone.page(viewer, []) for viewer in others] == before
    rows = [row for row in club.rows(club.carol) if row.report == kept]
    assert {(row.form, row.handle, row.withheld) for row in rows} == {
        (Form.SHARE, OTHERS, True), (Form.CODE, OTHERS, True)
    }  # fmt: skip


def test_what_a_young_person_wrote_about_themselves_is_on_their_page_alone(club: Club) -> None:
    others = [viewer for viewer in club.viewers.values() if viewer is not club.sam]
    before = [club.world.everyone.page(viewer, []) for viewer in others]
    own = club.home(club.sam, "Sam R.")
    club.share(club.sam, own, "South Hospital")
    assert [club.world.everyone.page(viewer, []) for viewer in others] == before
    (row,) = [row for row in club.rows(club.sam) if row.report == own]
    assert (row.handle, row.by, row.withheld) == (ME, "Sam R.", False)


def test_a_right_names_who_gave_it_since_when_and_until_when(club: Club, clock) -> None:
    world, team = club.world, club.team
    rows = {(row.form, row.name, row.report): row for row in club.rows(club.joe)}
    coachs, code, homes, homes_code, *_ = [given for given in club.given if club.may_see(club.joe, given.address)]
    shared, by_code = rows[coachs.row], rows[code.row]
    assert (shared.by, shared.until) == ("Carol Coach", clock() + 30 * DAY - timedelta(minutes=16))
    assert (by_code.by, by_code.until) == ("", by_code.since + DAY)
    assert rows[homes.row].by == "Maria Rivers"
    mine = {(row.form, row.name, row.report): row for row in club.rows(club.maria)}
    assert mine[homes_code.row].by == "Maria Rivers"
    assert rows[Form.FAMILY, "Joe Rivers", ""].is_me
    assert rows[Form.FAMILY, "Gus Waits", ""].waits
    assert rows[Form.INVITATION, "", ""].by == "Carol Coach"
    assert not any(row.by for row in club.rows(club.carol) if row.form is Form.COACH)
    # What goes along with a coach's report is the family's to see and to end.
    team.tell_facts(club.maria)
    handle = team.handle(club.maria)
    world.crew_facts.turn_on(club.maria, handle, world.facts.newest(team.person(club.maria)))
    (facts,) = [row for row in club.rows(club.maria) if row.form is Form.FACTS]
    assert (facts.by, facts.since, facts.end) == ("Maria Rivers", clock(), f"/record/facts/crew/{handle}")
    assert not [row for row in club.rows(club.carol) if row.form is Form.FACTS]


def ends(club: Club, viewer: Actor) -> Iterator[tuple[RightRow, bool]]:
    """Each row of a viewer's page, and whether the service that its button leads to lets this viewer end it."""
    for row in club.rows(viewer):
        parts = row.end.split("/")
        try:
            if not row.end:
                yield row, False
            elif parts[1] == "people":
                yield row, club.world.rights.right(viewer, parts[2], parts[4]).may_end
            elif parts[4] == "stop":
                club.world.access.allow(viewer, parts[3], Action.STOP_SHARE)
                yield row, any(s.share_id == parts[5] for s in club.world.sharing.shares(viewer, parts[3]))
            else:
                club.world.access.allow(viewer, parts[3], Action.STOP_CODE)
                yield row, True
        except (NotFound, NotAuthorized, Ended):
            yield row, False


def test_each_end_button_ends_what_its_row_says_and_only_where_this_viewer_may(club: Club) -> None:
    for who, viewer in club.viewers.items():
        for row, may in ends(club, viewer):
            assert bool(row.end) is may, (who, row.form, row.name)
    assert all(row.end for row in club.rows(club.maria) if row.form in (Form.SHARE, Form.CODE, Form.INVITATION))
    assert not any(row.end for row in club.rows(club.carol) if row.form is Form.FAMILY and not row.waits)


def test_after_the_family_ended_the_coachs_part_only_what_is_kept_from_them_stays(club: Club) -> None:
    club.team.end(club.maria, "Carol Coach", "coach")
    rows = club.rows(club.carol)
    assert {row.form for row in rows} == {Form.SHARE, Form.CODE}
    assert {row.handle for row in rows} == {OTHERS}
    assert {row.label for row in rows if row.withheld} == {"Sam Rivers, 13 to 15 years"}
    seen = {given.address for given in club.given if club.may_see(club.carol, given.address)}
    assert {row.report for row in rows} == seen


def test_a_former_coach_who_has_the_player_on_no_roster_sees_no_more_rights_than_before(club: Club) -> None:
    team = club.team
    team.end(club.maria, "Carol Coach", "coach")
    before = as_rows(club.rows(club.carol))
    club.world.teams.remove_player(club.carol, team.player.player_id, club.world.teams.team(club.carol).version)
    assert as_rows(club.rows(club.carol)) == before
    assert before


def test_what_is_kept_from_the_family_leaves_the_page_as_its_share_and_its_code_are_stopped(club: Club) -> None:
    world, kept = club.world, club.team.save(withheld=True)

    def forms() -> list[Form]:
        return [row.form for row in club.rows(club.carol) if row.report == kept]

    share_id = club.share(club.carol, kept, "South Hospital")
    assert forms() == [Form.SHARE]
    world.codes.make(club.carol, kept)
    assert forms() == [Form.SHARE, Form.CODE]
    world.sharing.stop(club.carol, kept, share_id)
    assert forms() == [Form.CODE]
    world.codes.stop(club.carol, kept)
    assert forms() == []


def test_each_code_of_a_report_is_a_row_with_who_made_it_as_far_as_the_viewer_may_know(club: Club, clock) -> None:
    world, report = club.world, club.given[0].address

    def rows(viewer: Actor) -> list[tuple[str, bool]]:
        codes = [row for row in club.rows(viewer) if (row.form, row.report) == (Form.CODE, report)]
        assert all(row.end for row in codes)
        return [(row.by, row.since == clock()) for row in codes]

    assert rows(club.joe) == [("", False)]
    clock.advance(timedelta(minutes=1))
    world.codes.make(club.joe, report)
    assert rows(club.joe) == [("", False), ("Joe Rivers", True)]
    assert rows(club.carol) == [("Carol Coach", False), ("", True)]
    world.codes.stop(club.joe, report)
    assert rows(club.joe) == rows(club.carol) == []
    # On the coach's page, too, where they keep the report from the family.
    kept = club.team.save(withheld=True)
    world.codes.make(club.carol, kept)
    (row,) = [row for row in club.rows(club.carol) if row.report == kept]
    assert row.by == "Carol Coach"


def test_a_report_of_which_something_is_not_here_hides_no_other_right(club: Club, monkeypatch) -> None:
    world, kept = club.world, next(row.report for row in club.rows(club.carol) if row.withheld)
    before, real = club.rows(club.carol), world.sharing.running_shares

    def shares(actor: Actor, address: str):
        if address == kept:
            raise ObjectMissing("not here")
        return real(actor, address)

    monkeypatch.setattr(world.sharing, "running_shares", shares)
    gaps: list[str] = []
    assert world.everyone.of(club.carol, gaps) == [row for row in before if row.report != kept]
    assert gaps == [""]
    with pytest.raises(ObjectMissing):
        world.everyone.of(club.carol)


def test_a_family_s_own_share_of_the_coachs_report_is_not_told_to_the_coach(club: Club) -> None:
    before = club.rows(club.carol)
    report = club.given[0].address
    club.share(club.maria, report, "South Hospital")
    assert club.rows(club.carol) == before
    (row,) = [row for row in club.rows(club.joe) if (row.name, row.report) == ("South Hospital", report)]
    assert row.by == "Maria Rivers"


def test_rows_come_a_page_at_a_time_and_by_person_and_form(world: World, clock) -> None:
    carol = world.person("carol", "Carol Coach")
    team = world.teams.add_players(carol, [(str(number), f"Player {number:02}") for number in range(15)], "")
    for player in team.players:
        for _ in range(3):
            world.teams.invite_family(carol, player.player_id)
    everyone = world.everyone
    first, second = everyone.page(carol, []), everyone.page(carol, [], number=2)
    assert (first.total, first.pages, len(first.rows), len(second.rows)) == (60, 2, ROWS, 20)
    assert [*first.rows, *second.rows] == everyone.of(carol)
    assert everyone.page(carol, [], number=99) == second
    assert everyone.page(carol, [], number=-1) == first
    handle, label = first.people[3]
    of_one = everyone.page(carol, [], handle)
    assert ({row.label for row in of_one.rows}, of_one.total) == ({label}, 4)
    assert of_one.people == first.people
    assert {row.form for row in everyone.page(carol, [], form="invitation").rows} == {Form.INVITATION}
    assert everyone.page(carol, [], handle, "coach").total == 1
    assert everyone.page(carol, [], "00" * 16, "nothing") == first


def test_a_person_whose_keys_are_not_here_hides_nobody_else(club: Club, monkeypatch) -> None:
    world, real = club.world, club.world.rights.page
    missing = club.team.handle(club.maria)

    def page(actor, handle, running):
        if handle == missing:
            raise ObjectMissing("not here")
        return real(actor, handle, running)

    monkeypatch.setattr(world.rights, "page", page)
    gaps: list[str] = []
    assert world.everyone.of(club.maria, gaps) == []
    assert gaps == ["Sam Rivers"]
    with pytest.raises(ObjectMissing):
        world.everyone.of(club.maria)


def test_a_new_way_of_giving_adds_its_rows_by_one_source(club: Club) -> None:
    world = club.world
    standing = RightRow(Form.SHARE, "", "", "West Clinic", None)

    def source(actor, page):
        return [standing] if page.is_me else []

    everyone = Everyone(
        world.mailbox, world.rights, world.reports, world.access, world.sharing, world.codes, world.crew_facts,
        more=[source],
    )  # fmt: skip
    assert [row for row in everyone.of(club.nina) if row.name == "West Clinic"] == [standing]


def test_the_page_reads_each_roll_once_asks_for_codes_once_and_looks_at_no_receipt(club: Club, monkeypatch) -> None:
    world, read, asked = club.world, [], []
    of_roll, running = world.rolls._of, world.codes.running

    def no_receipts(*_: object) -> None:
        raise AssertionError("who opened it is on another page")

    monkeypatch.setattr(world.rolls, "_of", lambda card, *given: read.append(card.card.id) or of_roll(card, *given))
    monkeypatch.setattr(world.codes, "running", lambda: asked.append(1) or running())
    monkeypatch.setattr(world.mailbox, "return_line", no_receipts)
    before = as_rows(club.rows(club.maria))
    for seen in (read, asked):
        seen.clear()
    with world.mailbox.readings.one():
        assert as_rows(club.rows(club.maria)) == before
        assert len(read) == len(set(read)) == 2
        assert len(asked) == 1
        # What is written meanwhile is seen.
        club.team.end(club.maria, "Gus Waits")
        assert len(club.rows(club.maria)) == len(before) - 1


def test_a_conclusion_is_drawn_from_every_line_also_where_the_page_has_read_it_before(club: Club) -> None:
    world = club.world
    with world.mailbox.readings.one():
        club.rows(club.joe)
        first = world.rights.news(club.joe, as_coach=False)
    club.team.end(club.maria, "Gus Waits")
    assert {one.name for one in world.rights.news(club.joe, as_coach=False)} - {one.name for one in first} == set()
    assert [one.what for one in world.rights.news(club.joe, as_coach=False) if one.name == "Gus Waits"] == ["ended"]


def test_however_often_a_roll_is_asked_about_it_is_read_once_between_two_statements(club: Club, monkeypatch) -> None:
    world, read = club.world, []
    card, real, size = club.team.person(club.maria).card.keyring, world.rolls._of, world.ledger.size
    alone = [world.rolls.of(card, place).length for place in range(size + 1)]
    monkeypatch.setattr(world.rolls, "_of", lambda *given: read.append(given) or real(*given))
    with world.mailbox.readings.one():
        assert [world.rolls.of(card, place).length for place in range(size + 1)] == alone
    assert len(read) == world.rolls.of(card).length + 1 < size
