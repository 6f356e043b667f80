"""The form of somebody's health facts, and the facts in words."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from tg.i18n import ugettext as _

from blockmrs.controllers.site.dates import day_words, parse_date
from blockmrs.controllers.web.context import gather
from blockmrs.controllers.web.forms import Errors
from blockmrs.domain.facts import ALLERGIES, CHOICES, HealthFacts, age_of, check_facts
from blockmrs.errors import N_, Message

if TYPE_CHECKING:
    from blockmrs.controllers.web.forms import Form

NOT_SAID = ""
BIRTH_DATE = "birth"
BIRTH = (BIRTH_DATE, "birth_month", "birth_year")
# Twenty allergies of 80 letters, each on a line.
LONGEST_LIST = 2000
LABELS: Mapping[str, str] = {
    BIRTH_DATE: N_("Birth date"),
    ALLERGIES: N_("Allergies"),
    "blood-thinner": N_("Blood thinner"),
    "diabetes": N_("Diabetes"),
    "sickle-cell": N_("Sickle cell"),
    "pregnant": N_("Pregnant now"),
}
ASKED: tuple[str, ...] = ("blood-thinner", "diabetes", "sickle-cell", "pregnant")
HINTS: Mapping[str, str] = {
    "blood-thinner": N_("Like warfarin, apixaban or heparin. Aspirin alone does not count."),
    "sickle-cell": N_("A trait means that one parent passed it on. It rarely makes people ill."),
}
ANSWERS: Mapping[tuple[str, str], str] = {
    ("pregnant", "yes"): N_("Yes"),
    ("pregnant", "no"): N_("No"),
    ("blood-thinner", "yes"): N_("Yes"),
    ("blood-thinner", "no"): N_("No"),
    ("diabetes", "insulin"): N_("Yes, with insulin"),
    ("diabetes", "other"): N_("Yes, without insulin"),
    ("diabetes", "none"): N_("No"),
    ("sickle-cell", "disease"): N_("Sickle cell disease"),
    ("sickle-cell", "trait"): N_("Sickle cell trait"),
    ("sickle-cell", "no"): N_("Neither"),
}
TAKEN_OUT = "taken_out"
"""The tick that says that the last allergy is to go, where nobody says that there is none."""
_FIELDS = (*BIRTH, *ASKED, ALLERGIES, "no_allergies", TAKEN_OUT, "draft_id", "version")


@dataclass(frozen=True, slots=True)
class FactsForm:
    """The form as it is or was typed: its shape has been checked, its values have not."""

    values: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "FactsForm()"

    @classmethod
    def filled(cls, facts: HealthFacts, version: str) -> FactsForm:
        """The form that shows these facts, with a number of its own."""
        born = facts.birth_date
        birth = (str(born.day), str(born.month), str(born.year)) if born is not None else ("", "", "")
        return cls(
            {
                **dict(zip(BIRTH, birth, strict=True)),
                **facts.choices,
                ALLERGIES: "\n".join(facts.allergies),
                "no_allergies": "yes" if facts.no_allergies else "",
                "draft_id": secrets.token_hex(16),
                "version": version,
            }
        )

    @classmethod
    def posted(cls, form: Form) -> tuple[FactsForm, dict[str, str]]:
        """What was sent, and by field what is not text, which is shown empty."""
        limits = {ALLERGIES: LONGEST_LIST}
        errors = gather(*(lambda name=name: form.text(name, limits.get(name, 200)) for name in _FIELDS))
        return cls({name: form.text_or_empty(name, limits.get(name, 200)) for name in _FIELDS}), errors

    def value(self, name: str) -> str:
        """The content of a field."""
        return self.values.get(name, "")

    def check_taken_out(self, before: HealthFacts, facts: HealthFacts) -> dict[str, str]:
        """What to ask where the last allergy would go without a word: a doctor would read that nothing is known."""
        is_left = facts.no_allergies or any(name.strip() for name in facts.allergies)
        if not before.allergies or is_left or self.value(TAKEN_OUT) == "yes":
            return {}
        names = "; ".join(before.allergies)
        return {
            TAKEN_OUT: Message("This takes out: %(names)s. Tick here if that is right, or write it again", names=names)
        }

    def over(self, version: str) -> FactsForm:
        """The same words, to replace another version."""
        return FactsForm({**self.values, "version": version})

    def read(self, today: date) -> tuple[HealthFacts | None, dict[str, str]]:
        """The facts in the form, or everything that is wrong, by field."""
        errors = Errors()
        born = errors.check(self._birth_date, "birth")
        if self.value("no_allergies") not in ("", "yes"):
            errors["no_allergies"] = N_("Choose from the list")
        choices = {name: self.value(name) for name in CHOICES if self.value(name) != NOT_SAID}
        allergies = tuple(self.value(ALLERGIES).replace("\r", "\n").split("\n"))
        no_allergies = self.value("no_allergies") == "yes"
        for part in (
            HealthFacts(birth_date=born),
            *(HealthFacts(choices={name: value}) for name, value in choices.items()),
            HealthFacts(allergies=allergies, no_allergies=no_allergies),
        ):
            errors.check(partial(check_facts, part, today))
        return (None if errors else HealthFacts(born, choices, allergies, no_allergies)), errors

    def _birth_date(self) -> date | None:
        day, month, year = (self.value(name) for name in BIRTH)
        if not (day + month + year).strip():
            return None
        return parse_date(
            day, month, year, name="birth", words=N_("Enter the whole birth date, like 27 3 2012, or leave it empty")
        )


def choices_for(name: str) -> list[Any]:
    """The answers to one question, with "Not said" last."""
    answers = [(value, _(ANSWERS[name, value])) for value in CHOICES[name]]
    return [*answers, (NOT_SAID, _("Not said"))]


def in_words(facts: HealthFacts, today: date) -> list[tuple[str, str, str]]:
    """Each fact that was stated: its id, its name, and what was stated; allergies first."""
    rows: list[tuple[str, str, str]] = []
    if facts.allergies or facts.no_allergies:
        names = "; ".join(facts.allergies) if facts.allergies else _("None known")
        rows.append((ALLERGIES, _(LABELS[ALLERGIES]), names))
    if facts.birth_date is not None:
        rows.append((BIRTH_DATE, _(LABELS[BIRTH_DATE]), birth_in_words(facts.birth_date, today)))
    rows += [(name, _(LABELS[name]), _(ANSWERS[name, facts.choices[name]])) for name in ASKED if name in facts.choices]
    return rows


def birth_in_words(birth_date: date, today: date) -> str:
    """The day, and the age that it means: in months up to two years."""
    years, months = age_of(birth_date, today)
    day = day_words(birth_date)
    if years < 2:
        return _("%(day)s, age in months: %(months)d") % {"day": day, "months": months}
    return _("%(day)s, age %(years)d") % {"day": day, "years": years}
