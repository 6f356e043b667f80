"""Each decision has a number of its own, is found under it, stands in the index, and has the one form."""

import re
from datetime import date
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "adr"
INDEX = FOLDER / "README.md"
FILES = sorted(path for path in FOLDER.glob("*.md") if path != INDEX)
HEAD = re.compile(r"# (?P<number>[1-9]\d*)\. (?P<title>.+)\n\n- Status: (?P<status>.+)\n- Date: (?P<date>.+)\n\n## ")
SECTIONS = ["Context", "Options", "Decision", "Cost"]


def test_no_two_decisions_share_a_number() -> None:
    numbers = [path.name[:4] for path in FILES]
    assert [number for number in set(numbers) if numbers.count(number) > 1] == []


def test_a_decision_begins_with_the_number_of_its_file() -> None:
    assert [path.name for path in FILES if not re.match(rf"# {int(path.name[:4])}\. ", path.read_text("utf-8"))] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:4])
def test_a_decision_has_the_one_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    head = HEAD.match(text)
    assert head is not None, "title, status and date come first, as docs/adr/README.md shows"
    superseded = re.fullmatch(r"superseded by (\d+)", head["status"])
    assert head["status"] == "accepted" or (superseded and list(FOLDER.glob(f"{int(superseded[1]):04}-*.md")))
    assert date.fromisoformat(head["date"]).isoformat() == head["date"]
    parts = re.split(r"^## (.+)\n", text, flags=re.M)
    assert parts[1::2] == SECTIONS
    assert all(part.strip() for part in parts[2::2]), "a section without a word"


def test_the_index_lists_every_decision_as_it_stands() -> None:
    heads = [(path.name, HEAD.match(path.read_text(encoding="utf-8"))) for path in FILES]
    wanted = [
        f"| {head['number']} | [{head['title']}]({name}) | {head['status']} | {head['date']} |"
        for name, head in heads
        if head
    ]
    listed = [line for line in INDEX.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d", line)]
    assert listed == wanted


def test_every_decision_that_is_named_is_there() -> None:
    root = FOLDER.parents[1]
    texts = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("blockmrs/**/*.py"), root / "development.ini"]
    known = {int(path.name[:4]) for path in FILES}
    named = {
        (int(number), path.relative_to(root).as_posix())
        for path in texts
        for found in re.finditer(r"(?:\bADRs? |adr/)(\d+)", path.read_text(encoding="utf-8"))
        for number in found.groups()
    }
    assert {one for one in named if one[0] not in known} == set()
