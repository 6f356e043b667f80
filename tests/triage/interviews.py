"""Play an interview as a person at the side of a field would: page by page, through the form fields alone."""

from collections.abc import Mapping

from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.pages import QuestionPage
from blockmrs.domain.triage.rules import Kind, RuleSet
from blockmrs.services.triage import TriageService

MORE_THAN_ENOUGH = 40


def places(rules: RuleSet) -> dict[str, tuple[str, ...]]:
    """Every way to answer where it hurts, `part` or `part/inner part`, with the presentations that it opens."""
    return {
        f"{part.id}/{leaf.id}" if part.inner else leaf.id: leaf.presentations
        for part in rules.parts
        for leaf in (part.inner or (part,))
    }


def place_of(rules: RuleSet, complaint: str) -> str:
    """The first way to answer where it hurts that opens this presentation."""
    return next(place for place, opened in places(rules).items() if opened == (complaint,))


def play(
    service: TriageService, truth: Mapping[str, Answer], *, age: str, part: str, look_first: bool = False
) -> tuple[Interview, list[QuestionPage]]:
    """Answer every page by `truth`; what it does not name is not so. Gives the pages after the first screen."""
    signs = [sign.id for sign in service.rules.signs if truth.get(sign.id) is True]
    first = "unsure" if look_first else (signs[0] if signs else "none")
    interview, pages = service.read([("sign", first)]), []
    while (page := service.next_page(interview)) is not None:
        pages.append(page)
        assert len(pages) < MORE_THAN_ENOUGH, "the interview does not end"
        interview = service.read([*service.carry(interview), *_tap(service.rules, page, truth, age, part)])
    return interview, pages


def _tap(rules: RuleSet, page: QuestionPage, truth: Mapping[str, Answer], age: str, part: str) -> list[tuple[str, str]]:
    if page.kind == "signs":
        return [("sign", next((sign.id for sign in rules.signs if truth.get(sign.id)), "none"))]
    if page.kind == "choice":
        outer, _, inner = part.partition("/")
        chosen = {"age": age, "where": outer, f"where-{outer}": inner}.get(page.id)
        if chosen is None:
            chosen = {True: "yes", None: "unsure"}.get(truth.get(page.findings[0], False), "no")
        return [("page", page.id), ("choose", chosen)]
    ticked = [
        toggle.value
        for toggle in page.toggles
        if _is_so(rules, truth, toggle.value.partition(":")[0], toggle.value.partition(":")[2])
    ]
    doubts = [name for name in page.findings if name in truth and truth[name] is None]
    answer = "unsure" if doubts else "next" if ticked else "none"
    return [("page", page.id), *(("pick", value) for value in ticked), ("answer", answer)]


def _is_so(rules: RuleSet, truth: Mapping[str, Answer], name: str, value: str) -> bool:
    finding, answer = rules.findings[name], truth.get(name)
    return answer is True if finding.kind is Kind.YES_NO else answer is not None and str(answer) == value
