"""Who may do what with a report: the one place that decides, for pages, programs and commands alike.

A person's *standing* towards a report comes from what their keys could open; this module only says what follows.
"""

from enum import Enum

from blockmrs.domain.senders import Standing as Sender
from blockmrs.errors import Ended, NotAuthorized, NotFound


class Standing(Enum):
    """What somebody is to one report."""

    AUTHOR = "author"
    FORMER_AUTHOR = "former author"  # wrote it, but may no longer act with the card that it is about
    SUBJECT = "subject"  # the player, or a guardian who acts for them
    RECIPIENT = "recipient"
    FORMER_RECIPIENT = "former recipient"
    STRANGER = "stranger"


class Action(Enum):
    """What somebody wants to do with one report."""

    READ = "read"
    FOLLOW = "read what follows it"
    SEE_WHO_LOOKED = "see who looked"
    SHARE = "share"
    STOP_SHARE = "stop a share"
    MAKE_CODE = "make a code"
    STOP_CODE = "stop a code"
    RELEASE_TO_FAMILY = "release to the family"
    CHECK_SYMPTOMS = "check symptoms"
    CLEAR_FOR_SPORT = "clear for sport"
    REPLY = "reply"


_ALLOWED = {
    # Who wrote the report, or acts for the player, never clears them for sport, nor answers themselves: not even as a
    # member of a clinic.
    Standing.AUTHOR: frozenset(Action) - {Action.CLEAR_FOR_SPORT, Action.REPLY},
    # What is about somebody is theirs to show and to end, whoever wrote it; what is kept from them they never see.
    Standing.SUBJECT: frozenset(Action) - {Action.RELEASE_TO_FAMILY, Action.CLEAR_FOR_SPORT, Action.REPLY},
    Standing.RECIPIENT: frozenset({Action.READ, Action.FOLLOW, Action.CLEAR_FOR_SPORT, Action.REPLY}),
    # Their own words stay theirs; what came after does not.
    Standing.FORMER_AUTHOR: frozenset({Action.READ}),
}


def require(action: Action, standing: Standing) -> None:
    """Return if somebody with `standing` may do `action`.

    Raises:
        NotFound: a stranger, who must not learn whether the report exists.
        Ended: a former recipient or author, who knows of it but no longer may.
        NotAuthorized: they may read it, but not do this.
    """
    if standing is Standing.STRANGER:
        raise NotFound("no such report")
    if standing is Standing.FORMER_RECIPIENT:
        raise Ended("this share has ended")
    if action not in _ALLOWED[standing] and standing is Standing.FORMER_AUTHOR:
        raise Ended("the author's part in what is about the player has ended")
    if action not in _ALLOWED[standing]:
        raise NotAuthorized("they may read this report, not change who sees it")


def require_acting_for(acts: bool) -> None:
    """Return if somebody acts, by its roll, for the card on whose behalf an object was kept: only they let it go.

    Raises:
        NotAuthorized: they don't, whatever keys they hold.
    """
    if not acts:
        raise NotAuthorized("only who acts for a card lets go what was kept for it")


def require_acting(standing: Standing) -> None:
    """Return if somebody with `standing` towards a record may share it whole, see those shares, and end them.

    Whoever wrote a report hands on that report; the record is the person's own.

    Raises:
        NotFound: a stranger to the person.
        NotAuthorized: they know the person, and do not act for them.
    """
    if standing is Standing.STRANGER:
        raise NotFound("you act for nobody with that name")
    if standing is not Standing.SUBJECT:
        raise NotAuthorized("only whoever acts for somebody shares their record")


def require_deciding(decides: bool) -> None:
    """Return if somebody's word counts on the roll of a card, so that they give what is on it, and end it.

    Raises:
        NotAuthorized: they act for it, and are a coach who let themselves in while another of the family is in.
    """
    if not decides:
        raise NotAuthorized("a coach who let themselves in gives no record while another of the family is in")


def require_handing_over(hands_over: bool) -> None:
    """Return if somebody may pass a card on to a new seed, by its roll.

    Raises:
        NotAuthorized: they don't act for it, or are a coach while one of the family is in.
    """
    if not hands_over:
        raise NotAuthorized("only who acts for a card passes it on to a new seed")


def require_unblocked(sender: Sender) -> None:
    """Return if an organisation's members may write to whoever sent it a report.

    Raises:
        NotAuthorized: the organisation blocked them; somebody there has to take that back first.
    """
    if sender is Sender.BLOCKED:
        raise NotAuthorized("the organisation blocked whoever sent this report")
