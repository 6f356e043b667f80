"""A report as FHIR and back: what was said when, and reports from before that was kept."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blockmrs.domain.reports import Advice, Report, ReportedFinding, ReportedLook
from blockmrs.errors import InvalidInput
from blockmrs.fhir.report import read_report, write_report

HURT = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
SEEN = HURT + timedelta(minutes=2)
LOOKS = (
    ReportedLook(HURT + timedelta(minutes=12), True, True, 4),
    ReportedLook(None, False, None, None),
    ReportedLook(HURT + timedelta(minutes=20), None, False, 0),
)
FINDINGS = (
    ReportedFinding("head-vomits", "Threw up?", "yes", SEEN),
    ReportedFinding("head-sight", "Sight gone?", "unsure", None),
    ReportedFinding("head-headache", "Headache?", "Bad", HURT),
)
REPORT = Report(
    player="Sam Rivers", shirt_number="7", age="13 to 15 years", injured_at=HURT, written_at=SEEN, place="", sport="",
    mechanism=(), findings=FINDINGS, advice=Advice(1, "Call an ambulance now", (("HEAD-08", "Because."),), "2", False),
    done=(), ambulance_called_at=None, who_was_told=(), note="", author="Ana Coach", team="", looks=LOOKS,
)  # fmt: skip


def observations(content: bytes, system: str) -> list[dict[str, Any]]:
    resources = [entry["resource"] for entry in json.loads(content)["entry"]]
    found = [resource for resource in resources if resource["resourceType"] == "Observation"]
    return [entry for entry in found if entry["code"]["coding"][0]["system"] == system]


def test_what_was_said_comes_back_with_its_time() -> None:
    assert read_report(write_report(REPORT)) == REPORT


@pytest.mark.parametrize(
    ("changed", "title"),
    [
        ({"origin": "home"}, "Report from home"),
        ({"origin": "home", "mechanism": ("fall",)}, "Report from home"),
        ({}, "Report from the field"),
        ({"mechanism": ("fall",)}, "Sports injury report"),
    ],
)
def test_only_a_report_that_says_how_it_happened_is_called_an_injury(changed: dict[str, Any], title: str) -> None:
    document = json.loads(write_report(replace(REPORT, **changed)))["entry"][0]["resource"]
    assert document["title"] == document["type"]["text"] == title


@pytest.mark.parametrize("not_called", [True, False])
def test_that_nobody_called_is_kept_apart_from_that_nobody_said(not_called: bool) -> None:
    report = replace(REPORT, ambulance_not_called=not_called)
    assert read_report(write_report(report)) == report


def test_each_sign_carries_the_time_when_it_was_said_and_none_where_that_is_not_known() -> None:
    found = observations(write_report(REPORT), "urn:blockmrs:finding")
    assert [entry.get("effectiveDateTime") for entry in found] == [
        "2026-11-22T14:02:00+00:00", None, "2026-11-22T14:00:00+00:00",
    ]  # fmt: skip


def test_a_look_is_three_observations_of_one_time() -> None:
    found = observations(write_report(replace(REPORT, looks=LOOKS[:1])), "urn:blockmrs:look")
    assert [entry["code"]["coding"][0]["code"] for entry in found] == ["awake", "breathing", "pain"]
    assert {entry["effectiveDateTime"] for entry in found} == {"2026-11-22T14:12:00+00:00"}
    assert [entry.get("valueBoolean", entry.get("valueInteger")) for entry in found] == [True, True, 4]


def test_a_report_from_before_signs_had_times_is_read_without_them() -> None:
    """Then every observation carried the time of the injury."""
    bundle = json.loads(write_report(replace(REPORT, looks=())))
    kept = []
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Observation":
            resource["effectiveDateTime"] = "2026-11-22T14:00:00+00:00"
        if resource.get("code", {}).get("coding", [{}])[0].get("code") != "signs-timed":
            kept.append(entry)
    bundle["entry"] = kept
    old = read_report(json.dumps(bundle).encode())
    assert old == replace(REPORT, looks=(), findings=tuple(replace(finding, at=None) for finding in FINDINGS))


@pytest.mark.parametrize("broken", [("code", "mood"), ("valueInteger", "four"), ("effectiveDateTime", "noon")])
def test_a_look_that_we_never_write_is_refused(broken: tuple[str, str]) -> None:
    bundle = json.loads(write_report(REPORT))
    for entry in bundle["entry"]:
        coding = entry["resource"].get("code", {}).get("coding", [{}])[0]
        if coding.get("system") == "urn:blockmrs:look" and coding["code"] == "pain":
            if broken[0] == "code":
                coding["code"] = broken[1]
            else:
                entry["resource"][broken[0]] = broken[1]
        if coding.get("code") == "awake" and broken[0] == "effectiveDateTime":
            entry["resource"]["effectiveDateTime"] = broken[1]
    with pytest.raises(InvalidInput):
        read_report(json.dumps(bundle).encode())
