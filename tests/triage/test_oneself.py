"""Whoever says "I feel ill" reads sentences written for them; what is advised never depends on who reads it."""

import re
import tomllib
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from blockmrs.domain.triage.engine import assess
from blockmrs.domain.triage.loader import RulesUnreadable, load_rules
from blockmrs.domain.triage.oneself import FORMS, for_oneself, forms_in, shown_texts
from blockmrs.domain.triage.pages import next_page
from blockmrs.domain.triage.reader import SIGNS_FILE, rules_from
from blockmrs.services.advice.interviews import TriageService
from tests.support.at_least import at_least
from tests.triage.test_cases import CASES, whole_interview

SHIPPED = Path(str(files("blockmrs.domain.triage")))
TABLES: dict[str, dict[str, Any]] = {
    file.name: tomllib.loads(file.read_text("utf-8"))
    for folder in ("protocols", "follow_up")
    for file in sorted((SHIPPED / folder).glob("*.toml"))
}
PROTOCOLS = {name: table for name, table in TABLES.items() if (SHIPPED / "protocols" / name).exists()}
FORM_OF: dict[str, str] = {text: form for table in TABLES.values() for text, form in table.get(FORMS, {}).items()}
SOMEBODY_ELSE = re.compile(r"\b(they|them|their|theirs|themselves)\b", re.IGNORECASE)
RULES = load_rules()
OWN = for_oneself(RULES)
ADVICE = [
    (f"{name}/{key}", entry) for name, chapter in OWN.presentations.items() for key, entry in chapter.advice.items()
]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_text_about_somebody_else_has_a_form_for_oneself(name: str) -> None:
    assert [text for text in shown_texts(TABLES[name]) if SOMEBODY_ELSE.search(text) and text not in FORM_OF] == []


def test_every_form_is_listed_for_whoever_signs_a_chapter_once_and_beside_its_text() -> None:
    listed = [pair for name in RULES.presentations for pair in forms_in(RULES, name)]
    assert len(listed) > 700
    assert all(FORM_OF[text] == form for text, form in listed)
    for name in RULES.presentations:
        pairs = forms_in(RULES, name)
        assert len(set(pairs)) == len(pairs), name


def test_a_form_for_oneself_speaks_of_nobody_else() -> None:
    assert [form for form in FORM_OF.values() if SOMEBODY_ELSE.search(form)] == []


def test_in_spanish_no_form_speaks_of_the_reader_as_somebody_else() -> None:
    with (SHIPPED.parents[1] / "i18n" / "es" / "LC_MESSAGES" / "blockmrs.po").open("rb") as source:
        spanish = {message.id: message.string for message in read_po(source)}
    somebody_else = re.compile(r"\bla persona\b|\b[Dd]eje que (se|camine|maneje|juegue)\b|^[Qq]ue (se|no se)\b")
    assert [form for form in FORM_OF.values() if somebody_else.search(spanish[form])] == []


def test_both_forms_lead_to_the_same_outcome_in_every_worked_case() -> None:
    with at_least(200) as case:
        for worked in CASES:
            with case(worked["name"]):
                interview = whole_interview(worked)
                theirs, own = assess(RULES, interview), assess(OWN, interview)
                assert own.level.disposition == theirs.level.disposition == worked["expected"]
                for lines, of_others in ((own.first_aid, theirs.first_aid), (own.dont, theirs.dont)):
                    assert lines == tuple(dict.fromkeys(FORM_OF.get(text, text) for text in of_others))
                sooner = (FORM_OF.get(text, text) for text in theirs.sooner_if)
                assert own.sooner_if == tuple(dict.fromkeys(sooner))
                assert [reason.rule for reason in own.reasons] == [reason.rule for reason in theirs.reasons]
                assert (own.unasked, own.final) == (theirs.unasked, theirs.final)
                asked, asked_of_others = next_page(OWN, interview), next_page(RULES, interview)
                assert (asked and asked.findings) == (asked_of_others and asked_of_others.findings)


def test_texts_that_share_a_form_are_left_out_alike() -> None:
    left_out: dict[str, set[object]] = {}
    for text in (line for table in TABLES.values() for line in shown_texts(table)):
        left_out.setdefault(FORM_OF.get(text, text), set()).add(RULES.omissions.get(text, ()))
    assert [form for form, omissions in left_out.items() if len(omissions) > 1] == []


def test_only_sentences_differ() -> None:
    assert [rule.when for rule in OWN.rules] == [rule.when for rule in RULES.rules]
    assert [rule.level for rule in OWN.rules] == [rule.level for rule in RULES.rules]
    assert list(OWN.findings) == list(RULES.findings)
    assert OWN.history == RULES.history


def test_the_rules_for_oneself_are_made_once() -> None:
    service = TriageService()
    assert service.for_oneself.rules is service.for_oneself.rules is OWN


def test_a_form_has_the_length_of_what_it_stands_for() -> None:
    labels = [finding.label for finding in OWN.findings.values()]
    labels += [option.label for finding in OWN.findings.values() for option in finding.options]
    assert [label for label in labels if len(label) > 36] == []
    assert [sign.label for sign in OWN.signs if len(sign.label) > 24] == []
    assert [finding.ask for finding in OWN.findings.values() if not finding.ask.endswith("?")] == []


def test_advice_for_oneself_is_read_in_the_same_places() -> None:
    with at_least(140) as case:
        for name, advice in ADVICE:
            with case(name):
                lines = [line.removeprefix("For a helper: ") for line in advice.first_aid]
                assert [line for line in lines if len(line.split()) > 10] == []
                assert [line for line in advice.dont if not line.startswith("Do not ")] == []


@pytest.mark.parametrize(
    ("file", "text", "form"),
    [
        ("mh.toml", "A text that no file has.", "Another one."),
        ("mh.toml", "How bad is the pain now?", "How bad is your pain now?"),
        (SIGNS_FILE, "Are they violent?", "Are you violent?"),
        ("mh.toml", "Is it safe?", "Is it safe?"),
        ("mh.toml", "Is it safe?", " "),
        ("mh.toml", "Call a crisis line too: %(crisis_lines)s.", "Call a crisis line."),
    ],
    ids=["of no text", "of another file's text", "twice", "the same", "empty", "without its place"],
)
def test_a_form_that_could_mislead_stops_the_loading(file: str, text: str, form: str) -> None:
    tables = deepcopy(PROTOCOLS)
    tables[file].setdefault(FORMS, {})[text] = form
    with pytest.raises(RulesUnreadable):
        rules_from(tables)
