"""A list of what happened to a record as FHIR R4, and back: a collection Bundle of AuditEvents.

The type is DICOM's where it has a word for it; what happened exactly is ours (`urn:blockmrs:log`). How an entry is
known stands in a detail of its entity: `chain`, or `server` for what one server noted.
Source: HL7 FHIR R4 AuditEvent, Bundle; DICOM PS3.16 CID 400.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from blockmrs.domain.access_log import Event, Happening, LogEntry
from blockmrs.errors import InvalidInput
from blockmrs.fhir.bundle import UNREADABLE, bundle_class, new_urn, read_bundle, write_resource

_LOG, _REPORT = "urn:blockmrs:log", "urn:blockmrs:report-address"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_OBJECT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_MOST_BYTES = 8 * 1024 * 1024
_TYPES = {
    Happening.OPENED: ("110110", "Patient Record", "R"),
    Happening.SHARED: ("110106", "Export", "E"),
    Happening.CHANGED: ("110110", "Patient Record", "U"),
    Happening.RIGHTS: ("110137", "User Security Attributes Changed", "U"),
    Happening.SIGNED_IN: ("110114", "User Authentication", "E"),
}
_LOST: dict[str, Any] = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "warning",
            "code": "incomplete",
            "diagnostics": "Something of these records was not on the machine that made this list, and is missing.",
        }
    ],
}
_TEXTS = ("organisation", "party", "purpose")
_TIMES = ("until", "left")


@cache
def _event_class() -> Any:
    from fhir.resources.R4B.auditevent import AuditEvent

    return AuditEvent


def write_log(entries: Iterable[LogEntry], *, observer: str, made_at: datetime, lost: bool = False) -> bytes:
    """The entries, newest first, as UTF-8 JSON of a Bundle.

    Args:
        observer: the site that made the list, as others know it.
        lost: something is missing, since it is not here; the list then begins with an OperationOutcome that says so.
    """
    resources = [_LOST] if lost else []
    resources += [_event(entry, observer) for entry in entries]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": _time(made_at),
        "entry": [{"fullUrl": new_urn(), "resource": resource} for resource in resources],
    }
    if not bundle["entry"]:
        del bundle["entry"]  # FHIR allows no empty list.
    return write_resource(bundle_class(), bundle)


def read_log(content: bytes) -> list[LogEntry]:
    """What `write_log` wrote, but for what only this site knows: its pages, and whose own entry one is.

    Raises:
        InvalidInput: it is something else.
    """
    try:
        events = read_bundle(content, _MOST_BYTES) if b'"entry"' in content else []
        return [_entry(event) for event in events if event != _LOST]
    except UNREADABLE as error:
        raise InvalidInput("this is not a list that this version can show") from error


def _event(entry: LogEntry, observer: str) -> dict[str, Any]:
    code, display, action = _TYPES[entry.event.happening]
    values = {name: getattr(entry, name) for name in _TEXTS if getattr(entry, name)}
    values |= {name: _time(getattr(entry, name)) for name in _TIMES if getattr(entry, name) is not None}
    values |= {"count": str(entry.count)} if entry.count else {}
    values["known-by"] = "chain" if entry.proven else "server"
    entity: dict[str, Any] = {
        "type": {"system": _OBJECT_TYPE, "code": "2", "display": "System Object"},
        "name": entry.about,
        "detail": [{"type": name, "valueString": value} for name, value in values.items()],
    }
    if entry.report:
        entity["what"] = {"identifier": {"system": _REPORT, "value": entry.report}}
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "type": {"system": _DICOM, "code": code, "display": display},
        "subtype": [{"system": _LOG, "code": entry.event.value}],
        "action": "C" if entry.event is Event.WROTE_REPORT else action,
        "recorded": _time(entry.at),
        "outcome": "0",
        "agent": [{"who": {"display": entry.who or "Somebody"}, "requestor": True}],
        "source": {"observer": {"display": observer}},
        "entity": [entity],
    }
    if entry.who:
        event["agent"][0]["name"] = entry.who
    if entry.purpose:
        event["purposeOfEvent"] = [{"text": entry.purpose}]
    # The Bundle's class checks its entries as any resource: each is checked as what it is.
    write_resource(_event_class(), event)
    return event


def _entry(event: dict[str, Any]) -> LogEntry:
    (entity,) = event["entity"]
    values = {str(detail["type"]): str(detail["valueString"]) for detail in entity["detail"]}
    until, left = (datetime.fromisoformat(values[name]) if name in values else None for name in _TIMES)
    return LogEntry(
        Event(event["subtype"][0]["code"]),
        datetime.fromisoformat(event["recorded"]),
        str(entity["name"]),
        str(event["agent"][0].get("name", "")),
        values.get("organisation", ""),
        values.get("party", ""),
        values.get("purpose", ""),
        report=str(entity["what"]["identifier"]["value"]) if "what" in entity else "",
        until=until,
        left=left,
        count=int(values.get("count", "0")),
        proven=values["known-by"] == "chain",
    )


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
