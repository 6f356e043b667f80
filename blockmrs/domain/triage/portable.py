"""The rules in one language as plain data, for an engine that is not this one: the script on the phone.

`docs/offline.md` describes the format. Whatever has its usual value is left out, so that the file stays small; ids stay
whole, so that a person can read it. `public/js/engine/triage.js` is the other engine, and one test runs both side by
side.
"""

import json
from collections.abc import Callable
from typing import Any

from blockmrs.domain.triage.conditions import AgeIn, All, AnyOf, AtLeast, Complaint, Condition, Is, NotReassured
from blockmrs.domain.triage.rules import (
    Advice,
    BodyPart,
    Finding,
    Kind,
    Level,
    Nature,
    Omission,
    Policy,
    Presentation,
    Rule,
    RuleSet,
)
from blockmrs.domain.triage.umbrellas import MOST_ROWS, STEPS, may_be_part, urgency_of

FORMAT = 1
"""Increased when a reader of the previous format would misread the rules."""

Translate = Callable[[str], str]
Data = dict[str, Any]


def encode_rules(rules: RuleSet, language: str, translate: Translate = str) -> bytes:
    """`compile_rules` as UTF-8 JSON; the same rules and words give the same bytes."""
    data = compile_rules(rules, language, translate)
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def compile_rules(rules: RuleSet, language: str, translate: Translate = str) -> Data:
    """Everything that the engine and its pages need, with each text for people put through `translate`."""
    return _Compiler(lambda text: translate(text) if text else "").rule_set(rules, language)


class _Compiler:
    def __init__(self, translate: Translate) -> None:
        self._say = translate

    def rule_set(self, rules: RuleSet, language: str) -> Data:
        return {
            "format": FORMAT,
            "language": language,
            "version": rules.version,
            "date": rules.date,
            "reviewed": rules.reviewed,
            "intended_use": self._say(rules.intended_use),
            "levels": [{"id": level.disposition, "words": self._say(rules.level_words[level])} for level in Level],
            "words": {name: self._say(text) for name, text in rules.words.items()},
            "ages": [
                {"id": band.id, "label": self._say(band.label), "button": self._say(band.button)}
                for band in rules.age_bands
            ],
            "signs": [
                {"id": sign.id, "label": self._say(sign.label), "presentation": sign.presentation}
                for sign in rules.signs
            ],
            "parts": [self._part(part) for part in rules.parts],
            "findings": [
                {**self._finding(finding), **_in_rows(rules, finding.id)} for finding in rules.findings.values()
            ],
            "rows": {"most": MOST_ROWS, "sizes": [[*sizes] for sizes in STEPS]},
            "presentations": [self._presentation(entry) for entry in rules.presentations.values()],
            "fallback": self._rule(rules.fallback),
            "policies": [self._policy(policy) for policy in rules.policies],
            "sport_ages": sorted(rules.sport_ages),
            # Their words and drawings are in the blank pages.
            "pictures": {self._say(text): picture.id for picture in rules.pictures for text in picture.texts},
            "omissions": {
                self._say(text): [self._omission(omission) for omission in omissions]
                for text, omissions in rules.omissions.items()
            },
        }

    def _omission(self, omission: Omission) -> Data:
        data: Data = {"when": condition_as_data(omission.when)} if omission.when else {}
        if omission.ages:
            data["ages"] = sorted(omission.ages)
        return {**data, "instead": self._say(omission.instead)} if omission.instead else data

    def _policy(self, policy: Policy) -> Data:
        data: Data = {"id": policy.id, "why": self._say(policy.why), "tell": self._say(policy.tell)}
        return {**data, "parent": self._say(policy.parent)} if policy.parent else data

    def _part(self, part: BodyPart) -> Data:
        opens = {"inner": [self._part(leaf) for leaf in part.inner]} if part.inner else {"opens": [*part.presentations]}
        return {"id": part.id, "label": self._say(part.label), **opens}

    def _finding(self, finding: Finding) -> Data:
        data: Data = {"id": finding.id, "of": finding.presentation, "label": self._say(finding.label)}
        data["ask"] = self._say(finding.ask)
        if finding.how:
            data["how"] = self._say(finding.how)
        if finding.kind is not Kind.YES_NO:
            data |= {"kind": finding.kind.value, "none": finding.none}
            data["options"] = [{"value": option.value, "label": self._say(option.label)} for option in finding.options]
        if finding.kind is Kind.NUMBER:
            data |= {"least": finding.least, "most": finding.most}
        if finding.nature is not Nature.DANGER:
            data["nature"] = finding.nature.value
        if finding.unsure is not Level.AMBULANCE:
            data["unsure"] = int(finding.unsure)
        if finding.ages:
            data["ages"] = sorted(finding.ages)
        if finding.opens:
            data["opens"] = [*finding.opens]
        if finding.asked_by:
            data["asked_by"] = [[*group] for group in finding.asked_by]
        marks = ("settled_by", "settles", "how_alone", "former", "policy")
        return data | {name: mark for name in marks if (mark := getattr(finding, name))}

    def _presentation(self, presentation: Presentation) -> Data:
        pages = []
        for plan in presentation.pages:
            page: Data = {"id": plan.id, "title": self._say(plan.title)}
            if plan.hint:
                page["hint"] = self._say(plan.hint)
            pages.append({**page, "findings": [*plan.findings]})
        return {
            "id": presentation.id,
            "title": self._say(presentation.title),
            "section": presentation.evidence_section,
            "pages": pages,
            "rules": [self._rule(rule) for rule in presentation.rules],
            "advice": {name: self._advice(entry) for name, entry in presentation.advice.items()},
            "sooner_if": [self._say(line) for line in presentation.sooner_if],
            **({"policy": presentation.policy} if presentation.policy else {}),
        }

    def _rule(self, rule: Rule) -> Data:
        data: Data = {"id": rule.id, "of": rule.presentation, "when": condition_as_data(rule.when)}
        if rule.raises:
            data |= {"raises": sorted(int(level) for level in rule.raises), "stage": rule.stage}
        else:
            data["level"] = int(rule.level)
        if rule.unsure is not Level.AMBULANCE:
            data["unsure"] = int(rule.unsure)
        if rule.otherwise:
            data["otherwise"] = True
        if rule.advice:
            data["advice"] = rule.advice
        return {**data, "because": self._say(rule.because), "facts": [*rule.evidence], "verified": rule.verified}

    def _advice(self, advice: Advice) -> Data:
        data: Data = {"first_aid": [self._say(line) for line in advice.first_aid]}
        data["dont"] = [self._say(line) for line in advice.dont]
        if advice.sport:
            data |= {"sport": int(advice.sport), "return_to_play": self._say(advice.return_to_play)}
        if advice.again:
            again = advice.again
            data["again"] = {"after_min": again.after_min, "words": self._say(again.words), "evidence": again.evidence}
        return data


def condition_as_data(condition: Condition) -> Data:
    """One node of a rule's `when` as an object with a single key, which names its kind."""
    match condition:
        case Is(finding, values):
            return {"is": [finding, sorted(values, key=str)]}
        case AtLeast(finding, number):
            return {"at_least": [finding, number]}
        case NotReassured(names):
            return {"not_reassured": [*names]}
        case AgeIn(bands):
            return {"age": sorted(bands)}
        case Complaint(presentations):
            return {"complaint": sorted(presentations)}
        case All(parts):
            return {"all": [condition_as_data(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [condition_as_data(part) for part in parts]}
    raise TypeError(f"a condition that no other engine would understand: {type(condition).__name__}")


def _in_rows(rules: RuleSet, finding: str) -> Data:
    """What decides the row in which it is asked, where that is not the usual."""
    urgency = urgency_of(rules, finding)
    data: Data = {"part": True} if may_be_part(rules, finding) else {}
    return data if urgency == Level.CLINICIAN else {**data, "urgency": urgency}
