"""The rules as a data file for the phone: complete, every text in the reader's language, and small."""

import gzip
import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from blockmrs.domain.triage.conditions import Facts
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.oneself import shown_texts as texts_of_rules
from blockmrs.domain.triage.portable import compile_rules, condition_as_data, encode_rules
from blockmrs.domain.triage.rules import Sport

RULES = load_rules()
MOST_BYTES = 150 * 1024


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from texts(entry)


def shown_texts() -> set[str]:
    """Every text for people in the rule files, but for what is no part of the phone's rules: the history of the
    versions, the forms for oneself, since the server alone asks somebody who feels ill, and what stands beside a
    drawing, which the blank pages have."""
    folder = files("blockmrs.domain.triage") / "protocols"
    tables = (tomllib.loads(file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".toml"))
    drawn = {text for picture in RULES.pictures for text in (picture.title, *picture.lines)}
    return {text for table in tables for text in texts_of_rules(table) if text} - drawn


def test_every_text_for_people_is_put_into_their_language() -> None:
    there = set(texts(compile_rules(RULES, "es", lambda text: f"«{text}»")))
    assert [text for text in shown_texts() if f"«{text}»" not in there] == []
    marked = {text for text in there if text.startswith("«")}
    assert marked == {f"«{text}»" for text in shown_texts()}


def test_an_empty_text_is_not_looked_up() -> None:
    def translate(text: str) -> str:
        assert text
        return text

    compile_rules(RULES, "en", translate)


def test_equal_rules_give_equal_bytes() -> None:
    assert encode_rules(RULES, "en") == encode_rules(RULES, "en")


def test_every_rule_and_finding_is_there() -> None:
    data = json.loads(encode_rules(RULES, "en"))
    rules = [rule["id"] for entry in data["presentations"] for rule in entry["rules"]] + [data["fallback"]["id"]]
    assert rules == [rule.id for rule in RULES.rules]
    assert [finding["id"] for finding in data["findings"]] == list(RULES.findings)


def test_no_id_is_a_number_or_the_phone_would_sort_it_first() -> None:
    assert not [name for name in (*RULES.findings, *RULES.presentations) if name.isdigit()]


def test_the_file_is_small_even_where_words_are_longer() -> None:
    longer = encode_rules(RULES, "es", lambda text: text + text[: len(text) * 4 // 10])
    assert len(gzip.compress(longer, 6)) <= MOST_BYTES


def test_an_advice_that_says_nothing_of_sport_says_nothing_of_it_on_the_phone_either() -> None:
    head = RULES.presentations["head"]
    quiet = replace(head.advice["hospital"], sport=Sport.NOTHING_SAID, return_to_play="")
    rules = replace(RULES, presentations={"head": replace(head, advice={**head.advice, "hospital": quiet})})
    (there,) = compile_rules(rules, "en", str)["presentations"]
    assert there["advice"]["clinician"].keys() >= {"sport", "return_to_play"}
    assert there["advice"]["hospital"].keys().isdisjoint({"sport", "return_to_play"})


def test_a_condition_that_the_phone_would_not_know_is_refused() -> None:
    class Unheard:
        def doubt(self, _facts: Facts) -> int:
            return 0

        def findings(self) -> Iterator[str]:
            yield from ()

        def reassurances(self) -> Iterator[str]:
            yield from ()

    with pytest.raises(TypeError, match="Unheard"):
        condition_as_data(Unheard())
