"""A coach's team: roster and venues, as sealed updates in the coach's own record, and invitations to families.

No table names a player or a place. Each player has a provisional card whose seed stays with the coach; when a player or
guardian joins, the provisional card appoints them, and nothing is signed again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from blockmrs.chain.lines import one_time_seed_at, slot_at
from blockmrs.chain.transaction import Kind
from blockmrs.crypto.envelope import open_secret, seal_object, seal_secret
from blockmrs.crypto.keys import Keyring, new_seed
from blockmrs.domain.kinds import FAMILY_RELATIONS, Content, InvitationKind, Relation
from blockmrs.domain.roll import Part, Roll, Says, Statement
from blockmrs.domain.sharing import Appointment, Grant, Introduction, Pointer
from blockmrs.domain.venues import Plan, Venue
from blockmrs.encoding import decode, encode
from blockmrs.errors import (
    NOT_HERE,
    UNKNOWN,
    BlockMRSError,
    Conflict,
    Ended,
    InvalidInput,
    NotAuthorized,
    NotFound,
    ObjectMissing,
)
from blockmrs.errors import Message as Words
from blockmrs.model.accounts import AccountRow
from blockmrs.model.locks import KeyedLocks
from blockmrs.services.accounts.passwords import check_display_name
from blockmrs.services.grants.granting import LineTo, write_grant
from blockmrs.services.lines.contents import Sort
from blockmrs.services.lines.saving import committed
from blockmrs.services.lines.updates import write_update
from blockmrs.services.people.roster import MAX_PLAYERS, Details, Player, Team, check_details

if TYPE_CHECKING:
    from blockmrs.model.database import Database
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.invitations import Invitations
    from blockmrs.services.lines.batch import Batch
    from blockmrs.services.lines.cards import Cards
    from blockmrs.services.lines.mailbox import EntrustedKeys, Mailbox, Message, MissingKeys
    from blockmrs.services.people.rolls import Rolls
    from blockmrs.storage import ObjectStore

# More would make the roll slow to read, for the family and for every page about the player.
MAX_OPEN_INVITATIONS = 50


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """Somebody who joined for a player: their name, what they are to the player, and their card's id."""

    name: str
    relation: Relation
    card: bytes = b""
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class FamilyInvitation:
    """What an invitation says before it is accepted; `waiting`, once it has been: one of the family must say yes."""

    player: str
    team: str
    coach: str
    waiting: bool = False


@dataclass(slots=True)
class ProvisionalCard:
    """A card made for somebody without an account."""

    keyring: Keyring
    secret: Pointer
    seed: bytes = field(repr=False)


class Teams:
    """The roster and its invitations."""

    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        cards: Cards,
        near: ObjectStore,
        invitations: Invitations,
        rolls: Rolls,
    ) -> None:
        self._rolls = rolls
        self._database = database
        self._mailbox = mailbox
        self._cards = cards
        self._near = near
        self._invitations = invitations
        self._locks = KeyedLocks(database, "roster")

    def team(self, actor: Actor) -> Team:
        """The actor's team as last saved; an empty one before the first."""
        grant = self._latest(actor)
        if grant is None:
            return Team()
        update = self._mailbox.read(grant, actor.keyring.card.id, near=True)
        content = json.loads(update.body)
        players = tuple(Player.from_content(player) for player in content["players"])
        # Written without venues before there were any.
        plan = Plan(tuple(Venue(**venue) for venue in content.get("venues", [])), content.get("today", ""))
        return Team(content["name"], players, grant.update_id.hex(), plan)

    def player(self, actor: Actor, player_id: str) -> Player:
        """One player of the actor's roster."""
        return _player_of(self.team(actor), player_id)

    def rename(self, actor: Actor, name: str, version: str) -> Team:
        """The team under a new name."""
        named = check_display_name(name, "team_name")
        with self._locks.hold(actor.account_id):
            team = self._checked(actor, version)
            return self._save(actor, replace(team, name=named), self._mailbox.batch())

    def add_player(self, actor: Actor, name: str, number: str, version: str) -> Team:
        """The team with one more player, who gets a provisional card."""
        return self.add_players(actor, [(number, name)], version)

    def add_players(self, actor: Actor, added: Sequence[Details | tuple[str, str]], version: str) -> Team:
        """The team with more players, each with at least a shirt number and a name: either all of them, or none."""
        checked = [check_details(Details(*details), self._this_year()) for details in added]
        with self._locks.hold(actor.account_id):
            team = self._checked(actor, version)
            if len(team.players) + len(checked) > MAX_PLAYERS:
                refusal = Words("A team has %(most)d players at most", most=MAX_PLAYERS)
                raise InvalidInput(refusal, field="player_name")
            team.check_free(checked)
            batch = self._mailbox.batch()
            players = tuple(self._new_player(batch, actor, details) for details in checked)
            return self._save(actor, replace(team, players=(*team.players, *players)), batch)

    def change_player(self, actor: Actor, player_id: str, details: Details, version: str) -> Team:
        """The team with other details of one player, who must still have this `version`; others may have changed.

        Repeating it with the same details changes nothing.

        Raises:
            InvalidInput: a field is wrong, or the number is another player's.
            NotFound: there is no such player any more.
            Conflict: the player was changed elsewhere in the meantime.
            Ended: the family ended the coach's part.
        """
        checked = check_details(details, self._this_year())
        with self._locks.hold(actor.account_id):
            team = self.team(actor)
            player = _player_of(team, player_id)
            self.check_part(actor, player)
            if player.details == checked:
                return team
            if player.version != version:
                raise Conflict("the player was changed elsewhere in the meantime")
            team.check_free([checked], besides=player)
            changed = tuple(player.with_details(checked) if one == player else one for one in team.players)
            return self._save(actor, replace(team, players=changed), self._mailbox.batch())

    def check_part(self, actor: Actor, player: Player) -> None:
        """Raise Ended if the family ended the coach's part in what is about the player."""
        if not self.may_use(actor, self.holding(player)):
            raise Ended("the family ended the coach's part")

    def remove_player(self, actor: Actor, player_id: str, version: str) -> Team:
        """The team without one player; reports about them stay."""
        with self._locks.hold(actor.account_id):
            team = self._checked(actor, version)
            left = tuple(player for player in team.players if player.player_id != player_id)
            if len(left) == len(team.players):
                raise NotFound("no such player on this roster")
            return self._save(actor, replace(team, players=left), self._mailbox.batch())

    def change_plan(self, actor: Actor, change: Callable[[Plan], Plan]) -> Team:
        """The team with the plan that `change` makes of the saved one; nothing is written if it is the same."""
        with self._locks.hold(actor.account_id):
            team = self.team(actor)
            plan = change(team.plan)
            return team if plan == team.plan else self._save(actor, replace(team, plan=plan), self._mailbox.batch())

    def make_provisional(self, batch: Batch, actor: Actor, name: str) -> ProvisionalCard:
        """A card for somebody without an account; its seed stays on the actor's own line."""
        seed = new_seed()
        keyring = Keyring.from_seed(seed)
        self._cards.publish(batch, keyring)
        secret = batch.keep_near(seal_object(encode({0: seed, 1: name}), chain_id=self._mailbox.chain_id))
        batch.add(
            Kind.APPOINT,
            Appointment(keyring.card.id, secret, Relation.HOLDER, self._mailbox.moment()).to_fields(),
            author=actor.keyring,
            recipient=actor.keyring.card,
            line_key=actor.keyring.own_line,
        )
        return ProvisionalCard(keyring, secret, seed)

    def holding(self, player: Player) -> EntrustedKeys:
        """The provisional card's keys, which the coach holds."""
        return self._mailbox.keys_at(player.secret, player.card_id, Relation.HOLDER)

    def can_hold(self, player: Player) -> bool:
        """Whether the provisional card's keys can be read here now."""
        try:
            self.holding(player)
        except UNKNOWN:
            return False
        return True

    def invite_family(self, actor: Actor, player_id: str) -> str:
        """A code with which the player or a guardian joins: the first at once, others when the family says yes.

        Raises:
            NotAuthorized: the family ended the coach's part.
            InvalidInput: too many codes are open.
        """
        team = self.team(actor)
        player = _player_of(team, player_id)
        keys = self.holding(player)
        roll = self._rolls.of(keys.keyring)
        if not roll.uses(actor.keyring.card.id):
            raise NotAuthorized("the family ended the coach's part")
        if len(roll.open_invitations(self._mailbox.now())) >= MAX_OPEN_INVITATIONS:
            refusal = Words("%(most)d codes are open for this player. End some first", most=MAX_OPEN_INVITATIONS)
            raise InvalidInput(refusal)

        def announce(invitation_id: bytes, until: datetime) -> None:
            batch = self._mailbox.batch()
            self.enter(batch, actor, keys.keyring, roll)
            self._rolls.add(batch, keys.keyring, actor.keyring, Statement(Says.INVITED, invitation_id, until=until))
            batch.commit()

        line = actor.keyring.doorbell_line
        # Several invitations may name one place: entries are told apart by their ids, not by their slots.
        place = self._mailbox.length(line)
        pointer = self._cards.pointer(actor.keyring.card.id)
        return self._invitations.make(
            {
                0: InvitationKind.FAMILY.value,
                1: keys.seed,
                2: player.name,
                3: team.name,
                4: actor.keyring.card.id,
                5: actor.display_name,
                6: slot_at(line, place),
                7: one_time_seed_at(line, place),
                8: pointer.cid.digest,
                9: pointer.seed,
                10: actor.keyring.derive("family", player.card_id),
            },
            announce,
        )

    def enter(self, batch: Batch, actor: Actor, card: Keyring, roll: Roll) -> None:
        """Add to `batch` what is missing from the roll of a card that the actor made: the actor, and early joiners."""
        if actor.keyring.card.id not in roll.coaches:
            self._rolls.enter_coach(batch, card, actor)
        if not roll.began:
            for person in self.introduced(actor).get(card.card.id, []):
                if person.card not in roll.family:
                    known = Statement(Says.KNOWN, person.card, person.name, person.relation)
                    self._rolls.add(batch, card, actor.keyring, known)

    def join(self, actor: Actor, code: str, relation: Relation, address: str) -> FamilyInvitation:
        """Let the actor act for the player from now on (`self` or `guardian`), and tell the coach."""
        if relation not in FAMILY_RELATIONS:
            raise InvalidInput("Choose who you are to the player", field="relation")
        with self._invitations.one_at_a_time(code):
            return self._join(actor, code, relation, address)

    def _join(self, actor: Actor, code: str, relation: Relation, address: str) -> FamilyInvitation:
        spelled, content = self._open_family(code, address, actor)
        coach, player = self._cards.find(content[4]), Keyring.from_seed(content[1])
        self._mailbox.settle()
        roll, me = self._rolls.of(player), actor.keyring.card.id
        invitation = roll.invitations.get(self._invitations.id_of(spelled))
        joined = FamilyInvitation(str(content[2]), str(content[3]), str(content[5]))
        if invitation is not None and invitation.used_by == me:
            # They were interrupted before the row was removed.
            with self._database.write() as rows:
                self._invitations.use(rows, spelled)
            return replace(joined, waiting=not roll.is_in(me))
        if invitation is None or not roll.can_accept(invitation):
            raise NotFound("no invitation opens with this code")
        self._invitations.claim(actor, spelled)
        batch, bell, waits = self._mailbox.batch(), None, not roll.would_be_in(me)
        if waits:
            # They get no key before one of the family says yes.
            bell = self._mailbox.accept_early(batch, player.card.id, joined.player, relation, actor.keyring)
        else:
            self._mailbox.appoint(batch, content[1], joined.player, relation, actor.keyring)
        statement = Statement(Says.JOINED, me, actor.display_name, relation, invitation.invitation_id, bell=bell)
        self._rolls.add(batch, player, actor.keyring, statement)
        batch.add_at(
            Kind.INTRODUCE,
            Introduction(
                self._cards.pointer(actor.keyring.card.id),
                # Proves to the coach that the invitation was for this player.
                line_key=content[10],
                peer=player.card.id,
                party=f"{relation}:{actor.display_name}",
            ).to_fields(),
            author=actor.keyring,
            recipient_id=coach.id,
            recipient_key=coach.sealing_key,
            slot=content[6],
            one_time_seed=content[7],
        )
        with committed(self._database, batch) as rows:
            self._invitations.use(rows, spelled)
        return replace(joined, waiting=waits)

    def joined(self, actor: Actor) -> dict[bytes, list[FamilyMember]]:
        """Who joined for which player, by provisional card id, without those whose part has ended.

        Raises:
            ObjectMissing: for somebody it cannot be told.
        """
        by_player = self.introduced(actor)
        for player in self.team(actor).players if by_player else ():
            if player.card_id in by_player:
                family = self._rolls.of(self.holding(player).keyring).family
                by_player[player.card_id] = [
                    replace(person, waiting=person.card in family and family[person.card].part is Part.WAITING)
                    for person in by_player[player.card_id]
                    if person.card not in family or family[person.card].part is not Part.ENDED
                ]
        return {player: people for player, people in by_player.items() if people}

    def introduced(self, actor: Actor) -> dict[bytes, list[FamilyMember]]:
        """All who ever accepted an invitation from the actor, by provisional card id; ObjectMissing as above."""
        by_player: dict[bytes, dict[bytes, FamilyMember]] = {}
        unproven: list[Message] = []
        for _, message in self._mailbox.doorbell(actor.keyring, unproven=unproven):
            joined = self._joined_by(actor, message)
            if joined is not None:
                # By author: somebody who pressed twice joined once.
                by_player.setdefault(joined[0], {})[message.author] = joined[1]
        if any(self._joined_by(actor, message) is not None for message in unproven):
            raise ObjectMissing("the card of somebody who joined is not here")
        return {player: list(people.values()) for player, people in by_player.items()}

    @staticmethod
    def _joined_by(actor: Actor, message: Message) -> tuple[bytes, FamilyMember] | None:
        """For which player a doorbell entry says that somebody joined, and who; None if it says no such thing."""
        if message.kind is not Kind.INTRODUCE:
            return None
        try:
            introduction = Introduction.from_fields(message.fields)
        except InvalidInput:
            return None
        relation, _, name = introduction.party.partition(":")
        player = introduction.peer
        if (
            player is None
            or relation not in FAMILY_RELATIONS
            or introduction.line_key != actor.keyring.derive("family", player)
        ):
            return None
        return player, FamilyMember(name, Relation(relation), message.author)

    def acting_for(self, actor: Actor, gaps: list[str] | None = None) -> list[EntrustedKeys]:
        """The people whose reports the actor reads: themselves as a player, and children.

        Not those for whom they are waiting for the family's yes, or for whom the family ended their part. `gaps`
        receives the relation of each whose keys or roll are not here; without it, ObjectMissing is raised.
        """
        return [keys for keys, roll in self.family_rolls(actor, gaps) if roll.acts(actor.keyring.card.id)]

    def family_rolls(self, actor: Actor, gaps: list[str] | None = None) -> list[tuple[EntrustedKeys, Roll]]:
        """Every card for which the actor was ever appointed as family, with its roll; `gaps` as above."""
        not_here: list[MissingKeys] = []
        appointed = self._mailbox.appointed(actor.keyring, not_here)
        missing = [entry.relation for entry in not_here if entry.relation in FAMILY_RELATIONS]
        rolls = []
        for entry in appointed:
            if entry.relation in FAMILY_RELATIONS:
                try:
                    rolls.append((entry, self._rolls.of(entry.keyring)))
                except NOT_HERE:
                    missing.append(entry.relation)  # If it cannot be told who may act, nobody may.
        if missing and gaps is None:
            raise ObjectMissing("the keys of somebody whom this person acts for are not here")
        (gaps if gaps is not None else []).extend(missing)
        return rolls

    def usable(self, actor: Actor, player: Player | None) -> EntrustedKeys | None:
        """The player's keys, if the actor may still write about them; None if not, or if that cannot be told now."""
        if player is None:
            return None
        try:
            keys = self.holding(player)
            return keys if self.may_use(actor, keys) else None
        except NOT_HERE:
            return None

    def may_use(self, actor: Actor, keys: EntrustedKeys) -> bool:
        """Whether the actor may still act with a card that they made, or as one of its family."""
        roll, me = self._rolls.of(keys.keyring), actor.keyring.card.id
        return roll.uses(me) if keys.relation == Relation.HOLDER and not roll.is_in(me) else roll.acts(me)

    def _this_year(self) -> int:
        # A day later it may be another year somewhere on Earth.
        return (self._mailbox.now() + timedelta(days=1)).year

    def _new_player(self, batch: Batch, actor: Actor, details: Details) -> Player:
        made = self.make_provisional(batch, actor, details.name)
        return Player(
            player_id=os.urandom(8).hex(),
            name=details.name,
            number=details.number,
            born=details.born,
            contacts=details.contacts,
            card=made.keyring.card.id.hex(),
            secret_digest=made.secret.cid.digest.hex(),
            secret_seed=made.secret.seed.hex(),
        )

    def _open_family(self, code: str, address: str, actor: Actor) -> tuple[str, dict[int, bytes]]:
        spelled, content = self._invitations.open(code, address, actor)
        if content.get(0) != InvitationKind.FAMILY:
            raise NotFound("no invitation opens with this code")
        return spelled, content  # type: ignore[return-value]  # made by invite_family, sealed since

    def _checked(self, actor: Actor, version: str) -> Team:
        team = self.team(actor)
        if team.version != version:
            raise Conflict("the roster was changed elsewhere in the meantime")
        return team

    def _save(self, actor: Actor, team: Team, batch: Batch) -> Team:
        body = {
            "name": team.name,
            "players": [asdict(player) for player in team.players],
            "venues": [asdict(venue) for venue in team.plan.venues],
            "today": team.plan.chosen,
        }
        now, card = self._mailbox.moment(), actor.keyring.card
        pointer, update = write_update(
            batch,
            actor.keyring,
            subject=card.id,
            kind=Content.ROSTER,
            purpose=Content.ROSTER,
            body=json.dumps(body, ensure_ascii=False).encode(),
            created=now,
            chain_id=self._mailbox.chain_id,
            near=True,
        )
        grant = Grant(update, card.id, Content.ROSTER, now, object=pointer)
        write_grant(batch, grant, actor.keyring, LineTo.own(actor.keyring))
        desk = seal_secret(actor.keyring.derive("desk"), encode(grant.to_fields()), context=actor.account_id)
        with committed(self._database, batch) as rows:
            rows.get_one(AccountRow, actor.account_id).sealed_desk = desk
        return replace(team, version=update.hex())

    def _latest(self, actor: Actor) -> Grant | None:
        with self._database.glance() as rows:
            sealed = rows.get_one(AccountRow, actor.account_id).sealed_desk
        if sealed is not None:
            try:
                fields = decode(open_secret(actor.keyring.derive("desk"), sealed, context=actor.account_id))
                if isinstance(fields, dict):
                    return Grant.from_fields(fields)
            except UNKNOWN:
                raise
            except BlockMRSError:
                pass  # The row is only a short cut: the own line holds the same, and is read instead.
        keyring = actor.keyring
        places = [item for item in self._mailbox.contents(keyring) if item.sort is Sort.ROSTER]
        line = self._mailbox.opened(keyring, places[-1:], author=keyring.card)
        rosters = [entry.grant for entry in line.grants.values() if entry.grant.purpose == Content.ROSTER]
        return rosters[-1] if rosters else None


def _player_of(team: Team, player_id: str) -> Player:
    player = team.find(player_id)
    if player is None:
        raise NotFound("no such player on this roster")
    return player
