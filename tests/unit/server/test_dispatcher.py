"""Each client's request in turn, and never all threads to one."""

import threading
from collections.abc import Iterator

import pytest

from blockmrs.server.dispatcher import FairDispatcher

LONG_S = 20


class Asked:
    """A request that waits until it is let go, and says when it is worked on."""

    def __init__(self, client: str, done: list[str], go: threading.Event | None = None) -> None:
        self.client = client
        self.began = threading.Event()
        self.ended = threading.Event()
        self.cancelled = False
        self._done = done
        self._go = go

    def service(self) -> None:
        self.began.set()
        if self._go is not None:
            assert self._go.wait(LONG_S)
        self._done.append(self.client)
        self.ended.set()

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def dispatcher() -> Iterator[FairDispatcher]:
    made = FairDispatcher()
    yield made
    made.shutdown()


def test_each_client_has_one_answered_before_anybody_has_a_second(dispatcher: FairDispatcher) -> None:
    done: list[str] = []
    asked = [Asked("flood", done) for _ in range(50)] + [Asked("one", done), Asked("two", done)]
    for task in asked:
        dispatcher.add_task(task)
    dispatcher.set_thread_count(1)
    assert all(task.ended.wait(LONG_S) for task in asked)
    assert done[:3] == ["flood", "one", "two"]


def test_one_client_never_has_more_than_half_of_the_threads(dispatcher: FairDispatcher) -> None:
    done: list[str] = []
    go = threading.Event()
    dispatcher.set_thread_count(4)
    flood = [Asked("flood", done, go) for _ in range(20)]
    for task in flood:
        dispatcher.add_task(task)
    other = Asked("other", done)
    dispatcher.add_task(other)
    assert other.ended.wait(LONG_S)
    assert sum(task.began.is_set() for task in flood) <= 2
    go.set()
    assert all(task.ended.wait(LONG_S) for task in flood)


def test_threads_in_the_place_of_who_only_waits_answer_the_same_client(dispatcher: FairDispatcher) -> None:
    done: list[str] = []
    go = threading.Event()
    dispatcher.set_thread_count(2)
    waiting, page = Asked("school", done, go), Asked("school", done)
    dispatcher.add_task(waiting)
    dispatcher.add_task(page)
    assert waiting.began.wait(LONG_S)
    dispatcher.set_thread_count(3)
    assert page.ended.wait(LONG_S)
    go.set()
    assert waiting.ended.wait(LONG_S)


def test_a_thread_more_takes_what_waited_at_once(dispatcher: FairDispatcher) -> None:
    done: list[str] = []
    go = threading.Event()
    dispatcher.set_thread_count(1)
    first, second = Asked("one", done, go), Asked("two", done)
    dispatcher.add_task(first)
    dispatcher.add_task(second)
    assert first.began.wait(LONG_S)
    assert not second.began.is_set()
    dispatcher.set_thread_count(2)
    assert second.ended.wait(LONG_S)
    dispatcher.set_thread_count(1)
    go.set()
    assert first.ended.wait(LONG_S)


def test_what_breaks_costs_no_thread(dispatcher: FairDispatcher, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Asked):
        def service(self) -> None:
            self.ended.set()
            raise RuntimeError("Sam Rivers")

    done: list[str] = []
    dispatcher.set_thread_count(1)
    for task in (Broken("one", done), after := Asked("one", done)):
        dispatcher.add_task(task)
    assert after.ended.wait(LONG_S)
    assert "RuntimeError" in caplog.text
    assert "Sam" not in caplog.text


def test_what_still_waits_can_be_taken_back_and_is_cancelled_at_the_end() -> None:
    dispatcher, done = FairDispatcher(), list[str]()
    first, second = Asked("one", done), Asked("two", done)
    dispatcher.add_task(first)
    dispatcher.add_task(second)
    assert dispatcher.forget(first)
    assert not dispatcher.forget(first)
    assert dispatcher.shutdown()
    assert second.cancelled
    assert not first.cancelled
    assert done == []
