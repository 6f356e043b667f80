"""What the oldest supported browsers do not know is refused in scripts and styles; what is allowed has its reason."""

import re
from pathlib import Path

import pytest

from tests.support.at_least import at_least
from tools.browsers.check import ALLOWED, PUBLIC, check_scripts, check_styles, main
from tools.browsers.floor import OLDEST, too_new

BROWSERS = Path(__file__).parents[2] / "docs" / "browsers.md"
TOO_NEW = {
    "submitter": "form.addEventListener('submit', event => send(event.submitter));",
    "submitter taken apart": "const { submitter } = event;",
    "requestSubmit": "form.requestSubmit();",
    "at": "const last = steps.at(-1);",
    "structuredClone": "const copy = structuredClone(report);",
    "randomUUID": "const id = crypto.randomUUID();",
    "locks": "navigator.locks.request('send', act);",
    "databases": "const all = wait(indexedDB.databases());",
    "hasOwn": "if (Object.hasOwn(report, 'id')) keep(report);",
    "findLast": "const latest = looks.findLast(isWhole);",
    "showModal": "dialog.showModal();",
    "asked by name": "if ('requestSubmit' in form) send(form);",
    "by its text": "form['requestSubmit']();",
    "await at the top": "const report = await find(id);",
    "for await at the top": "for await (const report of all) show(report);",
    "a field of a class": "class Report { sent = false; }",
    "a private member": "class Report { #key() {} }",
    "a static block": "class Report { static { register(Report); } }",
    "looking behind": "const found = /(?<=a)b/.test(text);",
    "a flag of sets": "const found = /[a--b]/v.test(text);",
    "no JavaScript": "const = 4;",
}
KNOWN = """
const wanted = report?.fields ?? [], all = [...new Set(wanted)].flat();
async function find(id) { const { fields = [] } = await open(id); return fields.find(field => field.id === id); }
const look = { at: 1, has: name => name in look }, time = look.at;
Promise.allSettled(all).then(found => main.replaceChildren(...found.map(one => one.value)));
const words = /^(?<name>[a-z]+)$/u.exec("word").groups.name.replaceAll("a", "b");
"""


@pytest.mark.parametrize("source", TOO_NEW.values(), ids=TOO_NEW)
def test_a_script_that_uses_what_an_old_browser_lacks_is_refused(source: str) -> None:
    assert check_scripts({"new.js": source}, allowed=()) != []


def test_what_every_supported_browser_knows_is_taken() -> None:
    assert check_scripts({"old.js": KNOWN}, allowed=()) == []


def test_a_word_of_our_own_is_no_call_of_the_browsers() -> None:
    own = "const look = { at: 4 }; tell(look.at);"
    assert check_scripts({"one.js": own, "two.js": "const last = steps.at(-1);"}, allowed=()) == ["two.js:1: at"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("p { aspect-ratio: 1; }", ["s.css:1: aspect-ratio"]),
        ("@media print { p { aspect-ratio: 1; } }", ["s.css:1: aspect-ratio"]),
        ("@supports (aspect-ratio: 1) { p { aspect-ratio: 1; } }", []),
        ("@layer base { p { color: red; } }", ["s.css:1: @layer"]),
        (".pick, .pick:has(:checked) { color: red; }", ["s.css:1: :has"]),
        (".pick:has(:checked) { color: red; }", []),
        ("p:hover { color: red; top: 4px; }", []),
    ],
)
def test_a_style_that_an_old_browser_does_not_know_is_refused(source: str, found: list[str]) -> None:
    assert check_styles("s.css", source, allowed=("has",)) == found


def test_our_scripts_and_styles_run_in_every_supported_browser(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0, capsys.readouterr().out


def test_what_is_allowed_is_too_new_used_and_has_its_reason() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in PUBLIC.rglob("*.*s"))
    newer = frozenset().union(*too_new().values())
    with at_least(15) as case:
        for name, reason in ALLOWED.items():
            with case(name):
                assert name.lstrip("@") in newer
                assert name in source
                assert len(reason) > 5


def test_the_documents_name_the_browsers_that_are_checked() -> None:
    text = BROWSERS.read_text(encoding="utf-8")
    for browser in ("safari", "chrome", "firefox"):
        assert re.search(rf"{browser}[^|]*\| {OLDEST[browser][0]} ", text, re.IGNORECASE), browser
