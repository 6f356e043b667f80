"""Form fields become an interview, or are refused by name; nothing unknown ever counts as "no"."""

import pytest

from blockmrs.controllers.field.wire import carry, only_mine, read, without
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.reader import RulesUnreadable
from blockmrs.domain.triage.rules import Level, RuleSet
from blockmrs.errors import InvalidInput
from blockmrs.services.advice.interviews import TriageService
from tests.support.at_least import at_least

Fields = list[tuple[str, str]]


@pytest.fixture
def triage() -> TriageService:
    return TriageService()


@pytest.fixture
def head(triage: TriageService) -> Interview:
    """Nothing on the first screen, and the head hurts."""
    none = read(triage, [("sign", "none")])
    return read(triage, [*carry(none), ("page", "where"), ("choose", "head")])


def test_a_danger_sign_is_level_1_in_one_tap(triage: TriageService) -> None:
    with at_least(10) as case:
        for sign in triage.rules.signs:
            with case(sign.id):
                interview = read(triage, [("sign", sign.id)])
                found = triage.conclude(interview)
                assert found.level is Level.AMBULANCE
                assert 3 <= len(found.first_aid) <= 5
                assert triage.next_page(interview) is None


def test_a_second_sign_adds_to_the_first(triage: TriageService) -> None:
    first = read(triage, [("sign", "choking")])
    both = read(triage, [*carry(first), ("sign", "chest-pain")])
    assert {"life/choking", "life/chest-pain"} <= {reason.rule for reason in triage.conclude(both).reasons}


def test_none_of_these_is_an_explicit_no_to_all_ten(triage: TriageService) -> None:
    interview = read(triage, [("sign", "none")])
    assert [interview.answers[sign.id] for sign in triage.rules.signs] == [False] * 10


def test_none_of_these_does_not_take_a_tapped_sign_back(triage: TriageService) -> None:
    tapped = read(triage, [("sign", "fit")])
    after = read(triage, [*carry(tapped), ("sign", "none")])
    assert after.answers["fit"] is True


def test_not_sure_leads_through_two_checks_back_to_the_signs(triage: TriageService) -> None:
    interview = read(triage, [("sign", "unsure")])
    seen = []
    while (page := triage.next_page(interview)) is not None and page.kind == "choice":
        seen.append(page.id)
        interview = read(triage, [*carry(interview), ("page", page.id), ("choose", "yes")])
    assert page is not None
    assert [*seen, page.id] == ["check-response", "check-breathing", "signs-again"]
    assert page.kind == "signs"


def test_still_not_sure_is_level_1(triage: TriageService) -> None:
    interview = read(triage, [("sign", "unsure")])
    again = read(triage, [*carry(interview), ("sign", "unsure")])
    found = triage.conclude(again)
    assert found.level is Level.AMBULANCE
    assert found.look_again


@pytest.mark.parametrize("answer", ["no", "unsure"])
def test_a_check_that_is_not_a_clear_yes_is_level_1(triage: TriageService, answer: str) -> None:
    interview = read(triage, [("sign", "unsure")])
    after = read(triage, [*carry(interview), ("page", "check-response"), ("choose", answer)])
    assert triage.conclude(after).level is Level.AMBULANCE
    assert triage.next_page(after) is None


def test_ticked_is_yes_and_the_rest_of_the_page_is_no(triage: TriageService, head: Interview) -> None:
    fields = [*carry(head), ("page", "head-knock"), ("pick", "head-memory:yes"), ("answer", "next")]
    answers = read(triage, fields).answers
    assert answers["head-memory"] is True
    assert answers["head-fall"] is False
    assert answers["head-headache"] == "no"


def test_not_sure_about_some_leaves_the_unticked_open_to_doubt(triage: TriageService, head: Interview) -> None:
    fields = [*carry(head), ("page", "head-knock"), ("pick", "head-memory:yes"), ("answer", "unsure")]
    answers = read(triage, fields).answers
    assert answers["head-memory"] is True
    assert answers["head-fall"] is None


def test_of_two_options_ticked_at_once_the_worse_counts(triage: TriageService, head: Interview) -> None:
    picks = [("pick", "head-vomits:1"), ("pick", "head-vomits:2")]
    after = read(triage, [*carry(head), ("page", "head-danger"), *picks, ("answer", "next")])
    assert after.answers["head-vomits"] == 2


def test_ticks_beside_none_of_these_are_kept(triage: TriageService, head: Interview) -> None:
    fields = [*carry(head), ("page", "head-danger"), ("pick", "head-sleepy:yes"), ("answer", "none")]
    assert triage.conclude(read(triage, fields)).level is Level.AMBULANCE


def test_a_number_out_of_range_is_cant_tell(triage: TriageService) -> None:
    assert read(triage, [("a.head-vomits", "5000"), ("complaints", "head")]).answers["head-vomits"] is None


def test_the_hidden_fields_bring_everything_back(triage: TriageService, head: Interview) -> None:
    fields = [("a.head-vomits", "1"), ("a.head-headache", "stays"), ("a.head-fall", "unsure"), ("age", "1-year")]
    interview = read(triage, [*carry(head), *fields])
    assert read(triage, carry(interview)) == interview


def test_you_saw_lists_what_was_there_and_what_was_doubtful(triage: TriageService) -> None:
    fields = [("a.head-vomits", "3"), ("a.head-fall", "unsure"), ("a.head-sight", "no"), ("a.head-memory", "yes")]
    fields += [("a.head-all-normal", "no"), ("a.responds", "yes"), ("a.looked-again", "yes")]
    rows = {row.finding: row.answer for row in triage.answers_in_words(read(triage, fields))}
    assert rows == {
        "head-vomits": "Threw up twice or more",
        "head-fall": "Not sure",
        "head-memory": "Yes",
        "head-all-normal": "No",
    }
    assert "head-sight" in {row.finding for row in triage.answers_in_words(read(triage, fields), all_answers=True)}


def test_a_choice_that_is_not_there_reads_as_no(triage: TriageService) -> None:
    rows = triage.answers_in_words(read(triage, [("a.head-headache", "no")]), all_answers=True)
    assert [row.answer for row in rows] == ["No"]


def test_change_asks_that_page_again(triage: TriageService, head: Interview) -> None:
    after = read(triage, [*carry(head), ("page", "head-danger"), ("answer", "none")])
    page = triage.next_page(without(triage, after, "head-sight"))
    assert page is not None
    assert page.findings == ("head-sight",)


def test_changing_the_age_asks_only_the_age(triage: TriageService, head: Interview) -> None:
    aged = read(triage, [*carry(head), ("age", "1-year")])
    assert without(triage, aged, "age") == head


def test_changing_the_place_forgets_its_answers(triage: TriageService, head: Interview) -> None:
    after = read(triage, [*carry(head), ("page", "head-danger"), ("answer", "none")])
    before = without(triage, after, "complaints")
    assert before.presentations == ()
    assert "head-sight" not in before.answers
    assert before.answers["fit"] is False


def test_where_it_hurts_may_take_two_taps(triage: TriageService) -> None:
    none = read(triage, [("sign", "none")])
    outer = read(triage, [*carry(none), ("page", "where"), ("choose", "arm")])
    assert outer.presentations == ()
    inner = read(triage, [*carry(outer), ("page", "where-arm"), ("choose", "shoulder")])
    assert inner.presentations == ("sho",)
    assert read(triage, carry(inner)) == inner


def test_changing_the_place_asks_from_the_first_page_again(triage: TriageService) -> None:
    chosen = read(triage, [("sign", "none")])
    for page, place in (("where", "arm"), ("where-arm", "shoulder")):
        chosen = read(triage, [*carry(chosen), ("page", page), ("choose", place)])
    again = triage.next_page(without(triage, chosen, "complaints"))
    assert again is not None
    assert again.id == "where"


def test_changing_an_unknown_finding_is_refused(triage: TriageService) -> None:
    with pytest.raises(InvalidInput):
        without(triage, triage.start(), "nonsense")


def test_the_start_asks_for_the_danger_signs(triage: TriageService) -> None:
    page = triage.next_page(triage.start())
    assert page is not None
    assert page.kind == "signs"
    assert len(page.choices) == 10


def test_only_mine_drops_the_fields_of_others(triage: TriageService) -> None:
    assert only_mine([("sign", "none"), ("note", "x"), ("a.fit", "no"), ("pick", "a:b")]) == [
        ("sign", "none"),
        ("a.fit", "no"),
        ("pick", "a:b"),
    ]


def test_fields_without_a_tap_are_read_as_they_stand(triage: TriageService) -> None:
    assert read(triage, [("a.fit", "no")]) == Interview(None, (), {"fit": False})


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ([("surprise", "1")], "surprise"),
        ([("a.nonsense", "yes")], "a.nonsense"),
        ([("a.fit", "maybe")], "a.fit"),
        ([("a.fit", "<script>")], "a.fit"),
        ([("a.head-headache", "terrible")], "a.head-headache"),
        ([("a.head-vomits", "two")], "a.head-vomits"),
        ([("a.head-vomits", "-1")], "a.head-vomits"),
        ([("a.head-vomits", "9" * 100)], "a.head-vomits"),
        ([("a.head-vomits", "٣")], "a.head-vomits"),
        ([("a.fit", "no"), ("a.fit", "yes")], "a.fit"),
        ([("sign", "none"), ("sign", "fit")], "sign"),
        ([("sign", "headache")], "sign"),
        ([("age", "200")], "age"),
        ([("complaints", "head,toes")], "complaints"),
        ([("complaints", "head,head")], "complaints"),
        ([("complaints", "")], "complaints"),
        ([("a.fit", "x" * 10_000)], "a.fit"),
        ([("choose", "yes")], "choose"),
        ([("answer", "none")], "answer"),
        ([("pick", "fit:yes")], "pick"),
        ([("page", "nonsense"), ("answer", "none")], "page"),
        ([("page", "signs"), ("answer", "none")], "page"),
        ([("page", "where"), ("choose", "toes")], "choose"),
        ([("page", "where")], "choose"),
        ([("page", "where-arm"), ("choose", "head")], "choose"),
        ([("page", "where-arm")], "choose"),
        ([("page", "where-head"), ("choose", "head")], "page"),
        ([("a.where", "tail")], "a.where"),
        ([("page", "age"), ("choose", "old")], "choose"),
        ([("page", "age")], "choose"),
        ([("page", "check-response"), ("choose", "perhaps")], "choose"),
        ([("page", "check-response")], "choose"),
        ([("page", "check-response"), ("choose", "yes"), ("pick", "fit:yes")], "pick"),
        ([("page", "head-danger"), ("answer", "next")], "pick"),
        ([("page", "head-danger"), ("answer", "later")], "answer"),
        ([("page", "head-danger")], "answer"),
        ([("page", "head-danger"), ("pick", "nonsense:yes"), ("answer", "next")], "pick"),
        ([("page", "head-danger"), ("pick", "head-sight:yes"), ("pick", "head-sight:yes"), ("answer", "next")], "pick"),
        ([("a.fit", "no")] * 2, "a.fit"),
        ([("pick", f"x{number}") for number in range(1000)], "answer"),
        ([("x" * 10_000, "no")], "x" * 200),
    ],
)
def test_a_wrong_field_is_refused_by_name(triage: TriageService, fields: Fields, named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(triage, fields)
    assert caught.value.field == named


def test_unreadable_rules_say_so_at_each_use_and_not_at_the_start() -> None:
    def load() -> RuleSet:
        raise RulesUnreadable("the rule files cannot be read")

    broken = TriageService(load)
    with pytest.raises(RulesUnreadable):
        read(broken, [("sign", "none")])
    with pytest.raises(RulesUnreadable):
        broken.conclude(broken.start())


def test_the_shipped_rules_are_loaded_once() -> None:
    assert load_rules() is load_rules()
