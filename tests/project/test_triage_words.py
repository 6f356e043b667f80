"""What the rules say to people: short, plain, our own, and never a diagnosis."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.messages import extract
from blockmrs.domain.triage.rules import Advice, Level, Rule
from tests.support.at_least import at_least

RULES = load_rules()
PROTOCOLS = Path(__file__).parents[2] / "blockmrs" / "domain" / "triage" / "protocols"
SHOWN = sorted(
    {
        message
        for file in sorted(PROTOCOLS.glob("*.toml"))
        for _, _, message, _ in extract(BytesIO(file.read_bytes()), [], [], {})
    }
)
ADVICE: list[tuple[str, Advice]] = [
    (f"{name}/{key}", advice) for name, entry in RULES.presentations.items() for key, advice in entry.advice.items()
]
PUBLISHED = re.compile(
    r"\b(SCAT\d?|CRT\d?|recognition tool|PECARN|CHALICE|Ottawa|NEXUS|Canadian|Pathways|Schmitt|Wells|Centor|HEADS UP|"
    r"ACSM|NATA|NICE|Sideline|Amsterdam|Maddocks)\b",
    re.IGNORECASE,
)
CLINICAL = re.compile(
    r"\b(emesis|syncope|seizure activity|medication|provider|injured party|diagnos\w+|concuss\w+|anaphyla\w+|"
    r"fracture\w*|approved|certified|medical device|please|sorry|oops)\b",
    re.IGNORECASE,
)


def sentences(text: str) -> Iterator[str]:
    yield from (part for part in re.split(r"(?<=[.?!:])\s+", text) if part)


def test_there_are_ten_signs_with_short_labels() -> None:
    assert len(RULES.signs) == 10
    assert all(len(sign.label) <= 24 for sign in RULES.signs)
    assert all(sign.label == RULES.findings[sign.finding].label for sign in RULES.signs)


def test_labels_of_toggles_fit_their_button() -> None:
    labels = [finding.label for finding in RULES.findings.values()]
    labels += [option.label for finding in RULES.findings.values() for option in finding.options]
    assert [label for label in labels if len(label) > 36] == []


def test_every_question_ends_with_a_question_mark() -> None:
    with at_least(550) as case:
        for finding in RULES.findings.values():
            with case(finding.id):
                assert finding.ask.endswith("?")


def test_no_sentence_is_longer_than_15_words() -> None:
    assert [part for text in SHOWN for part in sentences(text) if len(part.split()) > 15] == []


@pytest.mark.parametrize(("name", "advice"), ADVICE, ids=[name for name, _ in ADVICE])
def test_first_aid_is_three_to_five_lines_of_nine_words_at_most(name: str, advice: Advice) -> None:
    assert 3 <= len(advice.first_aid) <= 5
    assert [line for line in advice.first_aid if len(line.split()) > 9] == []
    assert 1 <= len(advice.dont) <= 5
    assert all(line.startswith("Do not ") for line in advice.dont)


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.rules if rule.level is Level.AMBULANCE], ids=lambda rule: rule.id
)
def test_first_aid_at_level_1_says_to_call_in_its_first_two_lines(rule: Rule) -> None:
    owner, _, name = rule.advice.partition("/")
    own = RULES.presentations[owner if rule.advice else rule.presentation].advice
    advice = own.get(name or "ambulance") or RULES.presentations["any"].advice["ambulance"]
    assert any("Call an ambulance" in line for line in advice.first_aid[:2])


def test_advice_names_no_emergency_number_since_it_differs_by_country() -> None:
    numbers = re.compile(r"\b(911|999|112|000|988|116 123|13 11 14|1-800)\b")
    assert [text for text in SHOWN if numbers.search(text)] == []


def test_the_first_page_about_dying_has_the_place_of_the_crisis_lines() -> None:
    assert "%(crisis_lines)s" in RULES.presentations["mh"].pages[0].hint
    calls = [line for text in SHOWN for line in [text] if "Call a crisis line" in line]
    assert calls
    assert [line for line in calls if "%(crisis_lines)s" not in line] == []


def test_no_published_tool_is_named() -> None:
    assert [text for text in SHOWN if PUBLISHED.search(text)] == []


def test_plain_words_and_no_diagnosis() -> None:
    assert [text for text in SHOWN if CLINICAL.search(text)] == []


def test_out_of_play_is_said_first_wherever_it_holds() -> None:
    with at_least(140) as case:
        for name, advice in ADVICE:
            if advice.sport >= 2:
                with case(name):
                    assert advice.return_to_play.startswith("Out of play today")


def test_texts_start_and_end_like_sentences() -> None:
    with at_least(750) as case:
        for name, entry in RULES.presentations.items():
            for text in (*entry.sooner_if, *(rule.because for rule in entry.rules)):
                with case(f"{name}: {text}"):
                    assert text.endswith("."), (name, text)
                    assert text[0].isupper(), (name, text)


def test_every_page_fills_the_operators_numbers_into_what_may_have_places_for_them() -> None:
    templates = Path(__file__).parents[2] / "blockmrs" / "templates"
    bare = re.compile(r"first_aid\">\s*\$\{_\(|\b_\((page|signs_page|plan)\.hint\)")
    found = {
        str(file.relative_to(templates)) for file in templates.rglob("*.xhtml") if bare.search(file.read_text("utf-8"))
    }
    assert found == set()
