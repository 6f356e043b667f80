"""The form of a report being written: all of it travels from page to page, and nothing is stored before Save.

Its fields begin with "r-", so that they pass untouched through the pages of `/field` if an answer is changed there.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tg.i18n import ugettext as _

from blockmrs.controllers.field.journey import Journey
from blockmrs.controllers.field.wire import FOR_RECORD, FROM_RECORD, REPORT_PREFIX, Pairs, carry, only_answers, read
from blockmrs.controllers.record.facts_forms import BIRTH_DATE
from blockmrs.controllers.site.times import local, reckon_in, zone_key
from blockmrs.controllers.web.forms import is_garbled, text_pairs
from blockmrs.domain.facts import VALUES
from blockmrs.domain.reports import (
    FIRST_AID_DONE,
    ILLNESSES,
    MECHANISMS,
    WHO_WAS_TOLD,
)
from blockmrs.domain.triage.telling import Telling, Word
from blockmrs.errors import N_, InvalidInput

if TYPE_CHECKING:
    from blockmrs.domain.triage.engine import Interview
    from blockmrs.domain.triage.rules import RuleSet
    from blockmrs.domain.venues import Venue
    from blockmrs.services.advice.interviews import TriageService

OTHER = "other"
NOT_CALLED = "no"
ZONE = "r-zone"
UNLISTED = "r-unlisted"
"""What says that a typed name is that of nobody on the list, although somebody there is called alike."""
MINUTES = ("0", "5", "15", "30")
BEGAN: Mapping[str, str] = {
    "60": N_("An hour ago"), "180": N_("3 hours ago"), "720": N_("12 hours ago"), "1440": N_("A day ago"),
    "4320": N_("3 days ago"), "10080": N_("A week ago"), "20160": N_("2 weeks ago"), "40320": N_("4 weeks ago"),
}  # fmt: skip
"""How long ago an illness began, in minutes, with the words for it."""
CHIPS: Mapping[str, Sequence[str]] = {"r-how": MECHANISMS, "r-done": FIRST_AID_DONE, "r-told": WHO_WAS_TOLD}
SEVERAL: Mapping[str, Sequence[str]] = {**CHIPS, FROM_RECORD: (BIRTH_DATE, *VALUES)}
SINGLE = frozenset(
    {FOR_RECORD, "r-draft", "r-shown", ZONE, "r-player", UNLISTED, "r-name", "r-age", "r-when", "r-day", "r-time",
     "r-place", "r-sport", "r-ambulance", "r-ambulance-time", "r-note", "r-withhold", "r-policies", "r-family"}
)  # fmt: skip
DAYS_BACK = 8
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

    @property
    def began(self) -> bool:
        """Whether it is an illness, which began some time ago, and nothing that happened while somebody watched."""
        complaints = self.interview.presentations
        return bool(self.value(FOR_RECORD)) or (bool(complaints) and ILLNESSES.issuperset(complaints))

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

    `venue` is where the team is, as far as its plan says. When it happened is chosen for nobody who has not said it.
    """
    if "r-shown" in typed.values:
        return typed
    here = local(now)
    return typed.with_values(
        shown=str(int(now.timestamp())),
        zone=zone_key(),
        when="" if typed.journey.hurt is None else "start",
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
