"""The form of a report being written: all of it travels from page to page, and nothing is stored before Save.

Its fields begin with "r-", so that they pass untouched through the pages of `/field` if an answer is changed there.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from tg.i18n import ugettext as _

from blockmrs.controllers.field.journey import Journey
from blockmrs.controllers.field.wire import FOR_RECORD, FROM_RECORD, REPORT_PREFIX, Pairs, carry, only_answers, read
from blockmrs.controllers.record.facts_forms import BIRTH_DATE
from blockmrs.controllers.site.times import all_at_clock, last_at_clock, local, reckon_in, zone_key
from blockmrs.controllers.web.forms import Errors, is_garbled, text_pairs
from blockmrs.domain.facts import VALUES
from blockmrs.domain.reports import (
    FIELD,
    FIRST_AID_DONE,
    HOME,
    MECHANISMS,
    NOTE_LIMIT,
    PLACE_LIMIT,
    WHO_WAS_TOLD,
    Report,
    check_choices,
    check_text,
)
from blockmrs.domain.triage.rules import POLICIES, RuleSet
from blockmrs.domain.triage.telling import Telling, Word
from blockmrs.errors import N_, InvalidInput
from blockmrs.services.accounts.passwords import check_display_name
from blockmrs.services.advice.in_reports import advice_of, findings_of, looks_of
from blockmrs.services.lines.saving import parse_draft_id
from blockmrs.services.reports.reports import check_time
from blockmrs.typed import sign_by_sign

if TYPE_CHECKING:
    from blockmrs.controllers.report.at_home import AtHome
    from blockmrs.domain.triage.engine import Interview
    from blockmrs.domain.venues import Venue
    from blockmrs.services.advice.interviews import TriageService
    from blockmrs.services.people.roster import Player

OTHER = "other"
NOT_CALLED = "no"
ZONE = "r-zone"
UNLISTED = "r-unlisted"
"""What says that a typed name is that of nobody on the list, although somebody there is called alike."""
MINUTES = ("0", "5", "15", "30")
CHIPS: Mapping[str, Sequence[str]] = {"r-how": MECHANISMS, "r-done": FIRST_AID_DONE, "r-told": WHO_WAS_TOLD}
SEVERAL: Mapping[str, Sequence[str]] = {**CHIPS, FROM_RECORD: (BIRTH_DATE, *VALUES)}
SINGLE = frozenset(
    {FOR_RECORD, "r-draft", "r-shown", ZONE, "r-player", UNLISTED, "r-name", "r-age", "r-when", "r-day", "r-time",
     "r-place", "r-sport", "r-ambulance", "r-ambulance-time", "r-note", "r-withhold", "r-policies", "r-family"}
)  # fmt: skip
DAYS_BACK = 8
_CLOCK = re.compile(r"([0-9]{1,2})[:.h ]?([0-9]{2}) ?([ap]\.? ?m\.?)?", re.IGNORECASE)
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class TypedReport:
    """The form as it was typed: its shape has been checked, its values have not."""

    interview: Interview
    journey: Journey
    answers: Pairs
    values: Mapping[str, str] = field(default_factory=dict)
    ticked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "TypedReport()"

    def value(self, name: str, default: str = "") -> str:
        """The content of a field; `default` if the form did not have it yet."""
        return self.values.get(name, default)

    @property
    def policies(self) -> frozenset[str]:
        """The policies about who is told that its author saw on it."""
        return frozenset(filter(None, self.value("r-policies").split(",")))

    @property
    def word(self) -> Word:
        """What its author said about the family."""
        return Word(self.value("r-withhold") == "yes", self.value("r-family") == "send", self.policies)

    def with_values(self, **values: str) -> TypedReport:
        """The same form with fields filled; names are given without their prefix."""
        return replace(self, values={**self.values, **{REPORT_PREFIX + name: text for name, text in values.items()}})

    def carried(self, *, without: Iterable[str] = ()) -> Pairs:
        """Every field as a hidden pair, except those that the page itself asks for."""
        skipped = set(without)
        typed = [*self.values.items(), *((name, value) for name, values in self.ticked.items() for value in values)]
        return (
            *self.answers,
            *self._journey_pairs(),
            *((name, value) for name, value in typed if name not in skipped),
        )

    def in_form(self) -> Pairs:
        """What the check-answers page carries hidden: everything that it does not ask for."""
        names = (FOR_RECORD, "r-draft", "r-shown", ZONE, "r-player", UNLISTED, "r-name", "r-policies")
        return (
            *self.answers,
            *self._journey_pairs(),
            *((name, self.values[name]) for name in names if name in self.values),
            *((FROM_RECORD, fact) for fact in self.ticked.get(FROM_RECORD, ())),
        )

    def _journey_pairs(self) -> Pairs:
        return (*replace(self.journey, report_pairs=()).pairs(), ("started", str(self.journey.started)))


def posted_report(posted: Any, triage: TriageService, now: datetime) -> TypedReport:
    """The report that this form holds. Its times are of the zone that it names, and so are those of the answer.

    Raises:
        InvalidInput: it is not text, a field is repeated or unknown, or the answers do not belong to the rules.
    """
    pairs = text_pairs(posted, _LONGEST)
    if any(is_garbled(value) for _name, value in pairs):
        raise InvalidInput(N_("That was not readable text"))
    interview = read(triage, only_answers(pairs))
    journey = Journey.read(pairs, now)
    values: dict[str, str] = {}
    ticked: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in SEVERAL:
            ticked.setdefault(name, []).append(value)
        elif name in SINGLE:
            if name in values:
                raise InvalidInput(N_("The same field was sent twice"), field=name)
            values[name] = value
        elif name.startswith(REPORT_PREFIX):
            raise InvalidInput(N_("The form has a field that is not ours"))
    reckon_in(values.get(ZONE, ""))
    typed = TypedReport(
        interview, journey, carry(interview), values, {name: tuple(chosen) for name, chosen in ticked.items()}
    )
    return typed if "r-draft" in values else typed.with_values(draft=secrets.token_hex(16))


def first_shown(typed: TypedReport, now: datetime, venue: Venue | None = None) -> TypedReport:
    """The form with its initial values: times count from the moment at which it was first on the screen.

    `venue` is where the team is, as far as its plan says.
    """
    if "r-shown" in typed.values:
        return typed
    waited = int(now.timestamp()) - typed.journey.injured
    here = local(now)
    return typed.with_values(
        shown=str(int(now.timestamp())),
        zone=zone_key(),
        when="start" if waited >= 60 else "0",
        day=here.date().isoformat(),
        time="",
        ambulance="",
        place=typed.value("r-place") or (venue.place if venue is not None else ""),
    )


def with_telling(typed: TypedReport, telling: Telling) -> TypedReport:
    """The form with what is suggested about the family, where that is not what it says."""
    word = telling.suggest(typed.word)
    if word == typed.word:
        return typed
    return typed.with_values(policies=",".join(sorted(word.policy_ids)), withhold="yes" if word.withhold else "")


def shown_at(typed: TypedReport, now: datetime) -> datetime:
    """When the form was first on the screen; now, if it does not say so believably."""
    text = typed.value("r-shown")
    moment = datetime.fromtimestamp(int(text), UTC) if text.isascii() and text.isdigit() and len(text) < 11 else now
    return moment if now - timedelta(days=DAYS_BACK) <= moment <= now else now


def started_at(typed: TypedReport) -> datetime:
    """When it happened according to the result: as somebody corrected it, or else when answering began."""
    return datetime.fromtimestamp(typed.journey.injured, UTC)


def days_to_choose(now: datetime) -> list[date]:
    """Today and the days before it, in the zone of this answer."""
    today = local(now).date()
    return [today - timedelta(days=number) for number in range(DAYS_BACK)]


def ages_to_choose(rules: RuleSet) -> list[tuple[str, str]]:
    """The ages of the rules, in words, after "Not said"."""
    return [("", _("Not said")), *((band.id, _(band.label)) for band in rules.age_bands)]


def choices_in_words() -> dict[str, list[tuple[str, str]]]:
    """By field, what may be ticked: the value and its words."""
    translated = {name: [(word, _(word)) for word in words] for name, words in CHIPS.items()}
    return {name: [(word, text[:1].upper() + text[1:]) for word, text in pairs] for name, pairs in translated.items()}


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
        choice = typed.value("r-when", "0")
        _only_one_time(choice, typed.value("r-time"), "r-time")
        if choice == "start":
            moment = started_at(typed)
        elif choice in MINUTES:
            moment = shown_at(typed, self._now) - timedelta(minutes=int(choice))
        elif choice == OTHER:
            clock = parse_clock(typed.value("r-time"), "r-time")
            # A report may wait on a phone: what was typed cannot be later than the form that it was typed into.
            moment = last_at_clock(_day_of(typed.value("r-day"), self._now), clock, shown_at(typed, self._now))
        else:
            raise InvalidInput(N_("Choose when it happened"), field="r-when")
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
