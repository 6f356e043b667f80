"""Which question comes next, one page at a time, and what a page's buttons mean.

The order: danger signs, where it hurts, what you see (most dangerous first, the same for every age), how old, then
what depends on the age, then what makes everything more serious. The age comes after the first dangers because a
threat to life must not wait for it, and before the rest so that nobody is asked a baby's questions about an adult. A
page, or a question on it, that could no longer change the level is left out; not so the one about harm by others,
which also decides whom to tell (UNI-08).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter

from blockmrs.domain.triage.answers import NO, UNSURE, YES
from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.course import MOST_PAIN, PAIN
from blockmrs.domain.triage.engine import Interview, complaints_of, facts_of, level_if_calmed, level_of, open_questions
from blockmrs.domain.triage.prepared import concerns
from blockmrs.domain.triage.rules import BodyPart, Finding, Kind, Level, Nature, PagePlan, RuleSet
from blockmrs.domain.triage.umbrellas import BETWEEN, ONE_OR_MORE, STEPS, Row, Sizes, rows, sizes_for

SIGNS, SIGNS_AGAIN, WHERE, AGE = "signs", "signs-again", "where", "age"
WHERE_INNER = "where-"
"""The prefix of the second "where" page's id, followed by the part that was chosen on the first."""
AGAIN = "again-"
"""The prefix of the ids of a look's pages, followed by what is asked."""
CHECKS = {"check-response": "responds", "check-breathing": "breathes-normally"}
LOOKED_AGAIN = "looked-again"
SETTLE = "settle-"
"""The prefix of the ids of the questions below a danger sign's advice, followed by the finding."""
SAFEGUARDING = "safeguarding"
"""The policy whose question is asked at every level below 1."""


@dataclass(frozen=True, slots=True)
class Part:
    """One question of an umbrella, as it would stand by itself."""

    label: str
    hint: str


@dataclass(frozen=True, slots=True)
class Toggle:
    """One thing to tick. `value` is `<finding>:<answer>`, or an umbrella's with its `parts`, to be posted as it is."""

    value: str
    label: str
    hint: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A button that is an answer by itself."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """One screen, one question. `kind` is `signs`, `choice` or `toggles`; `number` counts from the first screen."""

    id: str
    kind: str
    title: str
    hint: str
    toggles: tuple[Toggle, ...] = ()
    choices: tuple[Choice, ...] = ()
    findings: tuple[str, ...] = ()
    number: int = 0
    may_be_unsure: bool = True


def next_page(rules: RuleSet, interview: Interview) -> QuestionPage | None:
    """The question to ask now, or None once the advice is final: level 1, or nothing left that could raise it.

    A look that has begun is continued. What it finds leads to advice at once, never to further questions.
    """
    begun = next((name for look in interview.course if (name := look.next_question) is not None), None)
    if begun is not None:
        return _again_page(rules, begun)
    interview = replace(interview, course=())
    signs = [sign.finding for sign in rules.signs]
    if level_of(rules, interview) is Level.AMBULANCE is level_if_calmed(rules, interview):
        return None
    if any(sign not in interview.answers for sign in signs):
        if LOOKED_AGAIN not in interview.answers:
            return _signs_page(rules, SIGNS)
        for page, finding in CHECKS.items():
            if finding not in interview.answers:
                return _choice_page(rules, PagePlan(page, rules.findings[finding].ask, "", (finding,)))
        return _signs_page(rules, SIGNS_AGAIN)
    if not interview.presentations:
        return _where_page(rules, interview)
    return _complaint_page(rules, interview)


def at_home(rules: RuleSet, page: QuestionPage) -> QuestionPage:
    """The page as somebody who is ill at home is asked: of the places, the commonest there first, the rarest last."""
    if page.id != WHERE:
        return page
    return replace(page, choices=tuple(sorted(page.choices, key=lambda choice: rules.home_order.index(choice.value))))


def settling_page(rules: RuleSet, interview: Interview) -> QuestionPage | None:
    """The question to show below level 1 that came of a danger sign alone, or None.

    There is one only while a yes to all of them would make the advice less urgent: nothing else stands at level 1, and
    none of them was answered with no or "can't tell". The advice itself never waits for it.
    """
    names = [name for name, finding in rules.findings.items() if interview.answers.get(finding.settles) is True]
    waiting = [name for name in names if name not in interview.answers]
    calm = replace(interview, answers={**interview.answers, **dict.fromkeys(waiting, True)})
    if not waiting or level_of(rules, interview) is not Level.AMBULANCE or level_of(rules, calm) is Level.AMBULANCE:
        return None
    finding = rules.findings[waiting[0]]
    return _choice_page(rules, PagePlan(SETTLE + finding.id, finding.ask, "", (finding.id,)))


def page_named(rules: RuleSet, name: str) -> PagePlan | None:
    """The plan of a page with questions, by its id; None if there is no such page."""
    return next((plan for plan in _plans(rules, rules.presentations) if plan.id == name and plan.findings), None)


def answer_all(rules: RuleSet, interview: Interview, findings: Iterable[str], *, unsure: bool = False) -> Interview:
    """The interview after "None of these" for `findings`: an explicit no to each, or "can't tell" if `unsure`."""
    rest = {name: None if unsure else absence(rules.findings[name]) for name in findings}
    return replace(interview, answers={**interview.answers, **rest})


def absence(finding: Finding) -> Answer:
    """The answer that says "this is not so": no, or the value for it of a choice or number."""
    return finding.absence


def shown_findings(rules: RuleSet, interview: Interview, plan: PagePlan) -> tuple[str, ...]:
    """The findings of a page that are still worth asking this person, in the page's order.

    Before the age is known, a question counts as worth asking if it would be at any single age: urgency that comes only
    from an unknown age must not hide the questions that matter once the age is given. Where somebody has said that one
    of several is so, only those are asked now.
    """
    interview = replace(interview, course=())
    waiting = _waiting(rules, interview, plan)
    return waiting or _on_page(rules, interview, plan, _worthwhile(rules, interview))


def _waiting(rules: RuleSet, interview: Interview, plan: PagePlan) -> tuple[str, ...]:
    """Those of the page's findings of which one or more are so, without it having been said which."""
    waiting = interview.waiting
    if not waiting:
        return ()
    ages = facts_of(rules, interview).ages
    return tuple(name for name in plan.findings if name in waiting and concerns(rules.findings[name], ages))


def _worthwhile(rules: RuleSet, interview: Interview) -> set[str]:
    bands = [interview.age_band] if interview.age_band else [band.id for band in rules.age_bands]
    names: set[str] = set()
    for band in bands:
        names.update(open_questions(rules, replace(interview, age_band=band)))
    return names


def _on_page(rules: RuleSet, interview: Interview, plan: PagePlan, worthwhile: set[str]) -> tuple[str, ...]:
    ages = facts_of(rules, interview).ages
    telling = {
        name for name in plan.findings if rules.findings[name].policy == SAFEGUARDING and name not in interview.answers
    }
    names = worthwhile | telling
    return tuple(name for name in plan.findings if name in names and concerns(rules.findings[name], ages))


def _complaint_page(rules: RuleSet, interview: Interview) -> QuestionPage | None:
    number = _number(rules, interview)
    for plan in _in_order(rules, interview) if interview.waiting else ():
        if names := _waiting(rules, interview, plan):
            page = _toggles_page(rules, plan, tuple((name,) for name in names))
            return replace(page, title=rules.words["which_title"], hint="", number=number)
    worthwhile = _worthwhile(rules, interview)
    for plan in _in_order(rules, interview):
        if plan.id == AGE:
            if interview.age_band is None:
                bands = tuple(Choice(band.id, band.button) for band in rules.age_bands)
                return QuestionPage(AGE, "choice", plan.title, plan.hint, choices=bands, number=number)
            continue
        names = _on_page(rules, interview, plan, worthwhile)
        if not names:
            continue
        if rules.findings[names[0]].nature is Nature.REASSURING:
            return replace(_choice_page(rules, plan), number=number)
        page_rows = rows(rules, names, _sizes(rules, interview, worthwhile))
        return replace(_toggles_page(rules, plan, page_rows), number=number)
    return None


def _toggles_page(rules: RuleSet, plan: PagePlan, page_rows: Iterable[Row]) -> QuestionPage:
    toggles = tuple(toggle for row in page_rows for toggle in _toggles(rules, row))
    names = tuple(name for name in plan.findings if any(name in row for row in page_rows))
    return QuestionPage(plan.id, "toggles", plan.title, plan.hint, toggles, findings=names)


def _sizes(rules: RuleSet, interview: Interview, worthwhile: set[str]) -> Sizes:
    """How many questions one row may stand for: more than one only where several complaints show too many.

    What was answered already counts as a row once, wherever it stands. With every no there is less to ask, so nothing
    that was on the pages before can make the rest too long.
    """
    if len(complaints_of(rules, interview)) < 2:
        return STEPS[0]
    known = worthwhile | set(interview.answers)
    counted: set[str] = set()
    pages = []
    for plan in _in_order(rules, interview):
        names = [name for name in _on_page(rules, interview, plan, known) if name not in counted]
        counted.update(names)
        is_alone = names and rules.findings[names[0]].nature is Nature.REASSURING
        pages.append(names[:1] if is_alone else names)
    return sizes_for(rules, pages)


def _in_order(rules: RuleSet, interview: Interview) -> Iterator[PagePlan]:
    """All pages of the complaints: those before the age, the age once, then the rest; none twice.

    With several complaints the first page of each comes first, then the second of each: within a complaint the pages
    are in the order of danger, so no complaint's worst questions wait for another's mild ones.
    """
    before: list[tuple[int, PagePlan]] = []
    after: list[tuple[int, PagePlan]] = []
    for name in complaints_of(rules, interview):
        plans = rules.presentations[name].pages
        turn = [plan.id for plan in plans].index(AGE)
        before += enumerate(plans[:turn])
        after += enumerate(plans[turn:])
    ordered = {plan.id: plan for rows in (before, after) for _, plan in sorted(rows, key=itemgetter(0))}
    level = level_of(rules, interview)
    if level <= Level.HOSPITAL and level_if_calmed(rules, interview) is not level:
        yield from (plan for plan in ordered.values() if _is_calming(rules, plan))
    yield from ordered.values()


def _is_calming(rules: RuleSet, plan: PagePlan) -> bool:
    return any(rules.findings[name].nature is Nature.REASSURING for name in plan.findings)


def _plans(rules: RuleSet, names: Iterable[str]) -> Iterator[PagePlan]:
    for name in names:
        yield from rules.presentations[name].pages


def _number(rules: RuleSet, interview: Interview) -> int:
    named = complaints_of(rules, interview)
    done = {plan.id for plan in _plans(rules, named) if set(plan.findings) & set(interview.answers)}
    return 2 + (WHERE in interview.answers) + len(done) + (interview.age_band is not None)


def _where_page(rules: RuleSet, interview: Interview) -> QuestionPage:
    """Where it hurts; then, for a part with several kinds of trouble, which of them."""
    chosen = next((part for part in rules.parts if part.inner and part.id == interview.answers.get(WHERE)), None)
    if chosen is None:
        title = rules.words["where_title"]
        return QuestionPage(WHERE, "choice", title, "", choices=_choices(rules.parts), number=1)
    title = rules.words["where_inner_title"]
    return QuestionPage(WHERE_INNER + chosen.id, "choice", title, "", choices=_choices(chosen.inner), number=2)


def _choices(parts: Iterable[BodyPart]) -> tuple[Choice, ...]:
    return tuple(Choice(part.id, part.label) for part in parts)


def _signs_page(rules: RuleSet, page: str) -> QuestionPage:
    choices = tuple(Choice(sign.id, sign.label) for sign in rules.signs)
    findings = tuple(sign.finding for sign in rules.signs)
    hint = "" if page == SIGNS else rules.words["signs_again_hint"]
    return QuestionPage(page, "signs", rules.words["signs_title"], hint, choices=choices, findings=findings)


def _choice_page(rules: RuleSet, plan: PagePlan) -> QuestionPage:
    finding = rules.findings[plan.findings[0]]
    words = rules.words
    choices = (Choice(YES, words["yes"]), Choice(NO, words["no"]), Choice(UNSURE, words["not_sure"]))
    return QuestionPage(plan.id, "choice", finding.ask, finding.how, choices=choices, findings=plan.findings)


def _again_page(rules: RuleSet, name: str) -> QuestionPage:
    """One question of a look. Its number is 0, since it is not counted among the pages."""
    words = rules.words
    choices = [Choice(YES, words["yes"]), Choice(NO, words["no"])]
    if name == PAIN:
        choices = [Choice(str(pain), str(pain)) for pain in range(MOST_PAIN + 1)]
    choices.append(Choice(UNSURE, words["cant_tell"]))
    title, hint = words[f"again_{name}"], words[f"again_{name}_how"]
    return QuestionPage(AGAIN + name, "choice", title, hint, choices=tuple(choices))


def _toggles(rules: RuleSet, row: Row) -> Iterator[Toggle]:
    if len(row) > 1:
        parts = tuple(Part(known.label, _hint(known)) for known in (rules.findings[name] for name in row))
        yield Toggle(f"{ONE_OR_MORE}:{BETWEEN.join(row)}", rules.words["one_or_more"], "", parts)
        return
    finding = rules.findings[row[0]]
    if finding.kind is Kind.YES_NO:
        yield Toggle(f"{finding.id}:{YES}", finding.label, _hint(finding))
    for place, option in enumerate(finding.options):
        yield Toggle(f"{finding.id}:{option.value}", option.label, "" if place else _hint(finding))


def _hint(finding: Finding) -> str:
    """How to understand it; how to look is left out beside other labels."""
    return "" if finding.how_alone else finding.how
