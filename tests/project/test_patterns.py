"""No text takes a regular expression longer than its length is worth: of all patterns in the source, wherever they are.

One line of 20,000 characters once held the whole server for hours. The steps are counted (tests/support/steps.py), not
timed.
"""

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.steps import Counted, TooManySteps, hard_texts

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "blockmrs"
USES = frozenset({"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"})
LENGTH, MOST_GROWTH = 100, 2.5
LITERAL = re.compile(r"/((?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)/([a-z]*)")


@dataclass(frozen=True)
class Pattern:
    where: str
    text: str
    flags: int
    how: str


def python_patterns() -> Iterator[Pattern]:
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
    everything = "\n".join(sources.values())
    for path, source in sources.items():
        if not re.search(r"\bre\b", source):
            continue  # Whatever uses the module has to name it.
        nodes = list(ast.walk(ast.parse(source)))
        froms = [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
        assert "re" not in froms, f"{path.name}: import the module, so that its patterns are found"
        named = {
            id(node.value): node.targets[0].id
            for node in nodes
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for node, function in calls_of_re(nodes):
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            if function != "compile":
                text = node.args[0]
                assert isinstance(text, ast.Constant), f"{where}: a pattern that is made while running"
                yield Pattern(where, str(text.value), 0, function)
                continue
            assert id(node) in named, f"{where}: give the pattern a name of the module"
            name = named[id(node)]
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            compiled = getattr(module, name)
            text = compiled.pattern if isinstance(compiled.pattern, str) else compiled.pattern.decode("latin-1")
            # A private name is used in its own module, another one anywhere.
            used = source if name.startswith("_") else everything
            for how in sorted(set(re.findall(rf"\b{name}\.(\w+)\(", used)) & USES) or ["search"]:
                yield Pattern(f"{where} {name}", text, compiled.flags & re.IGNORECASE, how)


def calls_of_re(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.Call, str]]:
    """Each call that reads a pattern, and what of the module it calls."""
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=function)):
                if function not in ("escape", "purge"):
                    yield node, function


def template_patterns() -> Iterator[Pattern]:
    for path in sorted(PACKAGE.glob("templates/**/*.xhtml")):
        for match in re.finditer(r"""\bpattern=(?:"([^"]*)"|'([^']*)')""", path.read_text(encoding="utf-8")):
            text = match[1] or match[2]
            assert "${" not in text, f"{path.name}: a pattern that is made while running"
            yield Pattern(f"{path.relative_to(ROOT)} {text}", as_python(text), 0, "fullmatch")


def script_patterns() -> Iterator[Pattern]:
    for path in sorted(PACKAGE.glob("public/**/*.js")):
        source = path.read_text(encoding="utf-8")
        for place, text, flags in regex_literals(source):
            line = source.count("\n", 0, place) + 1
            ignore = re.IGNORECASE if "i" in flags else 0
            yield Pattern(f"{path.relative_to(ROOT)}:{line}", as_python(text), ignore, "sub")
        for match in re.finditer(r"\bnew RegExp\(", source):
            strings = re.match(r"""(\s*\+?\s*"(?:[^"\\]|\\.)*")+""", source[match.end() :])
            assert strings, f"{path.name}: a pattern that is made while running"
            text = "".join(ast.literal_eval(one) for one in re.findall(r'"(?:[^"\\]|\\.)*"', strings[0]))
            yield Pattern(f"{path.relative_to(ROOT)} RegExp", as_python(text), 0, "sub")


def data_patterns() -> Iterator[Pattern]:
    for path in sorted(PACKAGE.rglob("*.toml")):
        for match in re.finditer(
            r"""^\s*(?:pattern|regex)\s*=\s*["'](.*)["']""", path.read_text(encoding="utf-8"), re.M
        ):
            yield Pattern(str(path.relative_to(ROOT)), match[1], 0, "search")


def regex_literals(source: str) -> Iterator[tuple[int, str, str]]:  # complexity 22: one case for each kind of token
    """Where a script has its regular expressions: a slash that no value stands before begins one."""
    place, before, open_templates = 0, "(", [0]
    while place < len(source):
        character = source[place]
        if source.startswith(("//", "/*"), place):
            end = source.find("\n" if source[place + 1] == "/" else "*/", place)
            place = len(source) if end < 0 else end + (1 if source[place + 1] == "/" else 2)
            continue
        if (
            character in "\"'"
            or character == "`"
            or (character == "}" and len(open_templates) > 1 and not open_templates[-1])
        ):
            if character == "}":
                open_templates.pop()
                character = "`"
            place += 1
            while source[place] != character:
                if character == "`" and source.startswith("${", place):
                    open_templates.append(0)
                    break
                place += 2 if source[place] == "\\" else 1
            before = "(" if source.startswith("${", place) else '"'
            place += 2 if source.startswith("${", place) else 1
            continue
        if character == "/" and (before in "(,=:[!&|?{};+>" or re.search(r"\breturn\s*$", source[:place])):
            literal = LITERAL.match(source, place)
            assert literal, source[place : place + 60]
            yield place, literal[1], literal[2]
            place, before = literal.end(), '"'
            continue
        open_templates[-1] += {"{": 1, "}": -1}.get(character, 0)
        if not character.isspace():
            before = character
        place += 1


def as_python(text: str) -> str:
    """A browser's pattern in Python's spelling."""
    text = re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda match: f"\\U{int(match[1], 16):08x}", text)
    return re.sub(r"\(\?<(?=[A-Za-z])", "(?P<", text)


PATTERNS = [*python_patterns(), *template_patterns(), *script_patterns(), *data_patterns()]


def test_patterns_of_every_kind_of_source_are_found() -> None:
    places = "\n".join(pattern.where for pattern in PATTERNS)
    written = sum(len(re.findall(r"\bre\.compile\(", path.read_text("utf-8"))) for path in PACKAGE.rglob("*.py"))
    assert len({pattern.where for pattern in PATTERNS if ".py:" in pattern.where}) >= written
    assert "domain/team_list.py" in places
    assert "public/js/engine/routing.js RegExp" in places
    assert len([pattern for pattern in PATTERNS if ".js" in pattern.where]) >= 20


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: f"{pattern.where} {pattern.how}")
def test_twice_the_text_takes_a_pattern_at_most_two_and_a_half_times_the_steps(pattern: Pattern) -> None:
    counted = Counted(pattern.text, pattern.flags)
    for short, long in zip(hard_texts(counted.items, LENGTH), hard_texts(counted.items, 2 * LENGTH), strict=True):
        try:
            once, twice = counted.count(short, pattern.how), counted.count(long, pattern.how)
        except TooManySteps:
            pytest.fail(f"{pattern.text!r} does not end soon on {short[:8]!r}...")
        # What takes few steps in any case, such as the first character that does not fit, is no growth.
        assert twice <= max(MOST_GROWTH * once, 2 * LENGTH), f"{pattern.text!r} on {short[:8]!r}...: {once}, {twice}"


@pytest.mark.parametrize(
    ("text", "how", "is_slow"),
    [
        (r"(.+?)\s*[,;\t]\s*#?([0-9]{1,4})", "fullmatch", True),
        (r"(a+)+b", "fullmatch", True),
        (r"(a|a)*b", "match", True),
        (r"\s+$", "search", True),
        (r"x*y", "search", True),
        (r"[a-z]+[0-9]", "fullmatch", False),
        (r"[0-9a-f]{32}", "search", False),
        (r"(?:a+)b", "match", False),
    ],
)
def test_the_count_tells_a_slow_pattern_from_a_quick_one(text: str, how: str, is_slow: bool) -> None:
    counted = Counted(text)

    def grows(short: str, long: str) -> bool:
        try:
            return counted.count(long, how) > max(MOST_GROWTH * counted.count(short, how), 2 * LENGTH)
        except TooManySteps:
            return True

    lengths = (hard_texts(counted.items, LENGTH), hard_texts(counted.items, 2 * LENGTH))
    assert any(grows(*texts) for texts in zip(*lengths, strict=True)) == is_slow
