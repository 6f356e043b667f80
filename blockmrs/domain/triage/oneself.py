"""The rules as somebody reads them about themselves: "I feel ill".

A rule file's table `oneself` gives, under a text that speaks of somebody else, the sentence for whoever is ill
themselves; what several files say alike stands in `signs.toml`. Only words differ, never a condition, a level or an
id, so that the advice cannot depend on who reads it. Reports keep the text about somebody else: others read them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any

from blockmrs.domain.triage.messages import SHOWN
from blockmrs.domain.triage.places import PLACE
from blockmrs.domain.triage.rules import Finding, Omission, RuleSet

FORMS = "oneself"
"""The table's name in a rule file."""
_UNREAD = ("changed", FORMS)
# What a rule asks for is the same object in both; the rest has no question or advice in it, or is keyed by text.
_SAME = ("when", "history", "oneself", "omissions")


def for_oneself(rules: RuleSet) -> RuleSet:
    """The same rules in the words for oneself; made once for each rule set."""
    known = rules.derivations.get(_ForOneself)
    if known is None:
        own = _in_words(rules, rules.oneself)
        own = replace(own, omissions=_omissions(rules), findings=_with_care(own))
        known = rules.derivations[_ForOneself] = _ForOneself(own)
    return known.rules


class _ForOneself:
    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules


def forms_in(rules: RuleSet, presentation: str) -> tuple[tuple[str, str], ...]:
    """(text, form for oneself) of what a presentation says, each once; what belongs to none goes with `any`."""
    own = [known for known in rules.findings.values() if known.presentation == presentation]
    shared = (rules.words, rules.policies) if presentation == "any" else ()
    texts = dict.fromkeys(_texts_of((rules.presentations[presentation], *own, *shared)))
    return tuple((text, rules.oneself[text]) for text in texts if text in rules.oneself)


def _texts_of(value: Any) -> Iterator[str]:
    """Every text in the value that may have a form, and some that cannot, such as ids."""
    if type(value) is str:
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts_of(part)
    elif isinstance(value, Mapping):
        yield from _texts_of(tuple(value.values()))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from _texts_of(tuple(getattr(value, part.name) for part in fields(value) if part.name not in _SAME))


def _with_care(rules: RuleSet) -> Mapping[str, Finding]:
    """The questions; what must not frighten says more beside its label: nobody else is there to say it."""
    return MappingProxyType(
        {
            name: replace(finding, how_alone=False)
            if finding.policy or rules.presentations[finding.presentation].policy
            else finding
            for name, finding in rules.findings.items()
        }
    )


def _omissions(rules: RuleSet) -> Mapping[str, tuple[Omission, ...]]:
    """What is left out with which answers, by the text as it is read about oneself."""
    merged: dict[str, tuple[Omission, ...]] = {}
    for text, omissions in rules.omissions.items():
        own = rules.oneself.get(text, text)
        merged[own] = (*merged.get(own, ()), *_in_words(omissions, rules.oneself))
    return MappingProxyType(merged)


def _in_words(value: Any, forms: Mapping[str, str]) -> Any:
    """The value with every text in it that has a form in that form."""
    if isinstance(value, str):
        # Levels, kinds and natures are their own types, and an id is never a sentence.
        return forms.get(value, value) if type(value) is str else value
    if isinstance(value, tuple):
        return tuple(_in_words(part, forms) for part in value)
    if isinstance(value, Mapping):
        return MappingProxyType({key: _in_words(part, forms) for key, part in value.items()})
    if is_dataclass(value) and not isinstance(value, type):
        names = [part.name for part in fields(value) if part.name not in _SAME]
        return replace(value, **{name: _in_words(getattr(value, name), forms) for name in names})
    return value


def wrong_forms(tables: Mapping[str, Mapping[str, Any]], shared: str) -> Iterator[tuple[str, str, str]]:
    """(file, reason, text) of each form that could never be shown, or would say something else.

    Args:
        shared: the file whose forms are for the texts of all files.
    """
    texts = {name: set(shown_texts(table)) for name, table in tables.items()}
    everywhere = set().union(*texts.values())
    earlier: set[str] = set()
    for name, table in tables.items():
        for text, form in table.get(FORMS, {}).items():
            if text not in (everywhere if name == shared else texts[name]):
                yield name, "a form for oneself is of a text that is not there", text
            elif not isinstance(form, str) or not form.strip() or form == text:
                yield name, "a form for oneself is no other sentence", text
            elif text in earlier:
                yield name, "a text has two forms for oneself", text
            elif sorted(PLACE.findall(text)) != sorted(PLACE.findall(form)):
                yield name, "a form for oneself has other places", text
            earlier.add(text)


def shown_texts(value: Any, *, shown: bool = False) -> Iterator[str]:
    """The texts in a parsed rule file that people read, but for its history and its forms for oneself."""
    if isinstance(value, str) and shown:
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from shown_texts(entry, shown=shown)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            if key not in _UNREAD:
                yield from shown_texts(entry, shown=shown or key in SHOWN)
