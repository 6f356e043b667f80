"""A list of what happened, as FHIR AuditEvents and back: every value comes back, and all that is written is valid."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fhir.resources.R4B.bundle import Bundle

from blockmrs.domain.access_log import Event, Happening, LogEntry
from blockmrs.errors import InvalidInput
from blockmrs.fhir.audit import read_log, write_log

AT = datetime(2026, 3, 14, 15, 9, 26, 535000, UTC)


def written(*entries: LogEntry) -> bytes:
    return write_log(entries, observer="clinic.example", made_at=AT)


def test_every_event_comes_under_one_word_of_the_filter() -> None:
    assert {event.happening for event in Event} == set(Happening)


@pytest.mark.parametrize("event", Event)
def test_each_entry_is_a_valid_audit_event_and_comes_back_whole(event: Event) -> None:
    bare = LogEntry(event, AT, "Sam Rivers")
    whole = LogEntry(
        event,
        AT,
        "Sam Rivers",
        "Dr Lee",
        "North Hospital",
        "Ñandú \u202e<Clinic>",
        "care",
        "ab" * 16,
        until=AT,
        left=AT,
        count=3,
        proven=False,
    )
    content = written(bare, whole)
    assert read_log(content) == [bare, whole]
    resources = [entry["resource"] for entry in json.loads(content)["entry"]]
    assert {resource["resourceType"] for resource in resources} == {"AuditEvent"}
    assert {resource["source"]["observer"]["display"] for resource in resources} == {"clinic.example"}
    assert Bundle.model_validate_json(content).type == "collection"


def test_how_an_entry_is_known_and_who_did_it_stand_in_it() -> None:
    entry = LogEntry(Event.LOOKED_AT_FACTS, AT, "Sam Rivers", "Joe Rivers", proven=False)
    (event,) = [one["resource"] for one in json.loads(written(entry))["entry"]]
    assert event["agent"][0]["who"]["display"] == "Joe Rivers"
    assert {"type": "known-by", "valueString": "server"} in event["entity"][0]["detail"]
    assert (event["action"], event["recorded"]) == ("R", "2026-03-14T15:09:26.535+00:00")


def test_whose_entry_is_the_readers_own_is_not_written() -> None:
    entry = LogEntry(Event.WROTE_REPORT, AT, "Sam Rivers", "Joe Rivers", is_me=True)
    assert read_log(written(entry)) == [replace(entry, is_me=False)]


def test_an_empty_list_is_a_valid_bundle() -> None:
    assert read_log(written()) == []


def test_a_list_in_which_something_is_missing_says_so_and_is_read_back_without_that() -> None:
    entry = LogEntry(Event.SHARED, AT, "Sam Rivers")
    for entries in ([entry], []):
        content = write_log(entries, observer="clinic.example", made_at=AT, lost=True)
        first = json.loads(content)["entry"][0]["resource"]
        assert first["resourceType"] == "OperationOutcome"
        assert read_log(content) == entries


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event["subtype"][0].update(code="unheard-of"),
        lambda event: event.update(recorded="yesterday"),
        lambda event: event.pop("entity"),
        lambda event: event["entity"][0].update(detail=[]),
    ],
)
def test_what_is_no_such_list_is_refused(change) -> None:
    bundle = json.loads(written(LogEntry(Event.SHARED, AT, "Sam Rivers")))
    change(bundle["entry"][0]["resource"])
    with pytest.raises(InvalidInput):
        read_log(json.dumps(bundle).encode())
