"""The real server as a process of its own, alone and behind nginx; `make abuse`."""

import re
import resource
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
HOW_TO_INSTALL = "These tests need nginx. On Debian: apt-get install nginx-light"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder attacks a real server."""
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.abuse)


@dataclass(frozen=True)
class Served:
    """A running server: `ports` by how it is reached."""

    process: subprocess.Popen[bytes]
    ports: dict[str, int]
    log: Path

    @property
    def memory_mib(self) -> float:
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmRSS:\s+([0-9]+) kB", text)
        assert found
        return int(found[1]) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_in(folder: Path) -> Path:
    """development.ini as it is, but with its data in `folder`."""
    target = folder / "test.ini"
    text = (REPOSITORY / "development.ini").read_text(encoding="utf-8")
    target.write_text(text.replace("%(here)s/data", str(folder / "data")), encoding="utf-8")
    return target


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"nothing answers on port {port}:\n" + log.read_text(encoding="utf-8", errors="replace")[-4000:])


@contextmanager
def running(command: list[str], log: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_for(port, process, log)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def proxy_settings(folder: Path, port: int, behind: int) -> Path:
    """The settings that docs/server.md gives, without encryption, and with the files in `folder`."""
    text = (REPOSITORY / "docs" / "server.md").read_text(encoding="utf-8")
    block = text.split("```nginx\n")[1].split("```")[0]
    block = re.sub(r"listen 443 ssl;\n(\s*ssl_[^\n]*\n)*", f"listen 127.0.0.1:{port};\n", block)
    block = block.replace("127.0.0.1:8080", f"127.0.0.1:{behind}").replace("medical.example", "localhost 127.0.0.1")
    assert "ssl" not in block
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    target = folder / "nginx.conf"
    target.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log warn;\n"
        "worker_rlimit_nofile 4096; events { worker_connections 2048; }\n"
        f"http {{ access_log off;\n{places}{block}}}\n",
        encoding="utf-8",
    )
    return target


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.fail(HOW_TO_INSTALL)
    folder = tmp_path_factory.mktemp("abused")
    alone, proxied = free_port(), free_port()
    serve = [sys.executable, "-m", "blockmrs", "serve", "-c", str(settings_in(folder)), "--port", str(alone)]
    log = folder / "server.log"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))  # What most machines give a program.
    try:
        with running([*serve, "--trusted-proxy", "127.0.0.1"], log, alone) as process:
            config = proxy_settings(folder, proxied, alone)
            command = [program, "-c", str(config), "-p", str(folder), "-e", str(folder / "nginx-error.log")]
            with running(command, folder / "nginx.log", proxied):
                yield Served(process, {"alone": alone, "behind a proxy": proxied}, log)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
