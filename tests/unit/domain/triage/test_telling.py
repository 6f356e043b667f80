"""Whether the family gets a report: one rule, whatever door it comes through."""

import itertools

import pytest

from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.rules import POLICIES
from blockmrs.domain.triage.telling import Family, Telling, Word, telling

RULES = load_rules()
PLAIN = Interview(answers={"fit": True})
HARM = Interview(answers={"story-does-not-fit": True})
SHOWN = frozenset({"safeguarding"})


def of(interview: Interview, *withheld: str) -> Telling:
    return telling(RULES, interview, withheld)


def test_what_touches_no_policy_goes_to_the_family() -> None:
    assert of(PLAIN, *POLICIES).decide(Word()) is Family.TOLD


def test_what_the_operator_sends_goes_to_the_family() -> None:
    assert of(HARM).decide(Word()) is Family.TOLD


@pytest.mark.parametrize("told", [of(PLAIN), of(HARM, "safeguarding")])
def test_what_its_author_withholds_waits(told: Telling) -> None:
    assert told.decide(Word(withhold=True, send=True, policy_ids=SHOWN)) is Family.WAITS


@pytest.mark.parametrize("send", [False, True])
def test_what_its_author_was_never_told_waits_whatever_was_said(send: bool) -> None:
    assert of(HARM, "safeguarding").decide(Word(send=send, policy_ids=frozenset({"pregnancy"}))) is Family.WAITS


def test_an_author_who_was_told_and_does_not_withhold_is_asked_once_more() -> None:
    told = of(HARM, "safeguarding")
    assert told.decide(Word(policy_ids=SHOWN)) is Family.ASK
    assert told.decide(Word(send=True, policy_ids=SHOWN)) is Family.TOLD


def test_nobody_stands_between_a_person_and_the_record_they_keep() -> None:
    words = [
        Word(*flags, policy_ids=shown) for *flags, shown in itertools.product((False, True), (False, True), (SHOWN,))
    ]
    decided = {of(HARM, "safeguarding").decide(word, own_record=True) for word in (*words, Word())}
    assert decided == {Family.TOLD}


def test_a_form_begins_by_withholding_what_it_did_not_show_yet() -> None:
    told = of(HARM, "safeguarding")
    assert told.suggest(Word()) == Word(withhold=True, policy_ids=SHOWN)
    assert told.suggest(Word(policy_ids=SHOWN)) == Word(policy_ids=SHOWN)
    assert of(PLAIN, *POLICIES).suggest(Word()) == Word()


def test_a_policy_is_touched_by_cannot_tell_as_by_yes_and_not_by_no() -> None:
    touched = [of(Interview(answers={"story-does-not-fit": answer})).policies for answer in (True, None, False)]
    assert [[policy.id for policy in policies] for policies in touched] == [["safeguarding"], ["safeguarding"], []]


def test_a_message_to_a_parent_is_offered_unless_one_policy_forbids_it() -> None:
    harm = Interview(answers={"other-harm": True})
    both = Interview(answers={"other-harm": True, "story-does-not-fit": True})
    assert of(harm, *POLICIES).parent_words == "Text a parent, if that is safe"
    assert of(both, *POLICIES).parent_words == ""
    assert of(harm).parent_words == "", "nothing is withheld: they are told as always"
