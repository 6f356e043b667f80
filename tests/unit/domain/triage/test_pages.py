"""Which page comes next, and what stands on it."""

from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import QuestionPage, at_home, next_page, page_named
from blockmrs.domain.triage.rules import Level

RULES = load_rules()
NONE_OF_THESE: dict[str, Answer] = {sign.finding: False for sign in RULES.signs}


def ask(*complaints: str, age: str | None = None, **answers: Answer) -> QuestionPage:
    named = {name.replace("_", "-"): value for name, value in answers.items()}
    page = next_page(RULES, Interview(age, complaints, {**NONE_OF_THESE, **named}))
    assert page is not None
    return page


def test_the_danger_signs_come_first() -> None:
    page = next_page(RULES, Interview())
    assert page is not None
    assert (page.id, page.kind) == ("signs", "signs")


def test_then_where_it_hurts() -> None:
    page = ask()
    assert [choice.value for choice in page.choices] == [part.id for part in RULES.parts]
    assert page.hint == ""


def test_at_home_the_same_places_stand_in_the_order_of_home_and_other_pages_stay() -> None:
    page = ask()
    assert [choice.value for choice in at_home(RULES, page).choices] == list(RULES.home_order)
    assert {*at_home(RULES, page).choices} == {*page.choices}
    other = ask(where="arm")
    assert at_home(RULES, other) is other


def test_a_part_with_several_kinds_of_trouble_is_asked_on_a_second_page() -> None:
    page = ask(where="arm")
    inner = next(part.inner for part in RULES.parts if part.id == "arm")
    assert (page.id, page.number) == ("where-arm", 2)
    assert [choice.value for choice in page.choices] == [part.id for part in inner]


def test_pages_are_counted_from_the_first_of_both() -> None:
    assert ask("ank", where="arm").number == 3
    assert ask("ank").number == 2


def test_a_place_that_is_not_there_is_asked_anew() -> None:
    assert ask(where="tail").id == "where"


def test_no_page_of_places_has_more_than_twelve() -> None:
    assert len(RULES.parts) <= 12
    assert all(len(part.inner) <= 12 for part in RULES.parts)


def test_what_could_only_settle_a_doctors_visit_waits_for_the_dangers() -> None:
    assert ask("chst").id == "chst-danger"


def test_then_the_dangers_of_the_complaint_before_the_age() -> None:
    page = ask("head")
    assert page.id == "head-danger"
    assert [toggle.value for toggle in page.toggles][:2] == ["shock:yes", "head-sleepy:yes"]


def test_a_number_and_a_choice_are_ticked_by_their_options() -> None:
    values = [toggle.value for toggle in ask("head").toggles]
    assert values.index("head-vomits:2") + 1 == values.index("head-vomits:1")


def test_dangers_of_two_complaints_come_before_the_age_of_either() -> None:
    page = ask("limb", "head", **absent("limb"))
    assert page.id == "head-danger"


def test_the_age_is_asked_once_for_two_complaints() -> None:
    everything = {**absent("wnd"), **absent("limb")}
    assert ask("wnd", "limb", **everything).id == "age"
    assert ask("wnd", "limb", age="16-64-years", **everything).id != "age"


def test_an_adult_is_not_asked_a_babys_questions() -> None:
    before = {name: value for name, value in absent("head").items() if not name.startswith("head-lump")}
    page = next_page(RULES, Interview("16-64-years", ("head",), {**NONE_OF_THESE, **before}))
    assert page is None or "head-lump" not in page.findings


def test_a_reassuring_question_comes_alone_and_at_once_when_it_could_settle_level_1() -> None:
    page = ask("limb", limb_bent="leg")
    assert (page.id, page.kind) == ("limb-can-travel", "choice")
    assert [choice.value for choice in page.choices] == ["yes", "no", "unsure"]


def test_questions_that_no_longer_matter_are_left_out() -> None:
    answered = {name: value for name, value in absent("head").items() if name not in ("head-daze", "head-feels-wrong")}
    page = next_page(RULES, Interview("16-64-years", ("head",), {**NONE_OF_THESE, **answered, "head-memory": True}))
    assert page is not None
    assert page.id == "head-about"


def test_no_safe_way_is_asked_only_when_a_hospital_is_needed() -> None:
    calm = ask("head", age="16-64-years", **absent("head"))
    urgent = ask("head", age="16-64-years", **{**absent("head"), "head-memory": True})
    assert "no-safe-way" not in calm.findings
    assert "no-safe-way" in urgent.findings


def test_level_1_asks_nothing_more() -> None:
    assert next_page(RULES, Interview(None, ("head",), {**NONE_OF_THESE, "head-sight": True})) is None


def test_an_unknown_complaint_is_asked_nothing() -> None:
    assert next_page(RULES, Interview(None, ("toes",), NONE_OF_THESE)) is None


def test_a_page_is_found_by_its_name() -> None:
    plan = page_named(RULES, "head-danger")
    assert plan is not None
    assert "head-sleepy" in plan.findings
    assert page_named(RULES, "age") is None
    assert page_named(RULES, "nowhere") is None


def test_every_level_has_its_words() -> None:
    assert set(RULES.level_words) == set(Level)


def absent(presentation: str) -> dict[str, Answer]:
    own = {name: entry for name, entry in RULES.findings.items() if entry.presentation == presentation}
    return {"shock": False, **{name: entry.none if entry.options else False for name, entry in own.items()}}
