"""What a record says about the questions: answers to propose, for the person to see and correct."""

from collections.abc import Mapping

from blockmrs.domain.triage.rules import RuleSet

MONTHS = ((3, "under-3-months"), (6, "3-5-months"), (12, "6-11-months"))
YEARS = ((2, "1-year"), (5, "2-4-years"), (13, "5-12-years"), (16, "13-15-years"), (65, "16-64-years"))
OLDEST_BAND = "65-or-over"


def proposed(rules: RuleSet, facts: Mapping[str, str]) -> dict[str, bool]:
    """Answers by finding that follow from these facts and their values.

    One fact that says yes is enough; a no needs every fact that the finding names. If nothing follows there is no
    answer, and the question is asked.
    """
    answers_by_finding: dict[str, bool] = {}
    for finding in rules.findings.values():
        replies = [answers.get(facts.get(fact, "")) for fact, answers in finding.record.items()]
        if any(replies):
            answers_by_finding[finding.id] = True
        elif replies and all(answer is False for answer in replies):
            answers_by_finding[finding.id] = False
    return answers_by_finding


def band_of_age(years: int, months: int | None) -> str:
    """The age band for so many whole years; `months` since birth distinguish the youngest.

    For a baby whose months are not given, the youngest band is the cautious choice.
    """
    if years == 0:
        return next(band for below, band in MONTHS if (months or 0) < below)
    return next((band for below, band in YEARS if years < below), OLDEST_BAND)
