"""What somebody does who wants the others to wait. Runs as a program of its own until it is stopped:

    python -m tests.abuse.attacks NAME HOST PORT

Each attack comes from ATTACKER, or from many addresses where it says so. It prints "under way" once it is, and goes on
however it is answered. A low priority leaves the processors to the server: a real attacker has processors of their own.
"""

import http.client
import itertools
import os
import re
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode

ATTACKER = "127.66.6.6"
HOST_NAME = "localhost"
THREADS = 16
PASSWORD = "granite teapot violin heron"
FORM = "application/x-www-form-urlencoded"

Address = tuple[str, int]


def connect(to: Address, source: str = ATTACKER) -> socket.socket:
    return socket.create_connection(to, timeout=30, source_address=(source, 0))


def exchange(to: Address, request: bytes, source: str = ATTACKER) -> bytes:
    """Send it, and read what comes until the connection ends."""
    with connect(to, source) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {HOST_NAME}", "Connection: close", *headers, "", ""]).encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    head = [f"POST {path} HTTP/1.1", f"Host: {HOST_NAME}", "Connection: close", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, f"Content-Type: {FORM}", *headers, "", ""]).encode() + body


def at_once(*works: Callable[[], object], threads: int = THREADS) -> None:
    """All of them again and again, in several threads, until the program is stopped."""

    def go_on(first: int) -> None:
        for number in itertools.count(first):
            try:
                works[number % len(works)]()
            except OSError:
                time.sleep(0.01)

    for first in range(threads):
        threading.Thread(target=go_on, args=(first,), daemon=True).start()
    print("under way", flush=True)  # noqa: T201 - this is how the test knows
    threading.Event().wait()


def sending(to: Address, *requests: bytes, threads: int = THREADS) -> None:
    at_once(*(lambda request=request: exchange(to, request) for request in requests), threads=threads)


class Person:
    """Somebody with a browser: cookies, and forms with their tokens."""

    def __init__(self, to: Address) -> None:
        self._to = to
        self._cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        return "Cookie: " + "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> str:
        connection = http.client.HTTPConnection(*self._to, timeout=60, source_address=(ATTACKER, 0))
        headers = {"Host": HOST_NAME, "Cookie": self.cookie.partition(": ")[2], "Content-Type": FORM}
        connection.request(method, path, urlencode(fields) if fields is not None else None, headers)
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie = value.partition(";")[0]
                self._cookies[cookie.partition("=")[0]] = cookie.partition("=")[2]
        text = answer.read().decode()
        connection.close()
        return text

    def token(self, path: str) -> str:
        found = re.search(r'name="_csrf"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="_csrf"', self.ask("GET", path))
        assert found, path
        return found[1] or found[2]

    def sign_up(self, name: str) -> None:
        fields = {"display_name": "Mal", "user_name": name, "password": PASSWORD, "password_again": PASSWORD}
        self.ask("POST", "/signup", {"_csrf": self.token("/signup"), **fields})


def big_forms(to: Address) -> None:
    """Forms of as many and as long fields as are read, and far more, to pages that show them again."""
    many = "&".join(f"a{number}=" + "%3C" * 60 for number in range(290)).encode()
    full = urlencode({f"r-{number}": "<&\"'" * 50 for number in range(290)}).encode()
    sending(
        to,
        post("/login", many),
        post("/field/check", b"pick=a&" * 150_000),
        post("/field/report/save", full),
        post("/field/ask/1", many),
        post("/signup", b"a=1&" * 262_000),
        post("/field/show", many),
        post("/login", b"a=" + b"%22" * 60_000),
        threads=24,
    )


def slow(to: Address) -> None:
    """Connections that send a byte now and then: headers, bodies, nothing at all; and that take answers as slowly."""
    begun = [
        b"GET /field HTTP/1.1\r\nHost: localhost\r\nX: ",
        post("/field/check", b"x" * 50_000)[:-40_000],
        b"",
        b"GET /field HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1",
    ]

    def hold(number: int) -> None:
        # From one address first, then from hundreds: each of them is allowed some.
        source = ATTACKER if number < 300 else f"127.66.{number % 200 + 1}.{number % 7 + 1}"
        while True:
            try:
                with connect(to, source) as connection:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                    connection.sendall(begun[number % len(begun)])
                    while True:
                        time.sleep(1)
                        if number % len(begun) in (0, 1):
                            connection.sendall(b"a")
                        elif number % len(begun) == 3:
                            connection.recv(1)
            except OSError:
                time.sleep(0.5)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    threading.stack_size(256 * 1024)
    for number in range(700):
        threading.Thread(target=hold, args=(number,), daemon=True).start()
    time.sleep(1)
    print("under way", flush=True)  # noqa: T201 - this is how the test knows
    threading.Event().wait()


def headers(to: Address) -> None:
    """Headers, first lines and addresses made for what reads them."""
    sending(
        to,
        get("/", "Accept-Language: " + "aa-bb," * 36_000),
        get("/", "Accept-Language: " + "aa-bb;q=0.1," * 2_500),
        get("/", "Cookie: " + "a" * 31_000),
        get("/", "Cookie: blockmrs=" + '"\\' * 15_000),
        get("/nothing", "Accept: " + "a/b;q=0.1," * 3_000),
        get("/css/app.css", "If-None-Match: " + 'W/"a",' * 5_000),
        b"GET a://" + b"0" * 31_000 + b" X\r\nHost: localhost\r\n\r\n",
        b"GET " + b"a" * 15_000 + b"://" + b"b" * 15_000 + b" X\r\nHost: localhost\r\n\r\n",
        get("/", "X:" + " " * 31_000 + "x"),
        get("/", "X:" + "\t " * 15_000 + "\x01"),
        get("/?" + "a=1&" * 7_500),
        get("/" + "a/" * 15_000),
        get("/css/" + "../" * 10_000),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 5_000 + b"\r\n",
    )


def team_list(to: Address) -> None:
    """Somebody with an account pastes lines that patterns find hard."""
    mallory = Person(to)
    mallory.sign_up("mallory-list")
    team, plan = mallory.token("/team"), mallory.token("/team/plan/add")
    lines = ["a" + "\t" * 19_990 + "b", "a," * 9_990 + "x", "7" + " ," * 9_000 + "!", "a\n" * 9_990, "\u202e\n" * 9_990]
    works = [
        post("/team/add_several", urlencode({"_csrf": team, "version": "", "players": line}).encode(), mallory.cookie)
        for line in lines
    ]
    place = {"_csrf": plan, "name": "x", "address": "y", "coordinates": "1" + " " * 1_990}
    sending(to, *works, post("/team/plan/add", urlencode(place).encode(), mallory.cookie))


def sign_ins(to: Address) -> None:
    """Sign-ins, sign-ups and recoveries: each wants a password's worth of work."""
    mallory = Person(to)
    token = mallory.token("/login")
    odd = "aB3$" * 18
    names = itertools.count()

    def sign_up() -> None:
        fields = {"display_name": odd, "user_name": f"m{next(names)}", "password": odd * 3, "password_again": odd * 3}
        exchange(to, post("/signup", urlencode({"_csrf": token, **fields}).encode(), mallory.cookie))

    def sign_in() -> None:
        fields = {"_csrf": token, "user_name": f"m{next(names)}", "password": odd}
        exchange(to, post("/login", urlencode(fields).encode(), mallory.cookie))

    def recover() -> None:
        code = "2222-2222-2222-2222-2222-2222-2222"
        fields = {"user_name": f"m{next(names)}", "recovery_code": code, "new_password": odd * 3, "password": odd * 3}
        exchange(to, post("/recover", urlencode({"_csrf": token, **fields}).encode(), mallory.cookie))

    at_once(sign_in, sign_up, recover)


def large_bodies(to: Address) -> None:
    """Bodies of a quarter of a megabyte to sixteen, whole, in pieces and in countless pieces."""
    pieces = b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    sending(
        to,
        post("/login", b"a=" + b"x" * 261_000),
        post("/field/check", b"a=" + b"x" * 10_000_000),
        pieces + b"100000\r\n" + b"x" * 0x100000 + b"\r\n" + b"0\r\n\r\n",
        pieces + b"1\r\nx\r\n" * 200_000,
        pieces + b"5" * 1_000_000,
        post("/login", b"a=" + b"x" * 15_000_000),
    )


def page_flood(to: Address) -> None:
    """Usual pages, as fast as they are answered, many at once over each connection."""
    keep = [get(path).replace(b"Connection: close\r\n", b"") * 40 for path in ("/field", "/about/advice", "/nothing")]
    last = get("/login")
    sending(to, *(many + last for many in keep), get("/field/kept/pages/en"), get("/readyz"), threads=24)


ATTACKS = {
    "big forms": big_forms,
    "slow connections": slow,
    "headers": headers,
    "a team list": team_list,
    "sign-ins": sign_ins,
    "large bodies": large_bodies,
    "a flood of pages": page_flood,
}

if __name__ == "__main__":
    os.nice(10)
    ATTACKS[sys.argv[1]]((sys.argv[2], int(sys.argv[3])))
