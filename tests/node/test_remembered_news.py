"""What one server remembers of who can see what, while another on the same folder changes it: never stale, never open.

ADR 38: what every page asks is remembered sealed, and held against the log before it is believed.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.processes import Process
from tests.support.quick import quick_folder

PLAYER = "Quinnley Marlow"
ANEW, REMEMBERED = True, False


@pytest.fixture
def folder() -> Iterator[Path]:
    """Four people, whose server was stopped in order; nobody has joined anybody yet."""
    with quick_folder() as root:
        with Installation(root / "data") as installation:
            for name in ("carolcoach", "mariamother", "gusguardian", "joeguardian"):
                installation.sign_up(name)
            installation.foundation.close()
        yield root / "data"


def joins(name: str, of: Process, by: Process) -> None:
    by.ask("join", name, of.ask("invite", "carolcoach"))


@pytest.fixture
def two(folder: Path) -> Iterator[tuple[Process, Process]]:
    """Two servers, on one of which a mother has joined and seen that nothing is new."""
    with Process("server", folder) as first, Process("server", folder) as second:
        first.ask("add player", "carolcoach", PLAYER)
        joins("mariamother", first, second)
        first.ask("see", "mariamother")
        assert first.ask("news", "mariamother") == [ANEW, []]
        yield first, second


def test_what_one_server_remembers_the_other_answers_with(two: tuple[Process, Process]) -> None:
    first, second = two
    for server in (first, second, first):
        assert server.ask("news", "mariamother") == [REMEMBERED, []]
    second.ask("save", "carolcoach", "ab" * 16)
    assert first.ask("news", "mariamother") == [REMEMBERED, []], "what came elsewhere changes nothing"


def test_whoever_comes_and_every_end_that_another_server_writes_is_told_at_once(two: tuple[Process, Process]) -> None:
    first, second = two
    joins("gusguardian", second, second)
    assert first.ask("news", "mariamother") == [ANEW, [["waits", "Gusguardian"]]]
    assert second.ask("news", "mariamother") == [REMEMBERED, [["waits", "Gusguardian"]]]
    second.ask("confirm", "mariamother", "Gusguardian")
    assert first.ask("news", "mariamother") == [ANEW, []]
    assert first.ask("news", "gusguardian") == [ANEW, [["confirmed", "Gusguardian"]]]
    second.ask("see", "gusguardian")
    assert first.ask("news", "gusguardian") == [ANEW, []], "what the log does not say counts as well"
    second.ask("end", "gusguardian", "Carolcoach")
    assert first.ask("news", "mariamother") == [ANEW, [["ended", "Carolcoach"]]]
    assert first.ask("news", "gusguardian") == [ANEW, []], "who did it needs no telling"


def test_what_comes_while_another_server_answers_is_told_by_the_next_answer(two: tuple[Process, Process]) -> None:
    first, second = two
    for name in ("gusguardian", "joeguardian"):
        code = second.ask("invite", "carolcoach")
        second.tell("join", name, code)
        for _ in range(4):
            first.tell("news", "mariamother")
        assert second.answer()
        meanwhile = [first.answer()[1] for _ in range(4)]
        assert first.ask("news", "mariamother")[1][0] == ["waits", name.title()], "acknowledged, so it is told"
        told = [["waits", name.title()] in news for news in meanwhile]
        assert told == sorted(told), "what was told once is not forgotten by the next answer"


def test_nothing_of_what_is_remembered_lies_open_in_the_database(two: tuple[Process, Process], folder: Path) -> None:
    first, second = two
    joins("gusguardian", first, second)
    assert second.ask("news", "mariamother")[1] == [["waits", "Gusguardian"]]
    stored = b"".join(path.read_bytes() for path in folder.glob("blockmrs.db*") if path.is_file())
    for word in (*PLAYER.split(), "waits", "Gusguardian"):
        for text in (word.encode(), word.encode("utf-16-le")):
            assert re.search(re.escape(text), stored, re.IGNORECASE) is None, word
