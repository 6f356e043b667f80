"""A coach without a signal, or without an account: the report waits on the phone, sealed, and is sent once."""

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.browser.people import PASSWORD
from tests.support.extent import pairs

NewPage = Callable[..., Page]
NAME, NOTE, PLACE = "Kimberley Redfour", "Fell on the left shoulder", "Hillside Ground"
SAVE = "**/field/report/save"
READY = "() => typeof outbox !== 'undefined'"
COUNT = "() => outbox.list().then(found => found.length)"

DUMP = """async () => {
  const open = await new Promise(done => {
    const asked = indexedDB.open("blockmrs-phone");
    asked.onsuccess = () => done(asked.result);
  });
  const all = [];
  const read = (value) => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      all.push(new TextDecoder("latin1").decode(value), new TextDecoder("utf-16le").decode(value));
    } else if (value && typeof value === "object" && !(value instanceof CryptoKey)) Object.values(value).forEach(read);
    else all.push(String(value));
  };
  for (const name of open.objectStoreNames) {
    const asked = open.transaction(name).objectStore(name).getAll();
    (await new Promise(done => { asked.onsuccess = () => done(asked.result); })).forEach(read);
  }
  const cached = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) cached.push(request.url, await (await cache.match(request)).text());
  }
  all.push(JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href);
  return [all.join("\\n"), cached.join("\\n")];
}"""

KEY = """async () => {
  const open = await new Promise(done => {
    const asked = indexedDB.open("blockmrs-phone");
    asked.onsuccess = () => done(asked.result);
  });
  const asked = open.transaction("keys").objectStore("keys").get("report");
  const key = await new Promise(done => { asked.onsuccess = () => done(asked.result); });
  const taken = await crypto.subtle.exportKey("raw", key).then(() => "exported", error => error.name);
  return [key.extractable, key.algorithm.name, key.algorithm.length, taken];
}"""

UNTIL_KEPT = """async (words) => {
  for (let tries = 0; tries < 50; tries++) {
    if (JSON.stringify(await outbox.list()).includes(words)) return;
    await new Promise(done => setTimeout(done, 100));
  }
  throw new Error("it was never kept");
}"""


def sign_up(page: Page) -> str:
    """A new account with its recovery code confirmed; returns its user name."""
    name = f"user-{secrets.token_hex(6)}"
    page.goto("/signup")
    page.get_by_label("Your name").fill("Ana Torres")
    page.get_by_label("User name or email").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_label("Type the third group").fill(page.locator("#c-recovery code").nth(2).inner_text())
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return name


def begin_without_account(page: Page) -> None:
    """From the first screen to the phone's own form, signed out."""
    page.goto("/field")
    page.locator("#signs button[value=choking]").tap()
    page.get_by_role("button", name="Who is hurt?").tap()
    page.get_by_role("button", name="Keep it on this phone").tap()
    expect(page.locator("h1")).to_have_text("Write the report")


def fill(page: Page) -> None:
    page.get_by_label("Their name").fill(NAME)
    page.get_by_label("Fall", exact=True).check()
    page.get_by_label("Where?").fill(PLACE)
    page.get_by_label("Anything else?").fill(NOTE)


def keep(page: Page) -> None:
    """Press Save, and be told that it is on the phone."""
    page.get_by_role("button", name="Save on this phone").tap()
    expect(page.locator("h1")).to_have_text("Reports on this phone")
    expect(page.locator("main .card").last).to_contain_text(re.compile(r"Saved on this phone \d\d:\d\d"))


def keep_without_account(page: Page) -> None:
    begin_without_account(page)
    fill(page)
    keep(page)


def check_page(page: Page) -> None:
    """A signed-in coach's report, filled in on the server's page; the phone has its copy of the pages by then."""
    page.goto("/field")
    page.wait_for_selector("html[data-keeps]")
    page.locator("#signs button[value=choking]").tap()
    page.get_by_role("button", name="Who is hurt?").tap()
    page.get_by_label("Their name").fill(NAME)
    page.get_by_role("button", name="Use this name").tap()
    expect(page.locator("h1")).to_have_text("Check the report")
    page.get_by_label("Anything else?").fill(NOTE)
    page.wait_for_function(READY)


def save_without_signal(page: Page) -> None:
    """A signed-in coach presses Save where there is no signal."""
    check_page(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Save report").tap()


def lose_signal_while_saving(page: Page) -> None:
    """A signed-in coach presses Save where there is no signal: the report is on the phone afterwards."""
    save_without_signal(page)
    expect(page.locator("h1", has_text="Check the report")).to_have_count(0)
    page.wait_for_load_state()


def lose_the_answer(page: Page) -> None:
    """A signed-in coach's report is saved on the server, whose answer never comes: it still waits on the phone."""

    def swallow(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    sign_up(page)
    lose_signal_while_saving(page)
    page.context.set_offline(False)
    page.context.route(SAVE, swallow)
    page.goto("/field/phone")
    expect(page.locator("main .card")).to_contain_text("Not sent: no answer yet", timeout=30_000)
    page.context.unroute(SAVE)


def is_told_that_it_was_sent(page: Page) -> None:
    expect(page.locator("main")).to_contain_text(re.compile(r"Sent \d\d:\d\d"), timeout=30_000)


def on_the_server(page: Page) -> int:
    """How many reports the server lists for whoever is signed in."""
    page.goto("/field/reports")
    return page.locator("main a[href^='/field/report/']").count()


def posts(page: Page) -> list[str]:
    """From now on, each time that any page of this browser sends a report to the server."""
    sent: list[str] = []
    page.context.on("request", lambda request: sent.append(request.url) if request.url.endswith("/save") else None)
    return sent


def test_a_report_without_an_account_waits_through_a_reload_and_is_claimed_after_signing_up(phone: Page) -> None:
    keep_without_account(phone)
    phone.reload()
    expect(phone.locator("main .card")).to_contain_text(NAME)
    expect(phone.locator("main .card")).to_contain_text("It is not sent before you sign in")
    sent = posts(phone)
    sign_up(phone)
    expect(phone.get_by_text("1 report is on this phone. Save it to your reports?")).to_be_visible()
    assert not sent
    phone.get_by_role("link", name="Look at what is on this phone").tap()
    expect(phone.locator("main .card")).to_contain_text(NAME)
    phone.get_by_role("button", name="Save it to my reports").tap()
    is_told_that_it_was_sent(phone)
    assert phone.evaluate(COUNT) == 0
    phone.get_by_role("link", name="Open the saved report").tap()
    for words in (NAME, NOTE, PLACE, "choking", "Fall"):
        expect(phone.locator("main")).to_contain_text(words)
    assert on_the_server(phone) == 1


def test_a_report_kept_while_signed_in_goes_by_itself_when_there_is_signal_again(phone: Page) -> None:
    sign_up(phone)
    lose_signal_while_saving(phone)
    phone.context.set_offline(False)
    phone.goto("/field/phone")
    is_told_that_it_was_sent(phone)
    assert phone.evaluate(COUNT) == 0
    assert on_the_server(phone) == 1


def test_another_page_sends_what_waits_and_then_no_longer_says_so(phone: Page) -> None:
    sign_up(phone)
    lose_signal_while_saving(phone)
    phone.context.set_offline(False)
    with phone.expect_request(SAVE):
        phone.goto("/")
    expect(phone.locator("[data-kept]").first).to_be_hidden()
    assert on_the_server(phone) == 1


def test_trying_twice_in_two_tabs_while_the_signal_comes_back_is_one_report(phone: Page) -> None:
    sign_up(phone)
    lose_signal_while_saving(phone)
    phone.context.set_offline(False)
    sent: list[str] = []
    is_away = [True]

    def answer(route: Route) -> None:
        """No answer at first; then each is counted, also one that a tab sends before anybody taps."""
        if is_away:
            route.abort()
        else:
            sent.append(route.request.url)
            route.continue_()

    phone.context.route(SAVE, answer)
    phone.goto("/field/phone")
    other = phone.context.new_page()
    other.goto("/field/phone")
    for page in (phone, other):
        expect(page.locator("main .card")).to_contain_text("Not sent: no answer yet", timeout=30_000)
    is_away.clear()
    for page in (phone, other):
        page.evaluate(
            """() => { window.dispatchEvent(new Event("online"));
            const again = document.querySelector("[data-do=send]"); again.click(); again.click(); }"""
        )
    for page in (phone, other):
        expect(page.locator("main .card")).to_have_count(0, timeout=30_000)
    assert len(sent) == 1
    assert on_the_server(phone) == 1


def test_a_lost_answer_is_asked_for_again_and_stays_one_report(phone: Page) -> None:
    lose_the_answer(phone)
    phone.get_by_role("button", name="Try now").tap()
    is_told_that_it_was_sent(phone)
    assert phone.evaluate(COUNT) == 0
    assert on_the_server(phone) == 1


def test_a_change_after_a_lost_answer_is_not_lost_and_not_claimed_to_be_saved(phone: Page) -> None:
    lose_the_answer(phone)
    phone.get_by_role("link", name="Change").tap()
    phone.get_by_label("Sport").fill("Rugby")
    phone.get_by_role("button", name="Save on this phone").tap()
    expect(phone.locator("main .card")).to_contain_text("What you changed after that is not in it", timeout=30_000)
    phone.get_by_role("link", name="Show to crew").tap()
    expect(phone.locator("main")).to_contain_text("Rugby")
    assert on_the_server(phone) == 1


def test_nothing_readable_is_in_the_browser_and_the_key_cannot_be_taken(phone: Page) -> None:
    keep_without_account(phone)
    assert phone.evaluate(KEY) == [False, "AES-GCM", 256, "InvalidAccessError"]
    phone.get_by_role("link", name="Show to crew").tap()
    expect(phone.locator("main")).to_contain_text(NOTE)
    found, cached = phone.evaluate(DUMP)
    assert "waiting" in found
    kept = phone.evaluate("() => outbox.list().then(([report]) => JSON.stringify(report.fields))")
    for words in (NAME, "Kimberley", NOTE, PLACE, "a.choking", "r-note", "fall"):
        assert words.split()[0] in kept, words
        assert words.casefold() not in found.casefold(), words
    # What a worker keeps is the same for everybody, and so has the danger signs in it.
    for words in (NAME, "Kimberley", NOTE, PLACE):
        assert words not in cached


def test_a_moved_record_does_not_open_and_can_only_be_deleted(phone: Page) -> None:
    keep_without_account(phone)
    phone.evaluate(
        """async () => {
          const open = await new Promise(done => {
            const asked = indexedDB.open("blockmrs-phone");
            asked.onsuccess = () => done(asked.result);
          });
          const store = open.transaction("reports", "readwrite").objectStore("reports"), asked = store.getAll();
          await new Promise(done => { asked.onsuccess = () => {
            const [row] = asked.result;
            store.put({ ...row, id: "0".repeat(32) }).onsuccess = done;
          }; });
        }"""
    )
    phone.reload()
    moved = phone.locator("main .card", has_text="This report cannot be opened any more")
    expect(moved).to_have_count(1)
    moved.get_by_role("link", name="Delete").tap()
    phone.get_by_role("button", name="Delete").tap()
    expect(phone.locator("main .card")).to_have_count(1)
    expect(phone.locator("main .card")).to_contain_text(NAME)


def test_after_seven_days_it_is_wiped_and_the_page_says_so(phone: Page) -> None:
    keep_without_account(phone)
    back = "(days) => outbox.list().then(([r]) => outbox.mark(r.id, { keptAt: Date.now() - days * 86400000 }))"
    phone.evaluate(back, 6.9)
    phone.reload()
    expect(phone.locator("main .card")).to_contain_text(NAME)
    phone.evaluate(back, 7)
    phone.reload()
    expect(phone.locator("main")).to_contain_text("Wiped because they waited 7 days: 1")
    assert phone.evaluate(COUNT) == 0


def test_nothing_is_chosen_for_anybody_and_an_empty_time_counts_from_the_first_tap(phone: Page) -> None:
    begin_without_account(phone)
    expect(phone.locator("[name=r-when]:checked, [name=r-ambulance]:checked")).to_have_count(0)
    expect(phone.locator("#h-r-when")).to_have_text(
        re.compile(r"^If you choose nothing: \d\d:\d\d, when you started.$")
    )
    phone.get_by_label("Their name").fill(NAME)
    keep(phone)
    expect(phone.locator("main .card")).to_contain_text(re.compile(r"Hurt \d\d:\d\d"))


def test_changing_keeps_the_rest_and_deleting_asks_first(phone: Page) -> None:
    keep_without_account(phone)
    phone.get_by_role("link", name="Change").tap()
    expect(phone.get_by_label("Their name")).to_have_value(NAME)
    expect(phone.get_by_label("Fall", exact=True)).to_be_checked()
    phone.get_by_label("Their name").fill("Sam, blue 7")
    keep(phone)
    phone.get_by_role("link", name="Show to crew").tap()
    for words in ("Sam, blue 7", NOTE, PLACE, "Choking"):
        expect(phone.locator("main")).to_contain_text(words)
    phone.get_by_role("link", name="Back").tap()
    phone.get_by_role("link", name="Delete").tap()
    expect(phone.locator("h1")).to_have_text("Delete this report?")
    phone.get_by_role("link", name="Keep it").tap()
    expect(phone.locator("main .card")).to_have_count(1)
    phone.get_by_role("link", name="Delete").tap()
    phone.get_by_role("button", name="Delete").tap()
    expect(phone.get_by_text("No report waits on this phone.")).to_be_visible()
    assert phone.evaluate(COUNT) == 0


def test_what_is_typed_is_kept_before_save_and_is_not_sent(phone: Page) -> None:
    begin_without_account(phone)
    fill(phone)
    phone.evaluate(UNTIL_KEPT, NOTE)
    phone.goto("/field/phone")
    expect(phone.locator("main .card")).to_contain_text("Not finished")
    expect(phone.get_by_role("button", name="Try now")).to_be_hidden()
    phone.get_by_role("link", name="Change").tap()
    expect(phone.get_by_label("Anything else?")).to_have_value(NOTE)


def test_without_a_name_it_is_not_saved_and_the_page_says_what_to_do(phone: Page) -> None:
    begin_without_account(phone)
    phone.get_by_label("Another time").first.check()
    phone.get_by_role("button", name="Save on this phone").tap()
    expect(phone.locator("#errors")).to_be_focused()
    expect(phone.locator("#errors li")).to_have_text(["Enter their name", "Enter the time, like 14:02"])


def test_the_messages_to_a_parent_and_to_the_crew_are_words(phone: Page) -> None:
    keep_without_account(phone)
    phone.get_by_role("link", name="Show to crew").tap()
    parent = phone.get_by_role("link", name="Text parent").get_attribute("href")
    whole = phone.get_by_role("link", name="Text the report in words").get_attribute("href")
    assert parent == "sms:?&body=Kimberley%20has%20been%20hurt%20at%20Hillside%20Ground.%20Please%20call%20me."
    assert whole is not None
    for words in ("Call%20an%20ambulance%20now", "Kimberley%20Redfour", "Choking%3A%20Yes", "left%20shoulder"):
        assert words in whole


def test_a_full_phone_keeps_nothing_and_says_so_with_all_that_was_typed_still_there(phone: Page) -> None:
    begin_without_account(phone)
    phone.evaluate(
        """() => { IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); }; }"""
    )
    fill(phone)
    phone.get_by_role("button", name="Save on this phone").tap()
    expect(phone.get_by_text("This phone did not keep it.")).to_be_visible()
    expect(phone.get_by_label("Anything else?")).to_have_value(NOTE)
    phone.get_by_role("button", name="Show to crew").tap()
    expect(phone.locator("main")).to_contain_text(NOTE)
    expect(phone.locator("main")).not_to_contain_text("Saved")
    phone.get_by_role("link", name="Back").tap()
    expect(phone.get_by_label("Anything else?")).to_have_value(NOTE)


def test_a_browser_without_a_database_says_so_and_leaves_the_report_on_the_screen(new_page: NewPage) -> None:
    page = new_page(PHONE)
    sign_up(page)
    page.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError'); };")
    save_without_signal(page)
    expect(page.get_by_role("status")).to_contain_text("This phone did not keep the report")
    expect(page.get_by_label("Anything else?")).to_have_value(NOTE)
    page.context.set_offline(False)
    page.get_by_role("button", name="Save report").tap()
    expect(page.locator("main")).to_contain_text("Saved")
    page.goto("/field/phone")
    expect(page.locator("main")).to_contain_text("This browser keeps no reports")


def test_what_the_server_refuses_stays_on_the_phone_with_the_reason(phone: Page) -> None:
    sign_up(phone)
    check_page(phone)
    phone.get_by_label("Another time").first.check()
    phone.context.set_offline(True)
    phone.get_by_role("button", name="Save report").tap()
    phone.wait_for_timeout(300)
    phone.context.set_offline(False)
    phone.goto("/field/phone")
    expect(phone.locator("main .card")).to_contain_text("Not sent: the server did not understand it", timeout=30_000)
    expect(phone.locator("main .card")).to_contain_text("Enter the time, like 14:02")
    expect(phone.get_by_role("link", name="Show to crew")).to_be_visible()
    phone.get_by_role("link", name="Change").tap()
    phone.get_by_label(re.compile(r"^\s*Now")).first.check()
    phone.get_by_role("button", name="Save on this phone").tap()
    is_told_that_it_was_sent(phone)
    assert on_the_server(phone) == 1


def test_signing_out_says_what_is_still_on_the_phone(phone: Page) -> None:
    sign_up(phone)
    check_page(phone)
    phone.context.route("**/healthz", lambda route: route.abort())
    phone.context.route("**/field/reports", lambda route: route.abort())
    phone.get_by_role("button", name="Save report").tap()
    expect(phone.locator("main .card")).to_contain_text("Not sent: no answer yet", timeout=30_000)
    phone.goto("/")
    phone.get_by_role("button", name="Sign out").tap()
    expect(phone.get_by_text("1 report is on this phone. If it was written signed out")).to_be_visible()


def test_who_only_reads_advice_gets_no_database(phone: Page) -> None:
    phone.goto("/field")
    phone.locator("#signs button[value=choking]").tap()
    phone.wait_for_function(READY)
    phone.wait_for_timeout(300)
    assert phone.evaluate("() => indexedDB.databases()") == []


def test_without_script_the_page_says_what_to_do(new_page: NewPage) -> None:
    page = new_page(PHONE, java_script_enabled=False)
    page.goto("/field/phone")
    expect(page.locator("main")).to_contain_text("Sign in to save a report")
    page.goto("/field")
    page.locator("#signs button[value=choking]").tap()
    page.get_by_role("button", name="Who is hurt?").tap()
    expect(page.get_by_role("button", name="Keep it on this phone")).to_be_hidden()


@pytest.mark.parametrize(("theme", "device"), pairs(["light", "dark", "sun"], [PHONE, DESKTOP]))
def test_axe_finds_nothing_on_any_view(
    new_page: NewPage, axe_check: AxeCheck, device: dict[str, object], theme: str
) -> None:
    page = new_page({**device, "has_touch": True}, theme=theme)
    page.goto("/field/phone")
    axe_check(page, strict_contrast=True)
    begin_without_account(page)
    page.get_by_role("button", name="Save on this phone").tap()
    axe_check(page, strict_contrast=True)
    fill(page)
    keep(page)
    axe_check(page, strict_contrast=True)
    for view in ("Show to crew", "Delete", "Change"):
        page.get_by_role("link", name=view).tap()
        axe_check(page, strict_contrast=True)
        page.go_back()
        expect(page.locator("h1")).to_have_text("Reports on this phone")
    page.goto("/")
    expect(page.get_by_text("1 report is on this phone.")).to_be_visible()
    axe_check(page)
