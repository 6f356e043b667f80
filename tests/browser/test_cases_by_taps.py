"""Every worked case, tapped through on a phone: each answer is a button or a tick that is really there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.rules import ALWAYS, Level
from blockmrs.services.triage import TriageService
from tests.browser.conftest import PHONE
from tests.triage.interviews import place_of, play_fields
from tests.triage.test_cases import CASES, truth_of

NewPage = Callable[..., Page]
Steps = list[list[tuple[str, str]]]
RULES = load_rules()
SERVICE = TriageService()
MOST_TAPS = 9
"""After "None of these", where nothing applies."""

# Taps what each step says. A target that is not there, not seen or too small for a thumb ends it with an error.
TAP = """steps => {
    history.replaceState(null, "");
    window.dispatchEvent(new PopStateEvent("popstate", {state: null}));
    const main = document.getElementById("main");
    let taps = 0;
    const tap = (target, field) => {
        if (!target) throw new Error("not there: " + field);
        const box = (target.closest("label") || target).getBoundingClientRect();
        if (box.height < 47.9 || box.width < 47.9) throw new Error("too small: " + field);
        target.click();
        taps += 1;
    };
    const named = ([name, value]) => {
        const wanted = `[name="${name}"][value="${CSS.escape(value)}"]:not([type=hidden])`;
        return [...main.querySelectorAll(wanted)].find(node => node.closest("form").method === "post");
    };
    for (const fields of steps) {
        for (const field of fields.filter(([name]) => name === "pick")) tap(named(field), field);
        const last = fields.find(([name]) => ["sign", "choose", "answer"].includes(name));
        tap(named(last), last);
    }
    const card = main.querySelector("#result");
    return {level: card ? Number(/Level ([1-4]) of 4/.exec(main.textContent)[1]) : 0, taps: taps - 1};
}"""


@pytest.fixture(scope="module")
def phone(chromium: Browser, site: str) -> Iterator[Page]:
    """A phone on the first screen, whose script answers."""
    context = chromium.new_context(base_url=site, **PHONE)  # type: ignore[arg-type]  # its options
    page = context.new_page()
    page.goto("/field")
    page.wait_for_selector("html[data-asks=here]", timeout=60_000)
    yield page
    context.close()


def steps_of(case: dict[str, Any]) -> Steps:
    return play_fields(
        SERVICE,
        truth_of(case),
        age=case.get("age", "unknown"),
        part=place_of(RULES, case.get("complaints", ["other"])[-1]),
        look_first=case.get("look_first", False),
    )


@pytest.mark.parametrize("start", range(8))
def test_every_case_is_tapped_to_its_level(phone: Page, start: int) -> None:
    for case in CASES[start::8]:
        found = phone.evaluate(TAP, steps_of(case))
        assert Level(found["level"]).disposition == case["expected"], case["name"]


@pytest.mark.parametrize("complaint", sorted(set(RULES.presentations) - set(ALWAYS)))
def test_where_nothing_applies_at_most_nine_taps_lead_to_advice(phone: Page, complaint: str) -> None:
    for band in RULES.age_bands:
        steps = play_fields(SERVICE, {}, age=band.id, part=place_of(RULES, complaint))
        found = phone.evaluate(TAP, steps)
        assert found["level"], band.id
        assert found["taps"] <= MOST_TAPS, band.id


def test_the_tapping_sees_a_button_that_is_missing(phone: Page) -> None:
    with pytest.raises(Exception, match="not there: sign,levitating"):
        phone.evaluate(TAP, [[("sign", "levitating")]])


@pytest.mark.parametrize("name", ["head", "ank", "anx"] if "anx" in RULES.presentations else ["head", "ank"])
def test_a_finger_does_the_same(new_page: Callable[..., Page], name: str) -> None:
    case = next(case for case in CASES if case.get("complaints", [""])[-1] == name and case["expected"] != "ambulance")
    page = new_page(PHONE)
    page.goto("/field")
    page.wait_for_selector("html[data-asks=here]", timeout=60_000)
    for fields in steps_of(case):
        last = next(field for field in fields if field[0] in ("sign", "choose", "answer"))
        for field, value in [*(field for field in fields if field[0] == "pick"), last]:
            page.locator(f"#main form[method=post] [name='{field}'][value='{value}']:not([type=hidden])").first.tap()
    wanted = next(level for level in Level if level.disposition == case["expected"])
    expect(page.locator(".of")).to_contain_text(f"Level {int(wanted)} of 4")
