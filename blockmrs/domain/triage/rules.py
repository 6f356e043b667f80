"""What a rule set is made of: findings, rules, advice and the pages that ask, as read from `protocols/*.toml`.

A finding is one question with an answer; a red flag is a finding that alone sets a level. The content is in the
files themselves; this module only gives it types.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

from blockmrs.domain.triage.conditions import SURE, Condition, Facts

UNKNOWN_AGE = "unknown"
POLICIES = ("safeguarding", "mental_health", "pregnancy")
"""Ids of the policies about who is told; the operator has a setting for each."""
ALWAYS = ("life", "any")
"""Presentations whose rules apply to everybody, whatever the complaint."""


class Level(IntEnum):
    """How urgent, 1 the most. A lower number is the more urgent level."""

    AMBULANCE = 1
    HOSPITAL = 2
    CLINICIAN = 3
    SELF_CARE = 4

    @property
    def disposition(self) -> str:
        """The level's id in rule files and programs: `ambulance`, `hospital`, `clinician` or `self_care`."""
        return _DISPOSITIONS[self]


_DISPOSITIONS = ("", *(level.name.lower() for level in Level))


class Nature(StrEnum):
    """What a yes to a finding means."""

    DANGER = "danger"
    REASSURING = "reassuring"
    NOTE = "note"


class Kind(StrEnum):
    """What an answer to a finding is."""

    YES_NO = "yes-no"
    CHOICE = "choice"
    NUMBER = "number"


class Sport(IntEnum):
    """How far a person is from playing again; the highest that applies is the one that is said."""

    NOTHING_SAID = 0
    OK_IF = 1
    OUT_TODAY = 2
    OUT = 3


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a choice or number finding. `value` is what is kept; the first option is the most dangerous."""

    value: str | int
    label: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Something that not everybody in the family should see: why, and whom to tell.

    `parent` is how a message to a parent may still be offered, empty if it never is.
    """

    id: str
    why: str
    tell: str
    parent: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One question about the person.

    `unsure` is the most urgent level that "can't tell" may reach (UNK-04). `ages` are the bands that are asked; empty
    means everybody. `none` is what "None of these" means for a choice or number. `least` and `most` bound a number. A
    "no" to the finding `settled_by` makes this question unnecessary. `policy` says who is told unless it is a plain no.
    `record` is what a record says about the answer: by fact and its value (domain/facts.py), yes or no. `opens` are
    the complaints that are asked as well unless the answer is a plain no: an injury that was told as an illness.
    A reassurance with `settles` stands below the advice of that danger sign, after one tap, and on no page.
    A plain no to every question of one group in `asked_by` is a no to this one too, which is then not asked again.
    With `how_alone`, `how` says only how to look: beside other labels to tick it is left out.
    A `former` one is on no page any more; its rules hold for the reports in which it was answered.
    """

    id: str
    presentation: str
    label: str
    ask: str
    how: str
    kind: Kind
    nature: Nature
    unsure: Level
    ages: frozenset[str]
    settled_by: str
    options: tuple[Option, ...]
    none: str | int | None
    least: int
    most: int
    policy: str = ""
    record: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    opens: tuple[str, ...] = ()
    settles: str = ""
    how_alone: bool = False
    asked_by: tuple[tuple[str, ...], ...] = ()
    former: bool = False

    @property
    def absence(self) -> bool | str | int | None:
        """The answer that says "this is not so": no, or the value for it of a choice or number."""
        return False if self.kind is Kind.YES_NO else self.none


@dataclass(frozen=True)
class Rule:
    """One reason for a level. `otherwise` rules apply only if no other rule of their presentation does.

    A rule with `raises` is a modifier: each level named there goes up one step while `when` holds. Modifiers of
    stage 1 work on the level given by the rules, those of stage 2 on the outcome of stage 1. `advice` is
    `<presentation>/<name>`, or empty for the presentation's own advice for the level. `unsure` is the level that a
    "can't tell" may reach in this rule, if that is less urgent than its findings allow.
    """

    id: str
    presentation: str
    when: Condition
    level: Level
    because: str
    evidence: tuple[str, ...]
    unsure: Level
    verified: str
    reviewed_by: str
    advice: str
    otherwise: bool
    raises: frozenset[Level]
    stage: int

    def reaches(self, doubt: int) -> "Level":
        """The level that it reaches if met with this doubt (0 to 4)."""
        return self._reached[doubt]

    @cached_property
    def _reached(self) -> "tuple[Level, ...]":
        unsure = (0, *[int(self.unsure)] * len(Level))
        return tuple(Level(max(int(self.level), doubt, careful)) for doubt, careful in enumerate(unsure))

    @cached_property
    def findings(self) -> tuple[str, ...]:
        """Ids of all findings that it looks at."""
        return tuple(dict.fromkeys(self.when.findings()))

    @cached_property
    def reassurances(self) -> frozenset[str]:
        """Ids of those that can only make it less urgent."""
        return frozenset(self.when.reassurances())


@dataclass(frozen=True, slots=True)
class Again:
    """After how many minutes to look again, what to do if it is no better, and the fact that this rests on."""

    after_min: int
    words: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do while help comes, and what not to do."""

    first_aid: tuple[str, ...]
    dont: tuple[str, ...]
    sport: Sport
    return_to_play: str
    again: Again | None = None


@dataclass(frozen=True, slots=True)
class Omission:
    """When a text of the advice is left out, or `instead` is said: an answer or the age contradicts or repeats it.

    That is so where `when` is surely met by the answers, and everybody whom the age allows is of these `ages`; an empty
    one of them asks for nothing.
    """

    when: Condition | None
    ages: frozenset[str]
    instead: str = ""

    def holds(self, facts: Facts) -> bool:
        """Whether the text is not to be said as it stands."""
        is_met = self.when is None or self.when.doubt(facts) == SURE
        return is_met and (not self.ages or facts.ages <= self.ages)


@dataclass(frozen=True, slots=True)
class Picture:
    """How something is done: a drawing (`public/img/aid-<id>.svg`) with its words, below advice that says a `text`."""

    id: str
    title: str
    lines: tuple[str, ...]
    texts: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PagePlan:
    """One page of questions. `findings` in order of danger; the age page has none."""

    id: str
    title: str
    hint: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Presentation:
    """One complaint: its pages, rules and advice."""

    id: str
    title: str
    evidence_section: int
    pages: tuple[PagePlan, ...]
    rules: tuple[Rule, ...]
    advice: Mapping[str, Advice]
    sooner_if: tuple[str, ...]
    policy: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Every text that its advice may say, but for playing again."""
        texts = [line for advice in self.advice.values() for line in (*advice.first_aid, *advice.dont)]
        return (*texts, *self.sooner_if)


@dataclass(frozen=True, slots=True)
class DangerSign:
    """One button of the first screen. A yes to the finding of the same id is level 1."""

    id: str
    label: str
    presentation: str

    @property
    def finding(self) -> str:
        """The finding to which the button answers yes; it has the sign's own id."""
        return self.id


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One answer to "What is wrong?": the presentations it opens, or the `inner` answers of a second page."""

    id: str
    label: str
    presentations: tuple[str, ...]
    inner: "tuple[BodyPart, ...]" = ()


@dataclass(frozen=True, slots=True)
class AgeBand:
    """One answer to "How old?". `button` is what the page about the age shows, `label` what a report keeps."""

    id: str
    label: str
    button: str


@dataclass(frozen=True, slots=True)
class Change:
    """What changed in one version of the rules. `content` is the digest of everything in it (loader.py)."""

    version: str
    date: str
    changed: tuple[str, ...]
    content: str = ""


@dataclass(frozen=True)
class RuleSet:
    """Everything the engine knows: pure data, never changed after loading, so that what follows from it can be kept.

    `omissions` are by the text that they leave out, wherever it stands; the first that holds decides. `sport_ages` are
    the bands of those who play a sport: nobody else is told of returning to play.
    `oneself` gives the sentence for whoever is ill themselves, by the text that it stands for (oneself.py).
    """

    version: str
    date: str
    intended_use: str
    level_words: Mapping[Level, str]
    words: Mapping[str, str]
    age_bands: tuple[AgeBand, ...]
    signs: tuple[DangerSign, ...]
    parts: tuple[BodyPart, ...]
    presentations: Mapping[str, Presentation]
    findings: Mapping[str, Finding]
    fallback: Rule
    policies: tuple[Policy, ...] = ()
    history: tuple[Change, ...] = ()
    omissions: Mapping[str, tuple[Omission, ...]] = field(default_factory=dict)
    sport_ages: frozenset[str] = frozenset()
    home_order: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    oneself: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def derivations(self) -> dict[type, Any]:
        """What others have derived from it alone, by type."""
        return {}

    @cached_property
    def looked_at(self) -> Mapping[str, Mapping[str, Finding]]:
        """By presentation: the findings that its rules look at."""
        return {
            presentation.id: {name: self.findings[name] for rule in presentation.rules for name in rule.findings}
            for presentation in self.presentations.values()
        }

    @cached_property
    def openers(self) -> Mapping[str, tuple[Finding, ...]]:
        """By presentation: its questions that open further complaints, in their order."""
        return {
            presentation: tuple(
                known for known in self.findings.values() if known.presentation == presentation and known.opens
            )
            for presentation in self.presentations
        }

    @cached_property
    def reviewed(self) -> bool:
        """True once a clinician has signed every rule."""
        return all(rule.reviewed_by for rule in self.rules)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of every presentation, the fallback last."""
        return (*(rule for presentation in self.presentations.values() for rule in presentation.rules), self.fallback)

    @cached_property
    def yes_no(self) -> frozenset[str]:
        """The findings that are answered with yes or no."""
        return frozenset(name for name, finding in self.findings.items() if finding.kind is Kind.YES_NO)

    @cached_property
    def known_ages(self) -> frozenset[str]:
        """Every band but the unknown one."""
        return frozenset(band.id for band in self.age_bands if band.id != UNKNOWN_AGE)

    @cached_property
    def unsure(self) -> Mapping[str, int]:
        """By finding, the level that "can't tell" may reach."""
        return MappingProxyType({name: int(finding.unsure) for name, finding in self.findings.items()})

    def as_said(self, lines: Iterable[str], facts: Facts) -> tuple[str, ...]:
        """These texts to somebody who gave these answers: none that contradicts or repeats one, and none twice."""
        return tuple(dict.fromkeys(text for line in lines if (text := self._as_said(line, facts))))

    def _as_said(self, line: str, facts: Facts) -> str:
        omissions = self.omissions.get(line, ())
        return next((omission.instead for omission in omissions if omission.holds(facts)), line)

    def advice_to(self, advice: Advice, facts: Facts) -> Advice:
        """This advice to somebody who gave these answers."""
        return replace(
            advice,
            first_aid=self.as_said(advice.first_aid, facts),
            dont=self.as_said(advice.dont, facts),
            return_to_play=advice.return_to_play if self.may_play(facts) else "",
        )

    def pictures_for(self, level: Level, lines: Iterable[str]) -> tuple[Picture, ...]:
        """How to do what these lines say, where seconds count: at a level that leads to an ambulance or a hospital."""
        spoken = set(lines) if level <= Level.HOSPITAL else set()
        return tuple(picture for picture in self.pictures if spoken.intersection(picture.texts))

    def may_play(self, facts: Facts) -> bool:
        """Whether the person may be of an age that plays a sport."""
        return not self.sport_ages.isdisjoint(facts.ages)

    def is_age_band(self, band: str) -> bool:
        """Whether `band` is one of the answers to the age question."""
        return any(known.id == band for known in self.age_bands)
