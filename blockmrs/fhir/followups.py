"""A symptom check and a clearance as FHIR R4, and back.

A check is a QuestionnaireResponse, a clearance an Observation; `fhir.resources` (its R4B classes, which accept the R4
resources used here) checks all that is written. Codes are ours where no standard code says exactly the same.
Source: HL7 FHIR R4 QuestionnaireResponse, Observation.
"""

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from pydantic import ValidationError

from blockmrs.domain.clearances import STAGES, Clearance, check_remark
from blockmrs.domain.followups import SymptomCheck
from blockmrs.domain.reports import Advice, ReportedFinding
from blockmrs.errors import InvalidInput

CARD = "urn:blockmrs:card"
_CLEARANCE, _STAGE = "urn:blockmrs:clearance", "urn:blockmrs:return-to-sport"
_WITHDRAWN = "withdrawn"
_MAX_BYTES = 64 * 1024
_UNKNOWN = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "asked-unknown"}


@cache
def _response_class() -> Any:
    """The class that checks a QuestionnaireResponse, loaded when the first one is written."""
    from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

    return QuestionnaireResponse


def write_check(check: SymptomCheck, *, subject: bytes) -> bytes:
    """The check as UTF-8 JSON of a QuestionnaireResponse about the person with the card id `subject`."""
    advice = check.advice
    told = [
        _item("level", "Level, 1 the most urgent", {"valueInteger": advice.level}),
        _item("words", "Advice", {"valueString": advice.words}),
        _item("rules-version", "Rules version", {"valueString": advice.rules_version}),
        _item("rules-reviewed", "Reviewed by a clinician", {"valueBoolean": advice.reviewed}),
        *(_item(f"because-{rule}", "Why", {"valueString": text}) for rule, text in advice.reasons),
    ]
    response = {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid.uuid4()}"},
        "status": "completed",
        "subject": {"identifier": {"system": CARD, "value": subject.hex()}},
        "authored": check.made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "author": {"display": check.made_by},
        "item": [
            _item("report", "Report of the injury", {"valueString": check.report.hex()}),
            _item("day", "Days after the injury", {"valueInteger": check.day}),
            _group("signs", "Danger signs", _answers(check.signs)),
            _group("symptoms", "Symptoms", _answers(check.symptoms)),
            _group("advice", "What the rules advised", told),
        ],
    }
    return checked(_response_class(), response)


def read_check(content: bytes) -> SymptomCheck:
    """The check inside what `write_check` wrote; InvalidInput when it is something else."""
    try:
        response = parsed(content, "QuestionnaireResponse")
        items = {item["linkId"]: item for item in response["item"]}
        told = [(entry["linkId"], entry["answer"][0]) for entry in items["advice"]["item"]]
        said = dict(told)
        return SymptomCheck(
            report=bytes.fromhex(items["report"]["answer"][0]["valueString"]),
            day=int(items["day"]["answer"][0]["valueInteger"]),
            made_at=datetime.fromisoformat(response["authored"]),
            made_by=str(response["author"]["display"]),
            signs=_findings(items["signs"]),
            symptoms=_findings(items["symptoms"]),
            advice=Advice(
                level=int(said["level"]["valueInteger"]),
                words=str(said["words"]["valueString"]),
                reasons=tuple(
                    (name.removeprefix("because-"), str(answer["valueString"]))
                    for name, answer in told
                    if name.startswith("because-")
                ),
                rules_version=str(said["rules-version"]["valueString"]),
                reviewed=said["rules-reviewed"]["valueBoolean"] is True,
            ),
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise InvalidInput("this is not a symptom check that this version can show") from error


def checked(resource_class: Any, resource: dict[str, Any]) -> bytes:
    """The resource as UTF-8 JSON, once its class accepts it; InvalidInput without the values, which are health data."""
    try:
        resource_class.model_validate(resource)
    except ValidationError as error:
        raise InvalidInput("this is not valid FHIR R4") from error
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()


def parsed(content: bytes, kind: str) -> dict[str, Any]:
    """The resource of that kind in `content`; ValueError when it is another, or larger than any we write."""
    if len(content) > _MAX_BYTES:
        raise ValueError("larger than any we write")
    resource = json.loads(content)
    if resource["resourceType"] != kind:
        raise ValueError("another resource")
    return dict(resource)


def _item(name: str, text: str, answer: dict[str, Any]) -> dict[str, Any]:
    return {"linkId": name, "text": text, "answer": [answer]}


def _group(name: str, text: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    # FHIR wants no empty list.
    return {"linkId": name, "text": text, **({"item": items} if items else {})}


def _answers(found: Iterable[ReportedFinding]) -> list[dict[str, Any]]:
    return [_item(finding.finding, finding.question, _answer(finding.answer)) for finding in found]


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


@cache
def _observation_class() -> Any:
    from fhir.resources.R4B.observation import Observation

    return Observation


def write_clearance(said: Clearance, *, subject: bytes) -> bytes:
    """The statement as UTF-8 JSON of an Observation about the person with the card id `subject`."""
    stage = said.stage or _WITHDRAWN
    parts = [("report", said.report.hex()), ("conditions", said.conditions), ("note", said.note)]
    observation = {
        "resourceType": "Observation",
        "status": "final" if said.stage else "cancelled",
        "code": {
            "coding": [{"system": _CLEARANCE, "code": "clearance"}],
            "text": "May return to sport after a head injury",
        },
        "subject": {"identifier": {"system": CARD, "value": subject.hex()}},
        "effectiveDateTime": said.seen_on.isoformat(),
        "issued": said.written_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "performer": [{"display": said.doctor}, {"display": said.organisation}],
        "valueCodeableConcept": {"coding": [{"system": _STAGE, "code": stage.replace(" ", "-")}], "text": stage},
        "component": [
            {"code": {"coding": [{"system": _CLEARANCE, "code": name}]}, "valueString": text}
            for name, text in parts
            if text
        ],
    }  # fmt: skip
    return checked(_observation_class(), observation)


def read_clearance(content: bytes) -> Clearance:
    """The statement inside what `write_clearance` wrote; InvalidInput when it is something else."""
    try:
        observation = parsed(content, "Observation")
        parts = {part["code"]["coding"][0]["code"]: str(part["valueString"]) for part in observation["component"]}
        doctor, organisation = (str(entry["display"]) for entry in observation["performer"])
        stage = str(observation["valueCodeableConcept"]["text"])
        if stage not in (*STAGES, _WITHDRAWN) or (observation["status"] == "final") is not (stage in STAGES):
            raise ValueError("an unknown stage")
        return Clearance(
            report=bytes.fromhex(parts["report"]),
            stage=stage if stage in STAGES else "",
            seen_on=date.fromisoformat(observation["effectiveDateTime"]),
            conditions=check_remark(parts.get("conditions", ""), "conditions"),
            note=check_remark(parts.get("note", ""), "note"),
            doctor=doctor,
            organisation=organisation,
            written_at=datetime.fromisoformat(observation["issued"]),
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise InvalidInput("this is not a clearance that this version can show") from error
