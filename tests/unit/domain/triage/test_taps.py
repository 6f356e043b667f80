"""A tap that means nothing is refused, and so never counts as "no"."""

from typing import cast

import pytest

from blockmrs.domain.triage.course import AWAKE, BREATHING, PAIN, Look
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.taps import Tap, after, without_look
from blockmrs.errors import InvalidInput

RULES = load_rules()
CALM = {AWAKE: True, BREATHING: True, PAIN: 3}


def test_what_is_no_tap_is_no_answer_either() -> None:
    with pytest.raises(AssertionError):
        after(RULES, Interview(), cast("Tap", "choking"))


def test_a_look_that_was_never_made_is_not_taken_back() -> None:
    interview = Interview(course=(Look(1, CALM), Look(2, CALM)))
    with pytest.raises(InvalidInput) as caught:
        without_look(interview, 3)
    assert caught.value.field == "look"


def test_a_look_that_is_taken_back_is_made_anew_under_a_number_of_its_own() -> None:
    interview = Interview(course=(Look(1, CALM), Look(2, CALM)))
    assert without_look(interview, 1).course == (Look(2, CALM), Look(3, {}))
