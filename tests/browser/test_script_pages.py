"""With the script the questions and the advice need no request, and are the very pages that the server would send."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from blockmrs.controllers.field.wire import carry, read
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.rules import Level
from blockmrs.services.advice.interviews import TriageService
from blockmrs.services.advice.who_is_told import WhoIsTold
from tests.browser.conftest import PHONE, context_on
from tests.triage.interviews import place_of, play_fields
from tests.triage.test_cases import CASES, truth_of

Fields = list[tuple[str, str]]
RULES = load_rules()
SERVICE = TriageService()
SAME = """async ([steps, path]) => {
    const parser = new DOMParser(), found = [];
    const plain = main => {
        main.querySelectorAll(".age").forEach(node => node.remove());
        main.querySelectorAll("input[type=hidden]").forEach(node => {
            node.setAttribute("value", node.getAttribute("value").replace(/\\b[0-9]{9,}\\b/g, "time"));
        });
        main.querySelectorAll("[data-since]").forEach(node => {
            node.removeAttribute("data-since");
            node.querySelectorAll("strong, time").forEach(part => { part.textContent = ""; });
        });
        // Small helps that the script shows once the page is there.
        main.querySelectorAll("[data-print], .large span").forEach(node => node.removeAttribute("hidden"));
        main.querySelectorAll("[data-from]").forEach(node => {
            node.setAttribute("data-from", "time");
            node.querySelectorAll("span, strong").forEach(part => { part.textContent = ""; });
        });
        main.querySelectorAll("[tabindex]").forEach(node => node.removeAttribute("tabindex"));
        main.querySelectorAll("*").forEach(node => {
            const own = [...node.attributes].sort((one, other) => one.name < other.name ? -1 : 1);
            own.forEach(({name, value}) => { node.removeAttribute(name); node.setAttribute(name, value); });
        });
        const timeless = main.innerHTML.replace(/\\b[0-9]{2}:[0-9]{2}\\b/g, "time");
        return timeless.replace(/\\s+/g, " ").replace(/ ?(<[^>]*>) ?/g, "$1");
    };
    const main = document.getElementById("main"), form = document.createElement("form");
    form.method = "post";
    form.action = path;
    for (const fields of steps) {
        const body = new URLSearchParams(fields), answer = await fetch(path, {method: "POST", body});
        const theirs = parser.parseFromString(await answer.text(), "text/html");
        form.replaceChildren();
        fields.forEach(([name, value]) => form.append(Object.assign(document.createElement("input"), {name, value})));
        main.replaceChildren(form);
        form.requestSubmit();
        const ours = main.cloneNode(true);
        found.push([document.title, theirs.title, plain(ours), plain(theirs.getElementById("main"))]);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def asking(chromium: Browser, site: str) -> Iterator[Page]:
    """A phone whose script is there, and answers."""
    context = context_on(chromium, site, PHONE)
    page = context.new_page()
    page.goto("/field")
    page.wait_for_selector("html[data-asks=here]", timeout=60_000)
    yield page
    context.close()


def steps_of(case: dict[str, Any]) -> list[Fields]:
    return play_fields(
        SERVICE,
        truth_of(case),
        age=str(case.get("age", "unknown")),
        part=place_of(RULES, case.get("complaints", ["other"])[-1]),
        look_first=bool(case.get("look_first", False)),
    )


def compare(asking: Page, name: str, steps: list[Fields], path: str = "/field/ask/1") -> None:
    for ours_title, title, ours, theirs in asking.evaluate(SAME, [[travelled(fields) for fields in steps], path]):
        assert ours_title == title, name
        assert ours == theirs, name


def travelled(fields: Fields) -> Fields:
    """The fields with how the person came to them, as every form of these pages carries it."""
    now = int(time.time())
    names = [name for name, _ in fields if name.startswith(("a.", "again.")) or name in ("age", "complaints")]
    trail = [("trail", f"{now} {' '.join(part)}") for part in (names[:10], names[10:]) if part]
    return [*fields, *trail, ("was", "3"), ("started", str(now - 60))]


@pytest.mark.parametrize("start", range(4))
def test_every_page_of_a_case_is_the_servers_own(asking: Page, start: int) -> None:
    for case in CASES[start::32]:
        compare(asking, case["name"], steps_of(case))


def test_what_follows_the_advice_is_the_servers_own(asking: Page) -> None:
    """A further sign, an answer taken back, and a look that finds them worse."""
    for case in CASES[::40]:
        last = carry(read(SERVICE, steps_of(case)[-1]))
        looks: list[Fields] = [[*last, ("look", "again")]]
        for page, answer in (("again-awake", "yes"), ("again-breathing", "yes"), ("again-pain", "4")):
            looks.append([*carry(read(SERVICE, looks[-1])), ("page", page), ("choose", answer)])
        looked = carry(read(SERVICE, looks[-1]))
        changes = [[*last, ("change", name)] for name in ("age", "complaints", "fit")]
        compare(asking, case["name"], [*looks, *changes, [*looked, ("change", "again.1")], [*last, ("sign", "fit")]])


def test_what_is_not_for_every_eye_is_offered_to_no_other_than_by_the_server(asking: Page) -> None:
    touched = [case for case in CASES if WhoIsTold(SERVICE, {}).of(read(SERVICE, steps_of(case)[-1])).policies]
    assert touched
    for case in touched[::12]:
        compare(asking, case["name"], steps_of(case)[-1:])


def test_a_page_sent_on_without_an_answer_is_the_servers_own(asking: Page) -> None:
    for case in CASES[::64]:
        pages = [fields for fields in steps_of(case) if ("answer", "none") in fields]
        empty = [[pair for pair in fields if pair[0] != "answer"] + [("answer", "next")] for fields in pages]
        compare(asking, case["name"], empty)


NONE: Fields = [(f"a.{sign.id}", "no") for sign in RULES.signs]
TOLD = [
    *("hit his hed and thrown up", "no respira", "he is not breathing", "chest pain", "zzyzx qwop", "the and of"),
    *(
        "",
        "   ",
        "x" * 200,
        "x" * 201,
        "hit\x85 head",
        "hit \u202e head",
        "hit \ufffd",
        "<b>hit</b> & hed",
        "\u00a0hed",
    ),
]


def test_what_is_told_in_own_words_leads_to_the_servers_own_pages(asking: Page) -> None:
    told: list[Fields] = [[*NONE, ("words", text)] for text in TOLD]
    offered: Fields = [*NONE, ("offered", "head"), ("offered", "dv"), ("offered", "not-breathing")]
    ticked: list[Fields] = [[*offered, ("answer", "next"), *(("pick", name) for name in names)] for names in PICKED]
    # Where the place is known already, the box is not there, and what it says is passed over.
    known: Fields = [*NONE, ("complaints", "head"), ("words", "hit his hed")]
    compare(asking, "told", [*told, offered, *ticked, known, NONE], "/field/words")


PICKED: list[tuple[str, ...]] = [(), ("head",), ("dv", "head")]


def test_the_page_for_the_crew_is_the_servers_own(asking: Page) -> None:
    shown = 0
    for case in CASES[::8]:
        fields = list(carry(read(SERVICE, steps_of(case)[-1])))
        if SERVICE.conclude(read(SERVICE, fields)).level is Level.AMBULANCE:
            shown += 1
            looked = [("again.1.awake", "yes"), ("again.1.breathing", "yes"), ("again.1.pain", "4")]
            compare(asking, case["name"], [fields, [*fields, *looked], [*fields, ("hurt", "1")]], "/field/show")
    assert shown > 5
    compare(asking, "a further sign", [[("a.choking", "yes"), ("a.chest-pain", "yes")]], "/field/show")
