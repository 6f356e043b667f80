"""What a person told in their own words, and the complaints proposed for it, as contained in one posted form.

The text is taken out of the request before anything else is done with it, so that no form in the answer, including the
language switch, can carry it on. It is shown again only in its own box. What was proposed travels as ids: "Next"
without a tick asks again, and another language shows the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import tg

from blockmrs.controllers.field.wire import NEXT, PICK, Pairs
from blockmrs.domain.triage.pages import Choice
from blockmrs.domain.triage.routing import LONGEST_TEXT, MOST_PROPOSED, Proposal, without_controls
from blockmrs.errors import N_, InvalidInput

if TYPE_CHECKING:
    from blockmrs.domain.triage.rules import DangerSign
    from blockmrs.services.advice.interviews import TriageService

WORDS, OFFERED = "words", "offered"


@dataclass(frozen=True, slots=True)
class ProposalView:
    """What is proposed, as the page shows it: `pairs` carry it through "Next" without a tick."""

    complaints: tuple[Choice, ...]
    signs: tuple[DangerSign, ...]
    pairs: Pairs

    @property
    def title(self) -> str:
        """The heading of the page."""
        return N_("Which of these fits?") if self.complaints else N_("We found nothing for that")


def proposal_view(triage: TriageService, proposal: Proposal) -> ProposalView:
    """The page's own view of a proposal, with the danger signs in the order of the first screen."""
    titles = ((name, triage.rules.presentations[name].title) for name in proposal.presentations)
    return ProposalView(
        tuple(Choice(name, title) for name, title in titles),
        tuple(sign for sign in triage.rules.signs if sign.id in proposal.signs),
        tuple((OFFERED, name) for name in (*proposal.presentations, *proposal.signs)),
    )


@dataclass(frozen=True, slots=True)
class OwnWords:
    """One form of the page: what was typed, ticked and proposed before. `is_answer`: "Next" was pressed."""

    texts: tuple[str, ...]
    picked: tuple[str, ...]
    proposed_ids: tuple[str, ...]
    is_answer: bool

    @property
    def is_empty(self) -> bool:
        """Whether the form is entirely empty: then the page with the places comes."""
        return not (self.texts or self.proposed_ids or self.is_answer)

    @property
    def typed(self) -> str:
        """The text as the box may show it again: one line, no longer than is allowed."""
        return without_controls(" ".join("".join(self.texts).split())[:LONGEST_TEXT])

    def offers(self, triage: TriageService) -> Proposal | None:
        """What was proposed before and is known; None if nothing was."""
        signs = tuple(sign.id for sign in triage.rules.signs if sign.id in self.proposed_ids)
        known = [name for name in dict.fromkeys(self.proposed_ids) if name in triage.rules.presentations]
        return Proposal(tuple(known[:MOST_PROPOSED]), signs) if known else None

    def propose(self, triage: TriageService) -> Proposal:
        """What the words may mean or, without any, what was proposed before, so that another language shows the same.

        Raises:
            InvalidInput: nothing was written, or too much, or something that is not text.
        """
        offers = None if self.texts else self.offers(triage)
        if offers is not None:
            return offers
        if len(self.texts) != 1 or not self.texts[0].strip():
            raise InvalidInput("Write what is wrong, or choose it from the list", field=WORDS)
        proposal = triage.route(self.texts[0])
        for name in (*proposal.presentations, *proposal.signs):
            tg.request.POST.add(OFFERED, name)
        return proposal


def take_words() -> tuple[str, ...]:
    """What was typed into the box, which is thereby taken out of the request."""
    try:
        texts = tuple(text for text in tg.request.POST.getall(WORDS) if isinstance(text, str))
        if texts:
            del tg.request.POST[WORDS]
    except (UnicodeError, ValueError):
        return ()
    return texts


def read_own_words(texts: tuple[str, ...], pairs: Pairs) -> OwnWords:
    """The form's fields that are about the words."""
    picked = tuple(value for name, value in pairs if name == PICK)
    proposed_ids = tuple(value for name, value in pairs if name == OFFERED)
    return OwnWords(texts, picked, proposed_ids, ("answer", NEXT) in pairs)
