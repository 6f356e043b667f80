"""Threads of the server: who waits for a turn takes none away from the pages."""

from dataclasses import replace

import pytest

from blockmrs.cli.workers import Workers
from blockmrs.config.assembly import build_turns
from blockmrs.config.settings import PasswordSettings, Settings
from blockmrs.crypto.turns import FEW_WAITING
from blockmrs.errors import Busy


class FakeDispatcher:
    def __init__(self) -> None:
        self.counts: list[int] = []

    def set_thread_count(self, count: int, /) -> None:
        self.counts.append(count)


def test_each_that_waits_is_replaced_by_another_thread_until_it_has_its_turn() -> None:
    workers, dispatcher = Workers(8), FakeDispatcher()
    workers.serve_with(dispatcher)
    with workers.aside(), workers.aside():
        assert dispatcher.counts == [9, 10]
    assert dispatcher.counts == [9, 10, 9, 8]


def test_a_thread_is_given_back_after_a_failure() -> None:
    workers, dispatcher = Workers(8), FakeDispatcher()
    workers.serve_with(dispatcher)
    with pytest.raises(Busy), workers.aside():
        raise Busy("waited too long")
    assert dispatcher.counts == [9, 8]


def test_before_there_is_a_server_nothing_is_replaced() -> None:
    with Workers(8).aside():
        pass


@pytest.mark.parametrize(("waiting", "most"), [(256, FEW_WAITING), (2, 2), (0, 0)])
def test_under_a_server_that_replaces_no_thread_few_may_wait(waiting: int, most: int) -> None:
    settings = replace(Settings(), passwords=PasswordSettings(waiting=waiting))
    assert build_turns(settings)._waiting == most
    assert build_turns(settings, Workers(8).aside)._waiting == waiting
