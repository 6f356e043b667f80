"""The evidence that is shipped says where each fact comes from; without it, nothing is said instead."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from blockmrs.domain.triage import evidence
from blockmrs.domain.triage.evidence import load_evidence
from blockmrs.domain.triage.reader import RulesUnreadable

RIGHT = """
[[fact]]
id = "HEAD-01"
condition = "Not waking."
verified = "V"
level_ours = false
sources = ["A"]

[[source]]
code = "A"
title = "A guideline"
how = "V"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What is read instead of the shipped file."""
    monkeypatch.setattr(evidence, "files", lambda _package: tmp_path)
    load_evidence.cache_clear()
    yield tmp_path / "evidence.toml"
    load_evidence.cache_clear()


def test_every_fact_that_is_shipped_has_a_source_that_is_shipped() -> None:
    shipped = load_evidence()
    assert len(shipped.facts) > 300
    assert {code for fact in shipped.facts.values() for code in fact.sources} <= set(shipped.sources)
    assert all(fact.condition for fact in shipped.facts.values())


def test_facts_and_sources_are_found_by_their_names(file: Path) -> None:
    file.write_text(RIGHT, encoding="utf-8")
    read = load_evidence()
    assert (read.facts["HEAD-01"].sources, read.sources["A"].title) == (("A",), "A guideline")


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"\xff\xfe",
        b"[[fact",
        b"",
        b"fact = 1\nsource = []",
        RIGHT.replace('sources = ["A"]', "").encode(),
        RIGHT.replace('title = "A guideline"', "").encode(),
    ],
    ids=["none", "no text", "no TOML", "empty", "no list", "a fact without sources", "a source without a title"],
)
def test_evidence_that_cannot_be_read_is_said_to_be_so(file: Path, content: bytes | None) -> None:
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(RulesUnreadable):
        load_evidence()
