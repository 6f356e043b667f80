"""How it is done: whoever tells to push on a chest says how often and how deep; each drawing is there, and small."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import blockmrs
from blockmrs.domain.triage.engine import Interview, assess
from blockmrs.domain.triage.loader import load_check_rules, load_rules
from blockmrs.domain.triage.oneself import for_oneself
from blockmrs.domain.triage.rules import Level
from tests.support.at_least import at_least

RULES = load_rules()
PACKAGE = Path(blockmrs.__file__).parent
MOST_BYTES = 1300
PUSH = re.compile(r"\bpush\b[^.]*\bchest\b|\bpush hard and fast\b|chest compression|\bCPR\b", re.IGNORECASE)
EMPUJE = re.compile(r"\b(presion|empuj|comprim)\w*\b[^.]*\bpecho\b|compresiones|\bRCP\b", re.IGNORECASE)
NO_TELLING = {
    "CPR": "a thing that was done, in a report",
    "Baby under 1: push the chest instead.": "five thrusts against choking; the same advice says how to go on",
    "Then push the middle of the chest, 5 times.": "five thrusts against choking; the same advice says how to go on",
    "A baby under 1: push the baby's chest instead.": "five thrusts against choking",
}
"""Texts that speak of a chest and tell nobody to go on pushing it, with why."""


def english() -> dict[str, str]:
    """Every text that people read, with its Spanish."""
    with (PACKAGE / "i18n" / "es" / "LC_MESSAGES" / "blockmrs.po").open("rb") as source:
        return {message.id: message.string for message in read_po(source) if isinstance(message.id, str) and message.id}


def test_every_text_that_tells_to_push_on_the_chest_has_the_rate_and_the_depth_on_its_page() -> None:
    """In both languages; what tells the rate itself needs nothing beside it."""
    (cpr,) = (picture for picture in RULES.pictures if picture.id == "cpr")
    own = next(picture for picture in for_oneself(RULES).pictures if picture.id == "cpr")
    led = {*cpr.texts, *own.texts, cpr.title, own.title, *cpr.lines, *own.lines, *NO_TELLING}
    telling = [text for text, spanish in english().items() if PUSH.search(text) or EMPUJE.search(spanish)]
    assert len(telling) >= 8
    assert [text for text in telling if text not in led] == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_rate_and_the_depth_are_in_plain_words(language: str) -> None:
    (cpr,) = (picture for picture in RULES.pictures if picture.id == "cpr")
    words = " ".join(english()[line] if language == "es" else line for line in cpr.lines)
    for number in ("100", "120", "5 cm"):
        assert number in words
    assert ("a third of the chest" if language == "en" else "un tercio del pecho") in words


def test_all_advice_that_says_it_shows_it() -> None:
    """Also to whoever is ill themselves, and in the checks of the days after."""
    for rules in (load_check_rules(), for_oneself(load_check_rules())):
        with at_least(40) as case:
            for presentation in rules.presentations.values():
                for name, advice in presentation.advice.items():
                    for level in (Level.AMBULANCE, Level.HOSPITAL):
                        says = [line for line in advice.first_aid if PUSH.search(line) and line not in NO_TELLING]
                        with case(f"{presentation.id}/{name}/{level}"):
                            shown = {picture.id for picture in rules.pictures_for(level, advice.first_aid)}
                            assert ("cpr" in shown) is bool(says)


def test_what_can_wait_shows_no_drawing() -> None:
    """A sprain's advice is short."""
    burn = RULES.presentations["burn"].advice["self_care"]
    assert RULES.pictures_for(Level.SELF_CARE, burn.first_aid) == ()
    assert [picture.id for picture in RULES.pictures_for(Level.HOSPITAL, burn.first_aid)] == ["cool"]


def test_nobody_with_a_hurt_neck_is_shown_how_to_roll_them() -> None:
    advice = assess(RULES, Interview("16-64-years", (), {"neck-pain": True}))
    assert {picture.id for picture in RULES.pictures_for(advice.level, advice.first_aid)} == {"cpr"}


def test_each_drawing_is_a_small_file_of_ours() -> None:
    there = {path.name for path in (PACKAGE / "public" / "img").iterdir()}
    assert there == {f"aid-{picture.id}.svg" for picture in RULES.pictures}
    for name in there:
        text = (PACKAGE / "public" / "img" / name).read_text(encoding="utf-8")
        assert len(text) <= MOST_BYTES
        assert text.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 140">')
        assert not re.search(r"href|style|script|url\(", text)
