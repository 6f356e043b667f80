"""Where there is no signal: walks of a coach, a mother of two and a doctor, taps counted.

Each was signed in before, on a phone that was on the site once. What the phone keeps it does; what it cannot do, its
page says. What they type is not counted.
"""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import AxeCheck, wait_until_kept
from tests.browser.test_followup import NewPage, enter, served_cast
from tests.browser.test_offline import RULES, answer, wait_until_it_keeps
from tests.browser.test_phone import COUNT, SAVE, is_told_that_it_was_sent
from tests.browser.test_phone_roster import LEARNED
from tests.browser.test_reply import NUMBER, SISTER, Walker, two_children
from tests.browser.waits import until
from tests.support.cast import PLAYER, Cast
from tests.triage.interviews import place_of

__all__ = ["served_cast", "two_children"]

KNOWS_WHO = "async () => typeof outbox !== 'undefined' && Boolean(await outbox.signedIn())"
KNOWS_NOBODY = "async () => typeof outbox !== 'undefined' && !(await outbox.signedIn())"
ANKLE = place_of(RULES, "ank")


def lose_the_signal(walker: Walker, there: str) -> None:
    """The phone has all that it keeps by then: `there` is what must be so."""
    walker.page.goto(f"{walker.address}/field")
    wait_until_kept(walker.page)
    walker.page.goto(walker.address + "/")
    until(walker.page, there)
    walker.page.context.set_offline(True)


def to_the_advice(walker: Walker) -> None:
    """A bone of the ankle hurts when it is touched: from the first screen to "Doctor today"."""
    expect(walker.page.locator("h1")).to_have_text("Is anything here true?")
    answer(walker.page, ANKLE, ("ank-bone",), "13-15-years", walker.taps)
    expect(walker.page.locator(".of")).to_contain_text("Level 3 of 4")
    wait_until_it_keeps(walker.page)


def to_the_form(walker: Walker) -> None:
    walker.taps.on(walker.page.get_by_role("button", name="Save report"))
    expect(walker.page.locator("h1")).to_have_text("Write the report")


def keep_on_the_phone(walker: Walker) -> None:
    walker.taps.on(walker.page.get_by_role("button", name="Save on this phone"))
    expect(walker.page.locator("main .card")).to_contain_text(re.compile(r"Saved on this phone \d\d:\d\d"))


def has_no_signal(page: Page, address: str) -> None:
    """In place of that page the phone says so, whom to call, and what still works."""
    page.goto(address)
    expect(page.locator("h1")).to_have_text("No signal")
    expect(page.get_by_role("link", name="Call 911")).to_be_visible()
    expect(page.get_by_role("link", name="Reports on this phone")).to_be_visible()


def test_a_coachs_own_phone_keeps_the_report_about_a_player_and_sends_it_when_the_signal_is_back(
    new_page: NewPage, two_children: tuple[Cast, str], axe_check: AxeCheck
) -> None:
    coach = Walker(new_page, two_children, "author", axe_check)
    page, note = coach.page, "Stepped into a hole."
    lose_the_signal(coach, f"async () => typeof outbox !== 'undefined' && ({LEARNED})()")
    coach.page.goto(f"{coach.address}/field")
    to_the_advice(coach)
    assert coach.taps.count == 7
    to_the_form(coach)
    coach.taps.on(page.get_by_label("Who is hurt?"))
    page.get_by_label("Who is hurt?").select_option(label=PLAYER)
    coach.taps.count += 1
    page.get_by_label("Anything else?").fill(note)
    keep_on_the_phone(coach)
    expect(page.locator("main .card")).to_contain_text(PLAYER)
    assert coach.taps.count == 11, "four for the report: write it, open the list, choose the player, save"

    page.context.set_offline(False)
    with page.expect_request(SAVE):
        page.goto(f"{coach.address}/field/phone")
    is_told_that_it_was_sent(page)
    assert page.evaluate(COUNT) == 0
    assert coach.taps.count == 11, "it is sent without a tap"
    coach.follow(page.get_by_role("link", name="Open the saved report"))
    for words in (PLAYER, note):
        expect(page.locator("main")).to_contain_text(words)
    report = page.url.split("/report/")[1].split("?")[0]

    mother = Walker(new_page, two_children, "family", axe_check)
    new = mother.page.locator(".news.reports li", has=mother.page.locator(f"form[action*='{report}']"))
    expect(new).to_contain_text(PLAYER)
    mother.follow(new.get_by_role("button"))
    expect(mother.page.locator("main")).to_contain_text(note)
    assert mother.taps.count == 1


def test_on_a_shared_phone_that_nobody_is_signed_in_on_it_waits_for_whoever_signs_in_and_claims_it(
    new_page: NewPage, two_children: tuple[Cast, str], axe_check: AxeCheck
) -> None:
    coach = Walker(new_page, two_children, "other_coach", axe_check)
    page = coach.page
    coach.follow(page.get_by_role("button", name="Sign out"))
    lose_the_signal(coach, KNOWS_NOBODY)
    coach.taps.count = 0
    coach.page.goto(f"{coach.address}/field")
    to_the_advice(coach)
    to_the_form(coach)
    expect(page.get_by_label("Who is hurt?")).to_be_hidden()
    page.get_by_label("Their name").fill("Kim, red 4")
    keep_on_the_phone(coach)
    expect(page.locator("main .card")).to_contain_text("It is not sent before you sign in")
    assert coach.taps.count == 9

    page.context.set_offline(False)
    cast, address = two_children
    enter(page, cast, address, "other_coach")
    page.goto(address + "/")
    coach.taps.count = 0
    coach.follow(page.get_by_role("link", name="Look at what is on this phone"))
    coach.taps.on(page.get_by_role("button", name="Save it to my reports"))
    is_told_that_it_was_sent(page)
    assert coach.taps.count == 2
    page.goto(f"{address}/field/reports")
    expect(page.get_by_role("link", name="Kim, red 4")).to_be_visible()


def test_a_mother_of_two_gets_advice_and_keeps_a_report_without_a_signal_and_no_childs_record_lies_on_her_phone(
    new_page: NewPage, two_children: tuple[Cast, str], axe_check: AxeCheck
) -> None:
    mother = Walker(new_page, two_children, "family", axe_check)
    page = mother.page
    lose_the_signal(mother, KNOWS_WHO)
    mother.taps.count = 0
    for address in ("/", "/record", "/record/reports", "/people"):
        has_no_signal(page, mother.address + address)
        for child in (PLAYER, SISTER):
            expect(page.locator("body")).not_to_contain_text(child)
    mother.taps.on(page.get_by_role("link", name="Someone is hurt"))
    to_the_advice(mother)
    to_the_form(mother)
    page.get_by_label("Their name").fill(SISTER)
    keep_on_the_phone(mother)
    assert mother.taps.count == 10

    page.context.set_offline(False)
    page.goto(f"{mother.address}/field/phone")
    is_told_that_it_was_sent(page)
    mother.follow(page.get_by_role("link", name="Open the saved report"))
    expect(page.locator("h1")).to_contain_text(SISTER)


def test_a_doctor_is_told_that_a_reply_was_not_sent_and_sends_it_with_one_tap_when_the_signal_is_back(
    new_page: NewPage, two_children: tuple[Cast, str], axe_check: AxeCheck
) -> None:
    cast, address = two_children
    report = cast.save().address
    cast.share(report, "recipient")
    cast.site.services.sharing.acknowledge(cast.actor("recipient"), report)
    doctor = Walker(new_page, two_children, "recipient", axe_check)
    page = doctor.page
    lose_the_signal(doctor, KNOWS_WHO)
    page.context.set_offline(False)
    page.goto(f"{address}/inbox/{report}")
    until(page, KNOWS_WHO)
    page.context.set_offline(True)
    doctor.taps.count = 0
    page.get_by_label("Number to call").fill(NUMBER)
    doctor.taps.on(doctor.named("Seen, please call"))
    expect(page.get_by_role("status")).to_contain_text("No signal. Nothing was sent. What you entered is still here")
    expect(page.get_by_label("Number to call")).to_have_value(NUMBER)
    page.context.set_offline(False)
    doctor.follow(doctor.named("Seen, please call"))
    expect(page.locator(".done")).to_contain_text(re.compile(r"Reply sent at \d\d:\d\d"))
    assert doctor.taps.count == 2

    page.context.set_offline(True)
    for path in (f"/inbox/{report}", "/inbox", "/"):
        has_no_signal(page, address + path)
        expect(page.locator("body")).not_to_contain_text(PLAYER)
    doctor.taps.count = 0
    doctor.taps.on(page.get_by_role("link", name="Someone is hurt"))
    expect(page.locator("h1")).to_have_text("Is anything here true?")
    doctor.taps.on(page.locator("#signs button[value=choking]"))
    expect(page.locator("h1")).to_have_text("Call an ambulance now")
    assert doctor.taps.count == 2
