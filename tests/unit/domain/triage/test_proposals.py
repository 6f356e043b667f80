"""What a record proposes: only what follows, and the careful answer where two facts speak."""

import copy
import re

import pytest

from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.proposals import band_of_age, proposed
from blockmrs.domain.triage.reader import RulesUnreadable, rules_from
from blockmrs.domain.triage.rules import ALWAYS, Kind, Nature
from tests.support.at_least import at_least
from tests.unit.domain.triage.test_loader import TABLES


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        ({}, {}),
        ({"blood-thinner": "yes"}, {"blood-thinner": True}),
        ({"blood-thinner": "no"}, {}),
        ({"pregnant": "no"}, {}),
        ({"pregnant": "yes", "diabetes": "none"}, {"pregnant": True, "seiz-with": True, "insulin-and-vomiting": False}),
        ({"sickle-cell": "disease"}, {"sickle-cell": True}),
        ({"sickle-cell": "trait"}, {}),
        ({"sickle-cell": "no"}, {"sickle-cell": False}),
        ({"allergies": "some"}, {"known-allergy": True}),
        ({"allergies": "none"}, {"known-allergy": False}),
    ],
)
def test_only_what_follows_from_the_facts_is_proposed(said: dict[str, str], answers: dict[str, bool]) -> None:
    assert proposed(load_rules(), said) == answers


WORDS = {
    ("blood-thinner", "yes"): "blood thinner",
    ("pregnant", "yes"): "pregnant",
    ("diabetes", "insulin"): "diabetes",
    ("diabetes", "other"): "diabetes",
    ("sickle-cell", "disease"): "sickle cell disease",
    ("allergies", "some"): "known allergy",
    ("sex", "male"): "man",
}
"""What a fact of the record says, in a question's words."""


def test_a_proposed_answer_never_says_more_than_the_record() -> None:
    """A question that names several things says yes for one of them; what stands beside it is not told with it."""
    with at_least(10) as case:
        for finding in load_rules().findings.values():
            parts = re.split(r",? or |, ", finding.ask.rstrip("?").lower())
            for fact, answers in finding.record.items():
                for value in (value for value, answer in answers.items() if answer):
                    with case(f"{finding.id}: {fact} {value}"):
                        alone = [part for part in parts if re.search(rf"\b{WORDS[fact, value]}\b", part)]
                        assert [part for part in alone if not re.search(r"\band\b", part)] != []


def test_every_finding_that_a_record_can_tell_is_a_question_whose_yes_raises_the_level() -> None:
    told = [finding for finding in load_rules().findings.values() if finding.record]
    assert {finding.id for finding in told if finding.presentation in ALWAYS} == {
        "blood-thinner", "pregnant", "insulin-and-vomiting", "sickle-cell", "known-allergy",
    }  # fmt: skip
    assert all(finding.kind is Kind.YES_NO and finding.nature is Nature.DANGER for finding in told)


def test_no_no_is_proposed_but_for_what_everybody_is_asked() -> None:
    """A "no" that nobody sees before the advice could lower it."""
    with at_least(500) as case:
        for finding in load_rules().findings.values():
            if finding.presentation not in ALWAYS:
                with case(finding.id):
                    assert all(answer for answers in finding.record.values() for answer in answers.values())


@pytest.mark.parametrize(
    "record",
    [
        {"shoe-size": {"yes": True}},
        {"pregnant": {"maybe": True}},
        {"pregnant": {}},
        {"pregnant": {"yes": "true"}},
    ],
)
def test_a_rule_file_names_only_facts_and_values_that_there_are(record: dict[str, object]) -> None:
    tables = copy.deepcopy(TABLES)
    tables["any.toml"]["finding"][0]["record"] = record
    with pytest.raises(RulesUnreadable):
        rules_from(tables)


@pytest.mark.parametrize(
    ("years", "months", "band"),
    [
        (0, 2, "under-3-months"),
        (0, 3, "3-5-months"),
        (0, 6, "6-11-months"),
        (0, None, "under-3-months"),
        (1, 12, "1-year"),
        (2, 24, "2-4-years"),
        (5, 60, "5-12-years"),
        (13, 156, "13-15-years"),
        (16, 192, "16-64-years"),
        (65, 780, "65-or-over"),
    ],
)
def test_an_age_belongs_to_the_band_that_it_has_reached(years: int, months: int | None, band: str) -> None:
    assert band_of_age(years, months) == band
