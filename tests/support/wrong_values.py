"""A form as a browser sends it, with one of its fields wrong, in every way in which a field can be wrong."""

from collections.abc import Callable
from urllib.parse import quote_plus, urlencode

MARKUP = "<script>alert(1)</script>\"'&"
Pairs = list[tuple[str, str]]


def encoded(pairs: Pairs) -> bytes:
    return urlencode(pairs).encode()


def with_value(pairs: Pairs, name: str, value: str) -> Pairs:
    return [(key, value if key == name else old) for key, old in pairs]


def with_file(pairs: Pairs, name: str) -> tuple[bytes, str]:
    """A multipart form in which one field is a file."""
    lines = []
    for key, value in pairs:
        extra = '; filename="x.txt"\r\nContent-Type: text/plain' if key == name else ""
        lines.append(f'--frontier\r\nContent-Disposition: form-data; name="{key}"{extra}\r\n\r\n{value}\r\n')
    return ("".join(lines) + "--frontier--\r\n").encode(), "multipart/form-data; boundary=frontier"


def as_bytes(change: Callable[[Pairs, str], Pairs]) -> Callable[[Pairs, str], tuple[bytes, str]]:
    return lambda pairs, name: (encoded(change(pairs, name)), "application/x-www-form-urlencoded")


def raw_value(raw: bytes) -> Callable[[Pairs, str], tuple[bytes, str]]:
    def made(pairs: Pairs, name: str) -> tuple[bytes, str]:
        rest = encoded([pair for pair in pairs if pair[0] != name])
        return rest + b"&" + quote_plus(name).encode() + b"=" + raw, "application/x-www-form-urlencoded"

    return made


WRONG: dict[str, Callable[[Pairs, str], tuple[bytes, str]]] = {
    "missing": as_bytes(lambda pairs, name: [pair for pair in pairs if pair[0] != name]),
    "empty": as_bytes(lambda pairs, name: with_value(pairs, name, "")),
    "of 50 kB": as_bytes(lambda pairs, name: with_value(pairs, name, "x" * 50_000)),
    "of 300 kB": as_bytes(lambda pairs, name: with_value(pairs, name, "x" * 300_000)),
    "not UTF-8": raw_value(b"%ff%fe%00"),
    "cut in the middle of a character": raw_value(b"a%e2%82"),
    "a surrogate": raw_value(b"%ed%a0%80"),
    "repeated": as_bytes(lambda pairs, name: [*pairs, (name, "another")]),
    "markup": as_bytes(lambda pairs, name: with_value(pairs, name, MARKUP)),
    "control characters": as_bytes(lambda pairs, name: with_value(pairs, name, "a\x00\x1b[2J\x07\u202eb")),
    "a number beyond all": as_bytes(lambda pairs, name: with_value(pairs, name, "9" * 400)),
    "a name of a machine": as_bytes(lambda pairs, name: with_value(pairs, name, "constructor")),
    "a path": as_bytes(lambda pairs, name: with_value(pairs, name, "../../etc/passwd")),
    "a file": with_file,
}
