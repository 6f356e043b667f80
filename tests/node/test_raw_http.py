"""What no browser would send, through the real server's socket: refused, or answered, and the server goes on."""

import socket
from collections.abc import Iterator

import pytest

from tests.support.quick import quick_folder
from tests.support.serving import serving
from tests.support.site import build_site

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
SIGN = b"sign=none"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with quick_folder() as folder:
        site = build_site(folder)
        with serving(site) as port:
            yield port
        site.foundation.database.engine.dispose()


def send(port: int, *parts: bytes) -> tuple[int, bytes]:
    """Status and everything that came back."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except ConnectionError:
                break  # Refused before all was sent.
        answer = b""
        try:
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
        except OSError:
            pass  # Closed by the server: what it said before is what counts.
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0, answer


def request(start: bytes, headers: bytes = b"", body: bytes = b"", host: bytes = b"localhost") -> bytes:
    return start + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n" + headers + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def test_a_usual_request_is_answered(port: int) -> None:
    assert send(port, request(b"GET /healthz"))[0] == 200


@pytest.mark.parametrize("path", [b"/%ff", b"/field/%c3%28", b"/%00", b"/a%0d%0aX:y", b"/%ed%a0%80"])
def test_a_path_that_is_no_text_is_400(port: int, path: bytes) -> None:
    status, answer = send(port, request(b"GET " + path))
    assert status == 400
    assert b"X-Frame-Options" in answer


@pytest.mark.parametrize(
    "host", [b"evil.example", b"localhost.evil.example", b"", b"localhost:80:80", b"127.0.0.1@evil"]
)
def test_a_host_that_is_not_ours_is_400(port: int, host: bytes) -> None:
    assert send(port, request(b"GET /", host=host))[0] == 400


def test_a_request_without_a_host_is_refused(port: int) -> None:
    assert send(port, b"GET / HTTP/1.0\r\n\r\n")[0] == 400


def test_a_chunked_form_counts_as_the_form_that_it_is(port: int) -> None:
    headers = FORM + b"Transfer-Encoding: chunked\r\n"
    status, answer = send(port, request(b"POST /field/check", headers, chunked(SIGN)))
    assert status == 200
    assert b"/field/ask" in answer


def test_a_chunked_body_without_an_announced_length_is_measured_all_the_same(port: int) -> None:
    headers = FORM + b"Transfer-Encoding: chunked\r\n"
    status, answer = send(port, request(b"POST /field/check", headers, chunked(b"sign=" + b"x" * 2_000_000)))
    assert status == 413
    assert b"too big" in answer


def test_a_chunked_body_beyond_what_is_read_is_cut_off(port: int) -> None:
    headers = FORM + b"Transfer-Encoding: chunked\r\n"
    endless = [b"100000\r\n" + b"x" * 0x100000 + b"\r\n"] * 8
    assert send(port, request(b"POST /field/check", headers), *endless)[0] in (0, 413)


@pytest.mark.parametrize(
    "headers",
    [
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Content-Length: 9\r\nContent-Length: 10\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 0x9\r\n",
        b"Content-Length : 9\r\n",
        b"Bad\x00Name: x\r\n",
    ],
)
def test_a_request_that_two_servers_could_read_in_two_ways_is_refused(port: int, headers: bytes) -> None:
    assert send(port, request(b"POST /field/check", FORM + headers, SIGN))[0] in (400, 501)


def test_a_form_without_any_length_is_empty_and_has_no_token(port: int) -> None:
    assert send(port, request(b"POST /login", FORM))[0] == 403


def test_a_body_that_breaks_off_reaches_no_action(port: int) -> None:
    assert send(port, request(b"POST /field/check", FORM + b"Content-Length: 900\r\n", SIGN))[0] in (0, 400)


@pytest.mark.parametrize("length", [2_000, 20_000])
def test_a_very_long_address_is_answered(port: int, length: int) -> None:
    assert send(port, request(b"GET /" + b"a" * length))[0] == 404


def test_an_address_beyond_all_measure_is_refused(port: int) -> None:
    status, answer = send(port, request(b"GET /" + b"a" * 300_000))
    assert status == 431
    assert b"We could not read that" in answer


@pytest.mark.parametrize("line", [b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_what_is_no_http_is_refused(port: int, line: bytes) -> None:
    assert send(port, line)[0] in (0, 400, 505)


def test_the_server_still_answers_after_all_that(port: int) -> None:
    assert send(port, request(b"GET /healthz"))[0] == 200
