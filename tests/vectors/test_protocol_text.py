"""What docs/protocol/ says is what docs/vectors/ hold."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
TEXTS = {path.name: path.read_text("utf-8") for path in sorted((DOCS / "protocol").glob("*.md"))}
FILES = {path.stem: json.loads(path.read_text("utf-8")) for path in (DOCS / "vectors").glob("*.json")}
NAMES = {f"{stem}/{case['name']}" for stem, content in FILES.items() for case in content["cases"]}
NEGATIVE = {f"{stem}/{case['name']}" for stem, content in FILES.items() for case in content["cases"] if "error" in case}
EVERYTHING = json.dumps(list(FILES.values()), ensure_ascii=False)
KEYS_TEXT = "01-keys-and-objects.md"


@pytest.mark.parametrize("name", TEXTS)
def test_every_vector_that_the_text_names_exists(name) -> None:
    assert set(re.findall(r"\*([a-z0-9-]+/[a-z0-9-]+)\*", TEXTS[name])) <= NAMES


def test_every_negative_vector_of_keys_and_objects_is_named_by_the_rule_that_it_breaks() -> None:
    stems = ("cid", "encoding", "keys", "envelope", "update", "wrapping", "recovery-code")
    mine = {name for name in NEGATIVE if name.split("/")[0] in stems}
    assert mine - set(re.findall(r"\*([a-z0-9-]+/[a-z0-9-]+)\*", TEXTS[KEYS_TEXT])) == set()


def test_every_value_in_the_examples_of_keys_and_objects_comes_from_a_vector() -> None:
    examples = re.findall(
        r"\b(?:[0-9a-f]{16,}|bafkrei[a-z2-7]{52}|(?:[0-9A-Z]{4}-){6,7}[0-9A-Z]{4})\b", TEXTS[KEYS_TEXT]
    )
    assert len(examples) > 20
    assert [example for example in examples if example not in EVERYTHING] == []
