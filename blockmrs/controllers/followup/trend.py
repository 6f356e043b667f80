"""A line chart as the parts of an inline SVG: the page draws it itself, without a script or a style attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 3
"""With fewer points than this, the table alone says more."""
_WIDTH, _HEIGHT = 340, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 16, 14, 34
_LABEL_WIDTH = 26


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the drawing; `text` is the number shown there on an axis; empty for a point."""

    x: float
    y: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """The drawing: its size, the line, the points, the grid lines and the numbers on both axes."""

    width: int
    height: int
    line: str
    points: tuple[Mark, ...]
    levels: tuple[Mark, ...]
    days: tuple[Mark, ...]
    left: int = _LEFT
    right: int = _WIDTH - _RIGHT
    floor: int = _HEIGHT - _BOTTOM


def draw_trend(points: Sequence[tuple[int, int]], most: int) -> Trend | None:
    """`points` are (day, value) in order of time, values from 0 to `most`; None if there are too few.

    Several of one day stand side by side.
    """
    if len(points) < FEWEST:
        return None
    placed = list(zip(_within_days([day for day, _ in points]), (value for _, value in points), strict=True))
    last = max(7, *(moment for moment, _ in placed))
    across, up = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def at(day: float, value: int) -> Mark:
        return Mark(round(_LEFT + across * day / last, 1), round(_TOP + up * (1 - value / most), 1))

    marks = tuple(at(*point) for point in placed)
    return Trend(
        width=_WIDTH,
        height=_HEIGHT,
        line=" ".join(f"{mark.x},{mark.y}" for mark in marks),
        points=marks,
        levels=tuple(Mark(0, at(0, value).y, str(value)) for value in sorted({0, most // 2, most})),
        days=_spread([Mark(at(day, 0).x, 0, str(day)) for day in sorted({0, int(last), *(day for day, _ in points)})]),
    )


def _within_days(days: Sequence[int]) -> list[float]:
    """Where each stands, in days: several of one day share that day evenly, so that none stands on another."""
    several, before = Counter(days), Counter[int]()
    placed = []
    for day in days:
        placed.append(day + before[day] / several[day])
        before[day] += 1
    return placed


def _spread(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Those marks that leave room for their numbers; the last one is always kept."""
    labels = [marks[-1]]
    for mark in reversed(marks[:-1]):
        if labels[-1].x - mark.x >= _LABEL_WIDTH:
            labels.append(mark)
    return tuple(reversed(labels))
