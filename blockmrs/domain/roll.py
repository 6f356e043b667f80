"""The roll of a card: everybody who acts for it or made it, and every open invitation to do so, as signed statements.

Statements are only ever added, each signed by the card that makes it, and count in the order of the log. What a
statement does depends on who makes it and on how things are at its place, never on what it claims:

- The first of the family to join is in: there is nobody yet who could say yes. Everybody after that waits, whoever
  invited them, until only one of the family who is in can say yes.
- Whoever is in may end any coach, anybody who is waiting and any invitation. A coach may end their own part, and the
  invitations they made.
- No one person can end somebody of the family who is in: only they themselves, if somebody else stays, or all the
  others together, at least two.
- Ended is for good. Only somebody who is in can let a coach back in.
- A card that follows another begins with who was in on the other's roll, by the word of whoever handed over.

Whoever holds the card's seed can read the roll and add to it; nobody can take anything away or sign for somebody else.
That is why a coach, who holds the seed, cannot undo what the family said. Source: docs/protocol "The roll".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, IntEnum
from typing import TypeGuard

from blockmrs.domain.kinds import FAMILY_RELATIONS, Relation
from blockmrs.domain.sharing import Fields, clip
from blockmrs.encoding import Value
from blockmrs.errors import InvalidInput
from blockmrs.moments import from_ms, to_ms

ID_BYTES = 32


class Says(IntEnum):
    """What a statement does."""

    MADE = 1  # a coach enters themselves, having made the card and holding its seed
    INVITED = 2
    JOINED = 3
    KNOWN = 4  # a coach enters somebody who joined before there were rolls
    CONFIRMED = 5
    ENDED = 6
    CARRIED = 7  # who hands a card over enters on its successor's roll who was in on the old one


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a roll.

    `about` has 32 bytes: a card id, or an invitation's id. `name` is that of the person it is about, or of whoever
    invites; `relation` is what they are: a coach, or one of the family. `invitation` is the one that was accepted;
    `bell` a place on the doorbell of whoever joined, where what lets them act is left once somebody says yes.
    """

    says: Says
    about: bytes
    name: str = ""
    relation: str = ""
    invitation: bytes | None = None
    until: datetime | None = None
    bell: tuple[bytes, bytes] | None = None

    def to_fields(self, dependent: bytes) -> dict[int, Value]:
        """The fields of an `appoint` transaction on the roll of the card `dependent`."""
        fields: dict[int, Value] = {6: dependent, 12: int(self.says), 13: self.about}
        optional: dict[int, Value] = {
            9: str(self.relation),
            11: to_ms(self.until) if self.until else None,
            14: clip(self.name),
            15: self.invitation,
            16: self.bell[0] if self.bell else None,
            17: self.bell[1] if self.bell else None,
        }
        return fields | {key: value for key, value in optional.items() if value not in (None, "")}

    @classmethod
    def from_fields(cls, fields: Fields) -> "Statement":
        """The statement in `fields`, else InvalidInput."""
        says, about, until = fields.get(12), fields.get(13), fields.get(11)
        name, relation, invitation = fields.get(14, ""), fields.get(9, ""), fields.get(15)
        slot, seed = fields.get(16), fields.get(17)
        if not isinstance(says, int) or isinstance(says, bool) or says not in set(Says):
            raise InvalidInput("a statement of a later version")
        if not _is_id(about) or not (invitation is None or _is_id(invitation)):
            raise InvalidInput("a statement about nothing")
        if not isinstance(name, str) or not isinstance(relation, str) or len(name) > _NAME_LIMIT:
            raise InvalidInput("a statement with an unsuitable name")
        bell = (slot, seed) if _is_id(slot) and _is_id(seed) else None
        return cls(
            Says(says),
            about,
            name,
            relation,
            invitation,
            None if until is None else from_ms(until),
            bell,
        )


_NAME_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement as found in the log: who signed it, and the time of its block, which no writer can choose.

    `number` is its place among the statements of its roll, from 1.
    """

    statement: Statement
    author: bytes
    at: datetime
    number: int = 1


class Part(Enum):
    """What somebody is on a roll now."""

    IN = "in"
    WAITING = "waiting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody on the roll. `invited_by`, `confirmed_by`, `ended_by` are card ids, empty if nobody did.

    `number` is that of the statement that entered them, `changed` that of the last one to affect it; `against` lists
    those of the family who want it ended.
    """

    card: bytes
    name: str
    relation: Relation
    part: Part
    since: datetime
    number: int
    changed: int
    invited_by: bytes = b""
    confirmed_by: bytes = b""
    confirmed: datetime | None = None
    ended_by: bytes = b""
    ended: datetime | None = None
    against: frozenset[bytes] = frozenset()
    bell: tuple[bytes, bytes] | None = None

    @property
    def is_family(self) -> bool:
        """Whether they are the player, a parent or a guardian; otherwise a coach."""
        return self.relation in FAMILY_RELATIONS

    @property
    def is_subject(self) -> bool:
        """Whether they are the player themselves."""
        return self.relation == Relation.SELF


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that nobody has used yet. `invitation_id` finds its row; it reveals nothing of the code."""

    invitation_id: bytes
    made_by: bytes
    since: datetime
    until: datetime
    number: int
    closed: datetime | None = None
    used_by: bytes = b""

    def is_open(self, at: datetime) -> bool:
        """Whether somebody could still accept it."""
        return not self.used_by and self.closed is None and at < self.until


@dataclass(frozen=True, slots=True)
class Step:
    """A statement that took effect: something that happened to a part, or to an invitation, which has no `holder`.

    `holder` is the part as it was after that, so that what came later takes nothing of it away.
    """

    says: Says
    by: bytes
    at: datetime
    holder: Holder | None = None


@dataclass(slots=True)
class Roll:
    """Everybody who has a part in a card, by card id, and every invitation, by its id, in the order of the log.

    A coach who is also a parent is in both `family` and `coaches`, and each part ends separately. `steps` are how it
    came to be as it is, rights that ended and began again included. `handed_over_by` is the card id of who passed the
    record on to this card, empty for one that follows none.
    """

    family: dict[bytes, Holder] = field(default_factory=dict)
    coaches: dict[bytes, Holder] = field(default_factory=dict)
    invitations: dict[bytes, OpenInvitation] = field(default_factory=dict)
    began: bool = False
    length: int = 0
    handed_over_by: bytes = b""
    steps: list[Step] = field(default_factory=list)

    def name_of(self, card: bytes) -> str:
        """The name under which a card was entered; empty for a card that is not on the roll."""
        holder = self.family.get(card) or self.coaches.get(card)
        return "" if holder is None else holder.name

    def name_beginning(self, prefix: bytes) -> str:
        """The name under which the card whose id begins so was entered; empty for one that is not on the roll."""
        return next((self.name_of(card) for card in (*self.family, *self.coaches) if card.startswith(prefix)), "")

    def family_in(self) -> list[Holder]:
        """Those of the family who are in."""
        return [holder for holder in self.family.values() if holder.part is Part.IN]

    def deciding(self) -> list[Holder]:
        """Those of the family whose word counts; a coach who let themselves in counts only if nobody else is in."""
        return [holder for holder in self.family_in() if not self.let_themselves_in(holder)] or self.family_in()

    def decides(self, card: bytes) -> bool:
        """Whether the card belongs to one of those."""
        return any(holder.card == card for holder in self.deciding())

    def acts(self, card: bytes) -> bool:
        """Whether somebody of the family who was appointed for the card may act for it on this node.

        Those who joined before there were rolls are on none until somebody enters them, and act as before.
        """
        return self.family[card].part is Part.IN if card in self.family else not self.began

    def uses(self, card: bytes) -> bool:
        """Whether whoever made the card may still use it on this node, which lasts until they or the family end it."""
        return card not in self.coaches or self.coaches[card].part is Part.IN

    def is_in(self, card: bytes) -> bool:
        """Whether the card belongs to somebody of the family who is in."""
        return card in self.family and self.family[card].part is Part.IN

    def was_family(self, card: bytes) -> bool:
        """Whether the card belongs to somebody who is or was of the family; not to one who only waits.

        On a roll that has not begun, everybody who has the keys is.
        """
        return self.family[card].part is not Part.WAITING if card in self.family else not self.began

    def was_in(self, card: bytes, at: datetime) -> bool:
        """Whether the card belonged to one of the family, as `was_family`, whose part had not ended at that time."""
        if not self.was_family(card):
            return False
        ended = self.family[card].ended if card in self.family else None
        return ended is None or at < ended

    def hands_over(self, card: bytes) -> bool:
        """Whether that card may pass the record on to a new seed: its word counts here, and is nobody's in the family.

        While nobody of the family is in, a coach who is in may.
        """
        if self.family_in():
            return self.decides(card)
        return card in self.coaches and self.coaches[card].part is Part.IN

    def open_invitations(self, at: datetime) -> list[OpenInvitation]:
        """The invitations that have not been used or ended, and have not run out."""
        return [entry for entry in self.invitations.values() if entry.is_open(at)]

    def can_accept(self, invitation: OpenInvitation) -> bool:
        """Whether an invitation still lets somebody join, leaving its expiry aside."""
        return not invitation.used_by and invitation.closed is None and self.invites(invitation.made_by)

    def would_be_in(self, card: bytes) -> bool:
        """Whether somebody who joins now is in at once: they are in already, or there never was anybody to say yes.

        A coach who let themselves in does not count as one.
        """
        if card in self.family:
            return self.is_in(card)
        were_in = [holder for holder in self.family.values() if holder.part is not Part.WAITING]
        return all(self.let_themselves_in(holder) for holder in were_in)

    def may_confirm(self, who: bytes, holder: Holder) -> bool:
        """Whether `who` may say yes to that part: of somebody who is waiting, or of a coach whose part was ended."""
        part = Part.WAITING if holder.is_family else Part.ENDED
        return self.decides(who) and who != holder.card and holder.part is part

    def may_end(self, who: bytes, holder: Holder) -> bool:
        """Whether `who` may end that part or, for one of the family who is in, say that they want it ended."""
        if holder.part is Part.ENDED:
            return False
        if not holder.is_family:
            # Nobody may leave a record that nobody else would hold.
            return self.decides(who) or (who == holder.card and bool(self.family_in()))
        if holder.part is Part.WAITING:
            return who == holder.card or self.decides(who) or (holder.invited_by == who and self.invites(who))
        if who == holder.card:
            return len(self.family_in()) > 1
        return self.decides(who) and (len(self.others(holder)) > 1 or self.let_themselves_in(holder))

    def others(self, holder: Holder) -> set[bytes]:
        """Everybody whose word it takes to end somebody of the family who is in."""
        return {other.card for other in self.deciding() if other.card != holder.card}

    def may_close(self, who: bytes, invitation: OpenInvitation, at: datetime) -> bool:
        """Whether `who` may end that invitation."""
        return invitation.is_open(at) and (self.decides(who) or invitation.made_by == who)

    def invites(self, card: bytes) -> bool:
        """Whether that card may invite others: it must be in, as family or coach."""
        return self.is_in(card) or (card in self.coaches and self.coaches[card].part is Part.IN)

    def let_themselves_in(self, holder: Holder) -> bool:
        """Whether a coach joined by their own invitation, without anybody of the family saying yes."""
        return holder.card in self.coaches and holder.invited_by == holder.card and not holder.confirmed_by


@dataclass(frozen=True, slots=True)
class Before:
    """The roll of the card that this one follows, as it stood when it was handed over, and who did that (a card id)."""

    roll: Roll
    handed_over_by: bytes


def read_roll(entries: Iterable[Entry], before: Before | None = None) -> Roll:
    """The roll that these entries make, in the order of the log. A statement that may not be made has no effect.

    Args:
        before: for the roll of a card that follows another. It has begun: nobody comes in without the family's word.
    """
    roll = Roll() if before is None else Roll(began=True, handed_over_by=before.handed_over_by)
    for entry in entries:
        roll.length = entry.number
        if entry.statement.says is Says.CARRIED:
            _carried(roll, entry, before)
        else:
            _SAY[entry.statement.says](roll, entry)
    return roll


def _carried(roll: Roll, entry: Entry, before: Before | None) -> None:
    """Somebody who was in on the roll before is in on this one, by the word of who handed over; they come first."""
    statement, author = entry.statement, entry.author
    if before is None or author != before.handed_over_by:
        return
    part_of = (roll.coaches, before.roll.coaches), (roll.family, before.roll.family)
    parts, earlier = part_of[0 if statement.relation == Relation.COACH else 1]
    is_first = statement.about == author and not roll.family and not roll.coaches
    was = earlier.get(statement.about)
    if was is None or was.part is not Part.IN or statement.about in parts or not (is_first or roll.invites(author)):
        return
    # It is no step of this roll: how they came in, the other says.
    parts[was.card] = replace(was, number=entry.number, changed=entry.number)


def _made(roll: Roll, entry: Entry) -> None:
    statement = entry.statement
    if roll.handed_over_by:
        return  # Nobody makes a card that follows another: whoever was of the family would come back as a coach.
    if statement.about == entry.author and statement.about not in roll.coaches:
        roll.coaches[statement.about] = Holder(
            statement.about, statement.name, Relation.COACH, Part.IN, entry.at, entry.number, entry.number
        )
        _note(roll, entry, roll.coaches[statement.about])


def _invited(roll: Roll, entry: Entry) -> None:
    statement = entry.statement
    if roll.invites(entry.author) and statement.until is not None and statement.about not in roll.invitations:
        roll.began = True
        roll.invitations[statement.about] = OpenInvitation(
            statement.about, entry.author, entry.at, statement.until, entry.number
        )
        _note(roll, entry)


def _joined(roll: Roll, entry: Entry) -> None:
    statement = entry.statement
    if statement.about != entry.author or statement.relation not in FAMILY_RELATIONS:
        return
    invited_by, part = b"", Part.WAITING if roll.began else Part.IN
    if statement.invitation is not None:
        # Expiry is enforced by the node that opens the code: whoever claimed it in time may finish a day later.
        invitation = roll.invitations.get(statement.invitation)
        if invitation is None or not roll.can_accept(invitation):
            return
        roll.invitations[statement.invitation] = replace(invitation, used_by=statement.about)
        invited_by, part = invitation.made_by, Part.IN if roll.would_be_in(statement.about) else Part.WAITING
        if statement.about in roll.family and roll.family[statement.about].part is Part.ENDED:
            del roll.family[statement.about]
    # Without an invitation: they joined before there were rolls, and enter themselves. Not once others could have come.
    if statement.about not in roll.family:
        roll.family[statement.about] = Holder(
            statement.about,
            statement.name,
            Relation(statement.relation),
            part,
            entry.at,
            entry.number,
            entry.number,
            invited_by=invited_by,
            bell=statement.bell,
        )
        _note(roll, entry, roll.family[statement.about])


def _known(roll: Roll, entry: Entry) -> None:
    statement, maker = entry.statement, roll.coaches.get(entry.author)
    may = maker is not None and maker.part is Part.IN and not roll.began
    if may and statement.about not in roll.family and statement.relation in FAMILY_RELATIONS:
        roll.family[statement.about] = Holder(
            statement.about,
            statement.name,
            Relation(statement.relation),
            Part.IN,
            entry.at,
            entry.number,
            entry.number,
            invited_by=entry.author,
        )
        _note(roll, entry, roll.family[statement.about])


def _confirmed(roll: Roll, entry: Entry) -> None:
    parts, holder = _part_in(roll, entry.statement)
    if holder is not None and roll.may_confirm(entry.author, holder):
        parts[holder.card] = replace(
            holder,
            part=Part.IN,
            confirmed_by=entry.author,
            confirmed=entry.at,
            ended=None,
            ended_by=b"",
            changed=entry.number,
        )
        _note(roll, entry, parts[holder.card])


def _ended(roll: Roll, entry: Entry) -> None:
    about, author = entry.statement.about, entry.author
    invitation = roll.invitations.get(about)
    if invitation is not None:
        if roll.may_close(author, invitation, entry.at):
            roll.invitations[about] = replace(invitation, closed=entry.at)
            _note(roll, entry)
        return
    parts, holder = _part_in(roll, entry.statement)
    if holder is None or not roll.may_end(author, holder):
        return
    against = holder.against | {author}
    alone = author == about or holder.part is Part.WAITING or not holder.is_family or roll.let_themselves_in(holder)
    if not alone and not roll.others(holder) <= against:
        parts[about] = replace(holder, against=against, changed=entry.number)
        return
    parts[about] = replace(
        holder, part=Part.ENDED, ended=entry.at, ended_by=author, against=frozenset(), changed=entry.number
    )
    _note(roll, entry, parts[about])
    for open_one in roll.invitations.values():
        # An invitation ends with whoever made it.
        if open_one.made_by == about and open_one.is_open(entry.at) and not roll.invites(about):
            roll.invitations[open_one.invitation_id] = replace(open_one, closed=entry.at)
            _note(roll, entry)


def _note(roll: Roll, entry: Entry, holder: Holder | None = None) -> None:
    roll.steps.append(Step(entry.statement.says, entry.author, entry.at, holder))


def _part_in(roll: Roll, statement: Statement) -> tuple[dict[bytes, Holder], Holder | None]:
    """Where the part that a statement is about is listed, and that part."""
    parts = roll.coaches if statement.relation == Relation.COACH else roll.family
    return parts, parts.get(statement.about)


_SAY = {
    Says.MADE: _made,
    Says.INVITED: _invited,
    Says.JOINED: _joined,
    Says.KNOWN: _known,
    Says.CONFIRMED: _confirmed,
    Says.ENDED: _ended,
}


def _is_id(value: object) -> TypeGuard[bytes]:
    return isinstance(value, bytes) and len(value) == ID_BYTES
