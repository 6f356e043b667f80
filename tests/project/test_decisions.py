"""Each decision has a number of its own, and is found under it."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "adr"
FILES = sorted(FOLDER.glob("*.md"))


def test_no_two_decisions_share_a_number() -> None:
    numbers = [path.name[:4] for path in FILES]
    assert [number for number in set(numbers) if numbers.count(number) > 1] == []


def test_a_decision_begins_with_the_number_of_its_file() -> None:
    assert [path.name for path in FILES if not re.match(rf"# {int(path.name[:4])}\. ", path.read_text("utf-8"))] == []


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
