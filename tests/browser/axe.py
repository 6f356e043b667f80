"""axe-core on a page as it stands, and the house rules that axe leaves out."""

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

SCRIPT = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

RUN = """([tags, extra]) => axe.run(document, {
  runOnly: {type: "tag", values: tags},
  rules: Object.fromEntries(extra.map(name => [name, {enabled: true}])),
  resultTypes: ["violations"],
})"""

SMALL = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
  .filter(element => {
    const inSentence = element.matches("p a, li a, td p a, dd:not(.do) a");
    const box = (element.closest("label.pick") || element).getBoundingClientRect();
    const shown = element.checkVisibility() && box.width > 1 && !element.closest(".skip, .vh[aria-hidden]");
    return shown && !inSentence && (box.width < 47.5 || box.height < 47.5);
  }).map(element => element.outerHTML.slice(0, 120))"""

SMALL_TEXT = """() => [...document.querySelectorAll("body *")].filter(element =>
    [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())
    && element.checkVisibility() && !element.closest(".vh[aria-hidden]")
    && parseFloat(getComputedStyle(element).fontSize) < 16
  ).map(element => element.outerHTML.slice(0, 120))"""

SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def violations(page: Page, *, strict_contrast: bool = False) -> list[str]:
    """What axe finds, one line for each element: the rule, what is wrong, and where."""
    page.evaluate(SCRIPT)
    extra = ["target-size", *(["color-contrast-enhanced"] if strict_contrast else [])]
    found: dict[str, Any] = page.evaluate(RUN, [TAGS + (["wcag2aaa"] if strict_contrast else []), extra])
    wanted = [rule for rule in found["violations"] if "wcag2aaa" not in rule["tags"] or rule["id"] in extra]
    return [f"{rule['id']}: {rule['help']}: {node['html'][:160]}" for rule in wanted for node in rule["nodes"]]


def house_rules(page: Page) -> list[str]:
    """Targets of 48 pixels, text of 16, one H1, a title, no sideways scroll: what is broken, one line each."""
    broken = [f"small target: {html}" for html in page.evaluate(SMALL)]
    broken += [f"small text: {html}" for html in page.evaluate(SMALL_TEXT)]
    if page.evaluate(SIDEWAYS) > 0:
        broken.append("the page scrolls sideways")
    if page.locator("h1").count() != 1:
        broken.append(f"{page.locator('h1').count()} H1 headings")
    if not page.title().endswith("BlockMRS"):
        broken.append(f"title {page.title()!r}")
    if not page.locator("html[lang]").count():
        broken.append("no language")
    return broken
