"""How the vectors of payload fields are run: read, and written again to the same bytes."""

from collections.abc import Callable, Mapping
from typing import Any

from blockmrs.domain.renewal import Renewal
from blockmrs.domain.sharing import Appointment, BundleGrant, Grant, Introduction, Receipt, Revocation
from blockmrs.domain.standing import GivenUpTo, KeptOut
from blockmrs.domain.succession import Predecessor, Successor
from blockmrs.encoding import decode, encode
from blockmrs.errors import InvalidInput
from tests.vectors.kinds_core import hexed, value_to_json

Case = Mapping[str, Any]
CLASSES: dict[str, Any] = {
    "grant": Grant,
    "grant of several": BundleGrant,
    "decide on a given line": GivenUpTo,
    "decide on the line of what is kept out": KeptOut,
    "revoke": Revocation,
    "introduce": Introduction,
    "appoint": Appointment,
    "receipt": Receipt,
    "renew": Renewal,
    "successor": Successor,
    "predecessor": Predecessor,
}


def run_payload(case: Case) -> object:
    fields = decode(hexed(case, "fields"))
    if not isinstance(fields, dict):
        raise InvalidInput("fields are a map")
    read = CLASSES[case["says"]].from_fields(fields)
    assert encode(read.to_fields()) == hexed(case, "fields")
    return value_to_json(dict(fields))


RUNNERS: dict[str, Callable[[Case], object]] = {"payload": run_payload}
