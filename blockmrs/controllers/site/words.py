"""Words that are on pages of several doors."""

from __future__ import annotations

from blockmrs.domain.triage.rules import Level, RuleSet


def level_words(rules: RuleSet) -> dict[int, str]:
    """The words of each level, by number."""
    return {int(level): rules.level_words[level] for level in Level}
