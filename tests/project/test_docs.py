"""What the documents name is there: files, folders, links, make targets, and the class or function beside a file."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# Decisions and changes tell what was true on their day.
OF_TODAY = [path for path in DOCUMENTS if path.name != "CHANGELOG.md" and path.parent.name != "adr"]
# The protocol's own, which looks like a folder.
LABEL = "blockmrs/1"
ROOMS = "|".join(path.name for path in (ROOT / "blockmrs").iterdir() if path.is_dir() and path.name[0] != "_")
TOP = "blockmrs|tests|tools|docs|requirements|load|benchmarks"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def named_in(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    named = re.findall(rf"(?:`|`python |T=\"?)((?:{TOP})/[\w./*-]*)", text)
    return named + [f"blockmrs/{name}" for name in re.findall(rf"`((?:{ROOMS})/[\w./]+\.\w+)`", text)]


def links_in(path: Path) -> list[str]:
    return re.findall(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))


def test_what_the_documents_name_is_found() -> None:
    assert sum(len(named_in(path)) for path in OF_TODAY) > 250
    assert sum(len(links_in(path)) for path in DOCUMENTS) > 70


@pytest.mark.parametrize("path", OF_TODAY, ids=name_of)
def test_every_file_and_folder_that_a_document_names_is_there(path: Path) -> None:
    named = named_in(path)
    assert [name for name in named if name != LABEL and not any(ROOT.glob(name.rstrip("/")))] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_link_between_documents_leads_somewhere(path: Path) -> None:
    links = links_in(path)
    assert [link for link in links if not (path.parent / unquote(link)).exists()] == []


@pytest.mark.parametrize("path", OF_TODAY, ids=name_of)
def test_every_make_target_that_a_document_names_is_there(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"`make\s+([a-z-]+)", text)) | set(re.findall(r"^make ([a-z-]+)", text, re.M))
    assert named - targets == set()


def test_what_the_first_page_for_contributors_names_in_a_file_is_in_it() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    pairs = re.findall(r"`(\w+)`\s+(?:of|in)\s+`((?:blockmrs|tests)/[\w./]+\.\w+)`", text)
    assert len(pairs) >= 5
    assert [(word, file) for word, file in pairs if word not in (ROOT / file).read_text(encoding="utf-8")] == []
