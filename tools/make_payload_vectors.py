"""Writes docs/vectors/payload.json; `--check` only says whether it is what this program makes.

Run from the repository: `python -m tools.make_payload_vectors`.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from blockmrs.cid import Cid
from blockmrs.domain.kinds import Scope
from blockmrs.domain.renewal import Renewal
from blockmrs.domain.sharing import Appointment, BundleGrant, Grant, Introduction, Pointer, Receipt, Revocation
from blockmrs.domain.standing import GivenUpTo, KeptOut
from blockmrs.domain.succession import Predecessor, Successor
from blockmrs.encoding import Value, encode
from tests.vectors.kinds_payload import run_payload
from tools.vector_files import write_or_check

FILE = Path(__file__).parents[1] / "docs" / "vectors" / "payload.json"
NOW = datetime(2026, 3, 14, 15, 9, 26, 535_000, tzinfo=UTC)
OBJECT = Pointer(Cid(bytes([0x0B]) * 32), bytes([0x5E]) * 32)
UPDATE, SUBJECT, PEER, GRANT_ID = (bytes([number]) * 32 for number in (0x1D, 0x50, 0xB0, 0x67))
OWNED = Grant(
    UPDATE, SUBJECT, "report", NOW, object=OBJECT, number=1, previous=bytes([0x1C]) * 32, level=2, title="Sam"
)
CHECK = Grant(
    bytes([0x1E]) * 32, SUBJECT, "symptom-check", NOW, object=OBJECT, number=2, previous=UPDATE,
    draft_mark=bytes([0x77]) * 16, level=3, about=UPDATE,
)  # fmt: skip
SHARED = Grant(
    UPDATE,
    SUBJECT,
    "care",
    NOW,
    not_after=NOW + timedelta(days=30),
    object=OBJECT,
    return_to_author=bytes([0xAA]) * 32,
    return_to_subject=bytes([0xBB]) * 32,
    level=2,
    title="Sam",
    party="Coach Ana",
)
STANDING = BundleGrant(
    Scope.STANDING, OBJECT, bytes([0xB1]) * 32, SUBJECT, "care", NOW, NOW + timedelta(days=30),
    return_to_subject=bytes([0xBB]) * 32, title="Sam", party="Maria",
)  # fmt: skip
BUNDLE = replace(STANDING, scope=Scope.BUNDLE)
CHECKPOINT = BundleGrant(Scope.CHECKPOINT, OBJECT, bytes([0xB1]) * 32, SUBJECT, "checkpoint", NOW, read_size=4096)

Case = dict[str, Any]


def says(name: str, kind: str, fields: dict[int, Value]) -> Case:
    """A right one: what it reads as is worked out by the runner."""
    case: Case = {"name": name, "says": kind, "fields": encode(fields).hex()}
    return {**case, "expect": run_payload(case)}


def refused(name: str, kind: str, fields: dict[int, Value]) -> Case:
    """A wrong one."""
    return {"name": name, "says": kind, "fields": encode(fields).hex(), "error": "InvalidInput"}


def cases() -> list[Case]:
    """All of them."""
    owned, appointed = OWNED.to_fields(), Appointment(SUBJECT, OBJECT, "guardian", NOW).to_fields()
    receipt = Receipt(UPDATE, NOW, "care", "Dr Lee", "North Hospital", GRANT_ID).to_fields()
    follows, followed = Successor(PEER, OBJECT).to_fields(), Predecessor(SUBJECT, OBJECT).to_fields()
    renewal = Renewal(UPDATE, SUBJECT, OBJECT).to_fields()
    copy = replace(SHARED, object=None, title="", party="North Hospital", grantee=PEER, copy_of=GRANT_ID)
    standing_copy = replace(STANDING, title="", party="North Hospital", grantee=PEER, copy_of=GRANT_ID)
    given = replace(SHARED, purpose="report", return_to_author=None, copy_of=GRANT_ID, party="Sam")
    noted, out = GivenUpTo(GRANT_ID, NOW, 4096).to_fields(), KeptOut(UPDATE, NOW).to_fields()
    return [
        says("grant-to-the-owner", "grant", owned),
        says("grant-to-an-organisation", "grant", SHARED.to_fields()),
        says("grant-of-a-head-report", "grant", replace(OWNED, head=True).to_fields()),
        says("grant-with-what-a-report-is-about", "grant", replace(OWNED, concerns=("ank", "wnd")).to_fields()),
        says("grant-of-a-symptom-check", "grant", CHECK.to_fields()),
        says("copy-of-a-grant", "grant", replace(copy, return_to_author=None).to_fields()),
        says("revocation", "revoke", Revocation(GRANT_ID, NOW).to_fields()),
        says("introduction", "introduce", Introduction(OBJECT, line_key=bytes([0x11]) * 32, party="Ana").to_fields()),
        says("appointment", "appoint", appointed),
        says("receipt", "receipt", receipt),
        says("grant-of-a-bundle", "grant of several", BUNDLE.to_fields()),
        says("standing-grant", "grant of several", STANDING.to_fields()),
        says("copy-of-a-standing-grant", "grant of several", standing_copy.to_fields()),
        says("grant-under-a-standing-grant", "grant", given.to_fields()),
        says("grant-to-the-owner-with-its-readers", "grant", replace(OWNED, given_size=4096).to_fields()),
        says("given-up-to", "decide on a given line", noted),
        says("kept-out", "decide on the line of what is kept out", out),
        says("grant-to-the-owner-of-a-private-report", "grant", replace(OWNED, private=True).to_fields()),
        says("grant-to-the-owner-of-no-private-report", "grant", replace(OWNED, private=False).to_fields()),
        says("checkpoint", "grant of several", CHECKPOINT.to_fields()),
        refused("checkpoint-read-by-no-size", "grant of several", {**CHECKPOINT.to_fields(), 22: {6: "all"}}),
        refused("standing-grant-without-terms", "grant of several", _without(STANDING.to_fields(), 7)),
        refused("readers-by-no-size", "grant", {**owned, 22: {6: "all"}}),
        refused("given-up-to-nowhere", "decide on a given line", _without(noted, 8)),
        refused("kept-out-of-a-short-id", "decide on the line of what is kept out", {**out, 6: UPDATE[:16]}),
        says("renewal", "renew", renewal),
        says("successor", "successor", follows),
        says("predecessor", "predecessor", followed),
        refused("successor-of-a-short-id", "successor", {**follows, 9: PEER[:31]}),
        refused("successor-without-an-object", "successor", _without(follows, 7)),
        refused("predecessor-without-a-seed", "predecessor", _without(followed, 8)),
        refused("predecessor-of-another-relation", "predecessor", {**followed, 9: "guardian"}),
        refused("scope-of-a-later-version", "grant", {**owned, 6: 2}),
        refused("short-update-id", "grant", {**owned, 9: UPDATE[:31]}),
        refused("labels-are-no-map", "grant", {**owned, 22: "Sam"}),
        refused("about-of-another-size", "grant", {**owned, 22: {3: UPDATE[:16]}}),
        refused("concerns-too-long", "grant", {**owned, 22: {5: "a" * 65}}),
        refused("title-too-long", "grant", {**owned, 22: {0: "S" * 65}}),
        refused("time-is-no-number", "grant", {**owned, 11: "now"}),
        refused("renewal-without-an-object", "renew", {key: value for key, value in renewal.items() if key != 7}),
        refused("renewal-of-a-short-id", "renew", {**renewal, 9: UPDATE[:31]}),
        refused("unknown-relation", "appoint", {**appointed, 9: "owner"}),
        refused("revocation-without-a-time", "revoke", {6: GRANT_ID}),
        refused("receipt-without-an-update", "receipt", _without(receipt, 6)),
    ]


def _without(fields: dict[int, Value], key: int) -> dict[int, Value]:
    return {other: value for other, value in fields.items() if other != key}


def make_file() -> str:
    """The text of docs/vectors/payload.json."""
    description = "The kind's own fields (keys 6 to 22) of payloads, as one CBOR map."
    return json.dumps({"description": description, "kind": "payload", "cases": cases()}, indent=1) + "\n"


if __name__ == "__main__":
    write_or_check(FILE, make_file())
