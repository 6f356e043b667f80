"""What a part of the advice is called in addresses: words of its title, not the short id of the rule files.

The ids stay what they are in the rules and in saved reports, and an address that was made from one leads on. An
address, once given, is not given to another part: people keep it.
"""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "abdo": "belly-pain",
    "abt": "hit-in-belly",
    "ana": "allergy-or-sting",
    "ank": "hurt-ankle-or-foot",
    "any": "more-urgent",
    "arm": "hurt-arm",
    "brth": "trouble-breathing",
    "chst": "hurt-chest",
    "comp": "arm-or-leg-tight-and-very-painful",
    "diab": "diabetes",
    "diz": "dizzy",
    "dv": "throws-up",
    "elec": "electric-shock",
    "fev": "fever",
    "hand": "hurt-hand",
    "head-check": "symptom-check",
    "heat": "too-hot",
    "kid": "sick-baby-or-child",
    "life": "danger-to-life",
    "limb": "hurt-arm-or-leg",
    "mh": "very-sad-scared-or-unsafe",
    "minor": "something-small",
    "na": "long-race",
    "other": "something-else",
    "preg": "pregnant",
    "rhab": "very-sore-muscles",
    "seiz": "had-a-seizure",
    "shin": "hurt-shin",
    "sho": "hurt-shoulder",
    "sick": "sickle-cell",
    "strk": "face-droops",
    "sync": "fainted",
    "thigh": "hurt-thigh",
    "tox": "poison",
    "urti": "throat-ear-nose-or-cough",
    "uti": "pee-hurts",
    "wnd": "bleeding-or-a-cut",
}
"""By id, where the id itself is no word that a reader knows."""

FORMER: Mapping[str, str] = {"limb-tight-and-painful": "comp", "had-a-fit": "seiz"}
"""The ids of the parts whose titles had other words, by the names made of those."""


def name_of(presentation: str) -> str:
    """The name of a part by its id."""
    return NAMES.get(presentation, presentation)


def anchor_of(rule: str) -> str:
    """The name of a rule, `<presentation>/<what it is about>`, within an address."""
    presentation, _, about = rule.partition("/")
    return f"{name_of(presentation)}-{about}"


def old_anchors_of(rule: str) -> tuple[str, ...]:
    """The names that a rule had before, made of its part's id or of earlier titles."""
    presentation, _, about = rule.partition("/")
    names = (presentation, *(name for name, part in FORMER.items() if part == presentation))
    return tuple(f"{name}-{about}" for name in names if name != name_of(presentation))
