"""What docs/protocol/03-records-and-sharing.md says is what docs/vectors/payload.json holds."""

import json
import re
from pathlib import Path

from tools import make_bundle_vectors, make_payload_vectors

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "protocol" / "03-records-and-sharing.md").read_text("utf-8")
FILE = (DOCS / "vectors" / "payload.json").read_text("utf-8")
BUNDLES = (DOCS / "vectors" / "bundle.json").read_text("utf-8")


def test_the_vectors_are_what_the_program_makes() -> None:
    assert make_payload_vectors.make_file() == FILE
    assert make_bundle_vectors.make_file() == BUNDLES


def test_every_negative_vector_is_named_by_the_rule_that_it_breaks() -> None:
    negative = {
        f"{file['kind']}/{case['name']}"
        for file in (json.loads(FILE), json.loads(BUNDLES))
        for case in file["cases"]
        if "error" in case
    }
    assert negative - set(re.findall(r"\*([a-z0-9-]+/[a-z0-9-]+)\*", TEXT)) == set()


def test_every_value_in_the_examples_comes_from_a_vector() -> None:
    examples = re.findall(r"\b[0-9a-f]{16,}\b", TEXT.replace("\n", ""))
    assert len(examples) >= 2
    assert [example for example in examples if example not in FILE] == []
