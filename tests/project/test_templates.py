"""Templates are written as people read them: one element a line, none too long."""

import re
from pathlib import Path

import pytest

import blockmrs

TEMPLATES = Path(blockmrs.__file__).parent / "templates"
FILES = sorted(TEMPLATES.rglob("*.xhtml"))
LONGEST = 120
BOX = (
    r"(?:article|aside|body|dd|details|div|dl|dt|fieldset|figure|footer|form|h[1-6]|head|header|li|main|nav|ol|p|"
    r"section|table|tbody|td|th|thead|tr|ul|py:def|py:extends|py:import)"
)
TAG = rf"<(?:/{BOX}|{BOX}(?:\s[^<>]*)?)>"
TOGETHER = re.compile(rf"{TAG}\s*<{BOX}[\s>]")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_no_line_of_a_template_is_too_long_to_read(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > LONGEST] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_an_element_that_is_a_box_of_its_own_begins_a_line(path: Path) -> None:
    source = COMMENT.sub("", path.read_text(encoding="utf-8"))
    assert [line.strip() for line in source.splitlines() if TOGETHER.search(line)] == []
