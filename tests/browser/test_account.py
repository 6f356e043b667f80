"""The account pages in a real browser: the recovery code can be kept, and every page suits everybody."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.support.extent import pairs

NewPage = Callable[..., Page]
PASSWORD = "marble kettle sunrise otter"
BUDGET_BYTES, BUDGET_REQUESTS = 100_000, 8


def sign_up(page: Page) -> str:
    """A new account; the page then shows its recovery code. Returns the user name."""
    user_name = f"user-{secrets.token_hex(6)}"
    page.goto("/signup")
    page.get_by_label("Your name").fill("Ana Cruz")
    page.get_by_label("User name or email").fill(user_name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    return user_name


def groups(page: Page) -> list[str]:
    return page.locator("#c-recovery code").all_inner_texts()


def confirm(page: Page) -> None:
    page.get_by_label("Type the third group").fill(groups(page)[2].lower())
    page.get_by_role("button", name="I have kept it").click()


def test_an_account_is_made_and_kept_on_a_phone(phone: Page) -> None:
    user_name = sign_up(phone)
    confirm(phone)
    expect(phone.get_by_text("Nothing needs you.")).to_be_visible()
    phone.get_by_role("button", name="Sign out").click()
    phone.goto("/login")
    phone.get_by_label("User name or email").fill(user_name)
    phone.get_by_label("Password", exact=True).fill(PASSWORD)
    phone.get_by_role("button", name="Sign in").click()
    expect(phone.get_by_text("Nothing needs you.")).to_be_visible()


def test_an_account_is_made_without_script(new_page: NewPage) -> None:
    page = new_page(PHONE, java_script_enabled=False)
    sign_up(page)
    for name in ("Print", "Copy", "Save as a file"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    confirm(page)
    expect(page.get_by_text("Nothing needs you.")).to_be_visible()


def test_the_code_can_be_saved_copied_and_printed(new_page: NewPage, tmp_path: Path) -> None:
    page = new_page(DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; }")
    sign_up(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a file").click()
    download.value.save_as(tmp_path / "code.txt")
    assert (tmp_path / "code.txt").read_text() == " ".join(groups(page)) + "\n"
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == " ".join(groups(page))
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_printed_code_is_dark_on_white(new_page: NewPage, scheme: str) -> None:
    page = new_page(DESKTOP, color_scheme=scheme)
    sign_up(page)
    page.emulate_media(media="print")
    look = "e => [getComputedStyle(e).color, getComputedStyle(e.parentElement).backgroundColor]"
    assert page.locator("#c-recovery code").first.evaluate(look) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    expect(page.get_by_role("button", name="I have kept it")).to_be_hidden()


def test_the_password_can_be_shown_and_pasted(phone: Page) -> None:
    phone.goto("/signup")
    field = phone.get_by_label("Password", exact=True)
    phone.get_by_role("button", name="Show").tap()
    expect(field).to_have_attribute("type", "text")
    field.evaluate("e => { e.focus(); document.execCommand('insertText', false, 'pasted words stay here'); }")
    expect(field).to_have_value("pasted words stay here")


def test_a_theme_chosen_in_settings_stays(new_page: NewPage) -> None:
    page = new_page(PHONE)
    sign_up(page)
    page.goto("/settings")
    page.get_by_role("button", name="Sunlight").tap()
    page.goto("/")
    assert page.locator("html").get_attribute("data-theme") == "sun"


def test_an_error_takes_the_focus_and_its_link_leads_to_the_field(phone: Page) -> None:
    phone.goto("/signup")
    phone.get_by_role("button", name="Make the account").tap()
    expect(phone.locator("#errors")).to_be_focused()
    phone.locator("#errors a").first.tap()
    expect(phone.get_by_label("Your name")).to_be_focused()


@pytest.mark.parametrize(("width", "scheme"), pairs([320, 412, 1280], ["light", "dark"]))
def test_every_page_suits_everybody(new_page: NewPage, axe_check: AxeCheck, width: int, scheme: str) -> None:
    page = new_page({"viewport": {"width": width, "height": 800}}, color_scheme=scheme)
    for path in ("/", "/login", "/signup", "/recover", "/setup", "/join"):
        page.goto(path)
        axe_check(page)
    for path, button in (("/login", "Sign in"), ("/signup", "Make the account"), ("/recover", "Set the new password")):
        page.goto(path)
        page.get_by_role("button", name=button).click()
        expect(page.locator("#errors")).to_be_visible()
        axe_check(page)
    sign_up(page)
    axe_check(page)
    confirm(page)
    for path in ("/", "/settings", "/settings/password", "/settings/recovery", "/join"):
        page.goto(path)
        axe_check(page)


def test_every_page_keeps_its_budget(phone: Page) -> None:
    seen: list[int] = []
    phone.on("response", lambda response: seen.append(len(response.body())))
    for path in ("/", "/login", "/signup", "/recover", "/join"):
        seen.clear()
        phone.goto(path, wait_until="networkidle")
        assert len(seen) <= BUDGET_REQUESTS
        assert sum(seen) <= BUDGET_BYTES
