"""`make load`: serve, play, and judge: no error, no refusal, memory steady.

    python -m load [--seconds 300] [--coaches 12] [--families 16] [--clinicians 4]

The server is `blockmrs serve` with the settings of development.ini, in a process of its own; locust, with all the
people, is another. Prints locust's table, and the server's memory at the start, after the warm-up and at the end.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from statistics import median

from load.people import make_people, write_people

REPOSITORY = Path(__file__).parents[1]
START_S = 120.0
WARM_UP = 0.4
"""The share of the time after which memory counts: by then every page was made once, and every thread was busy."""
MOST_GROWTH_MIB = 32.0
"""What memory may grow by, from the fifth of the time after the warm-up to the last fifth: their medians, since each
password that is checked takes 64 MiB for a moment."""


def main() -> int:
    """Run it; the exit status says whether it held."""
    parser = argparse.ArgumentParser(prog="python -m load")
    for name, default in (("seconds", 300), ("coaches", 12), ("families", 16), ("clinicians", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="blockmrs-load-") as folder:
        return _run(Path(folder), asked)


def _run(folder: Path, asked: argparse.Namespace) -> int:
    settings = folder / "load.ini"
    text = (REPOSITORY / "development.ini").read_text(encoding="utf-8")
    settings.write_text(text.replace("%(here)s/data", str(folder / "data")), encoding="utf-8")
    people = make_people(settings, coaches=asked.coaches, families=asked.families, clinicians=asked.clinicians)
    write_people(people, folder / "people.json")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "server.log"
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY), "BLOCKMRS_LOAD_PEOPLE": str(folder / "people.json")}
    with log.open("wb") as output:
        command = [sys.executable, "-m", "blockmrs", "serve", "-c", str(settings), "--port", str(port)]
        server = subprocess.Popen(command, stdout=output, stderr=output, env=environ)
    try:
        _wait_for(port, server, log)
        memory = Memory(server.pid)
        users = asked.coaches + asked.families + asked.clinicians
        locust = [
            *(sys.executable, "-m", "locust", "-f", str(REPOSITORY / "load" / "locustfile.py"), "--headless"),
            *("--host", f"http://localhost:{port}", "-u", str(users), "-r", "4", "-t", f"{asked.seconds}s"),
            *("--only-summary", "--exit-code-on-error", "1", "--stop-timeout", "20", "--loglevel", "WARNING"),
        ]
        status = subprocess.run(locust, env=environ, cwd=folder, check=False).returncode
        memory.stop()
        return _judge(status, memory.seen_mib, server.poll(), log.read_text(encoding="utf-8", errors="replace"))
    finally:
        server.terminate()
        server.wait(30)


def _judge(status: int, seen_mib: list[float], ended: int | None, log: str) -> int:
    fifth, first = max(1, len(seen_mib) // 5), int(len(seen_mib) * WARM_UP)
    start, warm, end = seen_mib[0], median(seen_mib[first : first + fifth]), median(seen_mib[-fifth:])
    print(f"memory: {start:.0f} MiB at the start, {warm:.0f} MiB after the warm-up, {end:.0f} MiB at the end "
          f"(at most {warm + MOST_GROWTH_MIB:.0f} allowed), {max(seen_mib):.0f} MiB at its highest")  # fmt: skip
    wrong = []
    if status:
        wrong.append("there were errors or refusals")
    if end > warm + MOST_GROWTH_MIB:
        wrong.append("memory grew")
    if ended is not None:
        wrong.append("the server ended")
    if "Traceback" in log or " broke: " in log or " failed: " in log:
        wrong.append("the log tells of errors:\n" + log[-2000:])
    print("; ".join(wrong) or "no error, no refusal, memory steady")
    return 1 if wrong else 0


class Memory:
    """Looks at a process' memory each second."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._stopped = threading.Event()
        self.seen_mib: list[float] = [self._now()]
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stopped.wait(1):
            self.seen_mib.append(self._now())

    def _now(self) -> float:
        found = re.search(r"VmRSS:\s+([0-9]+) kB", self._status.read_text(encoding="utf-8"))
        return int(found[1]) / 1024 if found else 0.0


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start:\n" + log.read_text(encoding="utf-8", errors="replace")[-2000:])


if __name__ == "__main__":
    sys.exit(main())
