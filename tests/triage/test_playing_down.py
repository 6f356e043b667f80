"""Words that play down change nothing: neither what is proposed, nor in which place, nor the level that follows."""

from functools import cache
from itertools import chain

import pytest

from blockmrs.controllers.field.wire import read
from blockmrs.domain.triage.engine import level_of
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.routing import LONGEST_TEXT, Proposal, load_words, propose
from blockmrs.domain.triage.rules import Level
from blockmrs.services.advice.interviews import TriageService
from tests.support.at_least import at_least
from tests.triage.test_routing import PHRASES

RULES = load_rules()
SERVICE = TriageService()
WORDS = load_words()
PLAYED_DOWN = [
    "{}, it's nothing really",
    "It's probably nothing, {}",
    "{}. Her husband says it's fine",
    "my mum says not to worry, {}",
    "{}, not that bad, don't want to make a fuss",
    "we have no car, {}",
    "{} but I don't have a car",
    "{}, no es nada",
    "Seguro no es nada, {}",
    "{}, mi esposo dice que no es nada grave",
    "no tengo carro, {}",
    "{}, no es para tanto, ya se le pasará",
]
ONLY_PLAYS_DOWN = "nothing serious"
DANGERS = [
    "crushing chest pain",
    "dolor en el pecho",
    "he is not breathing",
    "no respira",
    "can't wake her",
    "face droops and speech is slurred",
    "cara torcida y habla raro",
    "feel like ending it all",
    "quiero acabar con todo",
    "suddenly can't hear on one side",
    "coughs like a dog barking",
    "worst headache of my life",
    "vomiting blood",
    "vomita sangre",
    "hit his head and threw up twice",
    "baby moves less at 34 weeks",
]


@cache
def proposed(phrase: str) -> Proposal:
    """What the phrase leads to as it stands, asked once for all that is said around it."""
    return propose(WORDS, phrase)


@pytest.mark.parametrize("pattern", PLAYED_DOWN)
def test_what_is_played_down_is_proposed_in_the_same_place(pattern: str) -> None:
    told = (phrase for phrase, _ in PHRASES if phrase != ONLY_PLAYS_DOWN)
    with at_least(500) as case:
        for phrase in chain(told, DANGERS):
            text = pattern.format(phrase)
            if len(text) <= LONGEST_TEXT:
                with case(phrase):
                    assert propose(WORDS, text) == proposed(phrase), text


def test_what_only_plays_down_still_proposes_something_to_tick() -> None:
    assert propose(WORDS, ONLY_PLAYS_DOWN).presentations


@pytest.mark.parametrize("phrase", DANGERS)
@pytest.mark.parametrize("pattern", PLAYED_DOWN)
def test_played_down_words_lead_through_the_door_to_the_same_level(phrase: str, pattern: str) -> None:
    assert levels(pattern.format(phrase)) == levels(phrase)


@cache
def levels(text: str) -> list[Level]:
    """Every proposal ticked, every sign that the words name tapped, and the worst that can be ticked ticked."""
    found = SERVICE.route(text)
    signs = [level_of(RULES, read(SERVICE, [("sign", sign)])) for sign in found.signs]
    start = read(SERVICE, [("sign", "none")])
    told = SERVICE.confirm(start, found.presentations)
    worst = {name: True for finding in RULES.findings.values() if (name := finding.id) and finding.kind == "yes-no"}
    ticked = type(told)("16-64-years", told.presentations, {**worst, **told.answers})
    calm = type(told)("16-64-years", told.presentations, told.answers)
    return [*signs, level_of(RULES, ticked), level_of(RULES, calm)]
