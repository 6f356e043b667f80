"""Show that templates say the same as those of another commit, on every page and in every state that tests see.

  tools/visible_text.py REVISION [--plain] [--pages FOLDER] [PYTEST'S ARGUMENTS: tests/functional]

Tests run as always. Each page that they are shown is made twice more in each language, from the templates here and
from those of REVISION, with the same values. Text must be the same as a browser shows it: a run of white space is one
space, none at the edges of a box, and none means that words are glued. So must every element with every attribute.

Printed is how much was compared; what differs; and which templates no test has seen. --plain gives those of REVISION
to Kajiki as they are, as releases before `controllers/web/white_space.py` did. --pages keeps each pair that is unlike
the others, as files `0001-before.html` and `0001-after.html`, to lay them side by side in a browser.
"""

import argparse
import difflib
import io
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import tg
from kajiki.util import flattener, literal
from tg.renderers.kajiki import KajikiTemplateLoader

from blockmrs.controllers.site.language import ENVIRON_KEY, speak
from blockmrs.controllers.web.white_space import Loader, Renderer
from blockmrs.i18n.languages import LANGUAGES

ROOT = Path(__file__).parents[1]
PACKAGE = "blockmrs.templates."
# Another one in each page, whatever its templates.
SAME = {"csrf_token": lambda: "token", "phone_account": lambda: "account"}
BOXES = frozenset(
    """
    address article aside blockquote body br button caption dd details div dl dt fieldset figure footer form h1 h2 h3 h4
    h5 h6 head header hr html input label legend li link main meta nav ol optgroup option p pre script section select
    style summary table tbody td template textarea tfoot th thead title tr ul
    """.split()
)
# What app.css makes a box of its own, whatever the element: public/css/app.css.
BOX_CLASSES = frozenset({"back", "btn", "call", "code", "err", "in", "linklike", "pick"})
ROWS_OF_BOXES = frozenset({"tasks"})
LAYS_OUT_BOXES = frozenset({"band", "bars", "btns", "chips", "dates", "grid", "groups", "pairs", "tasks", "with"})
AS_WRITTEN = frozenset({"pre", "script", "style", "textarea"})
LINES_CLASS = "lines"
VOID = frozenset("area base br col hr img input link meta".split())
SPACE = re.compile(r"[ \t\r\n\f]+")
EDGE = "\n"
ONLY_A_NAME = re.compile(r"[0-9a-f]{16,}|[0-9]+")
SHOWN_DIFFERENCES = 5


class Reader(HTMLParser):
    """Reads a page: `elements` has each with its attributes, in order; `text` what a browser shows of it."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self._pieces: list[str] = []
        self._open: list[tuple[str, str, set[str]]] = []
        self.feed(page)
        self.close()

    @property
    def text(self) -> list[str]:
        """The text of each box that has any: one space for each run of white space, and none at the box's edges."""
        boxes = "".join(self._pieces).split(EDGE)
        return [line for box in boxes if (line := re.sub(" +", " ", box).strip(" "))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins, and perhaps a box."""
        self.elements.append(f"<{tag} {attrs}>")
        classes = set((dict(attrs).get("class") or "").split())
        around = self._open[-1][2] if self._open else set[str]()
        row = self._open[-2][2] if len(self._open) > 1 else set[str]()
        is_box = tag in BOXES or classes & BOX_CLASSES or around & LAYS_OUT_BOXES or row & ROWS_OF_BOXES
        edge = EDGE if is_box else ""
        self._pieces.append(edge)
        if tag not in VOID:
            self._open.append((tag, edge, classes))

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        while self._open:
            name, edge, _ = self._open.pop()
            self._pieces.append(edge)
            if name == tag:
                break

    def handle_data(self, data: str) -> None:
        """Text."""
        as_written = any(tag in AS_WRITTEN or LINES_CLASS in classes for tag, _, classes in self._open[-3:])
        self._pieces.append(repr(data) if as_written else SPACE.sub(" ", data))


def differences(before: str, after: str) -> list[str]:
    """What one page has that the other has not."""
    one, other = Reader(before), Reader(after)
    found: list[str] = []
    for pages in ((one.elements, other.elements), (one.text, other.text)):
        if pages[0] != pages[1]:
            found += difflib.unified_diff(*pages, "before", "after", lineterm="", n=0)
    return found


class OtherTemplates:
    """Finds templates by their dotted names in another folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_dotted_filename(self, template_name: str, template_extension: str) -> str:
        """The file of that template."""
        return str(self._folder / (template_name.removeprefix(PACKAGE).replace(".", "/") + template_extension))


@dataclass
class Comparison:
    """Beside each page that is made, the same page from the other templates."""

    other: KajikiTemplateLoader
    pages: Path | None
    seen: Counter[str] = field(default_factory=Counter)
    pairs: set[int] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    sizes: list[int] = field(default_factory=lambda: [0, 0])
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def compare(self, loader: KajikiTemplateLoader, name: str, variables: dict[str, Any]) -> None:
        """Make the page both ways in each language, and note what differs."""
        spoken = tg.request.environ[ENVIRON_KEY], tg.request_local.context.translator
        # Kajiki's own markup can be read only once.
        markup = {name: value.accumulate_str() for name, value in variables.items() if isinstance(value, flattener)}
        for language in LANGUAGES:
            speak(language)
            values = {**variables, **SAME, "lang": language}
            before, after = (
                str(one.load(name)(values | {name: literal(text) for name, text in markup.items()}).render())
                for one in (self.other, loader)
            )
            self.seen[name] += 1
            self.sizes = [size + len(page.encode()) for size, page in zip(self.sizes, (before, after), strict=True)]
            # Most pages are those of another test with other names and numbers in their addresses.
            pair = hash(tuple(ONLY_A_NAME.sub("0", page) for page in (before, after)))
            if pair in self.pairs:
                continue
            self.pairs.add(pair)
            if found := differences(before, after):
                self.wrong.setdefault(f"{name} in {language}", found)
            self._keep(f"{name} {language}", before, after)
        tg.request.environ[ENVIRON_KEY], tg.request_local.context.translator = spoken
        variables |= {name: literal(text) for name, text in markup.items()}

    def _keep(self, name: str, before: str, after: str) -> None:
        """One pair of each kind: pages that differ in names, numbers and texts alone are of one."""
        kind = name + " ".join(re.findall(r"<[a-z0-9]+", after))
        if kind in self.kinds:
            return
        self.kinds.add(kind)
        if self.pages is not None:
            for what, page in (("before", before), ("after", after)):
                (self.pages / f"{len(self.kinds):04}-{what}.html").write_text(page, encoding="utf-8")

    def report(self, unseen: list[str]) -> list[str]:
        """What was compared, and what was found."""
        lines = [
            f"{sum(self.seen.values())} pages of {len(self.seen)} templates; {len(self.pairs)} differ in their words,",
            f"{len(self.kinds)} of them in their elements",
            f"{self.sizes[0]} bytes before, {self.sizes[1]} after",
            f"not seen: {', '.join(unseen) or 'none'}",
        ]
        for name, found in self.wrong.items():
            lines += ["", name, *found[: 4 * SHOWN_DIFFERENCES]]
        return [*lines, "", f"{len(self.wrong)} templates say something else" if self.wrong else "all say the same"]


def compare_in(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on each page that is made is compared."""
    usual = Renderer.__call__

    def compared(renderer: Renderer, name: str, variables: dict[str, Any], **others: Any) -> Any:
        comparison.compare(renderer.loader, name, variables)
        return usual(renderer, name, variables, **others)

    monkeypatch.setattr(Renderer, "__call__", compared)


def main() -> int:
    """Run the tests and compare; 1 when anything differs, or a test fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--pages", type=Path)
    given, tests = parser.parse_known_args()
    if given.pages is not None:
        given.pages.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        archive = subprocess.run(
            ["git", "archive", given.revision, "blockmrs/templates"], cwd=ROOT, check=True, capture_output=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        templates = Path(folder) / "blockmrs" / "templates"
        kind = KajikiTemplateLoader if given.plain else Loader
        loader = kind(str(templates), dotted_finder=OtherTemplates(templates), reload=False)
        comparison = Comparison(loader, given.pages)
        compare_in(comparison, monkeypatch)
        result = pytest.main(["-q", *(tests or ["tests/functional"])])
        names = {path.relative_to(templates).with_suffix("").as_posix() for path in templates.rglob("*.xhtml")}
        unseen = sorted(names - {name.removeprefix(PACKAGE).replace(".", "/") for name in loader.modules})
    print("\n".join(comparison.report(unseen)))
    return 1 if comparison.wrong or result else 0


if __name__ == "__main__":
    sys.exit(main())
