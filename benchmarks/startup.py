"""From starting the server to its first answer, after the first time."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Samples, interleave, repeat

_PATIENCE_S = 60.0


def measure_start(folder: Path, rounds: int) -> Samples:
    """Seconds from process start to the first 200 ("start"), and of `python -c "import tg"` ("import")."""
    settings = write_settings(folder)
    _start(settings)  # the first time makes database, keys and chain
    return interleave(
        rounds, {"start": repeat(lambda: _start(settings)), "import": repeat(lambda: _python("-c", "import tg"))}
    )


def report_start(samples: Samples) -> list[str]:
    """The line about starting."""
    return [f'  start to first answer / python -c "import tg"   {samples.ratio("start", "import")}']


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def write_settings(folder: Path) -> Path:
    """A file of settings for an installation of its own in `folder`, which is made."""
    folder.mkdir()
    settings = folder / "settings.ini"
    settings.write_text("[app:main]\nuse = egg:blockmrs\nblockmrs.data.folder = %(here)s/data\n")
    return settings


@contextmanager
def served(settings: Path) -> Iterator[str]:
    """The address of a server, from its first answer on."""
    port = _free_port()
    command = [sys.executable, "-m", "blockmrs", "serve", "-c", str(settings), "--port", str(port)]
    with open(settings.with_suffix(".log"), "wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            _wait_for_answer(server, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _start(settings: Path) -> None:
    with served(settings):
        pass


def _wait_for_answer(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise RuntimeError("the server did not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
