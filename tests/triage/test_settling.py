"""A danger sign gives its advice at one tap; clear answers below it may settle some signs, and never the worst."""

import pytest

from blockmrs.controllers.field.wire import carry, read
from blockmrs.domain.triage.engine import Interview, level_of
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import SETTLE
from blockmrs.domain.triage.reader import UNSETTLED
from blockmrs.domain.triage.rules import Level
from blockmrs.services.advice.interviews import TriageService

RULES = load_rules()
SERVICE = TriageService()
SETTLED = ("fit", "collapsed", "neck-pain")
FINAL = sorted({sign.id for sign in RULES.signs} - set(SETTLED))


def answered(interview: Interview, answer: str) -> Interview:
    page = SERVICE.settling_page(interview)
    assert page is not None
    return read(SERVICE, [*carry(interview), ("page", page.id), ("choose", answer)])


def settled(sign: str) -> Interview:
    interview = read(SERVICE, [("sign", sign)])
    while SERVICE.settling_page(interview) is not None:
        interview = answered(interview, "yes")
    return interview


@pytest.mark.parametrize("sign", SETTLED)
def test_the_advice_comes_at_one_tap_with_the_question_below_it(sign: str) -> None:
    interview = read(SERVICE, [("sign", sign)])
    assert level_of(RULES, interview) is Level.AMBULANCE
    assert SERVICE.next_page(interview) is None
    page = SERVICE.settling_page(interview)
    assert page is not None
    assert page.id.startswith(SETTLE)


@pytest.mark.parametrize("sign", SETTLED)
@pytest.mark.parametrize("answer", ["no", "unsure"])
def test_only_a_yes_to_every_question_settles(sign: str, answer: str) -> None:
    interview = answered(read(SERVICE, [("sign", sign)]), answer)
    assert level_of(RULES, interview) is Level.AMBULANCE
    assert SERVICE.settling_page(interview) is None
    assert SERVICE.next_page(interview) is None
    half = answered(answered(read(SERVICE, [("sign", sign)]), "yes"), answer)
    assert level_of(RULES, half) is Level.AMBULANCE


def test_weak_or_numb_without_a_hit_gets_the_first_aid_of_a_stroke_and_a_hurt_neck_that_of_a_neck() -> None:
    tapped = read(SERVICE, [("sign", "neck-pain")])
    neck = RULES.presentations["neck"].advice["ambulance"].first_aid
    stroke = RULES.presentations["strk"].advice["ambulance"].first_aid
    hurt, not_hurt = answered(tapped, "no"), answered(tapped, "yes")
    unsure = answered(tapped, "unsure")
    assert [SERVICE.conclude(one).first_aid for one in (tapped, hurt, unsure)] == [neck] * 3
    for weak in (not_hurt, answered(not_hurt, "no"), answered(not_hurt, "unsure")):
        said = SERVICE.conclude(weak)
        assert (said.level, said.first_aid) == (Level.AMBULANCE, stroke)
        assert {reason.rule for reason in said.reasons} == {"life/weak-and-not-hurt"}


@pytest.mark.parametrize("sign", SETTLED)
def test_what_is_settled_keeps_the_tap_and_asks_on(sign: str) -> None:
    interview = settled(sign)
    assert interview.answers[sign] is True
    assert level_of(RULES, interview) is not Level.AMBULANCE
    assert SERVICE.next_page(interview) is not None


@pytest.mark.parametrize("sign", SETTLED)
def test_a_settled_sign_that_is_tapped_again_stands_again(sign: str) -> None:
    again = read(SERVICE, [*carry(settled(sign)), ("sign", sign)])
    assert level_of(RULES, again) is Level.AMBULANCE
    assert SERVICE.settling_page(again) is not None


@pytest.mark.parametrize("sign", FINAL)
def test_the_other_signs_are_final(sign: str) -> None:
    assert SERVICE.settling_page(read(SERVICE, [("sign", sign)])) is None


@pytest.mark.parametrize("other", FINAL)
@pytest.mark.parametrize("sign", SETTLED)
def test_nothing_is_settled_beside_another_danger(sign: str, other: str) -> None:
    both = read(SERVICE, [*carry(settled(sign)), ("sign", other)])
    assert level_of(RULES, both) is Level.AMBULANCE
    assert SERVICE.settling_page(read(SERVICE, [*carry(read(SERVICE, [("sign", sign)])), ("sign", other)])) is None


def test_no_question_settles_where_seconds_count() -> None:
    assert {"not-breathing", "wont-wake", "choking", "bleeding-wont-stop"} == UNSETTLED
    assert not {finding.settles for finding in RULES.findings.values()} & UNSETTLED
