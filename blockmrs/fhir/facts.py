"""Health facts as FHIR R4, and back.

Written as a document Bundle: Composition, Patient with the birth date, whoever said it, and one resource for each fact
that was stated: Condition (diabetes, sickle cell), MedicationStatement (blood thinner, insulin), Observation
(pregnancy), AllergyIntolerance. Codes are ours (`urn:blockmrs:fact`), with SNOMED CT or LOINC beside them where one
means the same. What was not stated is left out. `fhir.resources` checks everything that is written.
Source: HL7 FHIR R4 Condition, MedicationStatement, AllergyIntolerance, Observation; LOINC 82810-3, 60591-5.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import escape
from typing import Any

from blockmrs.domain.facts import CHOICES, NO, NONE, YES, HealthFacts
from blockmrs.errors import InvalidInput
from blockmrs.fhir.bundle import UNREADABLE, bundle_class, new_urn, read_bundle, write_resource

_FACT = "urn:blockmrs:fact"
_SNOMED, _LOINC = "http://snomed.info/sct", "http://loinc.org"
_MAX_BYTES = 128 * 1024
_NO_ALLERGY = "no-known-allergy"
_CODES = {
    ("diabetes", "insulin"): ("73211009", "Diabetes mellitus"),
    ("diabetes", "other"): ("73211009", "Diabetes mellitus"),
    ("sickle-cell", "disease"): ("417357006", "Sickling disorder due to hemoglobin S"),
    ("sickle-cell", "trait"): ("16402000", "Sickle cell trait"),
    ("pregnant", YES): ("77386006", "Pregnant"),
    ("pregnant", NO): ("60001007", "Not pregnant"),
    ("allergies", NONE): ("716186003", "No known allergy"),
}
_STATUS = "http://terminology.hl7.org/CodeSystem/condition-"
_ALLERGY_STATUS = "http://terminology.hl7.org/CodeSystem/allergyintolerance-"


def write_facts(facts: HealthFacts, name: str, *, author: str, saved_at: datetime) -> bytes:
    """The facts as UTF-8 JSON of a FHIR document Bundle, checked by the R4B classes."""
    patient_id, author_id, when = new_urn(), new_urn(), saved_at.astimezone(UTC).isoformat(timespec="seconds")
    patient: dict[str, Any] = {"resourceType": "Patient", "name": [{"text": name}]}
    if facts.birth_date is not None:
        patient["birthDate"] = facts.birth_date.isoformat()
    said_by = {"resourceType": "RelatedPerson", "patient": {"reference": patient_id}, "name": [{"text": author}]}
    entries = [(new_urn(), resource) for resource in _resources(facts, {"reference": patient_id}, when)]
    # FHIR has no empty lists: without entries the section has only its text.
    listed = {"entry": [{"reference": urn} for urn, _ in entries]} if entries else {}
    narrative = {"status": "generated", "div": _narrative(facts, name)}
    composition = {
        "resourceType": "Composition",
        "status": "final",
        "type": {
            "coding": [{"system": _LOINC, "code": "60591-5", "display": "Patient summary Document"}],
            "text": "Health facts",
        },
        "subject": {"reference": patient_id},
        "date": when,
        "author": [{"reference": author_id}],
        "title": "Health facts",
        "section": [{"title": "Health facts", "text": narrative, **listed}],
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": new_urn()},
        "timestamp": when,
        "entry": [
            {"fullUrl": urn, "resource": resource}
            for urn, resource in [(new_urn(), composition), (patient_id, patient), (author_id, said_by), *entries]
        ],
    }
    return write_resource(bundle_class(), bundle)


def read_facts(content: bytes) -> tuple[HealthFacts, str, datetime]:
    """The facts in a Bundle written by `write_facts`, who stated them, and when; InvalidInput if it is none."""
    try:
        return _read(read_bundle(content, _MAX_BYTES))
    except UNREADABLE as error:
        raise InvalidInput("these are not facts that this version can show") from error


def _read(resources: list[dict[str, Any]]) -> tuple[HealthFacts, str, datetime]:
    by_type: dict[str, list[dict[str, Any]]] = {}
    for resource in resources:
        by_type.setdefault(resource["resourceType"], []).append(resource)
    choices: dict[str, str] = {}
    allergies: list[str] = []
    no_allergies = False
    for resource in resources:
        concept = resource.get("code") or resource.get("medicationCodeableConcept") or {}
        own = next((coding["code"] for coding in concept.get("coding", []) if coding.get("system") == _FACT), "")
        name, _, value = own.partition(".")
        if value and value in CHOICES.get(name, ()):
            choices[name] = value
        elif own == _NO_ALLERGY:
            no_allergies = True
        elif resource["resourceType"] == "AllergyIntolerance":
            allergies.append(concept["text"])
    born = by_type["Patient"][0].get("birthDate")
    facts = HealthFacts(date.fromisoformat(born) if born else None, choices, tuple(allergies), no_allergies)
    when = datetime.fromisoformat(by_type["Composition"][0]["date"]).astimezone(UTC)
    return facts, by_type["RelatedPerson"][0]["name"][0]["text"], when


def _resources(facts: HealthFacts, patient: dict[str, str], when: str) -> Iterator[dict[str, Any]]:
    for name, value in facts.choices.items():
        concept = _concept(name, value)
        if name == "pregnant":
            yield {
                "resourceType": "Observation",
                "status": "final",
                "code": {
                    "coding": [
                        {"system": _LOINC, "code": "82810-3", "display": "Pregnancy status"},
                        {"system": _FACT, "code": f"{name}.{value}"},
                    ]
                },
                "subject": patient,
                "effectiveDateTime": when,
                "valueCodeableConcept": concept,
            }
        elif name == "blood-thinner":
            yield _medication("active" if value == YES else "not-taken", concept, patient, when)
        else:
            yield _condition(concept, patient, when, is_so=value not in (NO, NONE))
    if facts.choices.get("diabetes") == "insulin":
        yield _medication("active", {"text": "Insulin"}, patient, when)
    for text in facts.allergies:
        yield _allergy({"text": text}, patient, when)
    if facts.no_allergies:
        code, display = _CODES["allergies", NONE]
        coding = [{"system": _FACT, "code": _NO_ALLERGY}, {"system": _SNOMED, "code": code, "display": display}]
        yield _allergy({"coding": coding, "text": "No known allergy"}, patient, when)


def _concept(name: str, value: str) -> dict[str, Any]:
    """A fact's own code, and the standard one if there is one."""
    coding = [{"system": _FACT, "code": f"{name}.{value}"}]
    if (name, value) in _CODES:
        code, display = _CODES[name, value]
        coding.append({"system": _SNOMED, "code": code, "display": display})
    return {"coding": coding, "text": f"{name.replace('-', ' ')}: {value}"}


def _medication(status: str, concept: dict[str, Any], patient: dict[str, str], when: str) -> dict[str, Any]:
    return {
        "resourceType": "MedicationStatement",
        "status": status,
        "medicationCodeableConcept": concept,
        "subject": patient,
        "dateAsserted": when,
    }


def _condition(concept: dict[str, Any], patient: dict[str, str], when: str, *, is_so: bool) -> dict[str, Any]:
    """A condition that is present, or one that its owner says is not (refuted)."""
    verification = "unconfirmed" if is_so else "refuted"
    condition: dict[str, Any] = {
        "resourceType": "Condition",
        "verificationStatus": {"coding": [{"system": _STATUS + "ver-status", "code": verification}]},
        "code": concept,
        "subject": patient,
        "recordedDate": when,
    }
    if is_so:
        condition["clinicalStatus"] = {"coding": [{"system": _STATUS + "clinical", "code": "active"}]}
    return condition


def _allergy(concept: dict[str, Any], patient: dict[str, str], when: str) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": {"coding": [{"system": _ALLERGY_STATUS + "clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": _ALLERGY_STATUS + "verification", "code": "unconfirmed"}]},
        "code": concept,
        "patient": patient,
        "recordedDate": when,
    }


def _narrative(facts: HealthFacts, name: str) -> str:
    lines = [
        name,
        f"Born {facts.birth_date.isoformat()}" if facts.birth_date else "",
        *(f"{fact.replace('-', ' ')}: {value}" for fact, value in facts.choices.items()),
        *(f"Allergy: {text}" for text in facts.allergies),
        "No known allergy" if facts.no_allergies else "",
    ]
    body = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{body}</div>'
