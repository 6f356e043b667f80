"""Other processes on one data folder, told what to do line by line: servers, and whoever runs commands beside them."""

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from unittest.mock import patch

from blockmrs.services.node.housekeeping import Housekeeper, Housekeeping
from blockmrs.storage.outbox import Flusher
from tests.support.installation import PASSWORD, Installation
from tests.support.site import CHEAP

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.sharing.rights import Rights

PARTS = ("", "-wal", "-shm")


# Each process is forked from one that has loaded all of this already, and never ran a test.
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.support.loaded"])


class Process:
    """One of them; `kind` is `server` or `commands`. Nothing that it does ends the test's own process."""

    def __init__(self, kind: str, folder: Path, *, umask: int = 0o022) -> None:
        self._pipe, theirs = FORKED.Pipe()
        self._process = FORKED.Process(target=_begin, args=(kind, folder, umask, theirs))
        self._process.start()
        theirs.close()

    def tell(self, what: str, *arguments: str) -> None:
        """Begin it, without waiting."""
        self._pipe.send_bytes(json.dumps([what, *arguments]).encode())

    def answer(self) -> Any:
        """What came of the oldest that was told and not answered yet."""
        try:
            return json.loads(self._pipe.recv_bytes())
        except EOFError:
            raise AssertionError("the process ended") from None

    def ask(self, what: str, *arguments: str) -> Any:
        self.tell(what, *arguments)
        return self.answer()

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._process.close()
        self._pipe.close()


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


class Orders:
    """What the test's process tells this one, line by line, until it is gone."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def __iter__(self) -> Iterator[list[str]]:
        with suppress(EOFError):
            while True:
                yield json.loads(self._pipe.recv_bytes())

    def answer(self, value: Any) -> None:
        self._pipe.send_bytes(json.dumps(value).encode())


def _serve(folder: Path, opened: list[str], orders: Orders) -> None:
    """What a server does, without its socket and its pages."""
    from tests.support.world import report_at

    with Installation(folder, migrates=True) as installation:
        services, foundation = installation.services, installation.foundation
        housekeeper = Housekeeper(Housekeeping(foundation.database, foundation.clock_watch), 60.0)
        flusher = Flusher(foundation.objects, 5.0)
        housekeeper.start()
        flusher.start()
        for what, *arguments in orders:
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
                case _:
                    answer = _in_family(installation, what, *arguments)
            orders.answer(answer)


def _in_family(installation: Installation, what: str, name: str, *arguments: str) -> Any:
    """What somebody called `name` does or hears about who can see what."""
    services, actor = installation.services, installation._actor(name)
    rights, teams = services.rights, services.teams
    match what:
        case "add player":
            teams.add_player(actor, arguments[0], "7", teams.team(actor).version)
        case "invite":
            return teams.invite_family(actor, teams.team(actor).players[0].player_id)
        case "join":
            teams.join(actor, arguments[0], "guardian", "")
        case "confirm" | "end":
            handle = rights.people(actor)[-1][0]
            right = next(right for right in rights.page(actor, handle).rights if right.name == arguments[0])
            (rights.confirm if what == "confirm" else rights.end)(actor, handle, right.right_id)
        case "see":
            rights.mark_seen(actor, rights.people(actor)[-1][0])
        case "news":
            return _news(rights, actor)
        case _:
            raise ValueError(what)
    return True


def _news(rights: "Rights", actor: "Actor") -> list[Any]:
    """Whether it had to be concluded anew; and what there is, in the order in which it is shown."""
    times, conclude = [], rights._news
    with patch.object(rights, "_news", lambda *of, **how: times.append(1) or conclude(*of, **how)):
        news = rights.news(actor, as_coach=False)
    return [bool(times), [[item.what, item.name] for item in news]]


def _run_commands(folder: Path, opened: list[str], orders: Orders) -> None:
    from click.testing import CliRunner

    from blockmrs.cli import main

    settings = folder.parent / "commands.ini"
    lines = ["[app:main]", "use = egg:blockmrs", f"blockmrs.data.folder = {folder}"]
    lines += ["blockmrs.storage.kubo_address = /ip4/127.0.0.1/tcp/9", "blockmrs.storage.timeout_s = 0.2"]
    settings.write_text("\n".join([*lines, *(f"{name} = {value}" for name, value in CHEAP.items())]))
    os.environ["BLOCKMRS_CONFIG"] = str(settings)
    for what, *arguments in orders:
        if what == "opened":
            orders.answer(opened)
            continue
        done = CliRunner().invoke(main, [what, *arguments], input="")
        unexpected = None if done.exception is None or isinstance(done.exception, SystemExit) else repr(done.exception)
        orders.answer([done.exit_code, done.output, unexpected])


def _begin(kind: str, folder: Path, umask: int, pipe: Connection) -> None:
    os.umask(umask)
    run = {"server": _serve, "commands": _run_commands}[kind]
    run(folder, watch_for_opens(folder), Orders(pipe))


__all__ = ["FORKED", "PASSWORD", "Process", "holds_its_lock"]
