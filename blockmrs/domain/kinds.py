"""The closed sets of words that are written into what people sign. Each value is the text on the wire.

Whoever reads keeps what a later version may write, as text: an unknown word equals none of these.
"""

from enum import IntEnum, StrEnum


class Relation(StrEnum):
    """What somebody is to a card, by an appointment or on its roll."""

    HOLDER = "holder"  # made the provisional card, in an appointment to themselves
    SELF = "self"  # is the person whom the card stands for
    GUARDIAN = "guardian"
    MEMBER = "member"  # of the organisation that the card stands for
    COACH = "coach"  # on a roll: made the card
    PREDECESSOR = "predecessor"  # on a roll: the card that this one follows


FAMILY_RELATIONS = (Relation.SELF, Relation.GUARDIAN)
"""What somebody can be to a person whose keys they hold for good."""
APPOINTED = (Relation.HOLDER, *FAMILY_RELATIONS, Relation.MEMBER)
"""What an appointment can say; a coach is on the roll alone."""


class Scope(IntEnum):
    """How much a grant gives. What a reader does not know it passes over."""

    UPDATE = 0
    STANDING = 2  # all from now on, as far as its terms say; 1 is reserved
    BUNDLE = 3  # the updates that its bundle lists
    CHECKPOINT = 4  # to oneself: where what stood on a line by then is to be opened
    RENEWAL = 5  # nothing: where an update is that was sealed anew, for whoever may read it by another grant


class Purpose(StrEnum):
    """Why something is written or shared, as its author says."""

    CARE = "care"
    SECOND_OPINION = "second opinion"
    SPORT = "sport"
    INSURANCE = "insurance"
    OTHER = "other"


class Content(StrEnum):
    """What kind an update is; the grants by which its author gives it name it as their purpose."""

    REPORT = "report"
    FACTS = "facts"
    ROSTER = "roster"
    CHECK = "symptom-check"
    CLEARANCE = "clearance"
    REPLY = "reply"
    CREW_FACTS = "crew-facts"


RELEASED = "family"
"""The purpose of the note, in its author's own book, that a withheld report was released to the family."""


class InvitationKind(StrEnum):
    """What an invitation code lets somebody do."""

    FAMILY = "family"
    STAFF = "staff"
