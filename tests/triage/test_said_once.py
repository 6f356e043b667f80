"""Advice follows what was answered: it neither repeats an answer as a thing to watch for nor contradicts the age."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import blockmrs.i18n
from blockmrs.domain.followups import HEAD_CHECK
from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview, assess, facts_of
from blockmrs.domain.triage.loader import load_check_rules
from blockmrs.domain.triage.rules import ALWAYS, Finding, Kind, Level, Nature
from tests.support.at_least import at_least

RULES = load_check_rules()
CATALOGUES = Path(blockmrs.i18n.__file__).parent
# What a question and a "get help sooner if" may both name, in whatever words of ours.
SIGNS = {
    "vomiting": r"\b(throw|throws|threw|thrown) up(?! blood)|(?<!in )\bvomit",
    "a drink that does not stay": r"no drinks? (stays?|kept)|not keep drinks",
    "a fever": r"(?<!glandular )\bfever",
    "a stiff neck": r"stiff neck|neck (is|gets) stiff|neck stiff",
    "a rash that stays": r"rash that stays|rash (stays|appears that stays)|stays under a glass",
    "no pee": r"\bno pee\b|cannot pee|can't pee|not pee\b",
    "dark pee": r"pee (is |turns )?(pink|brown|red)|(red|brown) pee",
    "black stool": r"black stool|stool (is )?black",
    "bloody stool": r"blood(y|) (or slime )?in (the |vomit or )?stool|bloody stool",
    "numb between the legs": r"numb between",
    "a numb or tingling limb": r"tingl",
    "a tight limb": r"(leg|shin|limb|arm)\b.{0,20}\btight",
    "four steps": r"four steps|no weight",
    "a locked knee": r"knee will not straighten|straighten the knee|knee locks",
    "pus": r"\bpus\b",
    "light that hurts": r"light hurts",
    "a swollen lid": r"(eye|lid)\b.{0,16}swollen|lid or cheek swells|swelling round the eye",
    "swelling behind the ear": r"behind the ear",
    "voices": r"\bvoices\b",
    "a still baby": r"baby (move|moves) less",
    "coughing blood": r"cough(s|ed)? (up )?blood|blood is coughed",
    "a very bad headache": r"very bad headache|headache (is )?very bad|headache gets very bad",
    "very bad pain": r"pain (is |gets )?(suddenly )?(so |very )bad|very bad pain",
    "the nose": r"nose (still )?bleeds",
    "a seizure": r"\bseizure",
    "a shoulder tip": r"tip of the shoulder|shoulder tip",
    "being alone": r"nobody to (watch|stay)|are alone",
    "the middle of the neck": r"middle of (the )?neck",
}
# These sit where they are: the same word somewhere else on the body is another matter.
LOCAL = ("pus", "very bad pain")
ONE_OF_SEVERAL = frozenset({"back-illness", "mouth-ulcer", "neck-ill", "steroids-and-ill", "urt-ear", "leg-child"})
"""Questions of which a yes leaves open whether it is the fever or one of the other things that they name."""
# A change for the worse may be watched for even after a yes.
CHANGE = re.compile(r"\b(again|more|worse|another|grows|spreads|heavier|still|back)\b", re.IGNORECASE)
CALM: dict[str, Answer] = {
    name: True for name, finding in RULES.findings.items() if finding.nature is Nature.REASSURING
}


def values(finding: Finding) -> tuple[tuple[Answer, str], ...]:
    """Every answer that says yes, with its words."""
    if finding.kind is Kind.YES_NO:
        return ((True, f"{finding.label} {finding.ask}"),)
    return tuple((option.value, option.label) for option in finding.options)


def interviews(finding: Finding, value: Answer, complaint: str) -> Iterator[Interview]:
    """Everybody who may give this one answer beside this complaint, with everything else as calm as can be."""
    own = () if finding.presentation in ALWAYS else (finding.presentation,)
    for band in sorted(finding.ages or RULES.known_ages):
        yield Interview(band, tuple(dict.fromkeys((complaint, *own))), {**CALM, finding.id: value})


def asked(sign: str, named: re.Pattern[str]) -> Iterator[tuple[Finding, Answer]]:
    """Every question that names this sign, with each answer that says yes to it."""
    for finding in RULES.findings.values():
        if finding.nature is Nature.DANGER and not (sign == "a fever" and finding.id in ONE_OF_SEVERAL):
            yield from ((finding, value) for value, words in values(finding) if named.search(words))


def watched(lines: Iterable[str], named: re.Pattern[str]) -> list[str]:
    """Those of the lines that name this sign as something that is still to come."""
    return [line for line in lines if named.search(line) and not CHANGE.search(line)]


@pytest.mark.parametrize("sign", SIGNS)
def test_no_sooner_if_names_what_was_answered_with_yes(sign: str) -> None:
    """At each level below 1; at level 1 there is no "get help sooner"."""
    named = re.compile(SIGNS[sign], re.IGNORECASE)
    watching = [name for name, entry in RULES.presentations.items() if watched(entry.sooner_if, named)]
    wrong: set[tuple[str, Answer, Level, str]] = set()
    for finding, value in asked(sign, named):
        # A check of the days after is about nothing else.
        own = sign in LOCAL or finding.presentation == HEAD_CHECK
        for complaint in [finding.presentation] if own else watching:
            for interview in interviews(finding, value, complaint):
                advice = assess(RULES, interview)
                wrong |= {(finding.id, value, advice.level, line) for line in watched(advice.sooner_if, named)}
    assert wrong == set()


@pytest.mark.parametrize("band", sorted(RULES.known_ages))
def test_nobody_under_an_age_of_play_is_told_of_returning_to_play(band: str) -> None:
    """Each advice of each complaint: a small child is not out of play, and needs no clearance."""
    is_small = band in {"under-3-months", "3-5-months", "6-11-months", "1-year", "2-4-years"}
    with at_least(600) as case:
        for presentation in RULES.presentations.values():
            for name, advice in presentation.advice.items():
                facts = facts_of(RULES, Interview(band, (presentation.id,)))
                said = RULES.advice_to(advice, facts)
                with case(f"{presentation.id}/{name}"):
                    assert (said.return_to_play == "") is is_small
        for rule in RULES.rules:
            with case(rule.id):
                advised = assess(RULES, Interview(band, (rule.presentation,), dict.fromkeys(rule.findings, True)))
                assert (advised.return_to_play is None) is is_small


SPORT = re.compile(
    r"\b(play|playing|game|train|training|sport|drive|alcohol|run it off)\b(?! today and)", re.IGNORECASE
)
BY_OTHERS = re.compile("Someone else must drive|rough play|Do not drive off before cooling")


@pytest.mark.parametrize("band", ["under-3-months", "1-year", "2-4-years"])
def test_no_small_child_is_told_of_play_driving_or_alcohol(band: str) -> None:
    with at_least(100) as case:
        for presentation in RULES.presentations.values():
            facts = facts_of(RULES, Interview(band, (presentation.id,)))
            for name, advice in presentation.advice.items():
                said = RULES.advice_to(advice, facts)
                lines = [line for line in (*said.first_aid, *said.dont) if not BY_OTHERS.search(line)]
                with case(f"{presentation.id}/{name}"):
                    assert [line for line in lines if SPORT.search(line)] == []
                    assert len(said.first_aid) >= 2
                    assert said.dont


@pytest.mark.parametrize(
    ("complaint", "answers", "band", "gone", "there"),
    [
        ("head", {"head-vomits": 1}, "5-12-years", "They throw up.", "They throw up again."),
        (
            "dv",
            {"dv-keeps": True},
            "16-64-years",
            "No pee for 12 hours, or no drink stays down.",
            "No pee for 12 hours.",
        ),
        (
            "uti",
            {"uti-kidney": "plain"},
            "16-64-years",
            "Fever, shivers, or pain in the side or back.",
            "They cannot pee.",
        ),
        ("urti", {}, "16-64-years", "", "They drool, or cannot swallow."),
    ],
)
def test_what_to_watch_for_follows_the_answers(
    complaint: str, answers: dict[str, Answer], band: str, gone: str, there: str
) -> None:
    advice = assess(RULES, Interview(band, (complaint,), answers))
    assert gone not in advice.sooner_if
    assert there in advice.sooner_if


@pytest.mark.parametrize("answer", [None, 0])
def test_a_danger_is_watched_for_unless_it_was_surely_answered_with_yes(answer: Answer) -> None:
    advice = assess(RULES, Interview("5-12-years", ("head",), {"head-vomits": answer}))
    assert "They throw up." in advice.sooner_if


def test_an_age_that_nobody_knows_leaves_out_nothing() -> None:
    for band in (None, "unknown"):
        advice = assess(RULES, Interview(band, ("fev",), {"fev-travel": True}))
        assert advice.return_to_play
        assert "Do not give aspirin under 16." in advice.dont


@pytest.mark.parametrize(
    ("band", "there", "gone"),
    [
        ("under-3-months", "Then push the middle of the chest, 5 times.", "Then pull sharply under the ribs, 5 times."),
        ("5-12-years", "Then pull sharply under the ribs, 5 times.", "Baby under 1: push the chest instead."),
    ],
)
def test_choking_is_for_the_age_that_was_answered(band: str, there: str, gone: str) -> None:
    advice = assess(RULES, Interview(band, (), {"choking": True}))
    assert there in advice.first_aid
    assert gone not in advice.first_aid


def test_words_that_are_left_out_are_one_text_in_every_language() -> None:
    """The phone finds them by the translated text, so two texts must not become one."""
    with (CATALOGUES / "es" / "LC_MESSAGES" / "blockmrs.po").open("rb") as source:
        spanish = read_po(source)
    texts = {message.string for text in RULES.omissions if (message := spanish.get(text)) is not None}
    assert len(texts) == len(RULES.omissions)
