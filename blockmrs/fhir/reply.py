"""A clinician's reply to a report as FHIR R4, and back: a Communication.

Source: HL7 FHIR R4 Communication, PractitionerRole.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from blockmrs.domain.replies import WISHES, Reply, check_line, check_phone
from blockmrs.errors import InvalidInput
from blockmrs.fhir.bundle import CARD, UNREADABLE, read_resource, write_resource

_REPLY, _UPDATE = "urn:blockmrs:reply", "urn:blockmrs:update"
_WITHDRAWN = "withdrawn"
_TEXTS = {"seen": "Seen", "please-call": "Seen, please call", _WITHDRAWN: "Withdrawn"}


@cache
def _communication_class() -> Any:
    from fhir.resources.R4B.communication import Communication

    return Communication


def write_reply(reply: Reply, *, subject: bytes) -> bytes:
    """The reply as UTF-8 JSON of a Communication about the person with the card id `subject`."""
    code = reply.wish or _WITHDRAWN
    sender: dict[str, Any] = {
        "resourceType": "PractitionerRole",
        "id": "sender",
        "practitioner": {"display": reply.doctor},
        "organization": {"display": reply.organisation},
    }
    communication: dict[str, Any] = {
        "resourceType": "Communication",
        "contained": [sender],
        "status": "completed" if reply.wish else "entered-in-error",
        "category": [{"coding": [{"system": _REPLY, "code": code}], "text": _TEXTS[code]}],
        "subject": {"identifier": {"system": CARD, "value": subject.hex()}},
        "about": [_named(reply.report)],
        "sent": reply.written_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "sender": {"reference": "#sender"},
    }
    if reply.phone:
        sender["telecom"] = [{"system": "phone", "value": reply.phone}]
    if reply.line:
        communication["payload"] = [{"contentString": reply.line}]
    if reply.withdraws:
        communication["inResponseTo"] = [_named(reply.withdraws)]
    return write_resource(_communication_class(), communication)


def read_reply(content: bytes) -> Reply:
    """The reply inside what `write_reply` wrote; InvalidInput if it is something else."""
    try:
        communication = read_resource(content, "Communication")
        (sender,) = communication["contained"]
        wish = str(communication["category"][0]["coding"][0]["code"])
        if wish not in (*WISHES, _WITHDRAWN) or (communication["status"] == "completed") is not (wish in WISHES):
            raise ValueError("an unknown wish")
        wish = wish if wish in WISHES else ""
        phone = str(sender["telecom"][0]["value"]) if "telecom" in sender else ""
        lines = [str(part["contentString"]) for part in communication.get("payload", [])]
        withdraws = communication.get("inResponseTo", [])
        return Reply(
            report=_name(communication["about"][0]),
            wish=wish,
            # Whoever wrote it may have used another program: what cannot be dialled is nobody's number.
            phone=check_phone(phone, wish),
            line=check_line(lines[0] if lines else ""),
            doctor=str(sender["practitioner"]["display"]),
            organisation=str(sender["organization"]["display"]),
            written_at=datetime.fromisoformat(communication["sent"]),
            withdraws=b"" if wish else _name(withdraws[0]),
        )
    except UNREADABLE as error:
        raise InvalidInput("this is not a reply that this version can show") from error


def _named(update_id: bytes) -> dict[str, Any]:
    return {"identifier": {"system": _UPDATE, "value": update_id.hex()}}


def _name(reference: dict[str, Any]) -> bytes:
    return bytes.fromhex(reference["identifier"]["value"])
