"""Every worked case, tapped through on a phone: each answer is a button or a tick that is really there.

`make soak` taps all of them in every mode. The sample of `make browser` is fixed: with the script and in English one
case of each complaint, and one for each set of kinds of questions; in each other mode every fifth of these complaints,
by turns, so that the modes share them. Each mode has one of the cases that a danger sign decides, too.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.rules import ALWAYS, Level
from blockmrs.services.advice.interviews import TriageService
from tests.browser.conftest import PHONE
from tests.browser.hands import LANGUAGES, MODES, Hand, Step, hand_at_once, hand_on
from tests.browser.tapped import TAPPED, Tapped
from tests.support.at_least import at_least
from tests.support.extent import IS_SOAK, every, one_of_each, pairs
from tests.triage.interviews import place_of, play_fields
from tests.triage.test_cases import CASES, truth_of

NewPage = Callable[..., Page]
Record = Callable[[str, object], None]
RULES = load_rules()
SERVICE = TriageService()
MOST_TAPS = 9
"""After "None of these", where nothing applies."""
WAYS = [(mode, language) for mode in MODES for language in LANGUAGES]
COMPLAINTS = sorted(set(RULES.presentations) - set(ALWAYS))
BANDS = [band.id for band in RULES.age_bands]
BY_SIGN = [case for case in CASES if "complaints" not in case and case["expected"] == "ambulance"]
OTHERS = [case for case in CASES if case not in BY_SIGN]
SHARES = range(8 if IS_SOAK else 1)
"""So that several browsers share the soak."""


@pytest.fixture(scope="module", params=WAYS, ids=" in ".join)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    return tuple(request.param)


@pytest.fixture(scope="module")
def hand(
    way: tuple[str, str], chromium: Browser, site: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hand]:
    with hand_on(chromium, site, *way, tmp_path_factory.mktemp("tapped")) as made:
        yield made


def complaint_of(case: dict[str, Any]) -> str:
    """What is wrong, as the first question after the danger signs asks it; `other` where none of these is named."""
    return str(case.get("complaints", ["other"])[-1])


def kinds_in(case: dict[str, Any]) -> frozenset[tuple[str, bool]]:
    """The kinds of the questions that it answers, each with whether somebody could tell."""
    return frozenset((RULES.findings[name].kind.value, answer is not None) for name, answer in truth_of(case).items())


def cases_in(way: tuple[str, str]) -> list[dict[str, Any]]:
    turn = WAYS.index(way)
    sample = one_of_each(OTHERS, complaint_of, turn)
    signs = every(len(BY_SIGN), BY_SIGN, turn)
    if turn > 0:
        return signs + every(len(WAYS) - 1, sample, turn - 1)
    chosen = [*signs, *sample, *one_of_each(CASES, kinds_in)]
    return [case for case in CASES if case in chosen]


def nothing_in(way: tuple[str, str]) -> list[tuple[str, str]]:
    """Complaints with the ages at which nothing more is true."""
    turn = WAYS.index(way)
    sample = pairs(COMPLAINTS, BANDS[turn:] + BANDS[:turn])
    return sample if turn == 0 else every(len(WAYS) - 1, sample, turn - 1)


def steps_of(case: dict[str, Any]) -> list[Step]:
    return play_fields(
        SERVICE,
        truth_of(case),
        age=case.get("age", "unknown"),
        part=place_of(RULES, complaint_of(case)),
        look_first=case.get("look_first", False),
    )


@pytest.mark.parametrize("share", SHARES)
def test_every_case_is_tapped_to_its_level(
    hand: Hand, way: tuple[str, str], share: int, record_property: Record
) -> None:
    found = []
    with at_least(1) as case:
        for one in cases_in(way)[share :: len(SHARES)]:
            with case(one["name"]):
                steps = steps_of(one)
                played = hand(steps)
                assert played.level
                assert Level(played.level).disposition == one["expected"]
                found.append((played.taps, played.machine_ms, played.level, len(steps)))
    record_property(TAPPED, Tapped(*way, "worked cases", found).as_data())


@pytest.mark.parametrize("share", SHARES)
def test_where_nothing_applies_at_most_nine_taps_lead_to_advice(
    hand: Hand, way: tuple[str, str], share: int, record_property: Record
) -> None:
    found = []
    with at_least(1) as case:
        for complaint, age in nothing_in(way)[share :: len(SHARES)]:
            with case((complaint, age)):
                steps = play_fields(SERVICE, {}, age=age, part=place_of(RULES, complaint))
                played = hand(steps)
                assert played.level
                assert played.taps - 1 <= MOST_TAPS
                found.append((played.taps, played.machine_ms, played.level, len(steps)))
    record_property(TAPPED, Tapped(*way, "nothing applies", found).as_data())


def test_the_sample_has_every_complaint_every_age_every_level_and_every_kind_of_question() -> None:
    sample = cases_in(WAYS[0])
    others = [case for way in WAYS[1:] for case in cases_in(way)]
    nothing = [found for way in WAYS for found in nothing_in(way)]
    for cases in (sample, others):
        assert set(map(complaint_of, cases)) == set(map(complaint_of, CASES))
        assert {case["expected"] for case in cases} == {level.disposition for level in Level}
    assert {complaint for complaint, _ in nothing} == set(COMPLAINTS)
    assert {age for _, age in nothing} == set(BANDS)
    assert {kind for case in sample for kind in kinds_in(case)} == {kind for case in CASES for kind in kinds_in(case)}


def test_the_tapping_sees_a_button_that_is_missing(new_page: NewPage) -> None:
    with pytest.raises(Exception, match="not there: sign,levitating"):
        hand_at_once(new_page(PHONE))([[("sign", "levitating")]])


@pytest.mark.parametrize("name", ["head", "ank"])
def test_a_finger_does_the_same(new_page: NewPage, name: str) -> None:
    case = next(case for case in CASES if complaint_of(case) == name and case["expected"] != "ambulance")
    page = new_page(PHONE)
    page.goto("/field")
    page.wait_for_selector("html[data-asks=here]", timeout=60_000)
    for fields in steps_of(case):
        last = next(field for field in fields if field[0] in ("sign", "choose", "answer"))
        for field, value in [*(field for field in fields if field[0] == "pick"), last]:
            page.locator(f"#main form[method=post] [name='{field}'][value='{value}']:not([type=hidden])").first.tap()
    wanted = next(level for level in Level if level.disposition == case["expected"])
    expect(page.locator(".of")).to_contain_text(f"Level {int(wanted)} of 4")
