"""One set of rules, two engines: the server's and the phone's, in a real browser, say the same whatever is asked."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from playwright.sync_api import Browser, Page

import blockmrs
from blockmrs.controllers.field.wire import carry, read, without
from blockmrs.domain.triage.course import Look
from blockmrs.domain.triage.engine import Interview, assess
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import next_page
from blockmrs.domain.triage.portable import compile_rules
from blockmrs.services.advice.interviews import TriageService
from tests.support.at_least import at_least
from tests.support.extent import every, examples
from tests.triage.interviews import BANDS, COMPLAINTS, courses, interviews, place_of, play_fields, play_together
from tests.triage.test_cases import CASES, truth_of, whole_interview

RULES = load_rules()
SERVICE = TriageService()
FOLDER = Path(blockmrs.__file__).parent / "public" / "js"
SCRIPTS = [FOLDER / name for name in ("page/base.js", "engine/triage.js", "engine/interviews.js")]
MADE = examples(1000)
"""Interviews made by hypothesis, the same in every run."""
MANY = settings(derandomize=True, max_examples=MADE, deadline=None, database=None, phases=[Phase.generate])
BATCH = 200

Named = tuple[str, Any]


@pytest.fixture(scope="module")
def engine(chromium: Browser) -> Iterator[Page]:
    """A page in which `engine` is the phone's, with the rules as they are sent to it."""
    page = chromium.new_page()
    for script in SCRIPTS:
        page.add_script_tag(path=script)
    rules = json.dumps(compile_rules(RULES, "en"))
    page.evaluate("rules => { window.engine = interviews(triage(JSON.parse(rules))) }", rules)
    yield page
    page.close()


def plain(value: Any) -> Any:
    """As the other engine would write it: lists for tuples, numbers for levels."""
    return json.loads(json.dumps(value))


def assessed(interview: Interview) -> dict[str, Any]:
    found = assess(RULES, interview)
    page = next_page(RULES, interview)
    return plain({"advice": {**asdict(found), "final": found.final}, "page": asdict(page) if page else None})


def as_data(interview: Interview) -> dict[str, Any]:
    return {
        "age": interview.age_band,
        "complaints": list(interview.presentations),
        "answers": dict(interview.answers),
        "which": list(interview.which),
        "course": [{"number": look.number, "answers": dict(look.answers)} for look in interview.course],
    }


def compare(engine: Page, cases: Sequence[Named]) -> None:
    """Fail with the name of each interview of which the two do not say the same."""
    script = "all => all.map(given => ({advice: engine.assess(given), page: engine.nextPage(given)}))"
    with at_least(len(cases)) as case:
        for start in range(0, len(cases), BATCH):
            batch = cases[start : start + BATCH]
            answers = engine.evaluate(script, [as_data(interview) for _, interview in batch])
            for (name, interview), theirs in zip(batch, answers, strict=True):
                with case(f"{name}: {interview}"):
                    assert theirs == assessed(interview)


def test_every_worked_case_is_judged_alike(engine: Page) -> None:
    compare(engine, [(case["name"], whole_interview(case)) for case in CASES])


def test_what_a_case_names_and_nothing_else_is_judged_alike(engine: Page) -> None:
    cases = [
        (case["name"], Interview(case.get("age"), tuple(case.get("complaints", [])), truth_of(case))) for case in CASES
    ]
    compare(engine, cases)


def test_interviews_that_nobody_thought_of_are_judged_alike(engine: Page) -> None:
    made: list[Named] = []

    @MANY
    @given(interview=interviews(), course=courses())
    def make(interview: Interview, course: tuple[Look, ...]) -> None:
        made.append(("made by hypothesis", replace(interview, course=course)))

    make()
    assert len(made) >= MADE
    compare(engine, made)


def test_answers_that_make_no_sense_are_judged_alike(engine: Page) -> None:
    """Unknown ids are passed over, and a value that is no answer to its question counts as "can't tell"."""
    odd: list[Any] = [True, False, None, "yes", "no", "", 0, 1, 2, -1, 1.5, 10**9]
    finding_of_each_kind = {finding.kind: name for name, finding in RULES.findings.items()}.values()
    cases = [
        (f"{name} = {value!r}", Interview(age, complaints, {name: value, "no-such-finding": True}))
        for name in finding_of_each_kind
        for value in odd
        for age, complaints in [(None, ()), ("no-such-age", ("no-such-complaint", "head", "any"))]
    ]
    compare(engine, cases)


PLAYED = """all => all.map(fields => {
    const interview = engine.read(fields);
    const rows = engine.seen(interview, true).map(row => [row.finding, row.label, row.answer]);
    return {carried: engine.carry(interview), told: engine.seen(interview, false).length, rows,
            page: engine.nextPage(interview)};
})"""


def test_the_same_taps_lead_through_the_same_pages_with_the_same_fields(engine: Page) -> None:
    """Each case played by taps: what each form brings is read alike, carried on alike, and shown alike."""
    # Every third: test_cases_by_taps.py taps all of them to their level.
    with at_least(370) as case:
        for one in CASES[::3]:
            with case(one["name"]):
                steps = play_fields(
                    SERVICE,
                    truth_of(one),
                    age=one.get("age", "unknown"),
                    part=place_of(RULES, one.get("complaints", ["other"])[-1]),
                    look_first=one.get("look_first", False),
                )
                theirs = engine.evaluate(PLAYED, [list(map(list, fields)) for fields in steps])
                assert theirs == [plain(after(fields)) for fields in steps]


def test_several_complaints_lead_through_the_same_pages_whatever_row_was_ticked(engine: Page) -> None:
    chance = Random(20261201)
    groups = [*every(15, list(combinations(COMPLAINTS, 2))), *(tuple(chance.sample(COMPLAINTS, 3)) for _ in range(60))]
    rows = 0
    with at_least(100) as case:
        for group in groups:
            near = [name for name, known in RULES.findings.items() if known.presentation in (*group, "any")]
            truth = {name: chance.choice([True, None]) for name in chance.sample(near, 3) if name in RULES.yes_no}
            steps, interview, _ = play_together(SERVICE, truth, group, age=chance.choice(BANDS))
            rows += len(interview.which)
            with case(f"{group}: {truth}"):
                theirs = engine.evaluate(PLAYED, [list(map(list, fields)) for fields in steps])
                assert theirs == [plain(after(fields)) for fields in steps]
                others = {name: value for name, value in interview.answers.items() if name not in interview.which}
                waiting = replace(interview, answers=others)
                assert engine.evaluate("given => engine.assess(given)", as_data(waiting)) == assessed(waiting)["advice"]
    assert rows > 0


def after(fields: list[tuple[str, str]]) -> Mapping[str, Any]:
    interview = read(SERVICE, fields)
    rows = SERVICE.answers_in_words(interview, all_answers=True)
    page = SERVICE.next_page(interview)
    return {
        "carried": carry(interview),
        "told": len(SERVICE.answers_in_words(interview)),
        "rows": [(row.finding, row.label, row.answer) for row in rows],
        "page": asdict(page) if page else None,
    }


def test_the_same_looks_lead_through_the_same_questions_with_the_same_fields(engine: Page) -> None:
    """Three looks after each of some cases, and one of them taken back."""
    script = """all => all.map(fields => {
        const interview = engine.read(fields);
        const {level} = engine.assess(interview);
        return {carried: engine.carry(interview), page: engine.nextPage(interview), level};
    })"""
    answers = ["yes", "yes", "4", "unsure", "yes", "unsure", "no", "no", "9"]
    with at_least(55) as case:
        for one in CASES[::20]:
            with case(one["name"]):
                fields = list(carry(whole_interview(one)))
                steps = []
                for number, answer in enumerate(answers):
                    if number % 3 == 0:
                        steps.append([*fields, ("look", "again")])
                    page = SERVICE.next_page(read(SERVICE, [*fields, ("look", "again")]))
                    assert page is not None
                    steps.append([*fields, ("page", page.id), ("choose", answer)])
                    fields = list(carry(read(SERVICE, steps[-1])))
                theirs = engine.evaluate(script, [plain(step) for step in steps])
                ours = []
                for step in steps:
                    interview = read(SERVICE, step)
                    page = SERVICE.next_page(interview)
                    level = assess(RULES, interview).level
                    ours.append({"carried": carry(interview), "page": asdict(page) if page else None, "level": level})
                assert theirs == plain(ours)
                taken = "fields => engine.carry(engine.without(engine.read(fields), 'again.2'))"
                assert engine.evaluate(taken, plain(fields)) == plain(
                    carry(without(SERVICE, read(SERVICE, fields), "again.2"))
                )


def test_an_answer_that_is_taken_back_leaves_the_same(engine: Page) -> None:
    script = "([fields, names]) => names.map(name => engine.carry(engine.without(engine.read(fields), name)))"
    with at_least(110) as case:
        for one in CASES[::10]:
            with case(one["name"]):
                fields = carry(whole_interview(one))
                names = [*truth_of(one), "age", "complaints"]
                ours = [carry(without(SERVICE, read(SERVICE, fields), name)) for name in names]
                assert engine.evaluate(script, [plain(fields), names]) == plain(ours)
