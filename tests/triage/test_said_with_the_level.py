"""What is said with the level where the level alone would mislead: sport, a wait, a cut-off part."""

from collections.abc import Mapping

import pytest

from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Assessment, Interview, assess
from blockmrs.domain.triage.loader import load_rules

RULES = load_rules()


def advised(complaint: str, answers: Mapping[str, Answer]) -> Assessment:
    return assess(RULES, Interview("16-64-years", (complaint,), answers))


def test_who_was_ill_in_the_heat_sits_out_tomorrow_too_even_when_well_again() -> None:
    """HEAT, return to play: exhaustion is out for today and 24 to 48 hours; only a cramp may play on."""
    well_again = advised("heat", {"heat-unwell": True, "heat-better-now": True})
    assert well_again.disposition == "self_care"
    assert well_again.return_to_play is not None
    assert well_again.return_to_play.startswith("Out of play today and tomorrow")
    cramp = advised("heat", {"heat-unwell": False, "heat-better-now": True})
    assert cramp.return_to_play is not None
    assert cramp.return_to_play.startswith("Back to play only")


@pytest.mark.parametrize(
    ("complaint", "answers"),
    [("wnd", {"wnd-lost-part": "fingertip"}), ("wnd", {"wnd-lost-part": "part"}), ("face", {"face-part-off": True})],
)
def test_a_cut_off_part_is_wrapped_at_every_level(complaint: str, answers: dict[str, Answer]) -> None:
    said = advised(complaint, answers)
    assert any("damp cloth" in line for line in said.first_aid)
    assert any("on ice directly" in line for line in said.dont)


@pytest.mark.parametrize(("complaint", "fact"), [("head", "HEAD-50"), ("abt", "ABT-03")])
def test_a_knock_without_a_sign_is_looked_at_again_after_a_quarter_of_an_hour(complaint: str, fact: str) -> None:
    again = advised(complaint, {}).again
    assert again is not None
    assert (again.after_min, again.evidence) == (15, fact)


def test_a_dunk_without_a_sign_is_watched_for_eight_hours() -> None:
    assert any("8 hours" in line for line in advised("brth", {}).first_aid)


def test_a_face_and_head_knock_is_cleared_like_a_head_knock() -> None:
    assert advised("face", {"face-head": True}).return_to_play == advised("head", {"head-memory": True}).return_to_play


def test_a_small_thing_in_the_chest_is_back_in_play_only_if_it_was_breath_or_one_stab() -> None:
    """CHEST, return to play: all but being winded and a single stab is out until a doctor says so."""
    small = advised("chst", {"chst-only-small": True})
    assert small.disposition == "self_care"
    assert small.return_to_play is not None
    assert small.return_to_play.startswith("Sore rib or burning: out of play until a doctor")


def test_a_blow_to_the_belly_that_needs_a_doctor_is_cleared_by_one() -> None:
    """ABDO-T, return to play: out, unless winded or a groin knock that has passed."""
    advice = RULES.presentations["abt"].advice["clinician"]
    assert advice.return_to_play == "Out of play today. A doctor must say when they may play again."


def test_a_small_child_who_needs_a_doctor_is_not_told_of_play() -> None:
    child = assess(RULES, Interview("2-4-years", ("abt",), {}))
    assert child.disposition == "clinician"
    assert child.return_to_play is None
