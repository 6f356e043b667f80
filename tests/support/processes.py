"""Other processes on one data folder, told what to do line by line: servers, and whoever runs commands beside them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from blockmrs.services.node.housekeeping import Housekeeper, Housekeeping
from blockmrs.storage.outbox import Flusher
from tests.support.installation import PASSWORD, Installation
from tests.support.site import CHEAP

PARTS = ("", "-wal", "-shm")


class Process:
    """One of them; `kind` is `server` or `commands`. Nothing that it does ends the test's own process."""

    def __init__(self, kind: str, folder: Path, *, umask: int = 0o022) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.processes", kind, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            umask=umask,
            text=True,
        )

    def tell(self, what: str, *arguments: str) -> None:
        """Begin it, without waiting."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([what, *arguments]) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """What came of the oldest that was told and not answered yet."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process ended"
        return json.loads(line)

    def ask(self, what: str, *arguments: str) -> Any:
        self.tell(what, *arguments)
        return self.answer()

    def kill(self) -> None:
        """`kill -9`."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def holds_its_lock(database: Path) -> bool:
    """Whether somebody holds SQLite's shared lock on the file, so that nobody takes himself for the only one."""
    # SQLite's unix locks: 510 bytes behind PENDING_BYTE + 2 (os_unix.c, "The SHARED lock").
    asked = (
        "import fcntl, sys\n"
        "with open(sys.argv[1], 'r+b') as file:\n"
        "    try: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)\n"
        "    except BlockingIOError: sys.exit(9)\n"
    )
    # A process of its own: this one may have the database open, and must not close its file.
    return subprocess.run([sys.executable, "-I", "-S", "-c", asked, str(database)], check=False).returncode == 9


def watch_for_opens(folder: Path) -> list[str]:
    """Names of the database's files, for each time that Python, not SQLite, opens one in this process."""
    names, opened = {os.path.realpath(folder / f"blockmrs.db{part}") for part in PARTS}, []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if path in names:
                opened.append(os.path.basename(path))

    sys.addaudithook(hook)
    return opened


def _answer(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _serve(folder: Path, opened: list[str]) -> None:
    """What a server does, without its socket and its pages."""
    from tests.support.world import report_at

    with Installation(folder) as installation:
        services, foundation = installation.services, installation.foundation
        housekeeper = Housekeeper(Housekeeping(foundation.database, foundation.clock), 60.0)
        flusher = Flusher(foundation.objects, 5.0)
        housekeeper.start()
        flusher.start()
        for line in sys.stdin:
            what, *arguments = json.loads(line)
            match what:
                case "ready":
                    answer: Any = True
                case "save":
                    name, draft = arguments
                    actor = installation._actor(name)
                    answer = services.reports.save(actor, draft, report_at(services.reports.now())).address
                case "list":
                    listed, older = services.reports.mine(installation._actor(arguments[0]))
                    while older is not None:
                        more, older = services.reports.mine(installation._actor(arguments[0]), older)
                        listed += more
                    answer = [saved.address for saved in listed]
                case "block":
                    installation.add_block(int(arguments[0]))
                    answer = installation.height
                case "verify":
                    answer = services.evidence.check_everything(lambda *_: None).file_bytes
                case "opened":
                    answer = opened
                case "close":
                    housekeeper.stop()
                    flusher.stop()
                    foundation.close()
                    answer = True
            _answer(answer)


def _run_commands(folder: Path, opened: list[str]) -> None:
    from click.testing import CliRunner

    from blockmrs.cli import main

    settings = folder.parent / "commands.ini"
    lines = ["[app:main]", "use = egg:blockmrs", f"blockmrs.data.folder = {folder}"]
    lines += ["blockmrs.storage.kubo_address = /ip4/127.0.0.1/tcp/9", "blockmrs.storage.timeout_s = 0.2"]
    settings.write_text("\n".join([*lines, *(f"{name} = {value}" for name, value in CHEAP.items())]))
    os.environ["BLOCKMRS_CONFIG"] = str(settings)
    for line in sys.stdin:
        what, *arguments = json.loads(line)
        if what == "opened":
            _answer(opened)
            continue
        done = CliRunner().invoke(main, [what, *arguments], input="")
        unexpected = None if done.exception is None or isinstance(done.exception, SystemExit) else repr(done.exception)
        _answer([done.exit_code, done.output, unexpected])


if __name__ == "__main__":
    kind, name = sys.argv[1:]
    run = {"server": _serve, "commands": _run_commands}[kind]
    run(Path(name), watch_for_opens(Path(name)))

__all__ = ["PASSWORD", "Process", "holds_its_lock"]
