"""A clearance for sport as FHIR R4, and back: an Observation.

Source: HL7 FHIR R4 Observation.
"""

from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from blockmrs.domain.clearances import STAGES, Clearance, check_remark
from blockmrs.errors import InvalidInput
from blockmrs.fhir.bundle import CARD, UNREADABLE, read_resource, write_resource

_CLEARANCE, _STAGE = "urn:blockmrs:clearance", "urn:blockmrs:return-to-sport"
_WITHDRAWN = "withdrawn"


@cache
def _observation_class() -> Any:
    from fhir.resources.R4B.observation import Observation

    return Observation


def write_clearance(clearance: Clearance, *, subject: bytes) -> bytes:
    """The statement as UTF-8 JSON of an Observation about the person with the card id `subject`."""
    stage = clearance.stage or _WITHDRAWN
    parts = [("report", clearance.report.hex()), ("conditions", clearance.conditions), ("note", clearance.note)]
    observation = {
        "resourceType": "Observation",
        "status": "final" if clearance.stage else "cancelled",
        "code": {
            "coding": [{"system": _CLEARANCE, "code": "clearance"}],
            "text": "May return to sport after a head injury",
        },
        "subject": {"identifier": {"system": CARD, "value": subject.hex()}},
        "effectiveDateTime": clearance.seen_on.isoformat(),
        "issued": clearance.written_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "performer": [{"display": clearance.doctor}, {"display": clearance.organisation}],
        "valueCodeableConcept": {"coding": [{"system": _STAGE, "code": stage.replace(" ", "-")}], "text": stage},
        "component": [
            {"code": {"coding": [{"system": _CLEARANCE, "code": name}]}, "valueString": text}
            for name, text in parts
            if text
        ],
    }  # fmt: skip
    return write_resource(_observation_class(), observation)


def read_clearance(content: bytes) -> Clearance:
    """The statement inside what `write_clearance` wrote; InvalidInput if it is something else."""
    try:
        observation = read_resource(content, "Observation")
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
    except UNREADABLE as error:
        raise InvalidInput("this is not a clearance that this version can show") from error
