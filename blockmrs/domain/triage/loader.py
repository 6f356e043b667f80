"""The rule files become a RuleSet, or an error that names the file and what is wrong in it.

Strict on purpose: an unknown key, id or level, a question that nobody asks, or a reassuring answer used as a danger,
stops the loading. Wrong rules are worse than none: without rules the page still says whom to call.
"""

import hashlib
import json
import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from blockmrs.domain.triage.reader import SIGNS_FILE, RulesUnreadable, Table, rules_from
from blockmrs.domain.triage.rules import RuleSet

__all__ = ["RulesUnreadable", "content_of_rules", "load_check_rules", "load_rules", "read_rules"]

_NOT_CONTENT = ("version", "date", "history", "reviewed_by")
_DIGEST_CHARACTERS = 16


@cache
def load_rules() -> RuleSet:
    """The rules that are shipped with the package, read once.

    Raises:
        RulesUnreadable: naming the file and the first thing wrong.
    """
    return read_rules(files("blockmrs.domain.triage") / "protocols")


@cache
def load_check_rules() -> RuleSet:
    """The same, together with the checks of the days after, which `/field` never asks.

    Raises:
        RulesUnreadable: naming the file and the first thing wrong.
    """
    shipped = files("blockmrs.domain.triage")
    return read_rules(shipped / "protocols", shipped / "follow_up")


def read_rules(*folders: Traversable) -> RuleSet:
    """The rules in `folders`: `signs.toml`, and one file for each presentation, named after it."""
    tables = {name: _parse(source, name) for folder in folders for name, source in _rule_files(folder)}
    if SIGNS_FILE not in tables:
        raise RulesUnreadable("a rule file is missing", file=SIGNS_FILE)
    return rules_from(tables)


def content_of_rules() -> str:
    """The digest of every question, rule and text that is shipped: what a clinician signs.

    It covers neither who has signed, nor the version's name, nor how the files are laid out. SHA-256 of the parsed
    files as JSON with its keys in order, the first 16 hexadecimal characters.
    """
    shipped = files("blockmrs.domain.triage")
    folders = (shipped / "protocols", shipped / "follow_up")
    tables = {name: _content(_parse(source, name)) for folder in folders for name, source in _rule_files(folder)}
    text = json.dumps(tables, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:_DIGEST_CHARACTERS]


def _content(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _content(part) for key, part in value.items() if key not in _NOT_CONTENT}
    return [_content(part) for part in value] if isinstance(value, list) else value


def _rule_files(folder: Traversable) -> list[tuple[str, Traversable]]:
    try:
        files = [(entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".toml")]
    except OSError as error:
        raise RulesUnreadable("the rule files cannot be read", reason=type(error).__name__) from error
    return sorted(files, key=lambda entry: entry[0])


def _parse(source: Traversable, name: str) -> Table:
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RulesUnreadable("a rule file cannot be read", file=name, reason=str(error)) from error
