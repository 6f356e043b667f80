"""A request is read in steps that grow with its length, within bounds, and in memory alone."""

import re
from collections.abc import Iterator

import pytest
from waitress import parser as waitress_parser
from waitress import rfc7230
from waitress.adjustments import Adjustments

from blockmrs.server.limits import HEADER_BYTES, MOST_HEADERS, OVERHEAD_BYTES
from blockmrs.server.parser import Parser
from tests.support.at_least import at_least
from tests.support.steps import Counted, hard_texts

KEPT = 1000


def read(data: bytes, *, piece: int = 8192, kept: int = KEPT) -> Parser:
    bounds = {"max_request_header_size": HEADER_BYTES, "max_request_body_size": 100_000}
    parser = Parser(Adjustments(inbuf_overflow=kept, **bounds))
    while data and not parser.completed:
        data = data[:piece][parser.received(data[:piece]) :] + data[piece:]
    return parser


def request(start: bytes = b"GET / HTTP/1.1", *headers: bytes) -> bytes:
    return b"\r\n".join([start, *headers, b"", b""])


def error_of(parser: Parser) -> int | None:
    return parser.error.code if parser.error else None


@pytest.mark.parametrize(
    "start", [b"GET / HTTP/1.1", b"GET /a%20b?c=d#e HTTP/1.0", b"POST http://a:80/f HTTP/1.1", b"OPTIONS * HTTP/1.1"]
)  # fmt: skip
def test_a_usual_first_line_is_read(start: bytes) -> None:
    parser = read(request(start, b"Host: localhost", b"X:  a b\t", b"Empty:"))
    assert parser.completed
    assert error_of(parser) is None
    assert parser.headers == {"HOST": "localhost", "X": "a b", "EMPTY": ""}


@pytest.mark.parametrize(
    "start",
    [b"GET a://" + b"0" * 30_000 + b" X", b"GET " + b"a" * 9_000 + b"://" + b"b" * 900 + b" X", b"GET", b"GET  /", b"?",
     b"GET / HTTP/1.1 x", b"GET / http/1.1", b"GET /\x00 HTTP/1.1", b"GET\t/ HTTP/1.1", b"A" * 40 + b" / HTTP/1.1"],
)  # fmt: skip
def test_a_first_line_of_another_shape_is_refused_before_any_pattern_of_waitress_sees_it(
    start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Never:
        def fullmatch(self, _line: bytes) -> None:
            raise AssertionError("asked")

    monkeypatch.setattr(waitress_parser, "first_line_re", Never())
    parser = read(request(start, b"Host: localhost"))
    assert error_of(parser) == 400


@pytest.mark.parametrize(
    "header",
    [b"A: " + b" " * 9_000 + b"\x01", b"A:" + b"\t " * 9_000 + b"x\x7f", b" folded", b"No colon", b": x", b"A b: c",
     b"\xff: x", b"A" * 200 + b": x", b"A:\x00"],
)  # fmt: skip
def test_a_header_that_no_browser_sends_is_refused(header: bytes) -> None:
    assert error_of(read(request(b"GET / HTTP/1.1", header))) == 400


FIRST = Counted(waitress_parser.first_line_re.pattern.decode("latin-1"))
HEADER = Counted(rfc7230.HEADER_FIELD_RE.pattern.decode("latin-1"))


def shaped_lines() -> Iterator[tuple[Counted, str]]:
    """Hard texts for waitress's patterns, in the only shapes that reach them."""
    for length in (100, 200):
        for text in hard_texts(FIRST.items[2:], length):
            yield FIRST, "GET " + re.sub(r"[\x00- \x7f]", "", text) + "x HTTP/1.1"
        for text in hard_texts(HEADER.items, length):
            yield HEADER, "A:" + re.sub(r"[\x00-\x08\x0a-\x1f\x7f]", "", text).strip(" \t")


def test_what_reaches_the_patterns_of_waitress_takes_steps_that_grow_with_its_length() -> None:
    with at_least(1200) as case:
        for counted, line in shaped_lines():
            with case(line[:20]):
                steps = counted.count(line, "fullmatch" if counted is FIRST else "match")
                assert steps <= 12 * len(line) + 100, (line[:20], len(line), steps)


def test_more_headers_than_anybody_sends_are_refused() -> None:
    assert error_of(read(request(b"GET / HTTP/1.1", *[b"A: b"] * MOST_HEADERS))) is None
    assert error_of(read(request(b"GET / HTTP/1.1", *[b"A: b"] * (MOST_HEADERS + 5)))) == 431


def test_longer_headers_than_anybody_sends_are_refused_before_they_end() -> None:
    assert error_of(read(b"GET / HTTP/1.1\r\nA: " + b"x" * HEADER_BYTES)) == 431


def test_a_body_is_read_whole_and_never_into_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", None)
    parser = read(request(b"POST / HTTP/1.1", b"Content-Length: 1000") + b"x" * 1000)
    assert parser.completed
    assert parser.get_body_stream().read() == b"x" * 1000
    assert parser.size_bytes >= 1000


@pytest.mark.parametrize("chunked", [False, True])
def test_of_a_body_longer_than_is_kept_only_the_length_is_known(chunked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", None)
    body, header = b"x" * 50_000, b"Content-Length: 50000"
    if chunked:
        body, header = b"C350\r\n" + body + b"\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"
    parser = read(request(b"POST / HTTP/1.1", header) + body)
    assert parser.completed
    assert error_of(parser) is None
    assert parser.headers["CONTENT_LENGTH"] == "50000"
    assert parser.get_body_stream().read() == b""
    assert parser.size_bytes < 2 * KEPT


@pytest.mark.parametrize(
    "body",
    [b"1\r\nx\r\n" * 5_000, b"5" * 20_000, b"1;a=" + b"b" * 20_000, b"1\r\nx\r\n0\r\n" + b"A: b\r\n" * 5_000],
)
def test_a_body_of_countless_pieces_or_of_no_pieces_is_cut_off_early(body: bytes) -> None:
    parser = read(request(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked") + body)
    assert parser.completed
    assert error_of(parser) in (400, 413)
    assert parser.body_bytes_received <= OVERHEAD_BYTES + 2 * 8192


def test_a_request_that_comes_byte_by_byte_is_the_same_request() -> None:
    data = request(b"POST /field HTTP/1.1", b"Host: localhost", b"Content-Length: 5") + b"a=b&c"
    parser = read(data, piece=1)
    assert (parser.path, parser.get_body_stream().read(), error_of(parser)) == ("/field", b"a=b&c", None)
