"""Hands that tap through the questions: where the page's script answers, and where each tap is a form for the server.

Taps are counted, and the machine's own time is measured apart from them: what somebody waits after their taps.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.conftest import PHONE, context_on, own_settings, served
from tests.browser.test_offline import wait_until_kept

Step = list[tuple[str, str]]
"""The form fields that one screen sends: what was carried so far, each tick, and last the button."""

MODES = ("script on", "script off", "network off")
LANGUAGES = {"en": "English", "es": "Español"}

# A target that is not there, not seen or too small for a thumb ends it with an error.
TAPPING = """
    const tap = (target, field) => {
        if (!target) throw new Error("not there: " + field);
        const box = (target.closest("label") || target).getBoundingClientRect();
        if (box.height < 47.9 || box.width < 47.9) throw new Error("too small: " + field);
        target.click();
        return 1;
    };
    const named = ([name, value]) => {
        const wanted = `#main [name="${name}"][value="${CSS.escape(value)}"]:not([type=hidden])`;
        return [...document.querySelectorAll(wanted)].find(node => node.closest("form").method === "post");
    };
    const answer = fields => {
        const last = fields.find(([name]) => ["sign", "choose", "answer"].includes(name));
        const ticks = fields.filter(([name]) => name === "pick");
        return [...ticks, last].reduce((taps, field) => taps + tap(named(field), field), 0);
    };
    const level = () => {
        const shown = document.querySelector("#main #result") && document.querySelector("#main .of").textContent;
        return shown ? Number(/[1-4]/.exec(shown)[0]) : 0;
    };
"""
AT_ONCE = (
    "async steps => {"
    + TAPPING
    + """
    const begun = performance.now(), taps = steps.reduce((sum, fields) => sum + answer(fields), 0);
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    return [level(), taps, performance.now() - begun];
}"""
)
BY_FORM = "fields => {" + TAPPING + "return answer(fields); }"
SHOWN = "() => {" + TAPPING + "return level(); }"
LOADED_MS = "() => performance.getEntriesByType('navigation')[0].domComplete"


@dataclass(frozen=True)
class Played:
    """An interview that was tapped: the level of the advice (0: none came), all taps, and the machine's time.

    The time is from the first tap to the advice on the screen, as the browser itself measures it: with the script until
    the next frame is painted, without it the sum of the pages' loading.
    """

    level: int
    taps: int
    machine_ms: float


Hand = Callable[[Sequence[Step]], Played]


def hand_at_once(page: Page) -> Hand:
    """From the first screen on, where the page's script answers."""

    def play(steps: Sequence[Step]) -> Played:
        page.goto("/field")
        page.wait_for_selector("html[data-asks=here]", timeout=60_000)
        return Played(*page.evaluate(AT_ONCE, steps))

    return play


def hand_by_forms(page: Page) -> Hand:
    """From the first screen on, in a browser whose script is off: each answer is a page of the server."""

    def play(steps: Sequence[Step]) -> Played:
        page.goto("/field")
        taps, machine_ms = 0, 0.0
        for fields in steps:
            with page.expect_navigation():
                taps += page.evaluate(BY_FORM, fields)
            machine_ms += page.evaluate(LOADED_MS)
        return Played(page.evaluate(SHOWN), taps, machine_ms)

    return play


def choose(page: Page, language: str) -> None:
    """Choose the language as a person does; the service worker has no other way to know it."""
    page.goto("/login")
    with page.expect_navigation():
        page.get_by_role("button", name=LANGUAGES[language], exact=True).click()


@contextmanager
def hand_on(chromium: Browser, site: str, mode: str, language: str, folder: Path) -> Iterator[Hand]:
    """A hand on a phone in that mode. Without a network: its own server was there for one visit, and is off since."""
    with served(own_settings(folder / "data")) if mode == "network off" else nullcontext(site) as address:
        context = context_on(chromium, address, PHONE, java_script_enabled=mode != "script off")
        page = context.new_page()
        if language != "en":
            choose(page, language)
        if mode == "network off":
            page.goto("/field")
            wait_until_kept(page)
            page.goto("about:blank")
    hand = hand_by_forms(page) if mode == "script off" else hand_at_once(page)
    page.goto("/field")
    assert page.locator("html").get_attribute("lang") == language
    yield hand
    context.close()
