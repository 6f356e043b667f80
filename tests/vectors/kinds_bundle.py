"""How the vectors of bundles are run: read, written again to the same bytes, and named."""

from collections.abc import Callable, Mapping
from typing import Any

from blockmrs.domain.bundles import decode_bundle, decode_sub_bundle, encode_bundle, encode_sub_bundle
from blockmrs.encoding import decode
from blockmrs.services.lines.bundles import bundle_id
from tests.vectors.kinds_core import hexed, value_to_json

Case = Mapping[str, Any]


def run_bundle(case: Case) -> object:
    text, of = hexed(case, "text"), case.get("sub_bundle")
    if of is None:
        assert encode_bundle(decode_bundle(text)) == text
    else:
        subject = hexed(of, "subject")
        assert encode_sub_bundle(subject, decode_sub_bundle(text, subject, of["count"])) == text
    return {"bundle_id": bundle_id(text).hex(), "fields": value_to_json(decode(text))}


RUNNERS: dict[str, Callable[[Case], object]] = {"bundle": run_bundle}
