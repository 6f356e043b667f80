"""How much is read before the advice: the visible words of `main`, from the danger signs to the advice, per complaint.

Walked as by somebody of 16 to 64 who has nothing that is asked for, through the server's own pages; the phone's script
fills the same markup (tests/browser/test_script_pages.py). A word counts wherever it is seen without opening anything.
"""

import re

import pytest
from bs4 import Tag
from webtest import TestApp, TestResponse

from blockmrs.domain.triage.loader import load_rules
from tests.support.html import soup_of_its_own
from tests.support.site import TestSite
from tests.triage.interviews import COMPLAINTS, place_of

RULES = load_rules()
A_SPRAIN = 200
MOST_WORDS = {
    "ank": A_SPRAIN,
    "arm": A_SPRAIN,
    "hand": A_SPRAIN,
    "knee": A_SPRAIN,
    "shin": A_SPRAIN,
    "sho": A_SPRAIN,
    "thigh": A_SPRAIN,
}
# As many as there are, so that no page grows unnoticed. Who needs a word more takes it from another place.
OTHERS = """
abdo 416, abt 280, ana 287, back 343, bite 300, brth 367, burn 266, chst 336, cold 240, comp 233
diab 336, diz 333, dv 404, elec 241, eye 290, face 457, fev 402, head 402, headache 343, heat 282
hip 215, kid 303, leg 333, limb 354, mh 297, minor 379, mouth 307, na 255, neck 323, other 409
preg 356, rhab 258, seiz 277, sick 278, skin 335, strk 260, sync 322, tox 271, urti 446
uti 365, wnd 367
"""
MOST_WORDS |= {name: int(words) for name, words in re.findall(r"(\w+) (\d+)", OTHERS)}
MOST_PAGES = 12
UNSEEN = "template, script, style, [hidden], .vh, details > :not(summary)"
Fields = list[tuple[str, str]]


def page_of(response: TestResponse) -> Tag:
    main = soup_of_its_own(response).find("main")
    assert isinstance(main, Tag)
    for unseen in main.select(UNSEEN):
        unseen.decompose()
    return main


def words_of(page: Tag) -> int:
    return sum(bool(re.search(r"\w", word)) for word in page.get_text(" ").split())


def press(app: TestApp, page: Tag, name: str, value: str) -> TestResponse:
    button = page.find_all("button", attrs={"name": name, "value": value})[-1]
    form = button.find_parent("form")
    assert form is not None
    fields: Fields = [(field["name"], field["value"]) for field in form("input") if field.get("type") == "hidden"]
    return app.post(form["action"], [*fields, (name, value)])


def answered(app: TestApp, page: Tag, place: str) -> TestResponse:
    """The page after this one: nothing that is asked for is so, and what would reassure is."""
    buttons = {(button["name"], button["value"]) for button in page("button", attrs={"name": True})}
    outer, _, inner = place.partition("/")
    for wanted in ("sign", "none"), ("answer", "none"), ("choose", inner), ("choose", outer), ("choose", "yes"):
        if wanted in buttons:
            return press(app, page, *wanted)
    return press(app, page, "choose", "16-64-years")


@pytest.fixture(scope="module")
def signs(site: TestSite) -> Tag:
    """The first screen, which is the same for every walk."""
    return page_of(site.browser().get("/field"))


def words_before_advice(app: TestApp, signs: Tag, complaint: str) -> int:
    place, page, words = place_of(RULES, complaint), signs, 0
    for _ in range(MOST_PAGES):
        if page.select_one("section.care"):
            return words
        words += words_of(page)
        page = page_of(answered(app, page, place))
    raise AssertionError("the questions do not end")


@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_no_more_words_are_read_before_the_advice(app: TestApp, signs: Tag, complaint: str) -> None:
    assert words_before_advice(app, signs, complaint) <= MOST_WORDS[complaint]
