"""Objects that should be here and are not: each page says so, none says "none", and a report can still be written."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from webtest import TestApp, TestResponse

from blockmrs.config import assembly
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.kinds import Content
from blockmrs.errors import StorageUnavailable
from blockmrs.services.people.persons import Person
from blockmrs.services.people.roster import Team
from blockmrs.storage.embedded import EmbeddedStore
from tests.support.cast import PLAYER, Cast, csrf, play, play_in
from tests.support.quick import quick_folder
from tests.support.site import build_site

ANSWERS = {"complaints": "head", "age": "13-15-years", "a.head-vomits": "2"}
LOST = "not on this machine"
NOBODY_DELETED = "Nobody deleted it for you"


class Node(EmbeddedStore):
    """What stands for an IPFS node: it can be switched off, and swapped for an empty one."""

    away = False

    def put(self, content):
        self._answer()
        return super().put(content)

    def get(self, cid):
        self._answer()
        return super().get(cid)

    def has(self, cid):
        self._answer()
        return super().has(cid)

    def _answer(self) -> None:
        if Node.away:
            raise StorageUnavailable("the node did not answer")


def child(cast: Cast) -> Person:
    return cast.site.services.people.of(cast.actor("family"))[-1]


def told(cast: Cast) -> Cast:
    """The parent has said that the child has an allergy."""
    facts = HealthFacts(allergies=("Peanuts",))
    today = cast.site.clock().date()
    cast.site.services.facts.save(cast.actor("family"), child(cast), secrets.token_hex(16), facts, "", today)
    return cast


def again(cast: Cast, folder: Path, **settings: str) -> Cast:
    """The same installation in a new process, which remembers nothing."""
    old = cast.site
    old.foundation.database.engine.dispose()
    site = build_site(folder, **settings)
    site.clock.ahead = old.clock.ahead
    return Cast(site, cast.actors, cast.organisations, cast.saved, cast.share_id, cast.check_id, cast.opened)


def spoil_all(folder: Path, how: Callable[[Path], None]) -> None:
    files = [path for path in (folder / "objects").rglob("bafkrei*") if path.is_file()]
    assert files
    for path in files:
        how(path)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.fixture(scope="module", params=[Path.unlink, truncate], ids=["removed", "truncated"])
def robbed_of(request: pytest.FixtureRequest) -> Iterator[tuple[Cast, Team]]:
    """Everything is there but the objects, as a wrong folder leaves it; and the team as it was before."""
    with quick_folder() as folder:
        cast = told(play_in(folder))
        team = cast.site.services.teams.team(cast.actor("author"))
        spoil_all(folder, request.param)
        cast = again(cast, folder)
        yield cast, team
        cast.site.foundation.database.engine.dispose()


@pytest.fixture
def robbed(robbed_of: tuple[Cast, Team]) -> Cast:
    return robbed_of[0]


@pytest.fixture(scope="module")
def with_node() -> Iterator[tuple[Cast, Path]]:
    """An installation whose objects are in a node, which was swapped for an empty one since."""
    patch = pytest.MonkeyPatch()
    patch.setattr(assembly, "build_object_store", lambda _settings, folder: Node(folder))
    patch.setattr(assembly, "NODE_SETTLE_S", 0.0)
    with quick_folder() as folder:
        cast = told(play(build_site(folder, storage__kind="kubo")))
        spoil_all(folder, Path.unlink)
        yield again(cast, folder, storage__kind="kubo"), folder
    patch.undo()
    Node.away = False


@pytest.fixture
def emptied(with_node: tuple[Cast, Path]) -> Cast:
    Node.away = False
    return with_node[0]


@pytest.fixture
def away(with_node: tuple[Cast, Path]) -> Iterator[Cast]:
    Node.away = True
    yield with_node[0]
    Node.away = False


def new_report(browser: TestApp, **more: str) -> TestResponse:
    return browser.post("/field/report/new", {"_csrf": csrf(browser), **ANSWERS, **more})


def save(page: TestResponse) -> TestResponse:
    form = next(form for form in page.forms.values() if form.action == "/field/report/save")
    return form.submit(status=302).follow()


# Nothing is left


def test_the_family_reads_that_the_keys_are_not_here_and_never_that_there_are_no_reports(robbed: Cast) -> None:
    page = robbed.usual_browser("family").get("/record")
    assert "The keys of somebody that you act for are not on this machine" in page.text
    assert NOBODY_DELETED in page.text
    assert "show here once you joined" not in page.text or PLAYER not in page.text


def test_a_doctor_never_reads_that_they_are_no_member(robbed: Cast) -> None:
    browser = robbed.usual_browser("recipient")
    for address in ("/inbox", "/organisation"):
        page = browser.get(address).text
        assert LOST in page
        assert "You are not a member" not in page
        assert "No shared reports" not in page


@pytest.mark.parametrize("address", ["/", "/record", "/log", "/record/trends/head-symptoms"])
def test_no_page_of_the_family_says_that_there_is_nothing(robbed: Cast, address: str) -> None:
    page = robbed.usual_browser("family").get(address).text
    assert LOST in page
    for words in ("Nothing needs you", "Nobody else has looked", "No head injury of the last year"):
        assert words not in page


@pytest.mark.parametrize(
    ("persona", "address"),
    [
        ("author", "/field/report/{address}"),
        ("family", "/field/report/{address}"),
        ("recipient", "/inbox/{address}"),
        ("author", "/team"),
        ("author", "/team/plan"),
        ("author", "/field/report/{address}/check"),
        ("family", "/record/trends/head-symptoms/{address}"),
    ],
)
def test_what_cannot_be_read_is_answered_with_a_page_that_says_so(robbed: Cast, persona: str, address: str) -> None:
    page = robbed.usual_browser(persona).get(address.format(address=robbed.address), status=503)
    assert "A part of this is not on this machine" in page.text
    assert NOBODY_DELETED in page.text
    assert "Retry-After" not in page.headers
    assert page.headers["Content-Security-Policy"]


def test_whoever_acts_for_nobody_is_told_nothing_of_the_kind(robbed: Cast) -> None:
    browser = robbed.usual_browser("stranger")
    assert LOST not in browser.get("/record").text
    assert browser.get(f"/field/report/{robbed.address}", status=404)


def test_a_coachs_list_marks_each_report_whose_text_is_not_here(robbed: Cast) -> None:
    page = robbed.usual_browser("author").get("/field/reports").text
    assert page.count("report/") >= 3
    assert PLAYER in page
    # What is damaged is found out when it is opened.
    damaged = robbed.site.services.reports.mine(robbed.actor("author"))[0][-1].lost is False
    assert damaged or "Its text is not on this machine" in page


def test_without_the_list_of_players_a_report_can_be_written_by_name(robbed: Cast) -> None:
    browser = robbed.usual_browser("author")
    page = new_report(browser)
    assert "Your list of players cannot be read here right now" in page.text
    assert "You have no players" not in page.text
    page = new_report(browser, **{"r-player": "other", "r-name": "Sam, blue 7"})
    assert "Sam, blue 7" in save(page).text


def test_a_report_about_a_player_whose_keys_are_not_here_is_offered_under_their_name(
    robbed_of: tuple[Cast, Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    robbed, team = robbed_of
    browser, teams = robbed.usual_browser("author"), robbed.site.services.teams
    player = next(entry for entry in team.players if entry.name == PLAYER)
    monkeypatch.setattr(teams, "team", lambda _actor: team)
    page = new_report(browser, **{"r-player": player.player_id})
    form = next(form for form in page.forms.values() if form.action == "/field/report/save")
    page = form.submit(status=422)
    assert "What ties this player to their family cannot be read here right now" in page.text
    form = next(form for form in page.forms.values() if "r-name" in form.fields)
    assert form["r-name"].value == PLAYER
    saved = save(form.submit("r-player", value="other"))
    assert PLAYER in saved.text


def test_no_receipt_is_left_for_a_report_that_cannot_be_shown(emptied: Cast) -> None:
    browser, sharing = emptied.usual_browser("recipient"), emptied.site.services.sharing
    cover = browser.get(f"/inbox/{emptied.address}")
    assert "The text of this report is not on this machine" in cover.text
    assert not [form for form in cover.forms.values() if form.action.endswith("/open")]
    browser.post(f"/inbox/{emptied.address}/open", {"_csrf": csrf(browser)}, status=503)
    looks = [look for share in sharing.shares(emptied.actor("author"), emptied.address) for look in share.receipts]
    assert "Dr Lee" not in [look.reader for look in looks]


# The node lost everything, and this machine kept what nobody could do without


def test_with_an_empty_node_the_family_sees_whom_they_act_for_and_what_is_not_here(emptied: Cast) -> None:
    page = emptied.usual_browser("family").get("/record").text
    assert PLAYER in page
    assert "The health facts are not on this machine" in page
    assert "Its text is not on this machine" in page
    facts = page.partition("You are a parent or guardian.")[2]
    assert "No allergies written down" not in facts
    assert "No reports." not in facts
    assert "The keys of somebody" not in page


def test_with_an_empty_node_nothing_is_proposed_from_the_facts_and_the_page_says_why(emptied: Cast) -> None:
    page = emptied.usual_browser("family").get(f"/record/ill/{child(emptied).handle}").text
    assert "The health facts cannot be read here right now. That does not mean that there are none." in page
    assert "Peanuts" not in page


def test_with_an_empty_node_a_doctor_is_still_a_member_and_sees_what_is_not_here(emptied: Cast) -> None:
    page = emptied.usual_browser("recipient").get("/inbox").text
    assert "North Hospital" in page
    assert "Its text is not on this machine" in page


def test_a_check_that_is_not_here_is_named_and_is_not_due_again(emptied: Cast) -> None:
    services, author = emptied.site.services, emptied.actor("author")
    due = services.followups.due(author)
    # Their reports are not here either, so nobody can say which check is due.
    assert due
    assert {entry.due for entry in due} == {None}
    assert "nobody can say here which symptom check is due" in emptied.usual_browser("author").get("/").text


def test_a_report_that_is_here_is_shown_with_what_followed_it_named_as_lost(emptied: Cast) -> None:
    services, author = emptied.site.services, emptied.actor("author")
    saved = emptied.save()
    with pytest.MonkeyPatch.context() as patch:
        entries = services.followups._attachments.entries
        old = entries(author, services.followups._access.find(author, bytes.fromhex(emptied.address)), Content.CHECK)
        assert len(old) == 1
        patch.setattr(services.followups._attachments, "entries", lambda *_: old)
        follow = services.followups.of(author, saved.address)
    assert follow is not None
    assert follow.checks == ()
    assert follow.gaps == (services.followups._mailbox.written_at(old[0]),)


def test_a_clearance_that_is_not_here_leaves_the_player_out(emptied: Cast) -> None:
    out = emptied.site.services.clearances.out(emptied.actor("author"), [player.card_id for player in _roster(emptied)])
    found = out[next(player.card_id for player in _roster(emptied) if player.name == PLAYER)]
    assert found.lost or found.stage == ""
    assert "Out until cleared" in emptied.usual_browser("author").get("/team").text


def test_a_crew_with_a_code_reads_that_the_text_is_not_here(emptied: Cast) -> None:
    code = emptied.site.services.codes.make(emptied.actor("author"), emptied.address)
    browser = emptied.browser("nobody")
    page = browser.post("/r/code", {"_csrf": csrf(browser), "code": code.typed}, status=503)
    assert "A part of this is not on this machine" in page.text
    assert "No report opens with this code" not in page.text


# The node is away for hours


def test_with_the_node_away_a_new_process_writes_a_report_about_a_player(with_node, away: Cast) -> None:
    cast = again(away, with_node[1], storage__kind="kubo")
    browser = cast.usual_browser("author")
    player = next(entry for entry in _roster(cast) if entry.name == PLAYER)
    assert PLAYER in new_report(browser).text
    page = save(new_report(browser, **{"r-player": player.player_id}))
    assert PLAYER in page.text
    newest = cast.site.services.reports.mine(cast.actor("author"))[0][0]
    assert newest.waiting
    assert cast.site.services.reports.page_about(child(cast))[0][0].address == newest.address


def test_with_the_node_away_lists_say_nothing_of_what_is_lost(away: Cast) -> None:
    reports, _ = away.site.services.reports.mine(away.actor("author"))
    assert reports
    assert not any(report.lost for report in reports)


def test_with_the_node_away_the_coach_and_the_doctor_keep_their_pages(away: Cast) -> None:
    assert PLAYER in away.usual_browser("author").get("/team").text
    assert "North Hospital" in away.usual_browser("recipient").get("/inbox").text
    assert PLAYER in away.usual_browser("family").get("/record").text


def _roster(cast: Cast):
    return cast.site.services.teams.team(cast.actor("author")).players
