"""A player of the team, hurt where there is no signal: the report is tied to them, and reaches their family."""

import contextlib
import json
import re

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.browser.test_phone import (
    DUMP,
    READY,
    SAVE,
    check_page,
    is_told_that_it_was_sent,
    keep,
    on_the_server,
    sign_up,
)
from tests.browser.waits import until

PLAYER = "Quinnley Marlow"
LEARNED = "async () => (await outbox.team()).players.length"
HAS_NUMBER = """async () => {
  await outbox.learnTeam().catch(() => {});
  return (await outbox.team()).players.some(({ calls }) => calls.length === 1);
}"""
HAS_WORKER = "() => navigator.serviceWorker.ready.then(() => true)"


@pytest.fixture
def coach(phone: Page) -> Page:
    """A phone whose coach has a player and a plan, and has opened a page since."""
    sign_up(phone)
    phone.goto("/team")
    phone.locator("[name=player_name]").fill(PLAYER)
    phone.locator("[name=number]").fill("7")
    phone.get_by_role("button", name="Add player").tap()
    expect(phone.locator(".roster")).to_contain_text(PLAYER)
    until(phone, LEARNED)
    return phone


def begin_offline(page: Page) -> None:
    page.goto("/field")
    until(page, HAS_WORKER)
    page.locator("#signs button[value=choking]").tap()
    page.wait_for_function(READY)
    page.context.set_offline(True)
    page.get_by_role("button", name="Who is hurt?").tap()
    expect(page.locator("h1")).to_have_text("Write the report")


def player_of_the_report(page: Page) -> str:
    page.goto("/field/reports")
    page.locator("main a[href^='/field/report/']").first.tap()
    return page.locator("main").inner_text()


def test_without_a_signal_a_player_of_the_team_is_chosen_and_the_report_is_theirs(coach: Page) -> None:
    begin_offline(coach)
    coach.get_by_label("Who is hurt?").select_option(label=f"7 {PLAYER}")
    expect(coach.get_by_label("Their name")).to_be_hidden()
    keep(coach)
    expect(coach.locator("main .card")).to_contain_text(PLAYER)
    coach.context.set_offline(False)
    with coach.expect_request(SAVE) as sent:
        coach.goto("/field/phone")
    is_told_that_it_was_sent(coach)
    assert "r-player=other" not in str(sent.value.post_data)
    assert "Nobody has joined yet" in player_of_the_report(coach)


def test_a_name_that_may_be_a_players_is_asked_about_before_it_is_sent(coach: Page) -> None:
    begin_offline(coach)
    coach.evaluate("() => { document.querySelector('[name=r-player]').disabled = true; }")
    coach.evaluate("() => { document.querySelector('#f-r-name').closest('.field').hidden = false; }")
    coach.get_by_label("Their name").fill("Quinnley")
    keep(coach)
    coach.context.set_offline(False)
    coach.goto("/field/phone")
    expect(coach.locator("main .card")).to_contain_text("say first if it is a player of your team", timeout=30_000)
    coach.get_by_role("link", name="Say who it is").tap()
    coach.get_by_label("Who is hurt?").select_option(label=f"7 {PLAYER}")
    coach.get_by_role("button", name="Save on this phone").tap()
    is_told_that_it_was_sent(coach)
    assert PLAYER in player_of_the_report(coach)


def test_a_name_of_somebody_else_is_asked_about_once_and_goes_as_it_was_typed(coach: Page) -> None:
    begin_offline(coach)
    # The list is there, and stays where it began, as it does for a coach in a hurry: that says nothing.
    coach.get_by_label("Their name").fill("Quinnley")
    keep(coach)
    coach.context.set_offline(False)
    coach.goto("/field/phone")
    expect(coach.locator("main .card")).to_contain_text("say first if it is a player of your team", timeout=30_000)
    coach.get_by_role("link", name="Say who it is").tap()
    expect(coach.get_by_label("Who is hurt?")).to_have_value("other")
    coach.get_by_role("button", name="Save on this phone").tap()
    is_told_that_it_was_sent(coach)
    assert PLAYER not in player_of_the_report(coach)


def write_number(page: Page) -> None:
    page.get_by_role("link", name="Add numbers to call").tap()
    page.get_by_label("Who is it?").first.fill("Mum")
    page.get_by_label("Telephone").first.fill("+1 555 010 0199")
    page.get_by_role("button", name="Save").tap()
    expect(page.locator(".roster a[href='tel:+15550100199']")).to_be_visible()


def test_without_a_signal_the_numbers_of_the_chosen_player_are_one_tap_away(coach: Page) -> None:
    write_number(coach)
    # A page that was too busy to learn the list leaves that to the next one.
    until(coach, HAS_NUMBER)
    begin_offline(coach)
    dial = coach.locator("main a[href='tel:+15550100199']")
    expect(dial).to_be_hidden()
    coach.get_by_label("Who is hurt?").select_option(label=f"7 {PLAYER}")
    expect(dial).to_have_text("Call Mum +1\u00a0555\u00a0010\u00a00199")
    expect(dial).to_be_visible()
    coach.get_by_label("Who is hurt?").select_option(value="other")
    expect(dial).to_be_hidden()
    found, cached = coach.evaluate(DUMP)
    assert "5550100199" not in found + cached


def test_save_is_on_the_screen_however_far_the_form_is_scrolled_and_covers_no_field_in_use(coach: Page) -> None:
    write_number(coach)
    coach.goto("/field")
    coach.locator("#signs button[value=choking]").tap()
    coach.get_by_role("button", name="Who is hurt?").tap()
    coach.get_by_role("button", name=PLAYER).tap()
    save = coach.get_by_role("button", name="Save report")
    expect(coach.get_by_role("heading", name="Who to call")).to_be_visible()
    for place in (0, 0.5, 1):
        coach.evaluate("place => window.scrollTo(0, place * document.body.scrollHeight)", place)
        expect(save).to_be_in_viewport(ratio=1)
    covered = coach.evaluate(
        """() => [...document.querySelectorAll("main form input, main form textarea, main form select")]
          .filter(box => box.type !== "hidden" && box.offsetParent)
          .filter(box => {
            window.scrollTo(0, 0);
            box.focus();
            const { bottom } = box.getBoundingClientRect();
            return bottom > document.querySelector(".save").getBoundingClientRect().top;
          }).map(box => box.name)"""
    )
    assert covered == []
    coach.emulate_media(media="print")
    expect(save).to_be_hidden()
    expect(coach.get_by_role("heading", name="Who to call")).to_have_count(0)


def test_the_players_lie_sealed_and_go_with_the_session(coach: Page) -> None:
    found, cached = coach.evaluate(DUMP)
    for word in PLAYER.split():
        assert word.casefold() not in found.casefold()
        assert word.casefold() not in cached.casefold()
    coach.goto("/")
    coach.get_by_role("button", name="Sign out").tap()
    until(coach, "async () => !(await outbox.signedIn())")
    assert coach.evaluate(LEARNED) == 0
    rows = coach.evaluate(
        """async () => {
          const open = await new Promise(done => {
            const asked = indexedDB.open("blockmrs-phone");
            asked.onsuccess = () => done(asked.result);
          });
          const asked = open.transaction("keys").objectStore("keys").getAllKeys();
          return new Promise(done => { asked.onsuccess = () => done(asked.result); });
        }"""
    )
    assert "team" not in rows


def test_a_list_that_cannot_be_read_now_leaves_the_one_that_is_here(coach: Page) -> None:
    def fail(route: Route) -> None:
        route.fulfill(status=503, body="")

    coach.context.route("**/field/reports/roster", fail)
    coach.goto("/team")
    coach.wait_for_function(READY)
    coach.wait_for_timeout(300)
    assert coach.evaluate(LEARNED) == 1
    assert json.dumps(coach.evaluate("() => outbox.team()")).count(PLAYER) == 1
    assert re.search("7", json.dumps(coach.evaluate("() => outbox.team()")))


def test_back_to_the_page_of_a_form_says_nothing_of_a_signal_that_is_there(phone: Page) -> None:
    sign_up(phone)
    check_page(phone)
    until(phone, HAS_WORKER)
    phone.get_by_role("button", name="Save report").tap()
    expect(phone.locator("main")).to_contain_text(re.compile(r"Saved\s+\d\d:\d\d"))
    # Only the browser can send the form before it again, and asks for leave: its own page, not one of ours.
    with contextlib.suppress(Error):
        phone.go_back()
    phone.wait_for_url("chrome-error://**", wait_until="commit")
    assert on_the_server(phone) == 1


def test_what_was_asked_for_before_a_change_of_the_team_is_not_taken_for_its_present_list(coach: Page) -> None:
    """Pages are left at any time: an answer from before is dropped, and it is asked for again."""
    coach.wait_for_function(READY)
    times, there = coach.evaluate(
        """async () => {
          const real = window.fetch;
          let times = 0, isAsked = () => {};
          const first = new Promise(done => { isAsked = done; });
          window.fetch = (...given) => { times++; isAsked(); return real(...given); };
          await outbox.changesTeam();
          const learning = outbox.learnTeam();
          await first;
          await outbox.changesTeam();
          await learning;
          await outbox.learnTeam();
          return [times, (await outbox.team()).players.length];
        }"""
    )
    assert there == 1
    assert times == 2, "once more after the change, and not again while it is fresh"


def test_a_change_of_the_team_is_known_to_the_phone_though_its_page_was_left_at_once(coach: Page) -> None:
    coach.goto("/team")
    coach.wait_for_function(READY)
    coach.context.route("**/field/reports/roster", lambda route: route.abort())
    coach.locator("[name=player_name]").fill("Nils Berg")
    coach.get_by_role("button", name="Add player").tap()
    expect(coach.locator(".roster")).to_contain_text("Nils Berg")
    coach.context.unroute("**/field/reports/roster")
    coach.goto("/")
    until(coach, "async () => (await outbox.team()).players.length === 2")
