"""What people write under "What's wrong?" proposes the right complaints, and never decides or breaks anything."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockmrs.controllers.field.wire import carry, read
from blockmrs.domain.triage import routing
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import next_page
from blockmrs.domain.triage.reader import RulesUnreadable
from blockmrs.domain.triage.routing import (
    FEWEST_ENTRIES,
    FORMAT,
    LANGUAGES,
    LONGEST_TEXT,
    MOST_PROPOSED,
    check_words,
    load_words,
    normalised,
    propose,
    read_words,
    without_controls,
    words_as_data,
)
from blockmrs.domain.triage.rules import ALWAYS
from blockmrs.errors import InvalidInput
from blockmrs.services.advice.interviews import TriageService
from tests.support.at_least import at_least

RULES = load_rules()
WORDS = load_words()
LISTS = Path(__file__).parents[2] / "blockmrs" / "domain" / "triage" / "words"
PHRASES = [
    (phrase, complaint)
    for complaint, phrases in tomllib.loads((Path(__file__).parent / "phrases.toml").read_text("utf-8"))[
        "phrases"
    ].items()
    for phrase in phrases
]


@pytest.mark.parametrize(("phrase", "complaint"), PHRASES, ids=[phrase for phrase, _ in PHRASES])
def test_what_people_write_proposes_its_complaint_among_the_first_three(phrase: str, complaint: str) -> None:
    assert complaint in propose(WORDS, phrase).presentations[:3]


def test_every_complaint_has_phrases() -> None:
    assert {complaint for _, complaint in PHRASES} == set(RULES.presentations) - set(ALWAYS)
    assert len(PHRASES) >= 120


def test_a_misspelt_blow_to_the_head_comes_before_the_vomiting() -> None:
    assert propose(WORDS, "hit his hed and thrown up").presentations == ("head", "dv")


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("he is not breathing", "not-breathing"),
        ("no respira", "not-breathing"),
        ("can't wake her", "wont-wake"),
        ("no despierta", "wont-wake"),
        ("choking on a sweet", "choking"),
        ("se atragantó", "choking"),
        ("bleeding won't stop", "bleeding-wont-stop"),
        ("convulsiones", "fit"),
        ("can't feel his legs", "neck-pain"),
        ("her throat is closing", "throat-swollen"),
        ("golpe de calor", "hot-and-confused"),
        ("chest pain", "chest-pain"),
        ("collapsed with no pulse", "collapsed"),
        ("WONT WAKE UP", "wont-wake"),
        ("bebio mucho alcohol y no reacciona", "wont-wake"),
        ("chocking on a grape", "choking"),
        ("no puede respirrar bien, es asmatico", "not-breathing"),
        ("tackle - neck sore and tingly arms", "neck-pain"),
        ("having fits", "fit"),
        ("keeps repeating himself", "wont-wake"),
        ("confused", "wont-wake"),
        ("dad is all mixed up since this morning", "wont-wake"),
        ("mi papá está desorientado", "wont-wake"),
        ("le dan ataques", "fit"),
        ("se abrio la pierna, sale mucha sangre", "bleeding-wont-stop"),
    ],
)
def test_words_of_danger_name_the_sign_and_propose_a_complaint_that_asks_about_it(text: str, sign: str) -> None:
    found = propose(WORDS, text)
    assert sign in found.signs
    assert found.presentations


@pytest.mark.parametrize("text", ["pis con sangre", "le sangra la nariz", "nail through shoe", "pee like coke"])
def test_words_that_are_near_a_danger_are_not_taken_for_one(text: str) -> None:
    assert propose(WORDS, text).signs == ()


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("throwing up after hitting head", {"head", "dv"}),
        ("fever n rash", {"fev", "skin"}),
        ("may be pregnant, belly hurts", {"preg", "abdo"}),
        ("kicked in side under ribs, peeing blood", {"abt", "uti"}),
        ("having a panic attack cant breathe", {"mh", "brth"}),
        ("cojea y tiene fiebre", {"hip", "fev"}),
        ("broken leg", {"shin", "thigh"}),
        ("se rompió la pierna", {"shin", "thigh"}),
        ("arm and leg hurt", {"arm", "shin", "limb"}),
    ],
)
def test_two_troubles_in_one_line_propose_both(text: str, both: set[str]) -> None:
    assert both <= set(propose(WORDS, text).presentations)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("feel like ending it all", "mh"),
        ("quiero acabar con todo", "mh"),
        ("hasn't slept for days and says he was chosen by god", "mh"),
        ("baby quiet today at 30 weeks", "preg"),
        ("el bebé no se mueve, 30 semanas", "preg"),
        ("seeing double", "strk"),
        ("ve doble", "strk"),
        ("suddenly can't hear on one side", "urti"),
        ("my jaw aches and I am sweaty", "chst"),
        ("my arm went dead after a tackle", "neck"),
        ("croup", "brth"),
        ("I have Addison's and feel ill", "fev"),
    ],
)
def test_words_of_crisis_and_of_rare_dangers_propose_what_asks_about_them(text: str, complaint: str) -> None:
    assert complaint in propose(WORDS, text).presentations[:3]


@given(text=st.text(max_size=LONGEST_TEXT))
def test_any_text_gives_a_short_list_of_known_complaints_or_is_refused(text: str) -> None:
    if without_controls(line := " ".join(text.split())) != line:
        with pytest.raises(InvalidInput, match="letters"):
            propose(WORDS, text)
        return
    found = propose(WORDS, text)
    assert len(found.presentations) == len(set(found.presentations)) <= MOST_PROPOSED
    assert set(found.presentations) <= set(RULES.presentations) - set(ALWAYS)
    assert set(found.signs) <= {sign.id for sign in RULES.signs}


@given(words=st.lists(st.sampled_from(WORDS.vocabulary), max_size=20))
def test_words_of_the_lists_in_any_order_give_the_same_proposals(words: list[str]) -> None:
    known = [word for word in words if not any(one + other in WORDS.known for one in words for other in words)]
    text, turned = " ".join(known), " ".join(reversed(known))
    if len(text) <= LONGEST_TEXT:
        assert propose(WORDS, text) == propose(WORDS, turned)


@pytest.mark.parametrize(
    "text", ["x" * (LONGEST_TEXT + 1), "a" * 1_000_000, "hit\x00head", "hit\x1b[2Jhead", "hit \ufffd"]
)
def test_too_much_or_no_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        propose(WORDS, text)
    assert refusal.value.field == "words"


@pytest.mark.parametrize("text", ["", " ", "?!", "qzx wvq", "😀😀", "the and of"])
def test_words_that_nobody_knows_propose_nothing(text: str) -> None:
    assert propose(WORDS, text).presentations == ()


def test_accents_capitals_and_apostrophes_do_not_matter() -> None:
    assert normalised("CAN’T  Wake, él respiró") == ["cant", "wake", "el", "respiro"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_complaint_has_enough_words_in_each_language(language: str) -> None:
    listed = tomllib.loads((LISTS / f"{language}.toml").read_text("utf-8"))
    with at_least(44) as case:
        for complaint in set(RULES.presentations) - set(ALWAYS):
            with case(complaint):
                assert len(listed["presentations"][complaint]) >= FEWEST_ENTRIES


def tables(**changed: Any) -> dict[str, dict[str, Any]]:
    table = {
        "fillers": "the",
        "particles": "not",
        "plain": "tree",
        "plays_down": ["it is nothing"],
        "signs": {"fit": ["shaking"]},
        "presentations": {"head": [f"word{letter}" for letter in "abcdefgh"]},
    }
    return {"en": table | changed}


def test_lists_that_are_wrong_are_refused() -> None:
    assert set(read_words(tables()).presentations) == {"head"}
    for wrong in (
        {"more": 1},
        {"presentations": {"head": ["one"]}},
        {"presentations": {"head": [f"word{letter}" for letter in "abcdefgh"] + ["the"]}},
        {"signs": {"fit": ["?"]}},
    ):
        with pytest.raises(RulesUnreadable):
            read_words(tables(**wrong))
    with pytest.raises(RulesUnreadable):
        read_words(tables() | {"es": tables(signs={})["en"]})


def test_words_for_what_the_rules_do_not_have_are_refused() -> None:
    check_words(WORDS, RULES)
    with pytest.raises(RulesUnreadable):
        check_words(read_words(tables()), RULES)


def test_only_complaints_can_be_confirmed() -> None:
    triage = TriageService()
    assert triage.confirm(Interview(), ["head", "dv", "head"]).presentations == ("head", "dv")
    for wrong in ([], ["life"], ["any"], ["tail"], ["head", ""]):
        with pytest.raises(InvalidInput):
            triage.confirm(Interview(), wrong)


def test_the_dangers_of_every_confirmed_complaint_come_before_the_milder_questions_of_any() -> None:
    interview = Interview(None, ("ank", "chst", "dv"), {sign.finding: False for sign in RULES.signs})
    asked = []
    triage = TriageService()
    while (page := next_page(RULES, interview)) is not None and page.id != "age":
        asked.append(page.id)
        answer = [("page", page.id), *([("choose", "no")] if page.kind == "choice" else [("answer", "none")])]
        interview = read(triage, [*carry(interview), *answer])
    first = [RULES.presentations[name].pages[0].id for name in ("ank", "chst", "dv")]
    assert asked[:3] == first
    assert len(asked) == len(set(asked))


def test_a_program_is_given_every_word_that_this_one_goes_by() -> None:
    data = words_as_data(WORDS)
    assert data["format"] == FORMAT
    for key, lists in (("signs", WORDS.signs), ("presentations", WORDS.presentations)):
        given = {name: tuple(frozenset(entry.split()) for entry in entries) for name, entries in data[key].items()}
        assert given == lists
        assert list(given) == list(lists), "their order decides between two that are equally likely"
    for key in ("fillers", "particles", "plain"):
        assert set(data[key].split()) == getattr(WORDS, key)
    assert [tuple(phrase.split()) for phrase in data["plays_down"]] == [*WORDS.plays_down]


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"fillers = "], ids=["none", "no text", "no TOML"])
def test_a_language_without_its_lists_is_named(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "words").mkdir()
    for language in LANGUAGES:
        (tmp_path / "words" / f"{language}.toml").write_bytes((LISTS / f"{language}.toml").read_bytes())
    lost = tmp_path / "words" / "es.toml"
    lost.unlink()
    if content is not None:
        lost.write_bytes(content)
    monkeypatch.setattr(routing, "files", lambda _package: tmp_path)
    load_words.cache_clear()
    with pytest.raises(RulesUnreadable) as caught:
        load_words()
    assert "es" in str(caught.value.context["file"])
