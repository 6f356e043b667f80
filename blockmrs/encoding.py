"""Values to deterministic CBOR and back; no value has two encodings.

Allowed: null, booleans, integers from 0 to 2^63-1, byte strings, UTF-8 text, arrays, and maps whose keys are the
integers 0 to 23 (so that RFC 7049 and RFC 8949 sort them alike). Source: RFC 8949 section 4.2.1.
"""

import io
from collections.abc import Mapping, Sequence
from typing import cast

import cbor2

from blockmrs.errors import Malformed

MAX_DEPTH = 8
MAX_INTEGER = 2**63 - 1
MAX_KEY = 23

Value = None | bool | int | bytes | str | Sequence["Value"] | Mapping[int, "Value"]


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Malformed("a value is nested too deeply", limit=MAX_DEPTH)
    if value is None or isinstance(value, bool | bytes | str):
        return
    if isinstance(value, int):
        if not 0 <= value <= MAX_INTEGER:
            raise Malformed("an integer is outside 0 to 2^63-1")
        return
    if isinstance(value, list | tuple):
        for item in value:
            _check(item, depth + 1)
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, bool) or not isinstance(key, int) or not 0 <= key <= MAX_KEY:
                raise Malformed("map keys are the integers 0 to 23")
            _check(item, depth + 1)
        return
    raise Malformed("this value has no encoding in the protocol", type=type(value).__name__)


def encode(value: Value) -> bytes:
    """The one encoding of `value`; InvalidInput if it is not a value of the protocol."""
    _check(value, 0)
    try:
        return cbor2.dumps(value, canonical=True)
    except UnicodeEncodeError as error:
        raise Malformed("text with half of a character") from error


def decode(data: bytes) -> Value:
    """The value that `data` encodes; InvalidInput unless `data` is exactly its one encoding."""
    value, length = _decode_first(data)
    if length != len(data):
        raise Malformed("bytes follow the value")
    return value


def decode_padded(data: bytes) -> Value:
    """The value at the start of `data`, which only zero bytes may follow; else InvalidInput."""
    value, length = _decode_first(data)
    if any(data[length:]):
        raise Malformed("padding is not zero")
    return value


def _decode_first(data: bytes) -> tuple[Value, int]:
    stream = io.BytesIO(data)
    try:
        value = cbor2.CBORDecoder(stream, max_depth=MAX_DEPTH + 2, read_size=1).decode()
    except (cbor2.CBORDecodeError, ValueError, RecursionError, OverflowError, MemoryError, TypeError) as error:
        raise Malformed("not deterministic CBOR") from error
    encoded = encode(cast(Value, value))
    # The decoder is lenient (duplicate keys, long integers, indefinite lengths): encoding again catches all of that.
    if data[: len(encoded)] != encoded:
        raise Malformed("not the one encoding of its value")
    return cast(Value, value), len(encoded)
