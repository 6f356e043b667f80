"""The scripts of the pages: typed and linted without exceptions that nobody explains, and their comments stay here."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from blockmrs.controllers.site.assets import without_comments
from tests.support.at_least import at_least

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "blockmrs" / "public" / "js"
TOOLS = ROOT / "tools" / "js"
SOURCES = {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.js")}
SCRIPT = pytest.mark.parametrize("name", SOURCES)


def words_of(source: str) -> Iterator[tuple[bytes, int]]:
    """Each word and sign that a browser reads of a script, with its line."""
    waiting: list[Node] = [Parser(Language(tree_sitter_javascript.language())).parse(source.encode()).root_node]
    while waiting:
        node = waiting.pop()
        if node.type == "comment":
            continue
        if not node.children:
            yield node.text or b"", node.start_point[0]
        waiting.extend(reversed(node.children))


@SCRIPT
def test_a_script_loses_its_comments_and_nothing_else_on_its_way(name: str) -> None:
    assert list(words_of(without_comments(SOURCES[name]))) == list(words_of(SOURCES[name]))


@SCRIPT
def test_no_type_and_no_comment_of_a_line_of_its_own_travels(name: str) -> None:
    bare = without_comments(SOURCES[name])
    assert "/**" not in bare
    assert not [line for line in bare.splitlines() if line.strip().startswith("//")]


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ("// why\nlet a = 1;", "\nlet a = 1;"),
        ("  /** @type {A} */\n  let a;", "\n  let a;"),
        ("/** @param {A} a\n * @returns {B} */\nlet a;", "\n\nlet a;"),
        ("let a = /** @type {A} */ (b), c = /** @type {C} */ (d);", "let a = (b), c = (d);"),
        ('let a = "http://example.org"; // why', 'let a = "http://example.org"; // why'),
        ("try { a(); } catch (error) { /* it stays */ }", "try { a(); } catch (error) { /* it stays */ }"),
    ],
)
def test_what_counts_as_a_comment(source: str, bare: str) -> None:
    assert without_comments(source) == bare


@SCRIPT
def test_an_exception_from_a_rule_names_the_rule_and_its_reason(name: str) -> None:
    for line in SOURCES[name].splitlines():
        assert not re.search(r"@ts-(ignore|nocheck|expect-error)", line)
        assert "eslint" not in line or re.search(r"// eslint-disable-next-line [a-z-]+ -- \w+ \w+", line), line


def test_the_linter_refuses_functions_that_are_too_complex() -> None:
    assert 'complexity: ["error", 15]' in (TOOLS / "eslint.config.js").read_text(encoding="utf-8")


def test_every_script_is_checked_by_its_types() -> None:
    pages, worker = (
        json.loads((TOOLS / name).read_text(encoding="utf-8")) for name in ("tsconfig.json", "tsconfig.worker.json")
    )
    assert pages["include"][0].endswith("public/js/**/*.js")
    assert [path.rpartition("/js/")[2] for path in pages["exclude"]] == ["phone/sw.js"]
    assert worker["include"][0].endswith("/js/phone/sw.js")
    assert worker["extends"] == "./tsconfig.json"
    for option in ("checkJs", "strict", "noEmit"):
        assert pages["compilerOptions"][option] is True
        assert option not in worker["compilerOptions"]


def test_the_lock_of_the_tools_holds_each_package_by_its_digest_and_names_no_host() -> None:
    wanted = json.loads((TOOLS / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((TOOLS / "package-lock.json").read_text(encoding="utf-8"))
    assert "dependencies" not in wanted, "nothing of it is for the site"
    root = lock["packages"].pop("")
    assert root["devDependencies"] == wanted["devDependencies"]
    assert lock["packages"].keys() >= {f"node_modules/{name}" for name in wanted["devDependencies"]}
    with at_least(80) as case:
        for name, package in lock["packages"].items():
            with case(name):
                assert package["integrity"].startswith("sha512-")
                assert "resolved" not in package
                assert package["dev"]
    assert "omit-lockfile-registry-resolved=true" in (TOOLS / ".npmrc").read_text(encoding="utf-8")
    assert "registry=" not in (TOOLS / ".npmrc").read_text(encoding="utf-8").replace("registry-resolved=", "")
