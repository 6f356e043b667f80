"""The rules, an interview and an assessment as plain data for programs: what `blockmrs triage` reads and prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from blockmrs.domain.facts import SEX, SEXES
from blockmrs.domain.triage.answers import check_answer
from blockmrs.domain.triage.engine import Assessment, Interview
from blockmrs.domain.triage.places import DEFAULT_PLACES, fill
from blockmrs.domain.triage.proposals import band_of_age, proposed
from blockmrs.domain.triage.rules import ALWAYS, Finding, Kind, Presentation, RuleSet
from blockmrs.errors import InvalidInput

if TYPE_CHECKING:
    from blockmrs.domain.triage.conditions import Answer
    from blockmrs.domain.triage.routing import Proposal

KEYS = ("age_years", "age_months", "sex", "presentations", "answers")
OLDEST_YEARS = 130


def questions_as_data(rules: RuleSet) -> dict[str, Any]:
    """Every presentation with its questions, in the order in which they are asked, and its findings by id."""
    return {
        "version": rules.version,
        "presentations": {name: _presentation(rules, entry) for name, entry in rules.presentations.items()},
    }


def interview_from_data(rules: RuleSet, data: object) -> Interview:
    """The interview that a parsed JSON file describes. An absent answer is "not asked", null is "can't tell".

    `age_months` counts from birth; if years are given too, both must agree. `sex` answers the questions for which the
    rules name it, unless `answers` says otherwise.

    Raises:
        InvalidInput: an unknown id or a wrong type; `field` and the message name it.
    """
    if not isinstance(data, dict):
        raise _wrong("the input is not an object", "input")
    for key in data:
        if key not in KEYS:
            raise _wrong("an unknown key", str(key))
    sex = data.get(SEX)
    if sex is not None and sex not in SEXES:
        raise _wrong(f"not one of {', '.join(SEXES)}", SEX)
    complaints = _complaints(rules, data.get("presentations", []))
    answers = data.get("answers", {})
    if not isinstance(answers, dict):
        raise _wrong("not an object", "answers")
    known = {str(name): _answer(rules, complaints, str(name), value) for name, value in answers.items()}
    from_sex = proposed(rules, {SEX: sex} if sex else {})
    from_record = {name: answer for name, answer in from_sex.items() if rules.findings[name].presentation in complaints}
    return Interview(_age_band(data), complaints, {**from_record, **known})


def assessment_as_data(assessment: Assessment, places: Mapping[str, str] = DEFAULT_PLACES) -> dict[str, Any]:
    """What was advised, and why; `reasons` begins with the deciding one. `places` are the operator's numbers."""
    return {
        "level": int(assessment.level),
        "disposition": assessment.disposition,
        "reasons": [
            {"rule": reason.rule, "fact": reason.fact, "because": reason.because} for reason in assessment.reasons
        ],
        "first_aid": [fill(line, places) for line in assessment.first_aid],
        "dont": list(assessment.dont),
        "return_to_play": assessment.return_to_play,
        "unasked": list(assessment.unasked),
    }


def proposal_as_data(rules: RuleSet, proposal: Proposal) -> dict[str, Any]:
    """The complaints and danger signs that a text may mean, likeliest complaint first."""
    labels = {sign.id: sign.label for sign in rules.signs}
    return {
        "version": rules.version,
        "presentations": [{"id": name, "title": rules.presentations[name].title} for name in proposal.presentations],
        "signs": [{"id": name, "label": labels[name]} for name in proposal.signs],
    }


def _presentation(rules: RuleSet, presentation: Presentation) -> dict[str, Any]:
    names = dict.fromkeys(name for page in presentation.pages for name in page.findings)
    own = [finding for finding in rules.findings.values() if finding.presentation == presentation.id]
    names.update(dict.fromkeys(finding.id for finding in own))
    return {
        "title": presentation.title,
        "evidence_section": presentation.evidence_section,
        "questions": [{"finding": name, "ask": rules.findings[name].ask} for name in names],
        "findings": {finding.id: _finding(finding) for finding in own},
    }


def _finding(finding: Finding) -> dict[str, Any]:
    described: dict[str, Any] = {
        "label": finding.label,
        "ask": finding.ask,
        "how": finding.how,
        "kind": finding.kind.value,
        "nature": finding.nature.value,
        "ages": sorted(finding.ages),
    }
    if finding.kind is not Kind.YES_NO:
        described["none"] = finding.none
        described["options"] = [{"value": option.value, "label": option.label} for option in finding.options]
    if finding.kind is Kind.NUMBER:
        described["least"], described["most"] = finding.least, finding.most
    return described


def _complaints(rules: RuleSet, names: object) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _wrong("not a list of ids", "presentations")
    for name in names:
        if name not in rules.presentations:
            raise _wrong("an unknown presentation", name)
    return tuple(dict.fromkeys(names))


def _answer(rules: RuleSet, complaints: Iterable[str], name: str, value: object) -> Answer:
    """The answer that this value is to a question that the interview asks."""
    finding = rules.findings.get(name)
    if finding is None:
        raise _wrong("an unknown finding", name)
    if finding.presentation not in (*complaints, *ALWAYS):
        raise _wrong(f"a finding of the presentation {finding.presentation}, which is not listed", name)
    return check_answer(finding, value)


def _age_band(data: Mapping[str, object]) -> str | None:
    """The band of the given age; None if that is not known."""
    years, months = (_whole(data, key) for key in ("age_years", "age_months"))
    if months is not None:
        if years is not None and months // 12 != years:
            raise _wrong("the months and the years give different ages", "age_months")
        years = months // 12
    if years is None:
        return None
    if years > OLDEST_YEARS:
        raise _wrong("not a person's age", "age_years" if months is None else "age_months")
    return band_of_age(years, months)


def _whole(data: Mapping[str, object], key: str) -> int | None:
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _wrong("not a whole number from 0 on", key)
    return value


def _wrong(message: str, name: str) -> InvalidInput:
    return InvalidInput(message, field=name[:200], at=name[:200])
