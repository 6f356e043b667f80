"""One phone, several people: what somebody wrote while signed in is theirs alone, to read, to send and to claim."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import PASSWORD
from tests.browser.test_phone import (
    NAME,
    NOTE,
    PLACE,
    READY,
    begin_without_account,
    check_page,
    fill,
    keep_without_account,
    lose_signal_while_saving,
    on_the_server,
    sign_up,
)
from tests.browser.waits import until

NewPage = Callable[..., Page]
ANSWERS = ("**/field/reports", "**/field/report/save")
OPENED_BY_ANY_KEY = """async () => {
  const database = await new Promise(done => {
    const asked = indexedDB.open("blockmrs-phone");
    asked.onsuccess = () => done(asked.result);
  });
  const all = name => new Promise(done => {
    const asked = database.transaction(name).objectStore(name).getAll();
    asked.onsuccess = () => done(asked.result);
  });
  const keys = (await all("keys")).map(found => found.key || found).filter(found => found instanceof CryptoKey);
  let opened = 0;
  for (const { iv, id, sealed } of await all("reports")) {
    for (const key of keys) {
      const lock = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(id) };
      opened += await crypto.subtle.decrypt(lock, key, sealed).then(() => 1, () => 0);
    }
  }
  return opened;
}"""
CHANGE_SESSION = """change => new Promise(done => {
  const asked = indexedDB.open("blockmrs-phone");
  asked.onsuccess = () => {
    const store = asked.result.transaction("keys", "readwrite").objectStore("keys"), found = store.get("signed-in");
    found.onsuccess = () => { store.put({ ...found.result, ...change }, "signed-in").onsuccess = () => done(); };
  };
})"""
LOCKED = "Locked: it opens when the person who wrote it signs in"


def unsent(page: Page) -> str:
    """Somebody's report that waits on the phone, which has a signal again but no answer; their user name."""
    name = sign_up(page)
    for address in ANSWERS:
        page.context.route(address, lambda route: route.abort())
    lose_signal_while_saving(page)
    page.context.set_offline(False)
    return name


def answer_again(page: Page) -> None:
    for address in ANSWERS:
        page.context.unroute(address)


def sign_out(page: Page) -> None:
    page.goto("/")
    page.wait_for_function(READY)
    page.get_by_role("button", name="Sign out").tap()
    expect(page.get_by_role("link", name="My record: sign in")).to_be_visible()
    expect(page.get_by_text("1 report is on this phone.")).to_be_visible()


def sign_in(page: Page, user_name: str) -> None:
    page.goto("/login")
    page.get_by_label("User name or email").fill(user_name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").tap()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    # The page's script comes after the page: left before that, the phone would not know who it is.
    until(page, "async () => typeof outbox !== 'undefined' && Boolean(await outbox.signedIn())")


def is_locked(page: Page) -> None:
    """The page says that somebody's report waits, and nothing of what is in it; nothing can be done with it."""
    expect(page.locator("main .card")).to_contain_text(LOCKED)
    for words in (NAME, NOTE, PLACE, "choking", "ambulance"):
        expect(page.locator("main .card")).not_to_contain_text(words)
    for name in ("Save it to my reports", "Try now", "Change", "Show to crew", "Delete"):
        expect(page.locator("main .card").get_by_text(name, exact=False).locator("visible=true")).to_have_count(0)


def test_after_signing_out_nobody_reads_what_was_written_signed_in(phone: Page) -> None:
    unsent(phone)
    assert phone.evaluate(OPENED_BY_ANY_KEY) == 1
    sign_out(phone)
    assert phone.evaluate(OPENED_BY_ANY_KEY) == 0
    phone.goto("/field/phone")
    is_locked(phone)
    expect(phone.get_by_role("link", name="Sign in")).to_be_visible()
    waiting = str(phone.evaluate("() => outbox.list().then(([one]) => one.id)"))
    for view in ("show", "write", "delete"):
        phone.goto(f"/field/phone#{view}/{waiting}")
        phone.reload()
        is_locked(phone)


def test_another_account_neither_reads_nor_claims_it_and_who_wrote_it_still_sends_it(phone: Page) -> None:
    author = unsent(phone)
    sign_out(phone)
    answer_again(phone)
    sign_up(phone)
    expect(phone.get_by_text("Waiting to send")).to_be_hidden()
    phone.goto("/field/phone")
    is_locked(phone)
    claimed = phone.evaluate("async () => outbox.send((await outbox.list())[0].id, { claim: true })")
    assert claimed == {"why": "other"}
    assert phone.evaluate(OPENED_BY_ANY_KEY) == 0
    assert on_the_server(phone) == 0
    phone.evaluate("async () => outbox.mark((await outbox.list())[0].id, { keptAt: Date.now() - 6.9 * 86400000 })")
    phone.goto("/")
    phone.get_by_role("button", name="Sign out").tap()
    expect(phone.get_by_role("link", name="My record: sign in")).to_be_visible()
    with phone.expect_response("**/field/report/save"):
        sign_in(phone, author)
    expect(phone.get_by_text("Waiting to send")).to_be_hidden()
    assert on_the_server(phone) == 1


def test_a_session_that_is_over_on_the_server_shows_nothing_where_there_is_a_signal(phone: Page) -> None:
    unsent(phone)
    answer_again(phone)
    phone.context.clear_cookies()
    phone.goto("/field/phone")
    is_locked(phone)
    assert phone.evaluate(OPENED_BY_ANY_KEY) == 0


@pytest.mark.parametrize("change", [{"until": 1000}, {"since": 4e12, "until": 5e12}], ids=["over", "clock set back"])
def test_without_a_signal_the_author_reads_it_for_as_long_as_a_session_can_last(
    phone: Page, change: dict[str, float]
) -> None:
    unsent(phone)
    phone.goto("/field/phone")
    expect(phone.locator("main .card")).to_contain_text("Not sent: no answer yet")
    expect(phone.locator("main .card")).to_contain_text(NAME)
    phone.evaluate(CHANGE_SESSION, change)
    phone.reload()
    is_locked(phone)
    assert phone.evaluate(OPENED_BY_ANY_KEY) == 0


def test_what_is_typed_when_the_session_ends_elsewhere_leaves_the_screen_and_is_kept_for_its_author(
    phone: Page,
) -> None:
    author = unsent(phone)
    phone.goto("/field/phone")
    phone.get_by_role("link", name="Change").tap()
    phone.get_by_label("Sport").fill("Rugby")
    sign_out(other := phone.context.new_page())
    expect(phone.locator("h1")).to_have_text("Reports on this phone")
    is_locked(phone)
    other.close()
    sign_in(phone, author)
    phone.goto("/field/phone")
    phone.get_by_role("link", name="Change").tap()
    expect(phone.get_by_label("Sport")).to_have_value("Rugby")


def test_who_signed_in_and_went_on_before_that_pages_script_came_reads_their_own(phone: Page) -> None:
    author = unsent(phone)
    sign_out(phone)
    is_late = "**/keep.js*"
    phone.context.route(is_late, lambda route: route.abort())
    phone.goto("/login")
    phone.get_by_label("User name or email").fill(author)
    phone.get_by_label("Password", exact=True).fill(PASSWORD)
    phone.get_by_role("button", name="Sign in").tap()
    expect(phone.get_by_role("button", name="Sign out")).to_be_visible()
    phone.context.unroute(is_late)
    # Who is signed in is answered again, and a report that is sent is not: it stays here to be read.
    phone.context.unroute(ANSWERS[0])
    phone.goto("/field/phone")
    expect(phone.locator("main .card")).to_contain_text(NAME)
    phone.get_by_role("link", name="Change").tap()
    expect(phone.get_by_label("Anything else?")).to_have_value(NOTE)


def test_a_page_that_was_on_its_way_while_they_signed_out_brings_no_key_back(phone: Page) -> None:
    sign_up(phone)
    phone.goto("/")
    phone.wait_for_function(READY)
    until(phone, "() => outbox.signedIn().then(Boolean)")
    held = """async late => {
      const owner = await outbox.signedIn(), before = Date.now() - 1000;
      await outbox.signOut();
      await outbox.signIn(owner, late ? before : Date.now() + 1000);
      return Boolean(await outbox.signedIn());
    }"""
    assert phone.evaluate(held, False)
    assert not phone.evaluate(held, True)


def test_a_page_that_is_still_open_keeps_for_its_own_author_when_somebody_else_signed_in(phone: Page) -> None:
    sign_up(phone)
    check_page(phone)
    other = phone.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Sign out").tap()
    expect(other.get_by_role("link", name="My record: sign in")).to_be_visible()
    sign_up(other)
    phone.context.set_offline(True)
    phone.get_by_role("button", name="Save report").tap()
    phone.wait_for_url("**/field/phone")
    is_locked(phone)


def test_written_signed_out_the_page_says_plainly_that_anybody_with_this_phone_can_open_it(phone: Page) -> None:
    phone.goto("/field")
    phone.locator("#signs button[value=choking]").tap()
    phone.get_by_role("button", name="Who is hurt?").tap()
    expect(phone.locator("form[data-keep]")).to_contain_text("anybody who uses this phone can open it")
    begin_without_account(phone)
    expect(phone.locator("main")).to_contain_text("Until it is sent, anybody who uses this phone can open this report")
    fill(phone)
    phone.get_by_role("button", name="Save on this phone").tap()
    expect(phone.locator("main .card")).to_contain_text("anybody who uses this phone can open it")


def test_what_was_written_signed_out_belongs_to_whoever_claims_it_from_then_on(phone: Page) -> None:
    keep_without_account(phone)
    sign_up(phone)
    phone.context.route("**/field/report/save", lambda route: route.abort())
    phone.goto("/field/phone")
    phone.get_by_role("button", name="Save it to my reports").tap()
    expect(phone.locator("main .card")).to_contain_text("Not sent: no answer yet", timeout=30_000)
    sign_out(phone)
    phone.goto("/field/phone")
    is_locked(phone)
    assert phone.evaluate(OPENED_BY_ANY_KEY) == 0


def test_a_report_of_an_earlier_version_opens_for_its_author_alone(phone: Page) -> None:
    author = unsent(phone)
    phone.evaluate("""async () => {
      const [report] = await outbox.list();
      await outbox.keep({ ...report, owner: null }, report);
      await outbox.mark(report.id, { by: report.by });
    }""")
    sign_out(phone)
    phone.goto("/field/phone")
    is_locked(phone)
    answer_again(phone)
    with phone.expect_response("**/field/report/save"):
        sign_in(phone, author)
    assert on_the_server(phone) == 1
