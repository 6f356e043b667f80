"""Parsed rule files become values, with each key and id checked; the first thing wrong stops everything."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from blockmrs.domain.facts import SEX, SEXES, VALUES
from blockmrs.domain.triage.conditions import AgeIn, All, AnyOf, AtLeast, Complaint, Condition, Is, NotReassured
from blockmrs.domain.triage.course import REASSURING, WORSE
from blockmrs.domain.triage.oneself import FORMS, wrong_forms
from blockmrs.domain.triage.pages import AGE, CHECKS, LOOKED_AGAIN, WHERE
from blockmrs.domain.triage.places import misplaced
from blockmrs.domain.triage.rules import (
    ALWAYS,
    POLICIES,
    UNKNOWN_AGE,
    Advice,
    Again,
    AgeBand,
    BodyPart,
    Change,
    DangerSign,
    Finding,
    Kind,
    Level,
    Nature,
    Omission,
    Option,
    PagePlan,
    Picture,
    Policy,
    Presentation,
    Rule,
    RuleSet,
    Sport,
)
from blockmrs.errors import Unavailable

SIGNS_FILE = "signs.toml"
FILE_KEYS = ("title", "evidence_section", "policy", "finding", "page", "rule", "advice", "sooner_if", "left_out", FORMS)
FINDING_KEYS = (
    *("id", "label", "ask", "how", "kind", "nature", "unsure", "ages", "settled_by"),
    *("option", "none", "least", "most", "policy", "record", "opens", "settles", "how_alone", "asked_by", "former"),
)
RULE_KEYS = (
    *("id", "when", "disposition", "raises", "stage", "because", "evidence", "verified", "reviewed_by"),
    *("advice", "otherwise", "unsure"),
)
FACT = re.compile(r"[A-Z]+-[A-Z]?[0-9]+")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
VERIFIED = ("V", "V2", "M")
RECORD_FACTS = {**VALUES, SEX: SEXES}
"""What `record` may name, with its values."""
SPORTS = {"out": Sport.OUT, "out-today": Sport.OUT_TODAY, "ok-if": Sport.OK_IF, "": Sport.NOTHING_SAID}
UNSETTLED = frozenset(["wont-wake", "not-breathing", "choking", "bleeding-wont-stop"])
"""Danger signs that no further answer may settle: seconds count, and nobody should weigh them."""
LEVELS = {level.disposition: level for level in Level}
WORDS = (
    *("signs_title", "signs_again_hint", "where_title", "where_inner_title", "yes", "no", "not_sure"),
    *("again_awake", "again_awake_how", "again_breathing", "again_breathing_how", "again_pain", "again_pain_how"),
    *("cant_tell", "one_or_more", "which_title"),
)
LONGEST_WAIT_MIN = 60
ANYWHERE = ""
"""Instead of a presentation: what leaves a text out may look at the findings of all of them."""
SIGNS_KEYS = (
    *("version", "date", "intended_use", "levels", "words"),
    *("age_band", "age_group", "sign", "part", "fallback", "policy", "history"),
    *("sport_ages", "home_order", "answered", "left_out", "picture", FORMS),
)

Table = Mapping[str, Any]


class RulesUnreadable(Unavailable):
    """The rule files are missing or wrong; pages then say only whom to call."""


def rules_from(tables: Mapping[str, Table]) -> RuleSet:
    """The rules in these parsed files, by file name.

    Raises:
        RulesUnreadable: naming the file and the first thing wrong.
    """
    reader = _Reader(tables)
    try:
        return reader.rule_set()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RulesUnreadable("a rule file is wrong", file=reader.file, reason=repr(error)) from error


class _Reader:
    """Reads the tables of all files together; `file` is the one named in an error."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self.file = SIGNS_FILE
        self._bands: tuple[AgeBand, ...] = ()
        self._groups: dict[str, frozenset[str]] = {}
        self._findings: dict[str, Finding] = {}
        self._answered: dict[str, Condition] = {}
        self._names = [name.removesuffix(".toml") for name in tables if name != SIGNS_FILE]

    def rule_set(self) -> RuleSet:
        """Everything, checked."""
        self._check_texts()
        signs = self._tables[SIGNS_FILE]
        self._only(signs, SIGNS_KEYS, "the first table")
        self._only(signs["words"], WORDS, "the words")
        self._read_ages(signs)
        for name in self._names:
            self._read_findings(name)
        presentations = {name: self._presentation(name) for name in sorted(self._names, key=self._always_first)}
        self.file = SIGNS_FILE
        rules = RuleSet(
            version=self._text(signs, "version"),
            date=self._text(signs, "date"),
            intended_use=self._text(signs, "intended_use"),
            level_words=MappingProxyType({LEVELS[name]: str(words) for name, words in signs["levels"].items()}),
            words=MappingProxyType({word: self._text(signs["words"], word) for word in WORDS}),
            age_bands=self._bands,
            signs=tuple(DangerSign(*self._texts(table, "id", "label", "presentation")) for table in signs["sign"]),
            parts=tuple(self._part(table) for table in signs["part"]),
            presentations=MappingProxyType(presentations),
            findings=MappingProxyType(self._findings),
            fallback=self._rule(signs["fallback"], "any"),
            history=tuple(self._change(table) for table in signs["history"]),
            policies=tuple(self._policy(table) for table in signs["policy"]),
            sport_ages=self._ages(signs["sport_ages"], "sport_ages"),
            home_order=tuple(signs["home_order"]),
            omissions=self._omissions(presentations.values()),
            pictures=tuple(self._picture(table, presentations.values()) for table in signs.get("picture", [])),
            oneself=MappingProxyType(self._forms()),
        )
        self._check(rules)
        return rules

    def _check_texts(self) -> None:
        for name, table in self._tables.items():
            self.file = name
            self._require(not list(misplaced(table)), "a text has a place that nothing fills")
        self.file = SIGNS_FILE

    def _forms(self) -> dict[str, str]:
        """Every form for oneself, by its text."""
        for name, reason, text in wrong_forms(self._tables, SIGNS_FILE):
            self.file = name
            self._require(False, reason, text)
        return {text: form for table in self._tables.values() for text, form in table.get(FORMS, {}).items()}

    def _read_ages(self, signs: Table) -> None:
        self._bands = tuple(AgeBand(*self._texts(table, "id", "label", "button")) for table in signs["age_band"])
        known = frozenset(band.id for band in self._bands if band.id != UNKNOWN_AGE)
        self._groups = {band: frozenset([band]) for band in known}
        self._groups |= {name: frozenset(bands) for name, bands in signs["age_group"].items()}
        self._require(all(bands <= known for bands in self._groups.values()), "an age group names an unknown band")

    def _policy(self, table: Table) -> Policy:
        self._only(table, ["id", "why", "tell", "parent", "evidence"], "a policy")
        evidence = tuple(table.get("evidence", []))
        self._require(bool(evidence) and all(FACT.fullmatch(fact) for fact in evidence), "a policy needs its facts")
        why, tell = self._text(table, "why"), self._text(table, "tell")
        return Policy(self._text(table, "id"), why, tell, str(table.get("parent", "")), evidence)

    def _mark(self, table: Table, at: str) -> str:
        """The policy that a finding or a complaint is marked with, if it is."""
        return self._one_of(table["policy"], POLICIES, at) if "policy" in table else ""

    def _change(self, table: Table) -> Change:
        self._only(table, ["version", "date", "changed", "content"], "a version")
        changed = tuple(table["changed"])
        self._require(bool(changed) and all(text.strip() for text in changed), "a version says what it changed")
        return Change(self._text(table, "version"), self._text(table, "date"), changed, str(table.get("content", "")))

    def _always_first(self, name: str) -> tuple[bool, str]:
        return name not in ALWAYS, name

    def _part(self, table: Table) -> BodyPart:
        inner = tuple(self._part(entry) for entry in table.get("inner", []))
        self._only(table, ["id", "label", "inner" if inner else "presentations"], "a part")
        self._require(not any(part.inner for part in inner), "a part's parts have no parts", table["id"])
        self._unique([part.id for part in inner], "part")
        opens = () if inner else tuple(table["presentations"])
        return BodyPart(self._text(table, "id"), self._text(table, "label"), opens, inner)

    def _read_findings(self, presentation: str) -> None:
        self.file = f"{presentation}.toml"
        for table in self._tables[self.file].get("finding", []):
            finding = self._finding(table, presentation)
            self._require(finding.id not in self._findings, "a finding is there twice", finding.id)
            self._findings[finding.id] = finding

    def _finding(self, table: Table, presentation: str) -> Finding:
        self._only(table, FINDING_KEYS, "a finding")
        name = self._text(table, "id")
        self._require(NAME.fullmatch(name) is not None, "a finding's id is not plain", name)
        kind = Kind(self._one_of(table.get("kind", "yes-no"), [kind.value for kind in Kind], name))
        marked = "policy" not in table or (kind is Kind.YES_NO and table.get("nature", "danger") == "danger")
        self._require(marked, "only a danger that is so or not has a policy", name)
        nature = Nature(self._one_of(table.get("nature", "danger"), [nature.value for nature in Nature], name))
        options = tuple(Option(entry["value"], self._text(entry, "label")) for entry in table.get("option", []))
        self._require(bool(options) is (kind is not Kind.YES_NO), "options do not fit the kind", name)
        self._require((table.get("none") is None) is (kind is Kind.YES_NO), "`none` does not fit the kind", name)
        opens = tuple(table.get("opens", []))
        self._require(set(opens) <= set(self._names) - {*ALWAYS, presentation}, "it opens no other complaint", name)
        plain = kind is Kind.YES_NO and nature is Nature.DANGER
        self._require(plain or not opens, "only a danger that is so or not opens a complaint", name)
        settles = str(table.get("settles", ""))
        self._require(not settles or nature is Nature.REASSURING, "only a reassurance settles a sign", name)
        return Finding(
            opens=opens,
            settles=settles,
            how_alone=table.get("how_alone") is True,
            former=table.get("former") is True,
            asked_by=tuple(tuple(group) for group in table.get("asked_by", [])),
            id=name,
            presentation=presentation,
            label=self._text(table, "label"),
            ask=self._text(table, "ask"),
            how=str(table.get("how", "")),
            kind=kind,
            nature=nature,
            unsure=LEVELS[self._one_of(table.get("unsure"), LEVELS, name)],
            ages=self._ages(table.get("ages", []), name),
            settled_by=str(table.get("settled_by", "")),
            options=options,
            none=table.get("none"),
            least=table.get("least", 0),
            most=table.get("most", 0),
            policy=self._mark(table, name),
            record=self._record(
                table.get("record", {}), name, is_danger=kind is Kind.YES_NO and nature is Nature.DANGER
            ),
        )

    def _record(self, table: Table, finding: str, *, is_danger: bool) -> Mapping[str, Mapping[str, bool]]:
        """What a record, or the sex, says about the answer; only a yes that raises a level can come from one."""
        self._require(is_danger or not table, "`record` needs a yes-or-no finding of danger", finding)
        for fact, answers in table.items():
            self._require(fact in RECORD_FACTS, "an unknown fact of the record", finding)
            is_known = bool(answers) and set(answers) <= set(RECORD_FACTS[fact])
            self._require(is_known, "an unknown value of a fact", finding)
            self._require(
                all(type(answer) is bool for answer in answers.values()), "a fact says true or false", finding
            )
        return MappingProxyType({fact: MappingProxyType(dict(answers)) for fact, answers in table.items()})

    def _presentation(self, name: str) -> Presentation:
        self.file = f"{name}.toml"
        table = self._tables[self.file]
        self._only(table, FILE_KEYS, "the first table")
        presentation = Presentation(
            id=name,
            title=self._text(table, "title"),
            evidence_section=int(table["evidence_section"]),
            pages=tuple(self._page(entry, name) for entry in table.get("page", [])),
            rules=tuple(self._rule(entry, name) for entry in table.get("rule", [])),
            advice=MappingProxyType({key: self._advice(entry, key) for key, entry in table["advice"].items()}),
            sooner_if=tuple(table.get("sooner_if", [])),
            policy=self._mark(table, name),
        )
        ages = sum(page.id == AGE for page in presentation.pages)
        self._require(ages == (name not in ALWAYS), "the age is asked once in every complaint", name)
        return presentation

    def _page(self, table: Table, presentation: str) -> PagePlan:
        self._only(table, ["id", "title", "hint", "findings"], "a page")
        name, findings = self._text(table, "id"), tuple(table.get("findings", []))
        self._require(bool(findings) is (name != AGE), "a page asks something, the age page nothing else", name)
        for finding in findings:
            self._owned(finding, presentation)
        calm = [finding for finding in findings if self._findings[finding].nature is Nature.REASSURING]
        self._require(not calm or len(findings) == 1, "a reassuring question has its own page", name)
        return PagePlan(name, self._text(table, "title"), str(table.get("hint", "")), findings)

    def _rule(self, table: Table, presentation: str) -> Rule:
        self._only(table, RULE_KEYS, "a rule")
        name = self._text(table, "id")
        evidence = tuple(table.get("evidence", []))
        self._require(bool(evidence) and all(FACT.fullmatch(fact) for fact in evidence), "no fact is named", name)
        raises = frozenset(LEVELS[self._one_of(level, LEVELS, name)] for level in table.get("raises", []))
        self._require(bool(raises) is not ("disposition" in table), "one of disposition and raises is needed", name)
        self._require(Level.AMBULANCE not in raises, "nothing is above level 1", name)
        return Rule(
            id=name,
            presentation=presentation,
            when=self._condition(table.get("when", {}), presentation, name),
            level=min(raises) if raises else LEVELS[self._one_of(table["disposition"], LEVELS, name)],
            because=self._text(table, "because"),
            evidence=evidence,
            unsure=LEVELS[self._one_of(table.get("unsure", "ambulance"), LEVELS, name)],
            verified=self._one_of(table.get("verified"), VERIFIED, name),
            reviewed_by=str(table["reviewed_by"]),
            advice=str(table.get("advice", "")),
            otherwise=table.get("otherwise") is True,
            raises=raises,
            stage=int(table.get("stage", 1)),
        )

    def _advice(self, table: Table, name: str) -> Advice:
        self._only(table, ["first_aid", "dont", "sport", "return_to_play", "again"], "advice")
        sport = SPORTS[self._one_of(table.get("sport", ""), SPORTS, name)]
        text = str(table.get("return_to_play", ""))
        self._require(bool(text) is (sport is not Sport.NOTHING_SAID), "sport and its words go together", name)
        again = self._again(table["again"], name) if "again" in table else None
        return Advice(tuple(table.get("first_aid", [])), tuple(table.get("dont", [])), sport, text, again)

    def _again(self, table: Table, name: str) -> Again:
        self._only(table, ["after_min", "words", "evidence"], "again")
        minutes, fact = table.get("after_min"), self._text(table, "evidence")
        is_short = isinstance(minutes, int) and not isinstance(minutes, bool) and 1 <= minutes <= LONGEST_WAIT_MIN
        self._require(is_short, "`after_min` is not a number of minutes", name)
        self._require(FACT.fullmatch(fact) is not None, "no fact is named", name)
        return Again(int(minutes or 0), self._text(table, "words"), fact)

    def _omissions(self, presentations: Iterable[Presentation]) -> Mapping[str, tuple[Omission, ...]]:
        """By text, what leaves it out: first what holds for every complaint, then what each file says of its own."""
        everywhere = frozenset(line for presentation in presentations for line in presentation.lines)
        answered = self._tables[SIGNS_FILE].get("answered", {})
        self._answered = {name: self._answers(table, name) for name, table in answered.items()}
        omissions: dict[str, tuple[Omission, ...]] = {}
        for name, table in sorted(self._tables.items(), key=lambda entry: entry[0] != SIGNS_FILE):
            self.file = name
            for entry in table.get("left_out", []):
                text, omission = self._text(entry, "text"), self._omission(entry)
                self._require(text in everywhere, "no advice says what is left out", text)
                omissions[text] = (*omissions.get(text, ()), omission)
        self.file = SIGNS_FILE
        return MappingProxyType(omissions)

    def _picture(self, table: Table, presentations: Iterable[Presentation]) -> Picture:
        self._only(table, ["id", "title", "lines", "texts", "evidence"], "a picture")
        name, everywhere = self._text(table, "id"), {line for entry in presentations for line in entry.lines}
        lines, texts, evidence = (tuple(table[key]) for key in ("lines", "texts", "evidence"))
        self._require(NAME.fullmatch(name) is not None and bool(lines), "a picture has a plain id and words", name)
        self._require(bool(texts) and set(texts) <= everywhere, "no advice says what a picture shows", name)
        self._require(bool(evidence) and all(FACT.fullmatch(fact) for fact in evidence), "no fact is named", name)
        return Picture(name, self._text(table, "title"), lines, texts, evidence)

    def _omission(self, table: Table) -> Omission:
        self._only(table, ["text", "when", "ages", "instead"], "what is left out")
        text, ages = self._text(table, "text"), self._ages(table.get("ages", []), "left_out")
        when = self._answers(table["when"], text) if "when" in table else None
        self._require(when is not None or bool(ages), "an answer or an age leaves a text out", text)
        return Omission(when, ages, str(table.get("instead", "")))

    def _answers(self, table: Table, text: str) -> Condition:
        """Answers to any questions, whatever the complaint; `answered` names a set of them from the first file."""
        names = table.get("answered", [])
        self._require(set(names) <= set(self._answered), "an unknown set of answers", text)
        parts: list[Condition] = [self._answered[name] for name in names]
        for key, value in table.items():
            if key in ("all", "any"):
                inner = tuple(self._answers(entry, text) for entry in value)
                parts.append(All(inner) if key == "all" else AnyOf(inner))
            elif key != "answered":
                self._require(key not in ("age", "not_reassured"), "not what somebody answered", text)
                parts.append(self._condition({key: value}, ANYWHERE, text))
        self._require(bool(parts), "an empty list of answers", text)
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _condition(self, table: Table, presentation: str, rule: str) -> Condition:
        parts: list[Condition] = []
        for key, value in table.items():
            if key in ("all", "any"):
                inner = tuple(self._condition(entry, presentation, rule) for entry in value)
                self._require(bool(inner), "an empty list of conditions", rule)
                parts.append(All(inner) if key == "all" else AnyOf(inner))
            elif key == "age":
                parts.append(AgeIn(self._ages(value, rule)))
            elif key == "complaint":
                self._require(set(value) <= set(self._names), "an unknown presentation", rule)
                parts.append(Complaint(frozenset(value)))
            elif key == "not_reassured":
                for name in value:
                    calm = self._owned(name, presentation).nature is Nature.REASSURING
                    self._require(calm, "not_reassured needs reassuring findings", rule)
                parts.append(NotReassured(tuple(value)))
            else:
                parts.append(self._answer(self._owned(key, presentation), value, rule))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _answer(self, finding: Finding, value: Any, rule: str) -> Condition:
        self._require(finding.nature is not Nature.NOTE, "a note decides nothing", rule)
        if finding.kind is Kind.YES_NO:
            dangerous = finding.nature is Nature.DANGER
            self._require(value is dangerous, "only the dangerous answer may raise a level", rule)
            return Is(finding.id, frozenset([dangerous]))
        if finding.kind is Kind.CHOICE:
            values: list[str] = value if isinstance(value, list) else [value]
            known = [option.value for option in finding.options]
            self._require(bool(values) and all(entry in known for entry in values), "an unknown choice", rule)
            return Is(finding.id, frozenset(values))
        limit = value.get("at_least") if isinstance(value, dict) and len(value) == 1 else None
        self._require(isinstance(limit, int) and limit > finding.least, "a number needs { at_least = … }", rule)
        return AtLeast(finding.id, int(limit or 0))

    def _owned(self, finding: str, presentation: str) -> Finding:
        """The finding, which is the presentation's own or one that everybody is asked; any where it is `ANYWHERE`."""
        owner = self._findings.get(finding)
        if owner is None or (presentation and owner.presentation not in (presentation, *ALWAYS)):
            raise RulesUnreadable("a rule file is wrong", file=self.file, reason="unknown finding", at=finding)
        return owner

    def _ages(self, names: Sequence[str], at: str) -> frozenset[str]:
        self._require(set(names) <= set(self._groups), "an unknown age band or group", at)
        return frozenset(band for name in names for band in self._groups[name])

    def _check(self, rules: RuleSet) -> None:
        """Check what can be seen only in all the files together."""
        self._check_ids(rules)
        self._check_words(rules)
        self._check_findings(rules)
        self._check_advice(rules)
        self._check_places(rules)

    def _check_ids(self, rules: RuleSet) -> None:
        pages = [page for entry in rules.presentations.values() for page in entry.pages if page.id != AGE]
        self._unique([rule.id for rule in rules.rules], "rule")
        self._unique([page.id for page in pages], "page")
        self._unique([band.id for band in rules.age_bands], "age band")
        self._unique([part.id for part in rules.parts], "part")
        self._unique([sign.id for sign in rules.signs], "sign")
        self._unique([change.version for change in rules.history], "version")

    def _check_words(self, rules: RuleSet) -> None:
        newest = [(change.version, change.date) for change in rules.history[:1]]
        self._require(newest == [(rules.version, rules.date)], "the history begins with this version")
        known = tuple(policy.id for policy in rules.policies)
        self._require(known == POLICIES, "the policies are these, in this order", ", ".join(POLICIES))
        self._require(set(ALWAYS) <= set(rules.presentations), "a file is missing", " ".join(ALWAYS))
        self._require(set(rules.level_words) == set(Level), "each level needs its words")
        self._require(rules.is_age_band(UNKNOWN_AGE), "the age may be unknown")

    def _check_findings(self, rules: RuleSet) -> None:
        """Every finding that the program or a sign names is there, and what settles one is a finding too."""
        of_signs = [sign.finding for sign in rules.signs]
        for name in (*CHECKS.values(), *REASSURING.values(), WORSE, LOOKED_AGAIN, WHERE, *of_signs):
            self._require(name in rules.findings, "a finding is missing", name)
        for finding in rules.findings.values():
            self._require(finding.settled_by in ("", *rules.findings), "an unknown finding settles it", finding.id)
            others = {name for group in finding.asked_by for name in group} - {finding.id}
            is_known = all(finding.asked_by) and others <= set(rules.findings)
            dangers = [rules.findings[name].nature for name in others if name in rules.findings] + [finding.nature]
            is_plain = not finding.asked_by or set(dangers) == {Nature.DANGER}
            self._require(is_known and is_plain, "another danger asks for it, by name", finding.id)
        signs = {sign.finding for sign in rules.signs} - UNSETTLED
        for finding in rules.findings.values():
            self._require(not finding.settles or finding.settles in signs, "it settles no sign", finding.id)

    def _check_advice(self, rules: RuleSet) -> None:
        for rule in rules.rules:
            owner, _, name = rule.advice.partition("/")
            is_known = not rule.advice or (owner in rules.presentations and name in rules.presentations[owner].advice)
            self._require(is_known, "unknown advice", rule.id)

    def _check_places(self, rules: RuleSet) -> None:
        """Signs and parts of the body lead to complaints that are there; and so does each level, to its advice."""
        for sign in rules.signs:
            self._require(sign.presentation in rules.presentations, "a sign's presentation is unknown", sign.id)
        named = [part.id for part in rules.parts]
        self._require(sorted(rules.home_order) == sorted(named), "at home the same places are asked for", WHERE)
        outer = [part.id for part in rules.parts if part.inner]
        remembered = [option.value for option in rules.findings[WHERE].options]
        self._require(remembered == outer, "the parts with parts are the options of one finding", WHERE)
        for part in (leaf for place in rules.parts for leaf in (place.inner or (place,))):
            complaints = set(part.presentations)
            is_known = bool(complaints) and complaints <= set(rules.presentations) - set(ALWAYS)
            self._require(is_known, "a part's presentations are unknown", part.id)
        for level in Level:
            self._require(level.disposition in rules.presentations["any"].advice, "general advice is missing")

    def _unique(self, names: Iterable[str], what: str) -> None:
        earlier: set[str] = set()
        for name in names:
            self._require(name not in earlier, f"a {what} is there twice", name)
            earlier.add(name)

    def _one_of(self, value: object, known: Iterable[str], at: str) -> str:
        self._require(isinstance(value, str) and value in known, f"{value!r} is not one of {', '.join(known)}", at)
        return str(value)

    def _texts(self, table: Table, *keys: str) -> list[str]:
        self._only(table, keys, "a table")
        return [self._text(table, key) for key in keys]

    def _text(self, table: Table, key: str) -> str:
        value = table.get(key)
        self._require(isinstance(value, str) and bool(value.strip()), f"`{key}` is missing", str(table.get("id", "")))
        return str(value)

    def _only(self, table: Table, keys: Iterable[str], what: str) -> None:
        extra = sorted(set(table) - set(keys))
        self._require(not extra, f"{what} has unknown keys: {', '.join(extra)}", str(table.get("id", "")))

    def _require(self, is_right: bool, reason: str, at: str = "") -> None:
        if not is_right:
            raise RulesUnreadable("a rule file is wrong", file=self.file, reason=reason, at=at)
