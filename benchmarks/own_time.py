"""The budgets of the advice: each assessment under 1 ms, each question page under 20 ms of the server's own time.

Own time is the processor's time of the thread that does the work: what else the machine does is not in it. Of each
input the median over the rounds is taken, and of these medians the largest is printed.
"""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.installation import install
from benchmarks.measure import Task
from benchmarks.pages import request, worked_cases
from blockmrs.config.application import assemble
from blockmrs.domain.triage.engine import Interview, assess, facts_of
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.rules import ALWAYS

ASSESSMENT_MS = 1.0
PAGE_MS = 20.0


@dataclass(frozen=True, slots=True)
class OwnTime:
    """Milliseconds by input, each a median, and those of the floor: what can cost no less."""

    assessments: Mapping[str, float]
    assessment_floor: Mapping[str, float]
    pages: Mapping[str, float]
    page_floor: float


def measure_own_time(folder: Path, rounds: int) -> OwnTime:
    """Every worked case and the heaviest inputs that can be posted; every first and every middle question page.

    The floor of an assessment is to ask the condition of each of its rules once; that of a page is `/healthz`.
    """
    installation = install(folder)
    application = assemble(installation.settings, installation.services)
    no_sign = [(f"a.{sign.id}", "no") for sign in load_rules().signs]
    complaints = sorted(set(load_rules().presentations) - set(ALWAYS))
    posts = {"where": no_sign, "own words": [*no_sign, ("words", "hit his hed and thrown up")]}
    posts |= {name: [*no_sign, ("complaints", name)] for name in complaints}
    posts |= {f"{name}, 16 to 64": [*no_sign, ("complaints", name), ("age", "16-64-years")] for name in complaints}
    try:
        return OwnTime(
            assessments={name: median_ms(_assessing(entry), rounds) for name, entry in inputs().items()},
            assessment_floor={name: median_ms(_floor(entry), rounds) for name, entry in inputs().items()},
            pages={
                name: median_ms(request(application, "POST", _address(name), _body(fields)), rounds)
                for name, fields in posts.items()
            },
            page_floor=median_ms(request(application, "GET", "/healthz"), rounds),
        )
    finally:
        installation.close()


def report_own_time(times: OwnTime) -> list[str]:
    """The slowest of each, its multiple of its floor, and whether the budget holds."""
    slowest = max(times.assessments, key=lambda name: times.assessments[name])
    page = max(times.pages, key=lambda name: times.pages[name])
    over = sum(value >= ASSESSMENT_MS for value in times.assessments.values())
    over_pages = sum(value >= PAGE_MS for value in times.pages.values())
    multiple = times.assessments[slowest] / times.assessment_floor[slowest]
    usual, usual_page = statistics.median(times.assessments.values()), statistics.median(times.pages.values())
    return [
        f"  slowest assessment / its conditions once  {multiple:.1f}",
        f"    ({slowest}: {times.assessments[slowest]:.2f} ms; usual {usual:.2f} ms;"
        f" {over} of {len(times.assessments)} reach {ASSESSMENT_MS:.0f} ms)",
        f"  slowest question page / healthz           {times.pages[page] / times.page_floor:.1f}",
        f"    ({page}: {times.pages[page]:.1f} ms; usual {usual_page:.1f} ms;"
        f" {over_pages} of {len(times.pages)} reach {PAGE_MS:.0f} ms)",
    ]


def inputs() -> dict[str, Interview]:
    """Every worked case; and each complaint, the five largest together and all of them."""
    rules = load_rules()
    found = {f"case {number}": interview for number, interview in enumerate(worked_cases())}
    largest = sorted(set(rules.presentations) - set(ALWAYS), key=lambda name: -len(rules.presentations[name].rules))
    for name in largest:
        own = [finding for finding, known in rules.findings.items() if known.presentation in (name, *ALWAYS)]
        found[f"{name}, nothing asked"] = Interview(None, (name,))
        found[f"{name}, all unsure"] = Interview("unknown", (name,), dict.fromkeys(own))
    for count, names in (("five", largest[:5]), ("all", largest)):
        found[f"{count} complaints, nothing asked"] = Interview(None, tuple(names))
        for answer, said in ((None, "unsure"), (True, "yes"), (False, "no")):
            answers = dict.fromkeys(rules.findings, answer)
            found[f"{count} complaints, all {said}"] = Interview("unknown", tuple(names), answers)
    return found


def _assessing(interview: Interview) -> Task:
    rules = load_rules()
    return lambda: assess(rules, interview)


def _floor(interview: Interview) -> Task:
    rules = load_rules()
    facts = facts_of(rules, interview)
    chosen = dict.fromkeys((*ALWAYS, *interview.presentations))
    conditions = [rule.when for name in chosen for rule in rules.presentations[name].rules]
    return lambda: [condition.doubt(facts) for condition in conditions]


def _address(name: str) -> str:
    return "/field/words" if name == "own words" else "/field/ask/1"


def _body(fields: list[tuple[str, str]]) -> bytes:
    return urlencode(fields).encode()


def median_ms(work: Task, rounds: int) -> float:
    """The median over the rounds of the thread's own time, in milliseconds; once before that it is not measured."""
    work()
    taken = []
    for _ in range(rounds):
        start = time.thread_time()
        work()
        taken.append(time.thread_time() - start)
    return statistics.median(taken) * 1000
