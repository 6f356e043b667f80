"""`blockmrs serve` in a process of its own with the default settings, and many people who ask it at once."""

import asyncio
import contextlib
import functools
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from unittest import mock
from urllib.parse import urlencode

from blockmrs.config.assembly import build_database, build_foundation, build_services
from blockmrs.config.settings import DataSettings, Settings
from blockmrs.crypto import wrapping
from blockmrs.websetup import prepare

PASSWORD = "marble kettle sunrise otter"
TOKEN = re.compile(rb'name="_csrf"[^>]*? value="([^"]+)"')
COOKIE = re.compile(rb"(?i)set-cookie: (blockmrs=[^;]+)")
KNOWN_COOKIE = re.compile(rb"(?i)set-cookie: (blockmrs-known=[^;]+)")
START_S = 60.0


def user_name(number: int) -> str:
    return f"coach{number}"


def make_accounts(folder: Path, count: int) -> None:
    """People with wraps of the default cost, in the time of a few: the same Argon2id is run once."""
    settings = Settings(data=DataSettings(folder=folder))
    database = build_database(settings)
    prepare(database)
    database.engine.dispose()
    foundation = build_foundation(settings)
    once = functools.cache(wrapping.hash_secret_raw)
    with (
        mock.patch.object(wrapping, "hash_secret_raw", once),
        mock.patch.object(wrapping, "secrets", SimpleNamespace(token_bytes=bytes)),
        mock.patch("blockmrs.services.accounts.identity.new_recovery_code", return_value=wrapping.new_recovery_code()),
    ):
        identity = build_services(settings, foundation).identity
        for number in range(count):
            identity.sign_up(user_name(number), f"Coach {number}", PASSWORD)
    foundation.close()


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[int]:
    """The server over `folder`, behind a proxy on this machine that says where people come from; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ini = folder / "crowd.ini"
    ini.write_text(f"[app:main]\nblockmrs.data.folder = {folder}\n", encoding="utf-8")
    command = [sys.executable, "-m", "blockmrs", "serve", "--config", str(ini), "--port", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--trusted-proxy", "127.0.0.1"],
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        try:
            _wait_for(server, port)
            yield port
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and server.poll() is None:
        try:
            answer = asyncio.run(ask(port, "GET", "/healthz"))
        except OSError:
            time.sleep(0.1)
            continue
        if answer.status == 200:
            return
    raise AssertionError("the server did not start")


@dataclass(frozen=True)
class Answer:
    """What came back, and after how long."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    @property
    def cookie(self) -> str:
        found = COOKIE.search(self.head)
        return found[1].decode() if found else ""

    @property
    def known_cookie(self) -> str:
        """By which the browser is known again to who signed in with it."""
        found = KNOWN_COOKIE.search(self.head)
        assert found
        return found[1].decode()

    @property
    def form_token(self) -> str:
        found = TOKEN.search(self.body)
        assert found
        return found[1].decode()

    def header(self, name: str) -> str:
        found = re.search(rf"(?i)^{name}: (.*?)\r$".encode(), self.head, re.MULTILINE)
        return found[1].decode() if found else ""


async def ask(
    port: int, method: str, path: str, form: dict[str, str] | None = None, *, cookie: str = "", of: str = "198.51.100.9"
) -> Answer:
    """One request on a connection of its own, from the address `of`."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = urlencode(form or {}).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", f"X-Forwarded-For: {of}"]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if form is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await writer.drain()
    whole = await reader.read()
    writer.close()
    head, _, content = whole.partition(b"\r\n\r\n")
    return Answer(int(head.split(b" ", 2)[1]), head, content, time.monotonic() - began)


async def meanwhile(port: int, done: Awaitable[list[Answer]], path: str = "/field") -> tuple[list[Answer], list[float]]:
    """What `done` answers, and how long `path` took meanwhile for somebody at another address, one after another."""
    work, took = asyncio.ensure_future(done), []
    while not work.done() or len(took) < 100:
        answer = await ask(port, "GET", path, of="203.0.113.77")
        assert answer.status == 200
        took.append(answer.seconds)
        await asyncio.sleep(0.02)
    return await work, took


def at_once(what: Callable[[int], Awaitable[Answer]], count: int) -> Awaitable[list[Answer]]:
    return asyncio.gather(*(what(number) for number in range(count)))
