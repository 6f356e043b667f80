"""What arrives over a real socket, through the real server."""

import socket
from collections.abc import Iterator

import pytest

from tests.support.serving import serving
from tests.support.site import TestSite


@pytest.fixture(scope="module")
def address(site: TestSite) -> Iterator[tuple[str, int]]:
    with serving(site) as port:
        yield "127.0.0.1", port


def send(address: tuple[str, int], request: bytes) -> bytes:
    """The whole answer to one request on a connection of its own."""
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def post(path: str, headers: bytes, body: bytes) -> bytes:
    start = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n".encode()
    return start + b"Content-Type: application/x-www-form-urlencoded\r\n" + headers + b"\r\n" + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_a_chunked_form_of_unknown_length_is_read_whole(address: tuple[str, int]) -> None:
    answer = send(address, post("/probe/free", b"Transfer-Encoding: chunked\r\n", b"9\r\nwhat=knee\r\n0\r\n\r\n"))
    assert status(answer) == 200
    assert b"reached" in answer


def test_a_chunked_form_that_grows_too_big_is_refused_with_a_page(address: tuple[str, int]) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    answer = send(address, post("/probe/free", b"Transfer-Encoding: chunked\r\n", chunk * 40 + b"0\r\n\r\n"))
    assert status(answer) == 413
    assert b"Someone is hurt" in answer


def test_a_form_of_ten_megabytes_is_refused_with_a_page(address: tuple[str, int]) -> None:
    body = b"what=" + b"x" * 10_485_760
    answer = send(address, post("/probe/free", f"Content-Length: {len(body)}\r\n".encode(), body))
    assert status(answer) == 413
    assert b"Someone is hurt" in answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /%ff HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET /a%00b HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"GET /a%0d%0aSet-Cookie:%20x HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\nConnection: close\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_makes_no_sense_is_a_400(address: tuple[str, int], request_bytes: bytes) -> None:
    assert status(send(address, request_bytes)) == 400


def test_the_server_does_not_say_what_it_is(address: tuple[str, int]) -> None:
    answer = send(address, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert b"server:" not in answer.lower()
    assert b"waitress" not in answer.lower()
