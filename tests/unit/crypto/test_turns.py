"""The queue of what is dear: who runs, who waits, who is told to come again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from blockmrs.crypto.turns import Turns
from blockmrs.errors import Busy

LONG_S = 30.0


class Crowd:
    """Threads that ask for turns; each goes on when it is told to."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.served: list[str] = []
        self.refused: list[str] = []
        self._changed = threading.Condition()
        self._leave: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def come(self, name: str, asker: str = "", *, known: bool = False) -> None:
        self._leave[name] = threading.Event()
        thread = threading.Thread(target=self._ask, args=(name, asker, known), daemon=True)
        self._threads.append(thread)
        thread.start()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, LONG_S)

    def leave(self, name: str) -> None:
        self._leave[name].set()

    def go_home(self) -> None:
        for event in self._leave.values():
            event.set()
        for thread in self._threads:
            thread.join(LONG_S)
            assert not thread.is_alive()

    def _ask(self, name: str, asker: str, known: bool) -> None:
        try:
            with self.turns.take(asker, known=known):
                self._note(self.served, name)
                assert self._leave[name].wait(LONG_S)
        except Busy:
            self._note(self.refused, name)

    def _note(self, names: list[str], name: str) -> None:
        with self._changed:
            names.append(name)
            self._changed.notify_all()


class Aside:
    """Counts who waits, as a server does that gives them another thread."""

    def __init__(self) -> None:
        self.now = 0
        self._changed = threading.Condition()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self._add(1)
        try:
            yield
        finally:
            self._add(-1)

    def wait_until(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.now == count, LONG_S)

    def _add(self, more: int) -> None:
        with self._changed:
            self.now += more
            self._changed.notify_all()


def queue_of(names: list[tuple[str, str, bool]], at_once: int = 1, waiting: int = 10) -> tuple[Crowd, Aside]:
    """A crowd of which the first `at_once` are served, and the others wait in the order in which they came."""
    aside = Aside()
    crowd = Crowd(Turns(at_once, waiting, aside=aside))
    for number, (name, asker, known) in enumerate(names):
        crowd.come(name, asker, known=known)
        if number < at_once:
            crowd.wait_until(lambda: len(crowd.served) == number + 1)  # noqa: B023 - called in this turn only
        else:
            aside.wait_until(number + 1 - at_once)
    return crowd, aside


def test_no_more_run_at_once_than_allowed_and_the_others_wait_aside() -> None:
    crowd, aside = queue_of([("a", "", False), ("b", "", False), ("c", "", False)], at_once=2)
    assert crowd.served == ["a", "b"]
    assert aside.now == 1
    crowd.leave("b")
    crowd.wait_until(lambda: crowd.served == ["a", "b", "c"])
    crowd.go_home()
    assert aside.now == 0


def test_one_who_asks_ten_times_does_not_go_before_another_who_asks_once() -> None:
    greedy = [(f"greedy {number}", "192.0.2.1", False) for number in range(5)]
    crowd, _ = queue_of([*greedy, ("modest", "192.0.2.2", False)])
    crowd.go_home()
    assert crowd.served[:3] == ["greedy 0", "greedy 1", "modest"]
    assert crowd.served[3:] == ["greedy 2", "greedy 3", "greedy 4"]


def test_who_is_known_goes_first() -> None:
    crowd, _ = queue_of([("a", "", False), ("stranger", "", False), ("known", "", True)])
    crowd.go_home()
    assert crowd.served == ["a", "known", "stranger"]


def test_who_finds_the_queue_full_is_told_at_once() -> None:
    crowd, _ = queue_of([("a", "", False), ("b", "", False)], waiting=1)
    with pytest.raises(Busy), crowd.turns.take("c", known=False):
        pytest.fail("had a turn")
    crowd.go_home()


def test_a_queue_full_of_strangers_has_room_for_who_is_known() -> None:
    crowd, aside = queue_of([("a", "", False), ("b", "", False)], waiting=1)
    crowd.come("known", known=True)
    aside.wait_until(2)
    with pytest.raises(Busy), crowd.turns.take(known=True):
        pytest.fail("had a turn")
    crowd.go_home()
    assert crowd.served == ["a", "known", "b"]


def test_who_waits_too_long_is_told_and_leaves_no_place_behind() -> None:
    turns = Turns(1, 1, wait_s=0.01)
    with turns.take():
        for _ in range(3):
            with pytest.raises(Busy), turns.take("x", known=False):
                pytest.fail("had a turn")
    with turns.take():
        pass


def test_a_turn_is_given_back_after_a_failure() -> None:
    turns = Turns(1, 0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.take():
            raise ZeroDivisionError
    with turns.take(), pytest.raises(Busy), turns.take():
        pytest.fail("had a turn that nobody gave back")


def test_where_nobody_may_wait_the_second_is_told_at_once() -> None:
    turns = Turns(1, 0)
    with turns.take(), pytest.raises(Busy), turns.take():
        pytest.fail("had a turn")


def test_without_other_words_two_run_at_once_four_strangers_wait_and_as_many_more_who_are_known() -> None:
    aside = Aside()
    crowd = Crowd(Turns(aside=aside))
    for number in range(2):
        crowd.come(f"runs {number}", known=True)
        crowd.wait_until(lambda: len(crowd.served) == number + 1)  # noqa: B023 - called in this turn only
    for number in range(4):
        crowd.come(f"stranger {number}")
        aside.wait_until(number + 1)
    with pytest.raises(Busy), crowd.turns.take(known=False):
        pytest.fail("had a turn")
    for number in range(4):
        crowd.come(f"known {number}", known=True)
        aside.wait_until(number + 5)
    with pytest.raises(Busy), crowd.turns.take():
        pytest.fail("had a turn")
    crowd.go_home()
    assert len(crowd.served) == 10


def test_who_says_nothing_of_themselves_is_taken_for_known() -> None:
    crowd, aside = queue_of([("a", "", False), ("stranger", "", False)], waiting=1)
    taken = threading.Event()

    def ask() -> None:
        with crowd.turns.take():
            taken.set()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    aside.wait_until(2)
    crowd.go_home()
    assert taken.wait(LONG_S)
    thread.join(LONG_S)


def test_of_those_who_wait_alike_the_first_to_come_is_the_first_to_be_served() -> None:
    names = [f"{number}" for number in range(6)]
    crowd, _ = queue_of([(name, name, False) for name in names])
    crowd.go_home()
    assert crowd.served == names


def test_each_further_request_of_one_who_asks_goes_behind_as_many_of_the_others() -> None:
    asked = [
        ("runs", "", False),
        *((f"g{n}", "greedy", False) for n in range(4)),
        *((f"m{n}", "modest", False) for n in range(2)),
    ]
    crowd, _ = queue_of(asked)
    crowd.go_home()
    assert crowd.served == ["runs", "g0", "m0", "g1", "m1", "g2", "g3"]


def test_what_was_served_no_longer_counts_against_who_asks_again() -> None:
    crowd, aside = queue_of([("runs", "", False), *((f"g{n}", "greedy", False) for n in range(3))])
    crowd.leave("runs")
    crowd.wait_until(lambda: crowd.served == ["runs", "g0"])
    waiting = 2
    for name, asker in [("m0", "modest"), ("m1", "modest"), ("m2", "modest"), ("g3", "greedy")]:
        crowd.come(name, asker)
        waiting += 1
        aside.wait_until(waiting)
    crowd.go_home()
    assert crowd.served == ["runs", "g0", "m0", "g1", "m1", "g2", "m2", "g3"]
