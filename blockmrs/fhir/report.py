"""A report as FHIR R4, and back.

Written as a document Bundle: Composition, Patient, Practitioner (who wrote it) and one Observation per statement.
`fhir.resources` (its R4B classes, which accept the R4 resources used here) checks everything that is written. Codes are
ours (`urn:blockmrs:report`) where no standard code means exactly the same.
Source: HL7 FHIR R4 Bundle, Composition, Observation; LOINC 34133-9, 30525-0.
"""

from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from typing import Any

from blockmrs.domain.reports import FIELD, Advice, Report, ReportedFinding, ReportedLook
from blockmrs.domain.triage.course import ASKED, AWAKE, BREATHING, PAIN
from blockmrs.errors import InvalidInput
from blockmrs.fhir.bundle import UNREADABLE, bundle_class, new_urn, read_bundle, write_resource

_REPORT = "urn:blockmrs:report"
_FINDING = "urn:blockmrs:finding"
_RULE = "urn:blockmrs:rule"
_MAX_BYTES = 512 * 1024
_LOOK = "urn:blockmrs:look"
_UNKNOWN = "unsure"
_NOT_KNOWN = {
    "dataAbsentReason": {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "asked-unknown"},
        ]
    }
}
_LOOK_WORDS = {AWAKE: "Are they awake now?", BREATHING: "Do they breathe normally now?", PAIN: "Pain now, 0 to 10"}


def write_report(report: Report) -> bytes:
    """The report as UTF-8 JSON of a FHIR document Bundle, checked by the R4B classes."""
    patient_id, author_id = new_urn(), new_urn()
    patient: dict[str, Any] = {"resourceType": "Patient", "name": [{"text": report.player}]}
    author = {"resourceType": "Practitioner", "name": [{"text": report.author}]}
    title = _title(report)
    observations = [
        *(_text_observation(patient_id, report, name, text) for name, text in _statements(report)),
        *(_finding_observation(patient_id, finding) for finding in report.findings),
        *(observation for look in report.looks for observation in _look_observations(patient_id, look)),
        *(_because(patient_id, report, rule, text) for rule, text in report.advice.reasons),
    ]
    entries = [(new_urn(), observation) for observation in observations]
    composition = {
        "resourceType": "Composition",
        "status": "final",
        "type": {
            "coding": [{"system": "http://loinc.org", "code": "34133-9", "display": "Summary of episode note"}],
            "text": title,
        },
        "subject": {"reference": patient_id},
        "date": _time(report.written_at),
        "author": [{"reference": author_id}],
        "title": title,
        "section": [
            {
                "title": "Report",
                "text": {"status": "generated", "div": _narrative(report)},
                "entry": [{"reference": name} for name, _ in entries],
            }
        ],
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": new_urn()},
        "timestamp": _time(report.written_at),
        "entry": [
            {"fullUrl": name, "resource": resource}
            for name, resource in [(new_urn(), composition), (patient_id, patient), (author_id, author), *entries]
        ],
    }
    return write_resource(bundle_class(), bundle)


def _title(report: Report) -> str:
    """What the document is called: an injury only where somebody said how it happened."""
    if report.origin != FIELD:
        return "Report from home"
    return "Sports injury report" if report.mechanism else "Report from the field"


def read_report(content: bytes) -> Report:
    """The report inside a Bundle written by `write_report`; InvalidInput if it is something else."""
    try:
        return _read(read_bundle(content, _MAX_BYTES))
    except UNREADABLE as error:
        raise InvalidInput("this is not a report that this version can show") from error


def _read(resources: list[dict[str, Any]]) -> Report:
    by_type = {kind: [r for r in resources if r["resourceType"] == kind] for kind in ("Patient", "Practitioner")}
    observations = _by_system(resources)
    texts: dict[str, list[str]] = {}
    for code, observation in observations[_REPORT]:
        texts.setdefault(code, []).append(observation["valueString"])

    def one(name: str) -> str:
        return texts.get(name, [""])[0]

    findings = [
        ReportedFinding(code, observation["code"]["text"], _answer(observation), _when(observation))
        for code, observation in observations[_FINDING]
    ]
    if one("signs-timed") != "yes":
        # Before signs had times of their own, each carried the injury's.
        findings = [replace(finding, at=None) for finding in findings]
    called = one("ambulance-called-at")
    return Report(
        player=by_type["Patient"][0]["name"][0]["text"],
        author=by_type["Practitioner"][0]["name"][0]["text"],
        shirt_number=one("shirt-number"),
        age=one("age"),
        injured_at=datetime.fromisoformat(one("injured-at")),
        written_at=datetime.fromisoformat(one("written-at")),
        place=one("place"),
        sport=one("sport"),
        team=one("team"),
        mechanism=tuple(texts.get("mechanism", [])),
        findings=tuple(findings),
        advice=Advice(
            level=int(one("level")),
            words=one("disposition"),
            reasons=tuple((code, observation["valueString"]) for code, observation in observations[_RULE]),
            rules_version=one("rules-version"),
            reviewed=one("rules-reviewed") == "yes",
        ),
        done=tuple(texts.get("done", [])),
        ambulance_called_at=datetime.fromisoformat(called) if called else None,
        who_was_told=tuple(texts.get("told", [])),
        note=one("note"),
        looks=tuple(_looks(observations[_LOOK])),
        origin=one("origin") or FIELD,
        ambulance_not_called=one("ambulance-called") == "no",
    )


def _by_system(resources: list[dict[str, Any]]) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """The observations with their codes, in their order, by the system of these; what is in no other is said."""
    by_system: dict[str, list[tuple[str, dict[str, Any]]]] = {
        system: [] for system in (_FINDING, _LOOK, _RULE, _REPORT)
    }
    for observation in resources:
        if observation["resourceType"] == "Observation":
            coding = observation["code"]["coding"][0]
            by_system.get(coding["system"], by_system[_REPORT]).append((coding["code"], observation))
    return by_system


def _looks(observations: list[tuple[str, dict[str, Any]]]) -> list[ReportedLook]:
    """The three answers of a look come together, in the order in which they are asked."""
    looks: list[dict[str, Any]] = []
    for code, observation in observations:
        if code == ASKED[0]:
            looks.append({"at": _when(observation)})
        looks[-1][code] = _look_value(observation)
    return [ReportedLook(look["at"], *(look[name] for name in ASKED)) for look in looks]


def _statements(report: Report) -> list[tuple[str, str]]:
    called = report.ambulance_called_at
    single = [
        ("age", report.age),
        ("shirt-number", report.shirt_number),
        ("injured-at", _time(report.injured_at)),
        ("written-at", _time(report.written_at)),
        ("place", report.place),
        ("sport", report.sport),
        ("team", report.team),
        ("level", str(report.advice.level)),
        ("disposition", report.advice.words),
        ("rules-version", report.advice.rules_version),
        ("rules-reviewed", "yes" if report.advice.reviewed else "no"),
        ("ambulance-called-at", _time(called) if called else ""),
        ("ambulance-called", "no" if report.ambulance_not_called else ""),
        ("note", report.note),
        ("signs-timed", "yes"),
        ("origin", report.origin if report.origin != FIELD else ""),
    ]
    several = [("mechanism", report.mechanism), ("done", report.done), ("told", report.who_was_told)]
    return [pair for pair in single if pair[1]] + [(name, value) for name, values in several for value in values]


def _observation(patient: str, at: datetime | None, system: str, code: str, text: str) -> dict[str, Any]:
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}], "text": text},
        "subject": {"reference": patient},
    }
    return observation if at is None else observation | {"effectiveDateTime": _time(at)}


def _text_observation(patient: str, report: Report, name: str, value: str) -> dict[str, Any]:
    observation = _observation(patient, report.injured_at, _REPORT, name, name.replace("-", " "))
    if name == "age":
        # LOINC "Age" comes beside our own code, for readers that do not know ours.
        observation["code"]["coding"].append({"system": "http://loinc.org", "code": "30525-0", "display": "Age"})
    return observation | {"valueString": value}


def _finding_observation(patient: str, finding: ReportedFinding) -> dict[str, Any]:
    observation = _observation(patient, finding.at, _FINDING, finding.finding, finding.question)
    if finding.answer in ("yes", "no"):
        return observation | {"valueBoolean": finding.answer == "yes"}
    if finding.answer == _UNKNOWN:
        return observation | _NOT_KNOWN
    return observation | {"valueString": finding.answer}


def _look_observations(patient: str, look: ReportedLook) -> list[dict[str, Any]]:
    """The three answers of one look, in the order in which they are asked."""
    values = {AWAKE: look.awake, BREATHING: look.breathing, PAIN: look.pain}
    observations = []
    for name, value in values.items():
        observation = _observation(patient, look.at, _LOOK, name, _LOOK_WORDS[name])
        if name == PAIN:
            # Ours stays first: only it is sure to mean exactly this question.
            observation["code"]["coding"].append({"system": "http://loinc.org", "code": "72514-3"})
        kind = "valueInteger" if name == PAIN else "valueBoolean"
        observations.append(observation | (_NOT_KNOWN if value is None else {kind: value}))
    return observations


def _look_value(observation: dict[str, Any]) -> bool | int | None:
    value = observation.get("valueBoolean", observation.get("valueInteger"))
    if value is not None and not isinstance(value, bool | int):
        raise TypeError("an answer in a look is neither a word nor a number")
    return value


def _when(observation: dict[str, Any]) -> datetime | None:
    text = observation.get("effectiveDateTime")
    return None if text is None else datetime.fromisoformat(text)


def _answer(observation: dict[str, Any]) -> str:
    if "valueBoolean" in observation:
        return "yes" if observation["valueBoolean"] else "no"
    return str(observation.get("valueString", _UNKNOWN))


def _because(patient: str, report: Report, rule: str, text: str) -> dict[str, Any]:
    return _observation(patient, report.injured_at, _RULE, rule, "Why this advice was given") | {"valueString": text}


def _narrative(report: Report) -> str:
    lines = [
        f"{report.player}, {report.age or 'age not known'}",
        f"{report.advice.words} (level {report.advice.level} of 4)",
        *(f"{_clock(finding.at)}{finding.question} {finding.answer}" for finding in report.findings),
        *(f"{_clock(look.at)}{_look_in_words(look)}" for look in report.looks),
        *(f"Done: {done}" for done in report.done),
        report.note,
    ]
    body = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{body}</div>'


def _look_in_words(look: ReportedLook) -> str:
    words = {True: "yes", False: "no", None: "can't tell"}
    pain = "can't tell" if look.pain is None else look.pain
    return f"Checked again: awake {words[look.awake]}, breathing normally {words[look.breathing]}, pain {pain}"


def _clock(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%H:%M} UTC: "


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
