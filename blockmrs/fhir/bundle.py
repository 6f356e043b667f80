"""What all resources share: checked when written, bounded when read, named, and put into a document Bundle.

`fhir.resources` (its R4B classes, which accept the R4 resources used here) checks all that is written. Codes are ours
where no standard code says exactly the same.
Source: HL7 FHIR R4 Bundle, data types.
"""

import json
import uuid
from functools import cache
from typing import Any

from pydantic import ValidationError

from blockmrs.errors import InvalidInput

CARD = "urn:blockmrs:card"
MOST_BYTES = 64 * 1024
UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError)
"""What reading a resource raises that is not what it says it is."""


@cache
def bundle_class() -> Any:
    """The class that checks a Bundle. Loading it takes longer than all else at the start: servers do it on the side."""
    from fhir.resources.R4B.bundle import Bundle

    return Bundle


def write_resource(resource_class: Any, resource: dict[str, Any]) -> bytes:
    """The resource as UTF-8 JSON, once its class accepts it; InvalidInput without the values, which are health data."""
    try:
        resource_class.model_validate(resource)
    except ValidationError as error:
        # The library's message quotes the values, which are health data: it goes nowhere.
        raise InvalidInput("this is not valid FHIR R4") from error
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()


def read_resource(content: bytes, kind: str) -> dict[str, Any]:
    """The resource of that kind in `content`; ValueError if it is another kind, or larger than any that we write."""
    if len(content) > MOST_BYTES:
        raise ValueError("larger than any we write")
    resource = json.loads(content)
    if resource["resourceType"] != kind:
        raise ValueError("another resource")
    return dict(resource)


def read_bundle(content: bytes, most_bytes: int) -> list[dict[str, Any]]:
    """The resources of the Bundle in `content`; one of UNREADABLE when it is none, or larger than any we write."""
    if len(content) > most_bytes:
        raise ValueError("larger than any we write")
    return [entry["resource"] for entry in json.loads(content)["entry"]]


def new_urn() -> str:
    """A fresh name for a resource, or for an entry of a Bundle."""
    return f"urn:uuid:{uuid.uuid4()}"
