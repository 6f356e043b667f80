"""A symptom check as FHIR R4, and back: a QuestionnaireResponse.

Source: HL7 FHIR R4 QuestionnaireResponse.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from blockmrs.domain.followups import SymptomCheck
from blockmrs.domain.reports import Advice, ReportedFinding
from blockmrs.errors import InvalidInput
from blockmrs.fhir.bundle import CARD, UNREADABLE, new_urn, read_resource, write_resource

_UNKNOWN = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "asked-unknown"}


@cache
def _response_class() -> Any:
    """The class that checks a QuestionnaireResponse, loaded when the first one is written."""
    from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

    return QuestionnaireResponse


def write_check(check: SymptomCheck, *, subject: bytes) -> bytes:
    """The check as UTF-8 JSON of a QuestionnaireResponse about the person with the card id `subject`."""
    advice = check.advice
    advice_items = [
        _item("level", "Level, 1 the most urgent", {"valueInteger": advice.level}),
        _item("words", "Advice", {"valueString": advice.words}),
        _item("rules-version", "Rules version", {"valueString": advice.rules_version}),
        _item("rules-reviewed", "Reviewed by a clinician", {"valueBoolean": advice.reviewed}),
        *(_item(f"because-{rule}", "Why", {"valueString": text}) for rule, text in advice.reasons),
    ]
    response = {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": new_urn()},
        "status": "completed",
        "subject": {"identifier": {"system": CARD, "value": subject.hex()}},
        "authored": check.made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "author": {"display": check.made_by},
        "item": [
            _item("report", "Report of the injury", {"valueString": check.report.hex()}),
            _item("day", "Days after the injury", {"valueInteger": check.day}),
            _group("signs", "Danger signs", _answers(check.signs)),
            _group("symptoms", "Symptoms", _answers(check.symptoms)),
            _group("advice", "What the rules advised", advice_items),
        ],
    }
    return write_resource(_response_class(), response)


def read_check(content: bytes) -> SymptomCheck:
    """The check inside what `write_check` wrote; InvalidInput if it is something else."""
    try:
        response = read_resource(content, "QuestionnaireResponse")
        items = {item["linkId"]: item for item in response["item"]}
        advice_items = [(entry["linkId"], entry["answer"][0]) for entry in items["advice"]["item"]]
        by_name = dict(advice_items)
        return SymptomCheck(
            report=bytes.fromhex(items["report"]["answer"][0]["valueString"]),
            day=int(items["day"]["answer"][0]["valueInteger"]),
            made_at=datetime.fromisoformat(response["authored"]),
            made_by=str(response["author"]["display"]),
            signs=_findings(items["signs"]),
            symptoms=_findings(items["symptoms"]),
            advice=Advice(
                level=int(by_name["level"]["valueInteger"]),
                words=str(by_name["words"]["valueString"]),
                reasons=tuple(
                    (name.removeprefix("because-"), str(answer["valueString"]))
                    for name, answer in advice_items
                    if name.startswith("because-")
                ),
                rules_version=str(by_name["rules-version"]["valueString"]),
                reviewed=by_name["rules-reviewed"]["valueBoolean"] is True,
            ),
        )
    except UNREADABLE as error:
        raise InvalidInput("this is not a symptom check that this version can show") from error


def _item(name: str, text: str, answer: dict[str, Any]) -> dict[str, Any]:
    return {"linkId": name, "text": text, "answer": [answer]}


def _group(name: str, text: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    # FHIR allows no empty list.
    return {"linkId": name, "text": text, **({"item": items} if items else {})}


def _answers(findings: Iterable[ReportedFinding]) -> list[dict[str, Any]]:
    return [_item(finding.finding, finding.question, _answer(finding.answer)) for finding in findings]


def _answer(text: str) -> dict[str, Any]:
    if text in ("yes", "no"):
        return {"valueBoolean": text == "yes"}
    return {"valueCoding": _UNKNOWN} if text == "unsure" else {"valueString": text}


def _findings(group: dict[str, Any]) -> tuple[ReportedFinding, ...]:
    return tuple(
        ReportedFinding(str(item["linkId"]), str(item["text"]), _answer_text(item["answer"][0]))
        for item in group.get("item", [])
    )


def _answer_text(answer: dict[str, Any]) -> str:
    if "valueBoolean" in answer:
        return "yes" if answer["valueBoolean"] else "no"
    return str(answer.get("valueString", "unsure"))
