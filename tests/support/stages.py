"""What tests do with a new world before they begin: done once in a process, then copied.

Worlds that ask for it, in an empty folder and under clocks that stand still at the same moment, begin alike: with the
same secrets and the same chain. What a fixture does by `once` leads to a stage, told from others by all that was done
before it. Where anything else was written meanwhile, everything is done for real from then on.
"""

import sqlite3
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Engine

from blockmrs.model.database import file_of
from blockmrs.services.node.data_folder import HEAD
from tests.conftest import StillClock
from tests.support.snapshot import Stored

Made = TypeVar("Made")
Key = tuple[tuple[str, datetime], ...]


@dataclass
class _Stage:
    stored: Stored
    value: Any
    codes: dict[str, str]
    now: datetime


_secrets: dict[str, bytes] = {}
_stages: dict[Key, _Stage] = {}


class Stages:
    """Of the world in `folder`, whose recovery codes are kept with them. Where it is not `alike`, there are none."""

    def __init__(self, folder: Path, clock: Callable[[], datetime], codes: dict[str, str], alike: bool) -> None:
        self._folder, self._clock, self._codes = folder, clock, codes
        self._key: Key | None = None
        secrets = folder / "secrets"
        if alike and isinstance(clock, StillClock) and not secrets.exists():
            self._key = ()
            secrets.mkdir(mode=0o700, parents=True)
            for name, content in _secrets.items():
                (secrets / name).touch(mode=0o600)
                (secrets / name).write_bytes(content)

    def watch(self, engine: Engine) -> None:
        """The world has its tables now, and no chain: it gets the one of all that begin alike."""
        if self._key is None:
            return
        self._engine = engine
        self._watching = sqlite3.connect(str(file_of(engine)), check_same_thread=False)
        weakref.finalize(engine, self._watching.close)
        begun = _stages.get((("begun", self._clock()),))
        if begun is not None:
            begun.stored.bring_back(engine, self._folder)
        self._seen = self._version()

    def begin(self) -> None:
        """The world is there, with its chain."""
        if self._key is None:
            return
        if not _secrets:
            files = (self._folder / "secrets").iterdir()
            _secrets.update({path.name: path.read_bytes() for path in files if path.name != HEAD})
        self._seen = self._version()
        self.once("begun", lambda: None)

    def once(self, what: str, make: Callable[[], Made]) -> Made:
        """What `make` returns, and what it does to the world. The value must not hold on to the world."""
        if self._key is None or self._version() != self._seen:
            self._key = None
            return make()
        clock = cast(StillClock, self._clock)
        key = (*self._key, (what, clock()))
        stage = _stages.get(key)
        if stage is None:
            value = make()
            _stages[key] = stage = _Stage(Stored(self._engine, self._folder), value, dict(self._codes), clock())
        elif what != "begun":
            stage.stored.bring_back(self._engine, self._folder)
            self._codes |= stage.codes
            clock.now = stage.now
        self._key, self._seen = key, self._version()
        return cast(Made, stage.value)

    def _version(self) -> int:
        """Another number after whatever anybody else wrote."""
        return int(self._watching.execute("PRAGMA data_version").fetchone()[0])
