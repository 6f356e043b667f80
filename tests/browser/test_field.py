"""A coach at the side of a field: from the first screen to advice, on a phone with a bad line."""

import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from blockmrs.controllers.field.wire import carry
from blockmrs.domain.triage.engine import Interview, open_questions
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import absence
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.taps import Taps
from tests.browser.wire import Wire
from tests.support.extent import pairs

NewPage = Callable[..., Page]
FIRST_ADVICE_BYTES = 30_000
FIRST_ADVICE_REQUESTS = 4
SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["script on", "script off"])
SIGNS = [sign.id for sign in load_rules().signs]
PARTS = [part.id for part in load_rules().parts]


def sign(page: Page, name: str) -> None:
    page.locator(f"#signs button[value={name}]").tap()


def by_server(page: Page) -> Page:
    """The page, whose script leaves the further questions to the server, as where it has not arrived yet."""
    page.route("**/js/field/ask.js*", lambda route: route.abort())
    return page


def follow(target: Locator) -> None:
    """Tap, and wait for the page that it leads to."""
    with target.page.expect_navigation():
        target.tap()


def walk(page: Page, part: str, taps: Taps) -> None:
    """From the first screen to the advice, with "None of these" wherever it stands, by the server's pages."""
    follow(page.get_by_role("button", name="None of these"))
    while not page.locator("#result").count():
        assert taps.count < 12, "the questions do not end"
        with page.expect_navigation():
            taps.on(next_button(page, part))


def walk_at_once(page: Page, part: str, taps: Taps) -> None:
    """The same by the script's pages: each is there when the tap returns."""
    page.wait_for_selector("html[data-asks=here]")
    page.get_by_role("button", name="None of these").tap()
    while not page.locator("#result").count():
        assert taps.count < 12, "the questions do not end"
        taps.on(next_button(page, part))


def next_button(page: Page, part: str) -> Locator:
    """What a coach taps when nothing more is true of somebody who can carry on."""
    none = page.get_by_role("button", name="None of these")
    wanted = [f"button[name=choose][value='{value}']" for value in (part, "yes", "16-64-years")]
    return none if none.count() else page.locator(next(name for name in wanted if page.locator(name).count()))


def test_the_first_paint_waits_for_nothing_but_the_page(new_page: NewPage) -> None:
    page = new_page(PHONE)
    page.goto("/field", wait_until="networkidle")
    entries = page.evaluate(
        "() => performance.getEntriesByType('resource').map((entry) => [entry.name, entry.renderBlockingStatus])"
    )
    assert any("field.js" in name for name, _ in entries)
    assert [name for name, status in entries if status == "blocking"] == []
    assert page.locator("#signs .btn").first.evaluate("(button) => getComputedStyle(button).borderTopStyle") == "solid"


@SCRIPT
def test_a_life_threat_is_one_tap_from_the_first_screen(new_page: NewPage, script: bool) -> None:
    page = new_page(PHONE, java_script_enabled=script)
    page.goto("/field")
    taps = Taps()
    taps.on(page.locator("#signs button[value=choking]"))
    expect(page.locator("h1")).to_have_text("Call an ambulance now")
    expect(page.locator("ol.do > li").first).to_be_visible()
    assert taps.count == 1


@pytest.mark.parametrize(("part", "script"), [*((part, True) for part in PARTS), (PARTS[0], False)])
def test_after_none_of_these_at_most_six_taps_lead_to_advice(new_page: NewPage, part: str, script: bool) -> None:
    page = new_page(PHONE, java_script_enabled=script)
    page.goto("/field")
    taps = Taps()
    (walk_at_once if script else walk)(page, part, taps)
    assert taps.count <= 6
    expect(page.get_by_text("Not yet reviewed by a clinician.")).to_be_visible()


@SCRIPT
def test_the_first_screen_and_the_first_advice_weigh_little(new_page: NewPage, script: bool) -> None:
    page = new_page(PHONE, java_script_enabled=script)
    wire = Wire.tap(page)
    page.goto("/field", wait_until="networkidle")
    sign(page, "choking")
    expect(page.locator("h1")).to_have_text("Call an ambulance now")
    page.wait_for_load_state("networkidle")
    assert wire.size_bytes <= FIRST_ADVICE_BYTES, f"{wire.size_bytes} bytes: {wire.addresses}"
    assert len(wire.addresses) <= FIRST_ADVICE_REQUESTS, wire.addresses
    assert len(wire.hosts()) == 1


def test_the_advice_stands_on_the_page_before_the_tap_returns(phone: Page) -> None:
    """Nothing is waited for, neither a request nor a timer: the next frame that is painted shows it."""
    wire = Wire.tap(phone)
    phone.goto("/field", wait_until="networkidle")
    asked = len(wire.addresses)
    shown = phone.evaluate(
        """() => {
            document.querySelector("#signs button[value=choking]").click();
            return [...document.querySelectorAll("h1")].filter(title => title.checkVisibility())
                .map(title => title.textContent.trim());
        }"""
    )
    assert shown == ["Call an ambulance now"]
    assert len(wire.addresses) == asked


@pytest.mark.parametrize("name", SIGNS)
def test_without_any_signal_after_the_first_screen_every_sign_still_has_its_advice(phone: Page, name: str) -> None:
    wire = Wire.tap(phone)
    phone.goto("/field", wait_until="networkidle")
    wire.cut()
    sign(phone, name)
    expect(phone.locator("h1")).to_have_text("Call an ambulance now")
    expect(phone.get_by_role("status")).to_have_text("No signal. This still works.")


def test_a_wrong_button_is_one_tap_back(phone: Page) -> None:
    phone.goto("/field")
    sign(phone, "choking")
    phone.get_by_role("link", name="Wrong button? Go back").tap()
    expect(phone.locator("h1")).to_have_text("Is anything here true?")
    sign(phone, "fit")
    expect(phone.locator("dl.seen")).to_contain_text("Seizure")


def test_the_phones_own_back_returns_to_the_signs(phone: Page) -> None:
    phone.goto("/field")
    sign(phone, "choking")
    phone.go_back()
    expect(phone.locator("h1")).to_have_text("Is anything here true?")
    phone.go_forward()
    expect(phone.locator("h1")).to_have_text("Call an ambulance now")


@SCRIPT
def test_a_further_sign_adds_its_row_and_keeps_the_advice(new_page: NewPage, script: bool) -> None:
    page = new_page(PHONE, java_script_enabled=script)
    page.goto("/field")
    sign(page, "choking")
    page.locator(".also button[value=fit]").tap()
    expect(page.locator("dl.seen > div")).to_have_count(2)
    expect(page.locator("h1")).to_have_text("Call an ambulance now")
    carried = page.locator("form[action='/field/report/new'] input[value=yes]")
    expect(carried).to_have_count(2)


@SCRIPT
def test_a_further_sign_brings_its_drawing_and_each_is_there_once(new_page: NewPage, script: bool) -> None:
    page = new_page(PHONE, java_script_enabled=script)
    page.goto("/field")
    sign(page, "choking")
    page.locator(".also button[value=wont-wake]").tap()
    expect(page.locator("dl.seen > div")).to_have_count(2)
    names = page.locator(".aid").evaluate_all("aids => aids.map(aid => aid.dataset.aid)")
    assert sorted(names) == ["choking", "cpr", "side"]
    for drawing in page.locator(".aid svg").all():
        box = drawing.bounding_box()
        assert box is not None
        assert box["width"] >= 240
        assert box["height"] >= 140


def test_what_was_added_without_the_server_is_understood_by_it(phone: Page) -> None:
    by_server(phone).goto("/field")
    sign(phone, "choking")
    phone.locator(".also button[value=fit]").tap()
    phone.locator(".also button[value=chest-pain]").tap()
    follow(phone.get_by_role("button", name="Change Choking"))
    assert phone.locator("input[name='a.fit'][value=yes]").count()


@pytest.mark.parametrize("theme", ["", "sun"])
def test_all_signs_and_both_ways_on_fit_above_the_call_bar(new_page: NewPage, theme: str) -> None:
    page = new_page({**PHONE, "viewport": {"width": 390, "height": 720}}, theme=theme)
    page.goto("/field")
    bar = page.locator(".callbar").bounding_box()
    last = page.locator("#signs button").last.bounding_box()
    assert bar is not None
    assert last is not None
    assert page.locator("#signs button").count() == 12
    assert last["y"] + last["height"] <= bar["y"]
    for button in page.locator("#signs button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 64


def test_the_call_bar_dials(phone: Page) -> None:
    phone.goto("/field")
    assert phone.locator(".callbar a").get_attribute("href") == "tel:911"


def test_the_field_pages_are_light_on_a_dark_phone_unless_dark_was_chosen(new_page: NewPage) -> None:
    background = "() => getComputedStyle(document.documentElement).backgroundColor"
    page = new_page(PHONE, color_scheme="dark")
    page.goto("/field")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    dark = new_page(PHONE, theme="dark")
    dark.goto("/field")
    assert dark.evaluate(background) == "rgb(16, 20, 24)"


def test_the_sun_button_is_kept_and_taken_back(phone: Page) -> None:
    phone.goto("/field")
    phone.get_by_role("button", name="Sunlight").tap()
    phone.reload()
    expect(phone.locator("html")).to_have_attribute("data-theme", "sun")
    phone.get_by_role("button", name="Sunlight").tap()
    phone.reload()
    assert phone.locator("html").get_attribute("data-theme") is None


def test_time_counts_up_on_the_result(phone: Page) -> None:
    phone.goto("/field")
    sign(phone, "choking")
    before = phone.locator(".since strong").inner_text()
    expect(phone.locator(".since strong")).not_to_have_text(before)


def test_one_tap_corrects_the_time_of_injury_without_a_request(phone: Page) -> None:
    wire = Wire.tap(phone)
    phone.goto("/field", wait_until="networkidle")
    sign(phone, "choking")
    phone.wait_for_function("() => typeof outbox !== 'undefined'")
    asked = len(wire.addresses)
    phone.locator(".since summary").tap()
    phone.get_by_role("button", name="5 min ago", exact=True).tap()
    expect(phone.locator(".since strong")).to_have_text(re.compile("^5:0"))
    expect(phone.locator(".since summary")).to_be_focused()
    assert len(wire.addresses) == asked
    assert phone.locator("main form").count() == phone.locator("main form input[name=hurt]").count()


@SCRIPT
def test_the_crew_is_shown_the_signs_in_two_taps_from_the_first_screen(new_page: NewPage, script: bool) -> None:
    page = new_page(PHONE, java_script_enabled=script)
    page.goto("/field")
    taps = Taps()
    taps.on(page.locator("#signs button[value=choking]"))
    taps.on(page.get_by_role("button", name="Show to crew"))
    expect(page.locator("h1")).to_have_text("Show this to the crew")
    expect(page.locator(".signs")).to_contain_text(re.compile(r"\d\d:\d\d Choking"))
    assert taps.count == 2


@SCRIPT
def test_check_again_is_three_taps_to_the_new_advice(new_page: NewPage, script: bool) -> None:
    page = new_page(PHONE, java_script_enabled=script)
    by_server(page).goto("/field")
    walk(page, "arm", Taps())
    follow(page.get_by_role("button", name="Check again"))
    taps = Taps()
    for answer in ("Yes", "Can't tell", "4"):
        with page.expect_navigation():
            taps.on(page.get_by_role("button", name=answer, exact=True))
    assert taps.count == 3
    expect(page.locator("h1")).to_have_text("Call an ambulance now")
    expect(page.get_by_text("Advice changed.")).to_be_visible()
    expect(page.get_by_text(re.compile("Awake, can’t tell how they breathe, pain 4")).first).to_be_visible()


def test_when_to_look_again_is_counted_down_and_said_once(phone: Page) -> None:
    phone.clock.install()
    phone.goto("/field")
    sign(phone, "throat-swollen")
    expect(phone.locator(".again")).to_contain_text(re.compile(r"Check again at \d\d:\d\d, in 5 min\."))
    phone.clock.run_for(120_000)
    expect(phone.locator(".again")).to_contain_text(", in 3 min.")
    expect(phone.locator(".again [role=status]")).to_have_text("")
    phone.clock.run_for(181_000)
    expect(phone.locator(".again [role=status]")).to_have_text("Check now.")


def advice_about(complaint: str, **answers: bool) -> list[tuple[str, str]]:
    """The fields of an interview about one complaint in which nothing else is true."""
    rules = load_rules()
    interview = Interview("16-64-years", (complaint,), {name.replace("_", "-"): said for name, said in answers.items()})
    while open_now := open_questions(rules, interview):
        calm = {name: absence(rules.findings[name]) for name in open_now}
        interview = replace(interview, answers={**interview.answers, **calm})
    return list(carry(interview))


SUBMIT = """fields => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/field/ask/1";
  for (const [name, value] of fields) {
    const input = form.appendChild(document.createElement("input"));
    [input.type, input.name, input.value] = ["hidden", name, value];
  }
  document.getElementById("main").appendChild(form);
  form.requestSubmit();
}"""
LOCKED = """locked => {
  Object.defineProperty(document, "hidden", { value: locked, configurable: true });
  Object.defineProperty(document, "visibilityState", { value: locked ? "hidden" : "visible", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
TIMERS = {
    "allergy": (advice_about("ana", ana_throat=True), 5),
    "asthma": (advice_about("brth", brth_asthma=True, brth_words=True), 10),
    "low sugar": (advice_about("diab", diab_drowsy=True), 10),
    "heat": (advice_about("heat", heat_unwell=True), 30),
    "a sign": (None, 5),
}


def counted(page: Page, timer: str) -> Locator:
    """The line that counts down under the advice, on the script's page."""
    page.goto("/field")
    page.wait_for_selector("html[data-asks=here]")
    fields, _ = TIMERS[timer]
    if fields is None:
        sign(page, "throat-swollen")
    else:
        page.evaluate(SUBMIT, fields)
    return page.locator(".again")


@pytest.mark.parametrize("timer", TIMERS)
def test_the_time_to_look_again_stays_through_back_forward_and_a_locked_phone(phone: Page, timer: str) -> None:
    phone.clock.install()
    line, minutes = counted(phone, timer), TIMERS[timer][1]
    expect(line).to_contain_text(f", in {minutes} min.")
    due = line.locator("span").inner_text().partition(",")[0]
    phone.clock.fast_forward(120_000)
    expect(line).to_contain_text(f", in {minutes - 2} min.")
    phone.go_back()
    expect(line).to_have_count(0)
    phone.go_forward()
    expect(line).to_contain_text(f"{due}, in {minutes - 2} min.")
    phone.evaluate(LOCKED, True)
    phone.clock.fast_forward(60_000 * minutes)
    phone.evaluate(LOCKED, False)
    expect(line.get_by_role("status")).to_have_text("Check now.")
    expect(line).to_contain_text(f"{due}.")


@pytest.mark.parametrize("timer", ["asthma", "a sign"])
def test_a_page_that_the_phone_loads_again_counts_from_the_same_tap(phone: Page, timer: str) -> None:
    line = counted(phone, timer)
    tapped = line.get_attribute("data-from")
    # The clock is not mocked here: a mocked page cannot tell how it was loaded.
    phone.wait_for_timeout(1100)
    phone.reload()
    expect(line).to_have_attribute("data-from", str(tapped))


def test_without_the_script_the_time_to_look_again_is_said(new_page: NewPage) -> None:
    page = new_page(PHONE, java_script_enabled=False)
    page.goto("/field")
    follow(page.locator("#signs button[value=throat-swollen]"))
    expect(page.locator(".again")).to_contain_text(re.compile(r"Check again at \d\d:\d\d\. No better?"))
    expect(page.locator(".again")).not_to_contain_text("Check now.")


def test_a_further_sign_brings_its_own_time_to_look_again(phone: Page) -> None:
    phone.goto("/field")
    sign(phone, "fit")
    expect(phone.locator(".again")).to_have_count(0)
    phone.locator(".also button[value=throat-swollen]").tap()
    expect(phone.locator(".again")).to_contain_text("in 5 min")


def test_the_crews_page_is_white_whatever_the_theme(new_page: NewPage) -> None:
    page = new_page(PHONE, theme="dark", color_scheme="dark")
    page.goto("/field")
    sign(page, "choking")
    follow(page.get_by_role("button", name="Show to crew"))
    assert page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"


def test_focus_goes_to_the_advice_and_tab_order_starts_with_the_skip_link(desktop: Page) -> None:
    desktop.goto("/field")
    desktop.keyboard.press("Tab")
    assert desktop.evaluate("document.activeElement.className") == "skip"
    desktop.locator("#signs button[value=choking]").click()
    assert desktop.evaluate("document.activeElement.id") == "result"


def test_focus_is_never_under_the_call_bar(new_page: NewPage) -> None:
    page = new_page({**PHONE, "viewport": {"width": 390, "height": 600}})
    page.goto("/field")
    sign(page, "choking")
    bar = page.locator(".callbar").bounding_box()
    assert bar is not None
    for _ in range(20):
        page.keyboard.press("Tab")
        box = page.evaluate(
            """() => { const e = document.activeElement;
            return e.closest("main") ? e.getBoundingClientRect().bottom : 0; }"""
        )
        assert box <= bar["y"] + 1


def test_doubled_text_does_not_scroll_sideways(new_page: NewPage) -> None:
    page = new_page(PHONE)
    page.goto("/field")
    page.evaluate("document.documentElement.style.fontSize = '36px'")
    sideways = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(sideways) == 0
    sign(page, "choking")
    assert page.evaluate(sideways) == 0


@pytest.mark.parametrize(("width", "theme"), pairs([320, 412, 1280], ["light", "dark", "sun"]))
def test_axe_finds_nothing_on_any_page_of_the_flow(
    new_page: NewPage, axe_check: Callable[..., None], theme: str, width: int
) -> None:
    device = {**(DESKTOP if width == 1280 else PHONE), "viewport": {"width": width, "height": 844}}
    page = new_page({**device, "has_touch": True}, theme=theme, color_scheme="dark" if theme == "dark" else "light")
    by_server(page).goto("/field")
    axe_check(page, strict_contrast=True)
    sign(page, "choking")
    axe_check(page, strict_contrast=True)
    page.locator(".also button[value=fit]").tap()
    page.locator(".since summary").tap()
    axe_check(page, strict_contrast=True)
    follow(page.get_by_role("button", name="Show to crew"))
    axe_check(page, strict_contrast=True)
    page.goto("/field")
    follow(page.get_by_role("button", name="None of these"))
    axe_check(page, strict_contrast=True)
    follow(page.locator("button[name=choose][value=head]"))
    axe_check(page, strict_contrast=True)
    follow(page.get_by_role("button", name="Next"))
    expect(page.locator("#errors")).to_be_focused()
    axe_check(page, strict_contrast=True)
    taps = Taps()
    page.goto("/field")
    walk(page, "arm", taps)
    page.get_by_text("All your answers").tap()
    axe_check(page, strict_contrast=True)
    follow(page.get_by_role("button", name="Check again"))
    axe_check(page, strict_contrast=True)
    follow(page.get_by_role("button", name="Yes"))
    follow(page.get_by_role("button", name="No"))
    axe_check(page, strict_contrast=True)
    follow(page.get_by_role("button", name="10"))
    axe_check(page, strict_contrast=True)


@pytest.mark.parametrize("first", ["choking", "none"])
def test_a_first_screen_that_lay_open_for_hours_begins_at_the_first_tap(phone: Page, first: str) -> None:
    phone.clock.install(time=time.time() - 5 * 3600)
    phone.goto("/field")
    phone.wait_for_selector("html[data-asks=here]")
    phone.clock.pause_at(time.time())
    sign(phone, first)
    phone.wait_for_selector("#result, [name=choose]")
    began = phone.evaluate("[...document.querySelectorAll('main [name=started]')].map(field => Number(field.value))")
    assert began
    assert all(time.time() - seconds < 120 for seconds in began), began


def test_nothing_about_the_person_is_kept_in_the_browser(phone: Page) -> None:
    phone.goto("/field")
    sign(phone, "choking")
    phone.get_by_role("button", name="Sunlight").tap()
    assert phone.evaluate("Object.keys(localStorage)") == ["theme"]
    assert phone.context.cookies() == []
