"""Interviews for tests: played as a person at the side of a field would, page by page through the form fields alone;
and any at all, made by hypothesis."""

from collections.abc import Mapping

from hypothesis import strategies as st

from blockmrs.controllers.field.wire import carry, read
from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.course import AWAKE, BREATHING, MOST_PAIN, PAIN, Look
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.pages import QuestionPage, Toggle
from blockmrs.domain.triage.rules import ALWAYS, Finding, Kind, RuleSet
from blockmrs.domain.triage.umbrellas import BETWEEN
from blockmrs.services.advice.interviews import TriageService

MORE_THAN_ENOUGH = 40
RULES = load_rules()
COMPLAINTS = sorted(set(RULES.presentations) - set(ALWAYS))
BANDS = [band.id for band in RULES.age_bands]


def places(rules: RuleSet) -> dict[str, tuple[str, ...]]:
    """Every way to answer where it hurts, `part` or `part/inner part`, with the presentations that it opens."""
    return {
        f"{part.id}/{leaf.id}" if part.inner else leaf.id: leaf.presentations
        for part in rules.parts
        for leaf in (part.inner or (part,))
    }


def place_of(rules: RuleSet, complaint: str) -> str:
    """The shortest way to answer where it hurts that opens this presentation."""
    ways = [place for place, opened in places(rules).items() if opened == (complaint,)]
    return min(ways, key=lambda place: place.count("/"))


def play(
    service: TriageService, truth: Mapping[str, Answer], *, age: str, part: str, look_first: bool = False
) -> tuple[Interview, list[QuestionPage]]:
    """Answer every page by `truth`; what it does not name is not so. Gives the pages after the first screen."""
    _, interviews, pages = _played(service, truth, age, part, look_first)
    return interviews[-1], pages


def play_fields(
    service: TriageService, truth: Mapping[str, Answer], *, age: str, part: str, look_first: bool = False
) -> list[list[tuple[str, str]]]:
    """The form fields that each tap of such an interview sends, the first screen's first."""
    return _played(service, truth, age, part, look_first)[0]


def _played(
    service: TriageService, truth: Mapping[str, Answer], age: str, part: str, look_first: bool
) -> tuple[list[list[tuple[str, str]]], list[Interview], list[QuestionPage]]:
    """What each tap sends, the interview after it, and the questions that were asked, without what settles them."""
    signs = [sign.id for sign in service.rules.signs if truth.get(sign.id) is True]
    steps = [[("sign", "unsure" if look_first else (signs[0] if signs else "none"))]]
    interviews, pages = [read(service, steps[0])], []
    while True:
        asked = service.next_page(interviews[-1])
        page = asked or _settling(service, interviews[-1], truth)
        if page is None:
            return steps, interviews, pages
        assert len(steps) <= MORE_THAN_ENOUGH, "the interview does not end"
        pages += [asked] if asked is not None else []
        steps.append([*carry(interviews[-1]), *_tap(service.rules, page, truth, age, part, interviews[-1])])
        interviews.append(read(service, steps[-1]))


def play_together(
    service: TriageService, truth: Mapping[str, Answer], complaints: tuple[str, ...], *, age: str
) -> tuple[list[list[tuple[str, str]]], Interview, list[QuestionPage]]:
    """What each tap sends, the interview in the end, and the pages, where these complaints were ticked together."""
    noes: dict[str, Answer] = {sign.finding: False for sign in service.rules.signs}
    steps: list[list[tuple[str, str]]] = []
    pages: list[QuestionPage] = []
    interview = Interview(None, complaints, noes)
    while (page := service.next_page(interview)) is not None:
        assert len(steps) <= MORE_THAN_ENOUGH, "the interview does not end"
        pages.append(page)
        steps.append([*carry(interview), *_tap(service.rules, page, truth, age, "", interview)])
        interview = read(service, steps[-1])
    return steps, interview, pages


def rows_on(page: QuestionPage) -> int:
    """How many questions a page shows: an umbrella is one, and so is one with several answers to tick."""
    return len({toggle.value if toggle.parts else toggle.value.partition(":")[0] for toggle in page.toggles})


def _settling(service: TriageService, interview: Interview, truth: Mapping[str, Answer]) -> QuestionPage | None:
    """The question below the advice, for those who can answer it."""
    page = service.settling_page(interview)
    return page if page is not None and page.findings[0] in truth else None


def _tap(
    rules: RuleSet, page: QuestionPage, truth: Mapping[str, Answer], age: str, part: str, known: Interview
) -> list[tuple[str, str]]:
    if page.kind == "signs":
        open_signs = (sign.id for sign in rules.signs if truth.get(sign.id) and known.answers.get(sign.id) is not True)
        return [("sign", next(open_signs, "none"))]
    if page.kind == "choice":
        outer, _, inner = part.partition("/")
        chosen = {"age": age, "where": outer, f"where-{outer}": inner}.get(page.id)
        if chosen is None:
            chosen = {True: "yes", None: "unsure"}.get(truth.get(page.findings[0], False), "no")
        return [("page", page.id), ("choose", chosen)]
    ticked = [toggle.value for toggle in page.toggles if _is_ticked(rules, truth, toggle)]
    doubts = [name for name in page.findings if name in truth and truth[name] is None]
    answer = "unsure" if doubts else "next" if ticked else "none"
    return [("page", page.id), *(("pick", value) for value in ticked), ("answer", answer)]


def _is_ticked(rules: RuleSet, truth: Mapping[str, Answer], toggle: Toggle) -> bool:
    name, _, value = toggle.value.partition(":")
    if toggle.parts:
        return any(truth.get(part) is True for part in parts_of(toggle))
    return _is_so(rules, truth, name, value)


def parts_of(toggle: Toggle) -> list[str]:
    """The findings for which an umbrella stands; none for any other row."""
    return toggle.value.partition(":")[2].split(BETWEEN) if toggle.parts else []


def _is_so(rules: RuleSet, truth: Mapping[str, Answer], name: str, value: str) -> bool:
    finding, answer = rules.findings[name], truth.get(name)
    return answer is True if finding.kind is Kind.YES_NO else answer is not None and str(answer) == value


def values(finding: Finding) -> list[Answer]:
    if finding.kind is Kind.YES_NO:
        return [True, False, None]
    if finding.kind is Kind.NUMBER:
        return [*range(finding.least, finding.least + 4), None]
    return [*(option.value for option in finding.options), finding.none, None]


@st.composite
def interviews(draw: st.DrawFn) -> Interview:
    complaints = draw(st.lists(st.sampled_from(COMPLAINTS), unique=True, max_size=2))
    near = [name for name, finding in RULES.findings.items() if finding.presentation in (*complaints, *ALWAYS)]
    names = draw(st.lists(st.sampled_from(near), unique=True, max_size=12))
    answers = {name: draw(st.sampled_from(values(RULES.findings[name]))) for name in names}
    return Interview(draw(st.sampled_from([None, *BANDS])), tuple(complaints), answers)


def looks(*, whole: bool = True) -> st.SearchStrategy[dict[str, Answer]]:
    """What a look found; with `whole` False the last answers may not be given yet."""
    told = st.sampled_from([True, False, None])
    answers = st.fixed_dictionaries(
        {AWAKE: told, BREATHING: told, PAIN: st.sampled_from([*range(MOST_PAIN + 1), None])}
    )
    if whole:
        return answers
    return st.tuples(answers, st.integers(0, 3)).map(lambda drawn: dict([*drawn[0].items()][: drawn[1]]))


@st.composite
def courses(draw: st.DrawFn) -> tuple[Look, ...]:
    """Mostly none, else a few whole looks."""
    found = draw(st.one_of(st.just([]), st.lists(looks(), max_size=4)))
    return tuple(Look(number, answers) for number, answers in enumerate(found, 1))
