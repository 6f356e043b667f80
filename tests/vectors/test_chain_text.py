"""What docs/protocol/02-chain.md says is what docs/vectors/ hold, and those are what the program makes."""

import json
import re
from pathlib import Path

import pytest

from tools import make_chain_vectors

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "protocol" / "02-chain.md").read_text("utf-8")
KINDS = sorted(make_chain_vectors.MAKERS)
FILES = {kind: (DOCS / "vectors" / f"{kind}.json").read_text("utf-8") for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_the_vectors_are_what_the_program_makes(kind: str) -> None:
    assert make_chain_vectors.make_file(kind) == FILES[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_every_negative_vector_is_named_by_the_rule_that_it_breaks(kind: str) -> None:
    negative = {f"{kind}/{case['name']}" for case in json.loads(FILES[kind])["cases"] if "error" in case}
    assert negative - set(re.findall(r"\*([a-z0-9-]+/[a-z0-9-]+)\*", TEXT)) == set()


def test_every_value_in_the_examples_comes_from_a_vector() -> None:
    examples = re.findall(r"\b[0-9a-f]{16,}\b", TEXT)
    assert len(examples) > 10
    assert [example for example in examples if not any(example in content for content in FILES.values())] == []
