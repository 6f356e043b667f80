"""docs/architecture.md is true: its rooms are the folders, its walk names files that exist, its words are in use."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.at_least import at_least

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "blockmrs"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
# Below these a folder is content of its room: pages, scripts, rules, catalogues.
WHOLE = ("templates", "public", "i18n", "domain/triage", "model/migrations")
# Names of classes that say what they mean to somebody who knows English and not this protocol. A new word goes here if
# it is plain; else it goes, with its meaning, into the words of docs/architecture.md.
PLAIN = frozenset(
    """
    account additions after again all answer any archive as at attempts backup body browsers by calls change chapter
    choice clause clock cost counts demo document entry everyone extent fact family finder firing first folder
    follow form holder housekeeper housekeeping identity in inbox is item items joining known least leaving limits
    list lock entries made member memory message missing name names nature new news not now number of open opened
    opening option out overview page people person phone picture placed play player prepared question reader
    readiness reason reassured restore result saved says seen sender senders service services session set sharing
    sort source sport staff state status strangers team teams telling text ticks times to toggle told triage
    unreadable up ups value view watch who word words wrapper writer given replies waiting for from on event filter
    happening visits questions left do lets let go anew stopped step working progress listed private received what
    copies copy handing over passed newest following followed before gets unfinished lost
    closer closes closing going hand stays surveyor running kept lengths
    """.split()
)


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
    assert found is not None, title
    return found[1]


def table(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


WORDS = table("The words")


def spelled(term: str) -> re.Pattern[str]:
    """The term as text, code or file name write it, in one or several."""
    return re.compile(r"[ _-]?".join(map(re.escape, term.lower().split())), re.I)


def test_every_room_is_in_the_table_and_every_line_of_it_is_a_room() -> None:
    folders = {path.parent.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py")} | {"blockmrs/public"}
    content = tuple(f"blockmrs/{folder}/" for folder in WHOLE)
    rooms = {folder for folder in folders if not f"{folder}/".startswith(content) or f"{folder}/" in content}
    assert [row[0].strip("`") for row in table("The rooms")] == list(
        dict.fromkeys(row[0].strip("`") for row in table("The rooms"))
    )
    assert {row[0].strip("`") for row in table("The rooms")} == rooms - {"blockmrs"}


@pytest.mark.parametrize(
    ("name", "container"), [("services", "blockmrs.services"), ("controllers", "blockmrs.controllers")]
)
def test_the_floors_are_those_that_the_linter_holds(name: str, container: str) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    held = next(one["layers"] for one in settings["contracts"] if one.get("containers") == [container])
    drawn = re.search(rf"^{name}((?: +\S.*\n)+)", section("The rooms"), re.M)
    assert drawn is not None
    floors = [set(line.strip().split(" · ")) for line in drawn[1].splitlines()]
    assert floors == [set(layer.split(" | ")) for layer in held]


def test_the_walk_has_ten_steps_each_of_which_names_files_that_exist() -> None:
    steps = re.split(r"^\d+\. ", section("From the tap to the hospital"), flags=re.M)[1:]
    assert len(steps) == 10
    for number, step in enumerate(steps, 1):
        paths = re.findall(r"`(blockmrs/[^`]+)`", step)
        assert paths, f"step {number} names no file"
        assert [path for path in paths if not (ROOT / path).is_file()] == [], f"step {number}"


def test_the_words_are_in_order_each_with_one_sentence_and_a_home_that_speaks_of_it() -> None:
    terms = [term for term, _, _ in WORDS]
    assert terms == sorted(set(terms), key=str.lower)
    with at_least(110) as case:
        for term, meaning, home in WORDS:
            with case(term):
                assert re.fullmatch(r"[A-Z28].*[^.]\.", meaning)
                assert ". " not in meaning, f"{term}: one sentence"
                path = ROOT / home.strip("`")
                assert path.is_file(), home
                assert spelled(term).search(home + path.read_text(encoding="utf-8")), f"{home} does not speak of {term}"


def test_every_word_is_used_in_more_places_than_its_home() -> None:
    paths = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.toml"), *(ROOT / "docs").rglob("*.md")]
    texts = {path: path.read_text(encoding="utf-8") for path in paths if path != ROOT / "docs" / "architecture.md"}
    lonely = [
        term
        for term, _, home in WORDS
        if not any(spelled(term).search(text) for path, text in texts.items() if path != ROOT / home.strip("`"))
    ]
    assert lonely == []


def public_classes() -> list[tuple[str, str]]:
    """The name and file of each public class of the rooms whose words others learn."""
    return [
        (node.name, path.relative_to(ROOT).as_posix())
        for room in ("chain", "crypto", "domain", "services")
        for path in sorted((PACKAGE / room).rglob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]


@pytest.fixture(scope="module")
def explained() -> set[str]:
    """Every word of a term, in one and in several."""
    words = {word.lower() for term, _, _ in WORDS for word in term.split()}
    return {f"{word}{ending}" for word in words for ending in ("", "s", "ed", "ing")}


def test_every_class_of_the_public_surface_is_explained_or_plain_english(explained: set[str]) -> None:
    unknown = {
        f"{name} ({file}): {word}"
        for name, file in public_classes()
        for word in re.findall(r"[A-Z][a-z]*", name)
        if word.lower() not in explained | PLAIN
    }
    assert PLAIN & explained == set()
    assert unknown == set(), "say what the word means in docs/architecture.md, or that it is plain English in PLAIN"


PARTICIPLES = frozenset({"told", "said", "found", "kept", "held"})
VERBS_AND_ADDRESSES = {
    ("controllers/field/field.py", "kept"): "/field/kept, an address that phones remember",
    ("domain/triage/telling.py", "TOLD"): "an adjective: the family is told",
}


def names_given(tree: ast.AST) -> Iterator[str]:
    """Every name that a module gives: to variables, parameters, attributes, functions and classes."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name


def test_nothing_is_named_by_what_was_done_to_it() -> None:
    names = {
        (path.relative_to(PACKAGE).as_posix(), name)
        for path in PACKAGE.rglob("*.py")
        for name in (*names_given(ast.parse(path.read_text(encoding="utf-8"))), path.stem)
        if name.strip("_").lower() in PARTICIPLES
    }
    assert names == set(VERBS_AND_ADDRESSES), "say what it is: a match, an entry, a statement, keys"


GIVEN_IN_TEMPLATE = re.compile(r'function="([^"]*)"|(?:py:for|each)="([^"]*?) in |vars="([^"]*)"', re.S)


def test_no_template_names_by_what_was_done() -> None:
    names = set()
    for path in (PACKAGE / "templates").rglob("*.xhtml"):
        for function, each, variables in GIVEN_IN_TEMPLATE.findall(path.read_text(encoding="utf-8")):
            words = re.findall(r"\w+", function + " " + each) + re.findall(r"(?:^|;)\s*(\w+)\s*=", variables)
            names |= {(path.name, word) for word in words if word in PARTICIPLES}
    assert names == set()
