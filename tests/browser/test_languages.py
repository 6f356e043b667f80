"""A coach who reads Spanish: from the first screen to advice, with and without script; and back to English midway."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, AxeCheck
from tests.browser.test_field import by_server, follow, next_button
from tests.support.extent import pairs

NewPage = Callable[..., Page]
SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["script on", "script off"])
SMALL_PHONE = {**PHONE, "viewport": {"width": 390, "height": 720}}


def spanish(new_page: NewPage, device: dict[str, object], **options: object) -> Page:
    return new_page(device, locale="es-MX", **options)


def switch(page: Page, to: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=to, exact=True).click()


def answers(page: Page) -> list[str]:
    """The answers that the page's forms carry; without the times at which they were given."""
    carried = page.locator("main form input[type=hidden]").evaluate_all(
        "(all) => all.map((one) => [one.name, one.value])"
    )
    return [f"{name}={value}" for name, value in carried if name.startswith(("a.", "complaints"))]


@SCRIPT
def test_a_coach_reads_spanish_from_the_first_screen_to_the_advice(new_page: NewPage, script: bool) -> None:
    page = spanish(new_page, PHONE, java_script_enabled=script)
    by_server(page).goto("/field")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("h1")).to_have_text("¿Pasa algo de esto?")
    follow(page.get_by_role("button", name="Nada de esto"))
    expect(page.locator("h1")).to_have_text("¿Cuál es el problema?")
    for _ in range(12):
        if page.locator("#result").count():
            break
        nothing = page.get_by_role("button", name="Nada de esto")
        follow(nothing if nothing.count() else next_button(page, "head"))
    expect(page.locator("#result")).to_have_text("Descanse y observe")
    expect(page.get_by_text("Aún sin revisar por un médico.")).to_be_visible()


@SCRIPT
def test_switching_midway_keeps_the_answers(new_page: NewPage, script: bool) -> None:
    page = new_page(PHONE, java_script_enabled=script)
    by_server(page).goto("/field")
    follow(page.get_by_role("button", name="Not sure"))
    question = page.locator("h1").inner_text()
    before = answers(page)
    switch(page, "Español")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("h1")).not_to_have_text(question)
    assert before
    assert answers(page) == before
    switch(page, "English")
    expect(page.locator("h1")).to_have_text(question)


@SCRIPT
def test_switching_on_the_advice_of_a_danger_sign_shows_that_advice(new_page: NewPage, script: bool) -> None:
    page = new_page(PHONE, java_script_enabled=script)
    page.goto("/field")
    page.locator("#signs button[value=choking]").tap()
    expect(page.locator("#result")).to_have_text("Call an ambulance now")
    switch(page, "Español")
    expect(page.locator("#result")).to_have_text("Llame a una ambulancia ahora")
    expect(page.locator(".seen dt").first).to_have_text("Se atraganta")


def test_switching_on_proposals_and_on_the_page_for_the_crew_shows_the_same(new_page: NewPage) -> None:
    page = new_page(PHONE)
    page.goto("/field")
    page.wait_for_selector("html[data-asks=here]")
    page.get_by_role("button", name="None of these").tap()
    page.get_by_label("Or type it").fill("hit his hed")
    page.get_by_role("button", name="Find").tap()
    expect(page.locator("h1")).to_have_text("Which of these fits?")
    switch(page, "Español")
    expect(page.locator("h1")).to_have_text("¿Qué se parece más?")
    expect(page.locator("input[name=pick][value=head]")).to_be_visible()
    page.goto("/field")
    page.wait_for_selector("html[data-asks=here]")
    page.locator("#signs button[value=choking]").tap()
    page.locator("button[formaction='/field/show']").tap()
    expect(page.locator(".large")).to_be_visible()
    there = page.locator("html").get_attribute("lang")
    switch(page, "English" if there == "es" else "Español")
    expect(page.locator("html")).not_to_have_attribute("lang", str(there))
    expect(page.locator(".large .signs")).to_be_visible()


@pytest.mark.parametrize("theme", ["", "sun"])
def test_the_danger_signs_fit_a_small_phone_in_spanish_in_two_lines_at_most(new_page: NewPage, theme: str) -> None:
    page = spanish(new_page, SMALL_PHONE, theme=theme)
    page.goto("/field")
    bar = page.locator(".callbar").bounding_box()
    assert bar is not None
    for button in page.locator("#signs .btn").all():
        box = button.bounding_box()
        assert box is not None
        words = button.inner_text()
        assert box["y"] + box["height"] <= bar["y"], words
        lines, wide = button.evaluate(
            "(one) => { const range = document.createRange(); range.selectNodeContents(one);"
            "const tops = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));"
            "return [tops.size, one.scrollWidth > one.clientWidth]; }"
        )
        assert lines <= 2, words
        assert not wide, words


@pytest.mark.parametrize(
    ("path", "device"), pairs(["/field", "/", "/login", "/signup", "/r", "/nothing-here"], [PHONE, DESKTOP])
)
def test_pages_are_accessible_in_spanish(
    new_page: NewPage, axe_check: AxeCheck, path: str, device: dict[str, object]
) -> None:
    page = spanish(new_page, device)
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("lang", "es")
    axe_check(page)
