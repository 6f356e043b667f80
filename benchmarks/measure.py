"""Interleaved rounds, and ratios between what was measured side by side in the same round."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Task = Callable[[], object]
Rounds = Callable[[int], Task]


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of the rounds' ratios, with the quartiles between which half of them lie."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.low)} to {_short(self.high)})"


@dataclass(frozen=True, slots=True)
class Samples:
    """Seconds by name, one per round; the n-th of each were measured next to one another."""

    seconds: Mapping[str, Sequence[float]]

    def ratio(self, name: str, floor: str) -> Ratio:
        """How many times `floor` the time of `name` is, round by round: a slow spell hits both, and cancels out."""
        pairs = zip(self.seconds[name], self.seconds[floor], strict=True)
        return ratio_of([one / other for one, other in pairs])

    def median_ms(self, name: str) -> float:
        """The median in milliseconds: for a footnote, as it says more of the machine than of the program."""
        return statistics.median(self.seconds[name]) * 1000


def ratio_of(values: Sequence[float]) -> Ratio:
    """Median and quartiles of ratios."""
    if len(values) < 2:
        return Ratio(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Ratio(median, low, high)


def interleave(rounds: int, tasks: Mapping[str, Rounds]) -> Samples:
    """Run every task once per round, in turning order.

    Each task is asked for the work of its round first (`task(number)`, not timed), then the work is timed.
    """
    names = list(tasks)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            work = tasks[name](number)
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return Samples(seconds)


def repeat(work: Task) -> Rounds:
    """The same work in every round."""
    return lambda _number: work


def _short(value: float) -> str:
    if value >= 10:
        return f"{value:.0f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"
