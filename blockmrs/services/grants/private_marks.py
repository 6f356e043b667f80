"""What the rules mark as what not everybody should see: of the mind, a pregnancy, or harm done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blockmrs.domain.triage.oneself import for_oneself

if TYPE_CHECKING:
    from blockmrs.domain.reports import Report
    from blockmrs.domain.triage.rules import RuleSet


class PrivateMarks:
    """What the rules mark as what not everybody should see: findings, complaints, and the titles of those."""

    def __init__(self, rules: RuleSet) -> None:
        self._findings = {name for name, finding in rules.findings.items() if finding.policy}
        self._complaints = {name for name, presentation in rules.presentations.items() if presentation.policy}
        # Some are called otherwise in a report about oneself.
        self._titles = {
            presentation.title
            for variant in (for_oneself(rules), rules)
            for presentation in variant.presentations.values()
            if presentation.policy
        }

    def on(self, report: Report) -> bool:
        """Whether the report says something that is marked, other than a plain no."""
        return any(
            (finding.finding in self._findings and finding.answer != "no") or finding.answer in self._titles
            for finding in report.findings
        )

    def among(self, concerns: tuple[str, ...]) -> bool:
        """Whether one of what a list says that a report is about (domain/concerns.py) is marked."""
        return not (self._findings | self._complaints).isdisjoint(concerns)
