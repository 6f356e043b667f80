"""What a record says about somebody's health, as stated by its owner.

A fact that was not stated is absent: silence is never "no". Ids and values are those that rule files name under
`record`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from blockmrs.domain.reports import check_text
from blockmrs.errors import InvalidInput, Message

YES, NO = "yes", "no"
ALLERGIES = "allergies"
SOME, NONE = "some", "none"
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "pregnant": (YES, NO),
        "blood-thinner": (YES, NO),
        "diabetes": ("insulin", "other", NONE),
        "sickle-cell": ("disease", "trait", NO),
    }
)
"""Facts that are one of a few answers, in the order in which they are asked."""
VALUES: Mapping[str, tuple[str, ...]] = MappingProxyType({**CHOICES, ALLERGIES: (SOME, NONE)})
"""Every fact of a record that a rule file may name, with its values."""
SEX = "sex"
SEXES = ("female", "male", "other")
"""What programs may state about the person beside the answers; rule files may name it too, records never hold it."""
FOR_CREW = (ALLERGIES, "birth", "blood-thinner")
"""What a family can let go along with a coach's reports: nothing else of a record ever does."""
MOST_ALLERGIES = 20
ALLERGY_LIMIT = 80
OLDEST_YEARS = 130


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """Everything stated so far. `no_allergies` says that there are none; empty `allergies` alone does not."""

    birth_date: date | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    allergies: tuple[str, ...] = ()
    no_allergies: bool = False

    @property
    def values(self) -> Mapping[str, str]:
        """Fact and value, for those that were stated; the birth date is not among them."""
        allergies = {ALLERGIES: SOME} if self.allergies else {ALLERGIES: NONE} if self.no_allergies else {}
        return {**self.choices, **allergies}

    @property
    def is_empty(self) -> bool:
        """Whether nothing was stated."""
        return self.birth_date is None and not self.values


def for_crew(facts: HealthFacts) -> HealthFacts:
    """Those of the facts that may go along with a report; what was not stated stays so."""
    choices = {name: value for name, value in facts.choices.items() if name in FOR_CREW}
    return HealthFacts(facts.birth_date, choices, facts.allergies, facts.no_allergies)


def check_facts(facts: HealthFacts, today: date) -> HealthFacts:
    """`facts` with the allergies trimmed, if all of it is possible on `today`.

    Raises:
        InvalidInput: `field` is `birth`, `allergies` or a fact's id.
    """
    born = facts.birth_date
    if born is not None and born > today:
        raise InvalidInput("Enter a birth date that is not in the future", field="birth")
    if born is not None and age_of(born, today)[0] > OLDEST_YEARS:
        raise InvalidInput("Enter the year with four digits, like 2012", field="birth")
    for name, value in facts.choices.items():
        if value not in CHOICES.get(name, ()):
            raise InvalidInput("Choose from the list", field=name if name in CHOICES else "")
    allergies = tuple(check_text(text, field=ALLERGIES, limit=ALLERGY_LIMIT) for text in facts.allergies)
    allergies = tuple(dict.fromkeys(text for text in allergies if text))
    if len(allergies) > MOST_ALLERGIES:
        refusal = Message(
            "Write %(most)d allergies or fewer. You wrote %(used)d", most=MOST_ALLERGIES, used=len(allergies)
        )
        raise InvalidInput(refusal, field=ALLERGIES)
    if allergies and facts.no_allergies:
        raise InvalidInput("Empty the box, or take away the tick that says there are none", field=ALLERGIES)
    return HealthFacts(born, dict(facts.choices), allergies, facts.no_allergies)


def age_of(birth_date: date, today: date) -> tuple[int, int]:
    """Whole years and whole months since birth; a month is whole on the day with the same number."""
    months = (today.year - birth_date.year) * 12 + today.month - birth_date.month - (today.day < birth_date.day)
    return months // 12, months
