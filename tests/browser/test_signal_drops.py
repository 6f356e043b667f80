"""A line that goes away midway, and a browser that does not answer: nothing typed is lost, and the page says so."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE
from tests.browser.test_phone import (
    COUNT,
    NAME,
    NOTE,
    READY,
    SAVE,
    begin_without_account,
    check_page,
    fill,
    keep_without_account,
    on_the_server,
    save_without_signal,
    sign_up,
)
from tests.browser.waits import until

NewPage = Callable[..., Page]
NEW = "**/field/report/new"
NEVER_OPENS = (
    "IDBFactory.prototype.open = () => new EventTarget(); IDBFactory.prototype.databases = () => new Promise(() => {});"
)
SAVED = re.compile(r"Saved on this phone \d\d:\d\d")


def drop(route: Route) -> None:
    route.abort("internetdisconnected")


def to_who_page(page: Page) -> None:
    page.goto("/field")
    page.locator("#signs button[value=choking]").tap()
    page.get_by_role("button", name="Who is hurt?").tap()
    page.wait_for_function(READY)
    page.get_by_label("Their name").fill(NAME)


def test_a_phone_without_a_copy_of_the_pages_stays_where_it_is_and_goes_on_with_the_signal(new_page: NewPage) -> None:
    page = new_page(PHONE, service_workers="block")
    sign_up(page)
    save_without_signal(page)
    expect(page.get_by_role("status")).to_contain_text("The report is saved on this phone")
    expect(page.get_by_label("Anything else?")).to_have_value(NOTE)
    assert NOTE in page.evaluate("() => outbox.list().then(([report]) => JSON.stringify(report.fields))")
    with page.expect_response(SAVE):
        page.context.set_offline(False)
    expect(page.locator("main")).to_contain_text(re.compile(r"Sent \d\d:\d\d"))
    assert on_the_server(page) == 1


def test_a_signal_that_goes_between_the_question_and_the_save_loses_nothing(phone: Page) -> None:
    sign_up(phone)
    check_page(phone)
    phone.context.route(SAVE, drop)
    with phone.expect_response("**/healthz"):
        phone.get_by_role("button", name="Save report").tap()
    expect(phone.locator("main .card")).to_contain_text(NAME)
    expect(phone.locator("main .card")).to_contain_text(SAVED)
    assert NOTE in phone.evaluate("() => outbox.list().then(([report]) => JSON.stringify(report.fields))")
    phone.context.unroute(SAVE)
    with phone.expect_response(SAVE):
        phone.reload()
    expect(phone.locator("main .card")).to_have_count(0)
    assert on_the_server(phone) == 1


def test_a_signal_that_goes_after_the_name_was_typed_leaves_the_name_on_the_phone(phone: Page) -> None:
    sign_up(phone)
    to_who_page(phone)
    phone.context.route(NEW, drop)
    with phone.expect_response("**/healthz"):
        phone.get_by_role("button", name="Use this name").tap()
    phone.wait_for_timeout(300)
    phone.goto("/field/phone")
    expect(phone.locator("main .card")).to_contain_text(NAME)
    expect(phone.locator("main .card")).to_contain_text("Not finished")


def test_what_arrived_on_the_servers_page_no_longer_waits_on_the_phone(phone: Page) -> None:
    sign_up(phone)
    check_page(phone)
    expect(phone.get_by_text("Waiting to send")).to_be_hidden()
    until(phone, "() => outbox.list().then(found => !found.length)")
    with phone.expect_navigation(url=re.compile(r"/field/report/[^/]+\?saved=1")):
        phone.get_by_role("button", name="Save report").tap()
    phone.wait_for_function(READY)
    assert phone.evaluate(COUNT) == 0
    assert on_the_server(phone) == 1


def test_what_the_server_asks_about_stands_on_its_own_page_and_is_kept_until_it_is_saved(phone: Page) -> None:
    sign_up(phone)
    check_page(phone)
    phone.get_by_label("Another time").first.check()
    phone.get_by_role("button", name="Save report").tap()
    expect(phone.locator("#errors li")).to_have_text("Enter the time, like 14:02")
    expect(phone.get_by_label("Anything else?")).to_have_value(NOTE)
    phone.get_by_label(re.compile(r"^\s*Now")).first.check()
    phone.wait_for_function(READY)
    with phone.expect_navigation(url=re.compile(r"/field/report/[^/]+\?saved=1")):
        phone.get_by_role("button", name="Save report").tap()
    phone.wait_for_function(READY)
    assert phone.evaluate(COUNT) == 0


def test_without_a_signal_no_form_of_the_servers_pages_leaves_the_page_that_it_was_typed_into(phone: Page) -> None:
    sign_up(phone)
    phone.goto("/team")
    phone.wait_for_function(READY)
    phone.locator("[name=player_name]").fill(NAME)
    phone.context.set_offline(True)
    phone.get_by_role("button", name="Add player").tap()
    expect(phone.get_by_role("status")).to_contain_text("Nothing was sent. What you entered is still here")
    expect(phone.locator("[name=player_name]")).to_have_value(NAME)
    phone.context.set_offline(False)
    phone.get_by_role("button", name="Add player").tap()
    expect(phone.locator("main")).to_contain_text(NAME)


def test_a_database_that_never_opens_keeps_nobody_from_the_server(new_page: NewPage) -> None:
    page = new_page(PHONE)
    sign_up(page)
    page.add_init_script(NEVER_OPENS)
    check_page(page)
    with page.expect_navigation(url=re.compile(r"/field/report/[^/]+\?saved=1")):
        page.get_by_role("button", name="Save report").tap()
    expect(page.locator("main")).to_contain_text(NOTE)


def test_a_database_that_never_opens_is_said_and_what_was_typed_stays(new_page: NewPage) -> None:
    page = new_page(PHONE)
    sign_up(page)
    page.add_init_script(NEVER_OPENS)
    check_page(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Save report").tap()
    expect(page.get_by_role("status")).to_contain_text("This phone did not keep the report")
    expect(page.get_by_label("Anything else?")).to_have_value(NOTE)


def test_reports_that_the_browser_does_not_give_out_are_said_to_be_there(phone: Page) -> None:
    keep_without_account(phone)
    phone.add_init_script(NEVER_OPENS)
    phone.reload()
    expect(phone.get_by_role("alert")).to_contain_text("The browser does not give out what it keeps")
    expect(phone.get_by_role("link", name="Try again")).to_be_visible()


@pytest.mark.parametrize("zone", ["localtime", "America/Newest_City"])
def test_a_time_zone_that_the_browser_does_not_know_hides_no_report(phone: Page, zone: str) -> None:
    keep_without_account(phone)
    phone.evaluate(
        "async zone => { const [report] = await outbox.list(); "
        "await outbox.keep({ ...report, fields: [...report.fields, ['r-zone', zone]] }, {}); }",
        zone,
    )
    phone.reload()
    phone.get_by_role("link", name="Show to crew").last.tap()
    expect(phone.locator("main")).to_contain_text(NOTE)


@pytest.mark.parametrize(
    ("zone", "now", "days"),
    [
        ("America/New_York", "2026-11-01T23:30:00-05:00", ["2026-11-01", "2026-10-31", "2026-10-30"]),
        ("Europe/Berlin", "2027-03-29T00:30:00+02:00", ["2027-03-29", "2027-03-28", "2027-03-27"]),
    ],
    ids=["a day of 25 hours", "a day of 23 hours"],
)
def test_every_day_is_offered_once_also_where_the_clocks_change(
    new_page: NewPage, zone: str, now: str, days: list[str]
) -> None:
    page = new_page(PHONE, service_workers="block", timezone_id=zone)
    page.clock.set_fixed_time(now)
    begin_without_account(page)
    offered = page.locator("#f-r-day option").evaluate_all("found => found.map(one => one.value)")
    assert offered[:3] == days
    assert len(set(offered)) == 8


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_chosen_day_is_shown_as_that_day_at_both_ends_of_the_world(new_page: NewPage, zone: str) -> None:
    page = new_page(PHONE, service_workers="block", timezone_id=zone)
    begin_without_account(page)
    fill(page)
    page.get_by_label("Another time").first.check()
    option = page.locator("#f-r-day option").nth(3)
    iso, words = str(option.get_attribute("value")), option.inner_text()
    assert words.split(" ")[0] == str(int(iso[-2:]))
    page.locator("#f-r-day").select_option(iso)
    page.locator("#f-r-time").fill("14:02")
    page.get_by_role("button", name="Show to crew").tap()
    expect(page.locator("[data-row=when] dd")).to_have_text(f"{words}, 14:02")


@pytest.mark.parametrize(("zone", "moment"), [("Pacific/Kiritimati", "00:02+14:00"), ("America/Lima", "09:02-05:00")])
def test_the_time_that_was_typed_is_that_of_the_phone_with_a_signal_and_without(
    new_page: NewPage, zone: str, moment: str
) -> None:
    page = new_page(PHONE, timezone_id=zone)
    sign_up(page)
    clock = moment[:5]
    for is_there in (True, False):
        if is_there:
            check_page(page)
        else:
            page.context.route(SAVE, drop)
            page.goto("/field")
            check_page(page)
        page.get_by_label("Another time").first.check()
        page.locator("#f-r-day").select_option(index=1)
        page.locator("#f-r-time").fill(clock)
        page.get_by_role("button", name="Save report").tap()
        if not is_there:
            expect(page.locator("main .card")).to_contain_text(SAVED)
            page.context.unroute(SAVE)
            page.reload()
            page.get_by_role("link", name="Open the saved report").tap()
        expect(page.locator("main")).to_contain_text(clock)
