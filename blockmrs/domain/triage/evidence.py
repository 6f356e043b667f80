"""What the rules rest on: the facts and their sources, for whoever reviews the advice. It decides no rule.

The file is the repository's own `docs/triage/evidence.toml`; the package has a link to it, which becomes a file in an
installed package.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from blockmrs.domain.triage.reader import RulesUnreadable, Table


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement of the evidence. `verified` is V (seen in print), V2 (in a paraphrase) or M (from memory).

    `level_ours`: the source says what is wrong; how urgent that is was our own choice.
    """

    id: str
    condition: str
    verified: str
    level_ours: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts come from. `how` says how it was read, with the letters of `Fact.verified` and remarks."""

    code: str
    title: str
    how: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All facts and sources, by id and by code."""

    facts: Mapping[str, Fact]
    sources: Mapping[str, Source]


@cache
def load_evidence() -> Evidence:
    """The evidence that is shipped with the package, read once.

    Raises:
        RulesUnreadable: it is missing, or not a file of this kind.
    """
    source = files("blockmrs.domain.triage") / "evidence.toml"
    try:
        return _evidence(tomllib.loads(source.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise RulesUnreadable("the evidence cannot be read", reason=type(error).__name__) from error


def _evidence(table: Table) -> Evidence:
    facts = [
        Fact(entry["id"], entry["condition"], entry["verified"], entry["level_ours"], tuple(entry["sources"]))
        for entry in table["fact"]
    ]
    sources = [Source(entry["code"], entry["title"], entry["how"]) for entry in table["source"]]
    return Evidence(
        MappingProxyType({fact.id: fact for fact in facts}), MappingProxyType({entry.code: entry for entry in sources})
    )
