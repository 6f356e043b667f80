"""How a person came to the page they see, as fields of its forms, beside the answers themselves (wire.py)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from blockmrs.controllers.field.wire import FOR_RECORD, REPORT_PREFIX, Pairs, times_of
from blockmrs.domain.triage.rules import Level
from blockmrs.services.people.persons import ME

if TYPE_CHECKING:
    from blockmrs.services.advice.in_reports import AnswerTimes

# A report waiting on a phone is wiped after this time; a journey is believed for a day longer.
WAITS_ON_PHONE = timedelta(days=7)
OLDEST = WAITS_ON_PHONE + timedelta(days=1)
# The first screen may be open for hours before anybody is hurt: then answering begins with the first tap.
LAY_OPEN = timedelta(minutes=10)
MOST_STEPS = 80
MOST_KEPT = 60
OWN_FIELDS = frozenset({"started", "hurt", "ago", "was", "trail", "change"})
MINUTES_AGO = ("0", "5", "15", "30")


@dataclass(frozen=True, slots=True)
class Journey:
    """How a person came to the page they see: carried from form to form, never stored.

    `started` and `hurt` are in seconds since 1970; `hurt` is when it happened, if somebody said so. `was` is the last
    advice they saw. Each entry of `trail` is when a page was answered, and the names of the fields that it added:
    "Back" takes exactly those away again, and a report says when each sign was seen. `report_pairs` are those
    of a report that is being written.
    """

    started: int
    hurt: int | None = None
    was: Level | None = None
    trail: tuple[str, ...] = ()
    report_pairs: Pairs = ()

    @property
    def injured(self) -> int:
        """When it happened, in seconds since 1970: as somebody said, or else when answering began."""
        return self.started if self.hurt is None else self.hurt

    @property
    def is_about_oneself(self) -> bool:
        """Whether the answers are for the record of whoever gives them."""
        return next((value for name, value in self.report_pairs if name == FOR_RECORD), "") == ME

    @classmethod
    def read(cls, pairs: Iterable[tuple[str, str]], now: datetime) -> Journey:
        """The journey in a form. What cannot be believed is left out: it has no influence on the advice."""
        fields: dict[str, str] = {}
        trail: list[str] = []
        report_pairs: list[tuple[str, str]] = []
        for name, value in pairs:
            if name == "trail":
                trail.append(value)
            elif name.startswith(REPORT_PREFIX):
                report_pairs.append((name, value))
            elif name in OWN_FIELDS:
                fields.setdefault(name, value)
        latest = int(now.timestamp())
        started = _believed(fields.get("started", ""), latest)
        hurt = _believed(fields.get("hurt", ""), latest)
        if fields.get("ago") in MINUTES_AGO:
            hurt = latest - 60 * int(fields["ago"])
        was = fields.get("was", "")
        level = Level(int(was)) if was in {"1", "2", "3", "4"} else None
        return cls(latest if started is None else started, hurt, level, tuple(trail[:MOST_STEPS]),
                   tuple(report_pairs[:MOST_KEPT]))  # fmt: skip

    def after(self, before: Pairs, now_carried: Pairs, now: datetime) -> Journey:
        """The journey one page later: `trail` has grown by what is carried now and was not before."""
        seconds = int(now.timestamp())
        lay_open = not self.trail and seconds - self.started > LAY_OPEN.total_seconds()
        started = seconds if lay_open else self.started
        return replace(self, started=started, trail=(*self.trail, *step(before, now_carried, seconds)))

    def answered(self, now: datetime) -> dict[str, datetime]:
        """When each carried field got its present value; fields without a believable time are absent."""
        by_field: dict[str, datetime] = {}
        for entry in self.trail:
            first, _, names = entry.partition(" ")
            seconds = _believed(first, int(now.timestamp()))
            if seconds is not None:
                by_field.update(dict.fromkeys(names.split(), datetime.fromtimestamp(seconds, UTC)))
        return by_field

    def times(self, now: datetime) -> AnswerTimes:
        """When each answer was given."""
        return times_of(self.answered(now))

    def pairs(self) -> Pairs:
        """The form fields that carry it along, without `started`, which the template writes."""
        was = (("was", str(int(self.was))),) if self.was else ()
        hurt = (("hurt", str(self.hurt)),) if self.hurt is not None else ()
        return (*hurt, *was, *(("trail", entry) for entry in self.trail), *self.report_pairs)


def step(before: Pairs, now_carried: Pairs, seconds: int) -> tuple[str, ...]:
    """A page's entry in a trail: when it was answered, and what it added or changed; none if nothing."""
    added = dict.fromkeys(name for name, value in now_carried if (name, value) not in before)
    return (f"{seconds} {' '.join(added)}",) if added else ()


def _believed(text: str, latest: int) -> int | None:
    """Seconds since 1970, unless missing, in the future, or longer ago than any journey."""
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
    return seconds if latest - OLDEST.total_seconds() <= seconds <= latest else None


def way_back(carried: Pairs, journey: Journey) -> Pairs:
    """The fields of a form that goes one page back, or nothing if that is the first screen."""
    if len(journey.trail) < 2:
        return ()
    last = set(journey.trail[-1].split())
    rest = tuple((name, value) for name, value in carried if name not in last)
    earlier = replace(journey, trail=journey.trail[:-1])
    return (*rest, *earlier.pairs(), ("started", str(journey.started)))
