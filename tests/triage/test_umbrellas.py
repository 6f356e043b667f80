"""One row for several questions: whoever answers it comes to the level of whoever answers each by itself."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from random import Random

import pytest

from blockmrs.controllers.field.journey import Journey, way_back
from blockmrs.controllers.field.wire import LONGEST_VALUE, carry, only_answers, read, without
from blockmrs.domain.triage import pages
from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview, assess, level_of
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import QuestionPage, Toggle, next_page
from blockmrs.domain.triage.rules import ALWAYS, Level
from blockmrs.domain.triage.umbrellas import MOST_PARTS, STEPS, may_be_part, rows
from blockmrs.errors import InvalidInput
from blockmrs.services.advice.interviews import TriageService
from tests.support.extent import every, examples
from tests.triage.interviews import BANDS, COMPLAINTS, parts_of, play_together, values

RULES = load_rules()
SERVICE = TriageService()
NO_SIGN: dict[str, Answer] = {sign.finding: False for sign in RULES.signs}
PAIRS = list(combinations(COMPLAINTS, 2))
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
BUSY = Interview(None, ("brth", "head", "kid"), NO_SIGN)
"""So much can be asked about these that dangers share a row."""


def umbrella_of(interview: Interview) -> tuple[QuestionPage, Toggle]:
    page = next_page(RULES, interview)
    assert page is not None
    return page, next(toggle for toggle in page.toggles if toggle.parts)


def tapped(interview: Interview, page: QuestionPage, *picks: str, answer: str = "next") -> Interview:
    fields = [("page", page.id), *(("pick", pick) for pick in picks), ("answer", answer)]
    return read(SERVICE, [*carry(interview), *fields])


def truths() -> list[tuple[tuple[str, ...], dict[str, Answer], str]]:
    """Two or three complaints, what is so of what they ask for, and an age."""
    chance = Random(20261201)
    groups = [*every(12, PAIRS), *(tuple(chance.sample(COMPLAINTS, 3)) for _ in range(examples(60)))]
    made = []
    for group in groups:
        near = [name for name, finding in RULES.findings.items() if finding.presentation in (*group, "any")]
        near = [name for name in near if name not in NO_SIGN and not RULES.findings[name].settles]
        truth = {name: chance.choice(values(RULES.findings[name])) for name in chance.sample(near, chance.randrange(5))}
        made.append((group, truth, chance.choice(BANDS)))
    return made


def test_the_level_is_that_of_answering_each_question_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = truths()
    together = [play_together(SERVICE, truth, group, age=age)[1] for group, truth, age in cases]
    monkeypatch.setattr(pages, "sizes_for", lambda *_: STEPS[0])
    singly = [play_together(SERVICE, truth, group, age=age)[1] for group, truth, age in cases]
    differing = [
        (case, one, other)
        for case, one, other in zip(cases, together, singly, strict=True)
        if assess(RULES, one).level != assess(RULES, other).level
    ]
    assert differing == []
    assert any(interview.which for interview in together)
    assert not any(interview.which for interview in singly)


def test_whatever_was_ticked_stands_in_the_answers_by_itself() -> None:
    for group, truth, age in truths():
        _, interview, shown = play_together(SERVICE, truth, group, age=age)
        asked = {part for page in shown for toggle in page.toggles for part in parts_of(toggle)}
        ticked = {part for part in asked if truth.get(part) is True}
        if level_of(RULES, interview) is not Level.AMBULANCE:
            assert not interview.waiting
            assert all(interview.answers[part] is True for part in ticked)
        assert ticked <= {row.finding for row in SERVICE.answers_in_words(interview)} | set(interview.which)


@pytest.mark.parametrize(("answer", "value"), [("none", False), ("unsure", None)])
def test_a_page_without_a_tick_answers_every_part(answer: str, value: Answer) -> None:
    page, umbrella = umbrella_of(BUSY)
    after = tapped(BUSY, page, answer=answer)
    assert {after.answers[part] for part in parts_of(umbrella)} == {value}
    assert after.which == ()


def test_a_tick_asks_next_which_it_is_and_nothing_else() -> None:
    page, umbrella = umbrella_of(BUSY)
    after = tapped(BUSY, page, umbrella.value)
    parts = next_page(RULES, after)
    assert parts is not None
    assert (parts.id, parts.title) == (page.id, "Which of these?")
    assert list(parts.findings) == parts_of(umbrella)
    assert not any(toggle.parts for toggle in parts.toggles)
    assert not set(parts_of(umbrella)) & set(after.answers)
    assert set(page.findings) - set(parts_of(umbrella)) <= set(after.answers)
    chosen = tapped(after, parts, f"{parts.findings[0]}:yes")
    assert [chosen.answers[name] for name in parts.findings] == [True, *[False] * (len(parts.findings) - 1)]


def test_until_it_is_known_which_the_level_is_at_least_that_of_the_worst() -> None:
    for group in [*every(40, PAIRS), BUSY.presentations]:
        interview = Interview(None, group, NO_SIGN)
        while (page := next_page(RULES, interview)) is not None and page.kind == "toggles":
            for umbrella in (toggle for toggle in page.toggles if toggle.parts):
                after = tapped(interview, page, umbrella.value)
                each = [replace(after, answers={**after.answers, part: True}) for part in parts_of(umbrella)]
                assert assess(RULES, after).level <= min(level_of(RULES, one) for one in each)
            interview = tapped(interview, page, answer="none")


def test_back_from_the_parts_asks_the_page_again_and_back_to_the_parts_asks_the_parts() -> None:
    page, umbrella = umbrella_of(BUSY)
    first = tapped(BUSY, page, umbrella.value)
    begun = Journey(int(NOW.timestamp()), trail=("1 complaints",))
    on_parts = begun.after(carry(BUSY), carry(first), NOW)
    back = read(SERVICE, only_answers(way_back(carry(first), on_parts)))
    assert next_page(RULES, back) == page
    parts = next_page(RULES, first)
    assert parts is not None
    second = tapped(first, parts, f"{parts.findings[0]}:yes")
    beyond = on_parts.after(carry(first), carry(second), NOW)
    again = read(SERVICE, only_answers(way_back(carry(second), beyond)))
    assert next_page(RULES, again) == parts


def test_where_an_ambulance_is_needed_anyway_what_was_ticked_is_not_sure_and_asked_if_that_changes() -> None:
    page, umbrella = umbrella_of(BUSY)
    parts = parts_of(umbrella)
    calm = tapped(BUSY, page, umbrella.value)
    urgent = replace(calm, answers={**calm.answers, "wont-wake": True})
    assert next_page(RULES, urgent) is None
    rows_seen = SERVICE.answers_in_words(urgent)
    assert {row.finding: row.answer for row in rows_seen if row.finding in parts} == dict.fromkeys(parts, "Not sure")
    lower = without(SERVICE, urgent, "wont-wake")
    lower = replace(lower, answers={**lower.answers, "wont-wake": False})
    asked = next_page(RULES, lower)
    assert asked is not None
    assert list(asked.findings) == parts


def test_every_part_stands_in_its_row_word_for_word() -> None:
    page, umbrella = umbrella_of(BUSY)
    alone = replace(BUSY, presentations=("brth",))
    single = next_page(RULES, alone)
    assert single is not None
    assert [(part.label, part.hint) for toggle in page.toggles for part in toggle.parts] == [
        (toggle.label, toggle.hint) for toggle in single.toggles
    ]
    assert 1 < len(umbrella.parts) <= MOST_PARTS


def test_a_single_complaint_is_asked_as_ever() -> None:
    for complaint in COMPLAINTS:
        _, _, shown = play_together(SERVICE, {}, (complaint,), age="16-64-years")
        assert not any(toggle.parts for page in shown for toggle in page.toggles)


def test_what_decides_more_than_the_level_is_never_a_part() -> None:
    settling = {finding.settled_by for finding in RULES.findings.values()}
    for name, finding in RULES.findings.items():
        decides = finding.policy or finding.opens or finding.settled_by or finding.settles or name in settling
        if decides or finding.absence is not False or finding.nature != "danger":
            assert not may_be_part(RULES, name)


def test_the_most_urgent_comes_first_and_shares_a_row_last() -> None:
    pages_of = [plan.findings for name in COMPLAINTS for plan in RULES.presentations[name].pages]
    for sizes in STEPS:
        for names in pages_of:
            made = rows(RULES, names, sizes)
            assert sorted(part for row in made for part in row) == sorted(names)
            assert all(len(row) <= max(sizes) for row in made)
    fewer = [sum(len(rows(RULES, names, sizes)) for names in pages_of) for sizes in STEPS]
    assert fewer == sorted(fewer, reverse=True)
    head = RULES.presentations["head"].pages[0].findings
    first = rows(RULES, head, STEPS[-1])[0]
    assert all(any(rule.level is Level.AMBULANCE for rule in RULES.rules if part in rule.findings) for part in first)


def test_no_row_is_longer_than_a_form_may_say() -> None:
    longest = sorted((len(name) for name in RULES.findings if may_be_part(RULES, name)), reverse=True)
    assert sum(longest[:MOST_PARTS]) + MOST_PARTS + len("which") <= LONGEST_VALUE


@pytest.mark.parametrize("pick", ["which:", "which:no-such", "which:pregnant", "which:head-sleepy+", "which:wont-wake"])
def test_a_row_that_nobody_was_shown_is_refused(pick: str) -> None:
    with pytest.raises(InvalidInput):
        tapped(BUSY, umbrella_of(BUSY)[0], pick)


@pytest.mark.parametrize("field", [("which.no-such", "yes"), ("which.head-sleepy", "no"), ("which.pregnant", "yes")])
def test_a_forged_field_is_refused(field: tuple[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(SERVICE, [*carry(BUSY), field])
    assert refused.value.field == field[0]


def test_nothing_of_a_row_goes_into_a_report() -> None:
    page, umbrella = umbrella_of(BUSY)
    after = tapped(BUSY, page, umbrella.value)
    rows_in_report = {row.finding for row in SERVICE.answers_in_words(after, all_answers=True)}
    assert rows_in_report <= set(RULES.findings)
    assert set(ALWAYS).isdisjoint(rows_in_report)
