"""A form as it was typed becomes a report, or everything that is wrong with it, by field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from blockmrs.controllers.field.wire import FOR_RECORD
from blockmrs.controllers.report.forms import (
    BEGAN,
    MINUTES,
    NOT_CALLED,
    OTHER,
    SEVERAL,
    UNLISTED,
    TypedReport,
    days_to_choose,
    shown_at,
    started_at,
)
from blockmrs.controllers.site.times import all_at_clock, last_at_clock, local
from blockmrs.controllers.web.forms import Errors
from blockmrs.domain.reports import (
    FIELD,
    HOME,
    NOTE_LIMIT,
    PLACE_LIMIT,
    Report,
    check_choices,
    check_text,
)
from blockmrs.domain.triage.rules import POLICIES, RuleSet
from blockmrs.errors import N_, InvalidInput
from blockmrs.services.accounts.passwords import check_display_name
from blockmrs.services.advice.in_reports import advice_of, findings_of, looks_of
from blockmrs.services.lines.saving import parse_draft_id
from blockmrs.services.reports.reports import check_time
from blockmrs.typed import sign_by_sign

if TYPE_CHECKING:
    from blockmrs.controllers.report.at_home import AtHome
    from blockmrs.services.advice.interviews import TriageService
    from blockmrs.services.people.roster import Player

_CLOCK = re.compile(r"([0-9]{1,2})[:.h ]?([0-9]{2}) ?([ap]\.? ?m\.?)?", re.IGNORECASE)


class ReportReader:
    """Makes a report of a typed form; `errors` says, by field, everything that is wrong."""

    def __init__(self, typed: TypedReport, now: datetime) -> None:
        self._typed = typed
        self._now = now
        self.errors = Errors()

    def read(
        self, triage: TriageService, *, player: Player | None, team: str, author: str, home: AtHome | None = None
    ) -> Report | None:
        """The report, with the advice worked out afresh from the answers; None if there are `errors`."""
        typed = self._typed
        times = typed.journey.times(self._now).map(local)
        self.errors.check(lambda: parse_draft_id(typed.value("r-draft")), "r-draft")
        injured_at = self.errors.check(self._injured_at, "r-time") or self._now
        called_at = self.errors.check(lambda: self._ambulance(injured_at), "r-ambulance-time")
        of_record = home.findings if home is not None else ()
        known = player.name if player is not None else home.person.label if home is not None else ""
        name = known or self.errors.check(self._name, "r-name")
        report = Report(
            player=name or "",
            shirt_number=player.number if player is not None else "",
            age=self.errors.check(lambda: age_in_words(typed, triage.rules), "r-age") or "",
            injured_at=local(injured_at),
            written_at=local(self._now),
            place=self._text("r-place", PLACE_LIMIT),
            sport=self._text("r-sport"),
            mechanism=self._chosen("r-how"),
            findings=of_record
            + findings_of(triage.answers_in_words(typed.interview), triage.rules, typed.interview, times),
            looks=looks_of(typed.interview, times),
            advice=advice_of(triage.conclude(typed.interview), triage.rules.level_words),
            done=self._chosen("r-done"),
            ambulance_called_at=None if called_at is None else local(called_at),
            ambulance_not_called=typed.value("r-ambulance") == NOT_CALLED,
            who_was_told=self._chosen("r-told"),
            note=self._text("r-note", NOTE_LIMIT),
            author=author,
            team=team if player is not None else "",
            origin=FIELD if home is None else HOME,
        )
        self.errors.check(lambda: _one_of(typed.value("r-withhold"), ("", "yes")), "r-withhold")
        self.errors.check(lambda: _one_of(typed.value(UNLISTED), ("", "yes")))
        self.errors.check(lambda: _one_of(typed.value("r-family"), ("", "send")))
        self.errors.check(lambda: [_one_of(policy, POLICIES) for policy in typed.policies])
        return None if self.errors else report

    def _name(self) -> str:
        return check_display_name(check_text(self._typed.value("r-name"), field="r-name"), "r-name")

    def _text(self, name: str, limit: int = 80) -> str:
        text = self._typed.value(name)
        return self.errors.check(lambda: check_text(text, field=name, limit=limit), name) or ""

    def _chosen(self, name: str) -> tuple[str, ...]:
        chosen = self._typed.ticked.get(name, ())
        return self.errors.check(lambda: check_choices(chosen, tuple(SEVERAL[name]), field=name), name) or ()

    def _injured_at(self) -> datetime:
        typed = self._typed
        # At home somebody knows; at a field it may stay empty, and counts from when the answering began.
        choice = typed.value("r-when") or ("" if typed.value(FOR_RECORD) else "start")
        _only_one_time(choice, typed.value("r-time"), "r-time")
        if choice == "start":
            moment = started_at(typed)
        elif choice in (*MINUTES, *BEGAN):
            moment = shown_at(typed, self._now) - timedelta(minutes=int(choice))
        elif choice == OTHER:
            clock = parse_clock(typed.value("r-time"), "r-time")
            # A report may wait on a phone: what was typed cannot be later than the form that it was typed into.
            moment = last_at_clock(_day_of(typed.value("r-day"), self._now), clock, shown_at(typed, self._now))
        else:
            words = N_("Choose when it began") if typed.began else N_("Choose when it happened")
            raise InvalidInput(words, field="r-when")
        check_time(moment, self._now, "r-time")
        return moment.replace(microsecond=0)

    def _ambulance(self, injured_at: datetime) -> datetime | None:
        typed = self._typed
        choice = typed.value("r-ambulance")
        _only_one_time(choice, typed.value("r-ambulance-time"), "r-ambulance-time")
        if choice in ("", NOT_CALLED):
            return None
        if choice in MINUTES:
            moment = shown_at(typed, self._now) - timedelta(minutes=int(choice))
        elif choice == OTHER:
            clock = parse_clock(typed.value("r-ambulance-time"), "r-ambulance-time")
            # The clock time nearest to the injury: the call may be after midnight.
            days = [local(injured_at).date() + timedelta(days=number) for number in (-1, 0, 1)]
            moments = [moment for day in days for moment in all_at_clock(day, clock)]
            moment = min(moments, key=lambda moment: abs(moment - injured_at))
        else:
            raise InvalidInput(N_("Choose whether an ambulance was called"), field="r-ambulance")
        check_time(moment, self._now, "r-ambulance-time")
        return moment.replace(microsecond=0)


def age_in_words(typed: TypedReport, rules: RuleSet) -> str:
    """The age from the questions, or the one chosen here; "" if it is not known."""
    chosen = typed.interview.age_band or typed.value("r-age")
    if not chosen:
        return ""
    band = next((band for band in rules.age_bands if band.id == chosen), None)
    if band is None:
        raise InvalidInput(N_("Choose an age from the list"), field="r-age")
    return "" if band.id == "unknown" else band.label


def parse_clock(text: str, name: str) -> time:
    """A time of day as people write it: 14:02, 1402, 2.02 pm."""
    match = _CLOCK.fullmatch(sign_by_sign(text))
    if match is not None:
        hour, minute, half = int(match[1]), int(match[2]), (match[3] or "").lower()[:1]
        if half:
            hour = hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else 99
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise InvalidInput(N_("Enter the time, like 14:02"), field=name)


def _day_of(text: str, now: datetime) -> date:
    for day in days_to_choose(now):
        if day.isoformat() == text:
            return day
    raise InvalidInput(N_("Choose a day from the list"), field="r-day")


def _only_one_time(choice: str, clock: str, name: str) -> None:
    if clock.strip() and choice != OTHER:
        raise InvalidInput(N_("Choose “Another time” for this time, or empty the box"), field=name)


def _one_of(text: str, allowed: Sequence[str]) -> str:
    if text not in allowed:
        raise InvalidInput(N_("Choose from the list"))
    return text
