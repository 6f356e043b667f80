"""What a report is about, in the few words that a list of reports has room for: its complaints, or its danger signs.

Each is the id of a presentation or of a danger sign, so that every reader has it in their own language.
"""

from blockmrs.domain.reports import Report
from blockmrs.domain.triage.oneself import for_oneself
from blockmrs.domain.triage.rules import RuleSet

MOST_CONCERNS = 3
COMPLAINTS = "complaints"
"""The finding under which a report names where it hurts, or what else is wrong."""


def concerns_of(report: Report, rules: RuleSet) -> tuple[str, ...]:
    """The ids of what somebody said is wrong, at most three; where nobody was asked, of the danger signs seen."""
    # Some are called otherwise in a report about oneself.
    by_title = {
        presentation.title: name
        for variant in (for_oneself(rules), rules)
        for name, presentation in variant.presentations.items()
    }
    answers = [finding.answer for finding in report.findings if finding.finding == COMPLAINTS]
    chosen = [by_title[answer] for answer in answers if answer in by_title]
    signs = {sign.id for sign in rules.signs}
    seen = [finding.finding for finding in report.findings if finding.finding in signs and finding.answer == "yes"]
    return tuple((chosen or seen)[:MOST_CONCERNS])


def concern_titles(concerns: tuple[str, ...], rules: RuleSet) -> tuple[str, ...]:
    """What these ids are called, in English; one that these rules do not know is left out."""
    signs = {sign.id: sign.label for sign in rules.signs}
    titles = [rules.presentations[name].title if name in rules.presentations else signs.get(name) for name in concerns]
    return tuple(title for title in titles if title)
