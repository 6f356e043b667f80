"""Organisations, their staff, and the directory, which lists nobody else.

An organisation is a card whose seed is sealed to each member. The operator adds it; its first member, and every
later one, comes by invitation. Somebody who has left keeps the seed until keys are rotated: so everything that is asked
for in the name of an organisation goes through `memberships`, which also asks `Staff`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from blockmrs.chain.lines import one_time_seed_at, slot_at
from blockmrs.chain.transaction import Kind
from blockmrs.crypto.keys import Keyring, new_seed
from blockmrs.domain.kinds import InvitationKind, Relation
from blockmrs.domain.sharing import Introduction
from blockmrs.errors import InvalidInput, NotFound, ObjectMissing, Unavailable
from blockmrs.model.organisations import ANY_STAFF, DoorbellTokenRow, OrganisationRow, StaffRow
from blockmrs.services.accounts.passwords import check_display_name
from blockmrs.services.lines.saving import committed
from blockmrs.services.people.staff import Staff

if TYPE_CHECKING:
    from datetime import datetime

    from blockmrs.encoding import Value
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.invitations import Invitations
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox, MissingKeys

_TOKENS = 64
_FEW_TOKENS = 16
_AT_ONCE = 500  # how many values one statement has; SQLite allows more


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as the directory shows it, with its members' names."""

    card_id: bytes
    name: str
    place: str
    staff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DoorbellToken:
    """One place on a doorbell line, at which to introduce oneself."""

    slot: bytes
    one_time_seed: bytes


class Organisations:
    """Adds organisations; invites and lists; hands out doorbell tokens. `staff` keeps the memberships."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        invitations: Invitations,
        is_closing: Callable[[bytes], bool] = lambda _card: False,
    ) -> None:
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._invitations = invitations
        self.staff = Staff(database, mailbox, is_closing)

    def add(self, name: str, place: str = "") -> str:
        """Add an organisation to the directory; returns the invitation code for its first member.

        If one with this name has no member yet, it is made afresh with a new code: nobody could open the old one once
        its code has expired.
        """
        name = check_display_name(name, "name")
        place = check_display_name(place, "place") if place.strip() else ""
        if self._has_staff(name):
            raise _exists()
        seed = new_seed()
        keyring = Keyring.from_seed(seed)
        batch = self._mailbox.batch()
        self._cards.publish(batch, keyring)
        try:
            with committed(self._database, batch) as rows:
                _remove_without_staff(rows, name)
                rows.add(OrganisationRow(card_id=keyring.card.id, name=name, place=place, doorbell_issued=_TOKENS))
                rows.flush()
                for number in range(_TOKENS):
                    rows.add(_token(keyring, number))
        except IntegrityError as error:
            raise _exists() from error
        return self._invitations.make({0: InvitationKind.STAFF.value, 1: seed, 2: name})

    def invited_until(self) -> datetime:
        """When an invitation that is made now stops working."""
        return self._invitations.until()

    def invite(self, actor: Actor, organisation_id: bytes) -> str:
        """An invitation code for another member, by somebody who manages members; it works as long as they do."""
        organisation = self.membership(actor, organisation_id)
        self.staff.require_manager(actor, organisation_id)
        made_at = self._mailbox.log_size
        return self._invitations.make(
            {
                0: InvitationKind.STAFF.value,
                1: organisation.seed,
                2: organisation.label,
                3: actor.keyring.card.id,
                4: made_at,
            }
        )

    def accept(self, actor: Actor, code: str, address: str) -> Organisation:
        """Make the actor a member: the organisation appoints their card, and the directory lists them."""
        with self._invitations.one_at_a_time(code):
            return self._accept(actor, code, address)

    def _accept(self, actor: Actor, code: str, address: str) -> Organisation:
        spelled, content = self._invitations.open(code, address, actor)
        seed = content.get(1)
        if content.get(0) != InvitationKind.STAFF or not isinstance(seed, bytes):
            raise NotFound("no invitation opens with this code")
        label = str(content.get(2, ""))
        card_id, mine = Keyring.from_seed(seed).card.id, actor.keyring.card.id
        self.find(card_id)
        invited_by, made_at = _made_by(content)
        self.staff.require_invitation(card_id, invited_by, made_at, mine)
        self._invitations.claim(actor, spelled)
        batch = self._mailbox.batch()
        self._mailbox.appoint(batch, seed, label, Relation.MEMBER, actor.keyring)
        with committed(self._database, batch) as rows:
            self._invitations.use(rows, spelled)
            # Once more, now that nobody else writes: whoever invited them may have left meanwhile.
            self.staff.require_invitation(card_id, invited_by, made_at, mine, rows)
            self.staff.join(rows, actor, card_id)
        self.staff.state(actor, card_id)
        return self.find(card_id)

    def memberships(self, actor: Actor, gaps: list[str] | None = None) -> list[EntrustedKeys]:
        """The organisations in the directory of which the actor is a member now.

        Others are skipped: otherwise anybody with a doorbell token could make anyone a member of anything, and those
        who have left still hold the keys. `gaps` receives a word for each whose keys are not here; without it,
        ObjectMissing is raised.
        """
        not_here: list[MissingKeys] = []
        appointed = [
            entry for entry in self._mailbox.appointed(actor.keyring, not_here) if entry.relation == Relation.MEMBER
        ]
        current = self.staff.organisations_of(actor.keyring.card.id) if appointed or not_here else set()
        missing = [
            entry.relation for entry in not_here if entry.relation == Relation.MEMBER and entry.card_id in current
        ]
        if missing and gaps is None:
            raise ObjectMissing("the keys of an organisation are not here")
        (gaps if gaps is not None else []).extend(missing)
        return [entry for entry in appointed if entry.keyring.card.id in current]

    def membership(self, actor: Actor, organisation_id: bytes) -> EntrustedKeys:
        """The actor's membership of one organisation; NotFound for everybody else."""
        gaps: list[str] = []
        for organisation in self.memberships(actor, gaps):
            if organisation.keyring.card.id == organisation_id:
                return organisation
        if gaps:
            raise ObjectMissing("the keys of an organisation are not here")
        raise NotFound("no such organisation")

    def directory(self) -> list[Organisation]:
        """Every listed organisation with its listed staff, by name."""
        with self._database.read() as rows:
            staff: dict[bytes, list[str]] = {}
            for row in rows.scalars(select(StaffRow)):
                if row.until_place is None:
                    staff.setdefault(row.organisation_id, []).append(row.name)
            return [
                Organisation(entry.card_id, entry.name, entry.place, tuple(sorted(staff.get(entry.card_id, []))))
                for entry in rows.scalars(select(OrganisationRow).order_by(OrganisationRow.name))
            ]

    def find(self, card_id: bytes) -> Organisation:
        """One organisation of the directory; NotFound if it is not listed."""
        with self._database.glance() as rows:
            row = rows.get(OrganisationRow, card_id)
            if row is None:
                raise NotFound("no such organisation")
            organisation = Organisation(row.card_id, row.name, row.place)
        names = sorted(one.name for one in self.staff.of(card_id) if one.is_current)
        return replace(organisation, staff=tuple(names))

    def find_named(self, name: str) -> Organisation:
        """The organisation with exactly that name; NotFound if none is listed."""
        with self._database.read() as rows:
            row = rows.scalar(select(OrganisationRow).where(OrganisationRow.name == name.strip()))
        if row is None:
            raise NotFound("no organisation has that name: see list-organisations")
        return self.find(row.card_id)

    def names(self) -> list[str]:
        """Every name in the directory: those of organisations and of their members."""
        directory = self.directory()
        return [entry.name for entry in directory] + [name for entry in directory for name in entry.staff]

    def listed(self, card_ids: Iterable[bytes]) -> dict[bytes, str]:
        """By card id, the name and organisation of those who are members of one now."""
        cards, names = list(card_ids), {}
        with self._database.read() as rows:
            for start in range(0, len(cards), _AT_ONCE):
                these = select(StaffRow).where(StaffRow.card_id.in_(cards[start : start + _AT_ONCE]))
                for row in rows.scalars(these):
                    if row.until_place is None:
                        organisation = rows.get_one(OrganisationRow, row.organisation_id)
                        names[row.card_id] = f"{row.name}, {organisation.name}"
        return names

    def had_members(self) -> bool:
        """Whether anybody has ever been a member of any organisation."""
        with self._database.glance() as rows:
            return bool(rows.all(ANY_STAFF))

    def doorbell_issued(self, organisation_id: bytes) -> int:
        """How many doorbell tokens the directory ever held for this organisation: how far its members must read."""
        with self._database.glance() as rows:
            return rows.get_one(OrganisationRow, organisation_id).doorbell_issued

    def take_token(self, organisation_id: bytes) -> DoorbellToken:
        """A doorbell token, handed out once; only the last one is reused, which costs no more than unlinkability."""
        with self._database.write() as rows:
            tokens = rows.scalars(
                select(DoorbellTokenRow)
                .where(DoorbellTokenRow.organisation_id == organisation_id)
                .order_by(DoorbellTokenRow.token_id)
                .limit(2)
            ).all()
            if not tokens:
                raise Unavailable("this organisation cannot be reached now")
            token = DoorbellToken(tokens[0].slot, tokens[0].one_time_seed)
            if len(tokens) > 1:
                rows.delete(tokens[0])
            return token

    def introduce(self, batch: Batch, keyring: Keyring, party: str, organisation: Organisation) -> bytes:
        """The line from `keyring` to an organisation; if it is new, `batch` introduces it at the doorbell.

        `party` is the writer's name, as told to the organisation.
        """
        line_key = keyring.line_to(organisation.card_id)
        if batch.next_on(line_key) is not None or self._mailbox.length(line_key):
            return line_key
        card, pointer = self._cards.find(organisation.card_id), self._cards.pointer(keyring.card.id)
        token = self.take_token(card.id)
        batch.add_at(
            Kind.INTRODUCE,
            Introduction(pointer, line_key=line_key, party=party).to_fields(),
            author=keyring,
            recipient_id=card.id,
            recipient_key=card.sealing_key,
            slot=token.slot,
            one_time_seed=token.one_time_seed,
        )
        batch.add(
            Kind.INTRODUCE,
            Introduction(pointer, peer=card.id, party=organisation.name).to_fields(),
            author=keyring,
            recipient=keyring.card,
            line_key=keyring.own_line,
        )
        return line_key

    def top_up(self, keys: EntrustedKeys) -> None:
        """Issue more doorbell tokens if few are left; only a member's session can."""
        card_id = keys.keyring.card.id
        with self._database.read() as rows:
            if _has_enough_tokens(rows, card_id):
                return
        with self._database.write() as rows:
            # Somebody else may have issued some since.
            if _has_enough_tokens(rows, card_id):
                return
            organisation = rows.get_one(OrganisationRow, card_id)
            issued = organisation.doorbell_issued
            organisation.doorbell_issued = issued + _TOKENS
            for number in range(issued, issued + _TOKENS):
                rows.add(_token(keys.keyring, number))

    def _has_staff(self, name: str) -> bool:
        with self._database.read() as rows:
            row = rows.scalar(select(OrganisationRow).where(OrganisationRow.name == name))
            return row is not None and _had_members(rows, row.card_id)


def _has_enough_tokens(rows: Session, card_id: bytes) -> bool:
    left = select(func.count()).select_from(DoorbellTokenRow).where(DoorbellTokenRow.organisation_id == card_id)
    return (rows.scalar(left) or 0) >= _FEW_TOKENS


def _made_by(content: dict[int, Value]) -> tuple[bytes | None, int]:
    """Which member made an invitation, and where the log ended at the time; None for the site's administrator."""
    invited_by, made_at = content.get(3), content.get(4)
    if isinstance(invited_by, bytes) and isinstance(made_at, int):
        return invited_by, made_at
    return None, 0


def _had_members(rows: Session, card_id: bytes) -> bool:
    return rows.scalar(select(StaffRow).where(StaffRow.organisation_id == card_id).limit(1)) is not None


def _remove_without_staff(rows: Session, name: str) -> None:
    row = rows.scalar(select(OrganisationRow).where(OrganisationRow.name == name))
    if row is None:
        return
    if _had_members(rows, row.card_id):
        raise _exists()
    rows.execute(delete(DoorbellTokenRow).where(DoorbellTokenRow.organisation_id == row.card_id))
    rows.delete(row)
    rows.flush()


def _exists() -> InvalidInput:
    return InvalidInput("There is an organisation with this name already", field="name")


def _token(keyring: Keyring, number: int) -> DoorbellTokenRow:
    return DoorbellTokenRow(
        organisation_id=keyring.card.id,
        slot=slot_at(keyring.doorbell_line, number),
        one_time_seed=one_time_seed_at(keyring.doorbell_line, number),
    )
