"""What a report keeps of an interview: nothing that the coach did not say is told as seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from blockmrs.controllers.field.wire import read
from blockmrs.domain.triage.engine import Interview
from blockmrs.services.advice.in_reports import CAREFUL, AnswerTimes, findings_of, reasons_of
from blockmrs.services.advice.interviews import TriageService

UNSURE = {"head-knocked-out": None}
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def triage() -> TriageService:
    return TriageService()


def test_a_rule_that_rests_on_cannot_tell_is_not_told_as_a_finding(triage: TriageService) -> None:
    found = triage.conclude(Interview("13-15-years", ("head",), UNSURE))
    doubtful = {reason.because for reason in found.reasons if not reason.sure}
    assert doubtful
    assert not doubtful & {because for _, because in reasons_of(found)}


def test_where_doubt_decided_the_advice_says_that_it_is_careful(triage: TriageService) -> None:
    found = triage.conclude(Interview("13-15-years", ("head",), UNSURE))
    assert reasons_of(found)[0] == (found.reasons[0].fact, CAREFUL)


def test_what_was_seen_is_told_with_its_fact(triage: TriageService) -> None:
    found = triage.conclude(read(triage, [("sign", triage.rules.signs[0].id)]))
    assert reasons_of(found)[0] == (found.reasons[0].fact, found.reasons[0].because)


@pytest.mark.parametrize("number", range(10))
def test_a_danger_sign_is_not_told_as_a_place_that_nobody_chose(triage: TriageService, number: int) -> None:
    sign = triage.rules.signs[number]
    tapped = read(triage, [("sign", sign.id)])
    at = AnswerTimes(NOON, {sign.id: NOON})
    for times in (None, at):
        told = findings_of(triage.answers_in_words(tapped), triage.rules, tapped, times)
        assert [row.finding for row in told] == [sign.id]


def test_a_place_chosen_after_the_danger_sign_is_told(triage: TriageService) -> None:
    tapped = replace(read(triage, [("sign", "chest-pain")]), presentations=("chst", "head"))
    times = AnswerTimes(NOON + timedelta(minutes=2), {"chest-pain": NOON})
    told = findings_of((), triage.rules, tapped, times)
    assert [row.answer for row in told] == [triage.rules.presentations[name].title for name in ("chst", "head")]


def test_a_report_says_where_it_hurts_even_when_no_sign_was_seen(triage: TriageService) -> None:
    told = findings_of((), triage.rules, Interview(None, ("head",), {}))
    assert [(row.question, row.answer) for row in told] == [("What is wrong", triage.rules.presentations["head"].title)]
