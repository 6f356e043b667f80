"""What stands in the addresses and forms of the table of who gets which answer (access_table.py)."""

from collections.abc import Mapping

from blockmrs.services.selections.selection import Selection, listing_of, selected
from blockmrs.services.sharing.who_looked import LogFilter, entry_name
from tests.support.access_table import ABSENT
from tests.support.cast import NOBODY, PERSONS, PLAYER, Cast

Known = dict[tuple[str, str], str]
_OF_A_PERSONA = ("version", "venue_version")


class Names(dict[str, str]):
    """What stands in addresses and forms. Each is looked up when a row asks for it: most have to be opened first.

    Args:
        given: what is not looked up.
        known: remembers what was looked up, for as long as the site stays as it is.
    """

    def __init__(
        self, cast: Cast, persona: str, given: Mapping[str, str] | None = None, known: Known | None = None
    ) -> None:
        super().__init__(given or {})
        self._cast = cast
        self._persona = persona
        self._known = known if known is not None else {}

    def __missing__(self, name: str) -> str:
        key = name, self._persona if name in _OF_A_PERSONA else ""
        if key not in self._known:
            self._known[key] = str(getattr(self, f"_{name}")())
        self[name] = self._known[key]
        return self[name]

    def _report(self) -> str:
        return self._cast.address

    def _share(self) -> str:
        return self._cast.share_id

    def _check(self) -> str:
        return self._cast.check_id

    def _opened(self) -> str:
        return self._cast.opened

    def _statement(self) -> str:
        return self._cast.statement_id

    def _reply(self) -> str:
        return self._cast.reply_id

    def _today(self) -> str:
        return self._cast.site.clock().date().isoformat()

    def _record_share(self) -> str:
        return self._cast.given_record()[0]

    def _listing(self) -> str:
        services, mother = self._cast.site.services, self._cast.actor("family")
        record = services.record_sharing.record(mother, services.people.of(mother)[-1].handle)
        return listing_of(selected(record.entries, Selection()))

    def _bundle(self) -> str:
        return self._cast.given_record()[1]

    def _bundle_update(self) -> str:
        return self._cast.given_record()[2]

    def _organisation(self) -> str:
        return self._cast.organisations["recipient"].card_id.hex()

    def _member(self) -> str:
        return self._cast.colleague()

    def _nobody(self) -> str:
        return ABSENT * 2

    def _other_organisation(self) -> str:
        return self._cast.organisations["other_member"].card_id.hex()

    def _waiting_update(self) -> str:
        return self._cast.waiting_update()

    def _standing(self) -> str:
        return self._cast.from_now_on()[0]

    def _record(self) -> str:
        return self._cast.from_now_on()[1]

    def _given_facts(self) -> str:
        return self._cast.from_now_on()[2]

    def _sender(self) -> str:
        return self._cast.sender_id

    def _player(self) -> str:
        """A player of the coach's roster whom no other row needs: one row removes them."""
        players = self._cast.site.services.teams.team(self._cast.actor("author")).players
        return next(player.player_id for player in players if player.name != PLAYER)

    def _player_version(self) -> str:
        """The version of that player, whoever asks."""
        team = self._cast.site.services.teams.team(self._cast.actor("author"))
        return next(player.version for player in team.players if player.player_id == self["player"])

    def _version(self) -> str:
        """The version of the persona's own team."""
        if self._persona == NOBODY:
            return ""
        return self._cast.site.services.teams.team(self._cast.actor(self._persona)).version

    def _venue(self) -> str:
        return self._cast.venue().venue_id

    def _venue_version(self) -> str:
        return "" if self._persona == NOBODY else self._cast.venue().version

    def _person(self) -> str:
        """What the player's mother calls the player in addresses."""
        return self._cast.site.services.people.of(self._cast.actor("family"))[-1].handle

    def _player_of_coach(self) -> str:
        """What the coach calls the player in addresses."""
        people = self._cast.site.services.rights.people(self._cast.actor("author"))
        return next(handle for handle, name in people if name == PLAYER)

    def _log_entry(self) -> str:
        """What the player's mother calls an entry of who looked that is somebody else's doing."""
        mother, services = self._cast.actor("family"), self._cast.site.services
        entries = services.who_looked.entries(mother, services.people.of(mother), LogFilter())
        return entry_name(mother, next(entry for entry in entries if entry.proven))

    def _right(self) -> str:
        return self._cast.right_of(PERSONS["waiting"])

    def _family_share(self) -> str:
        """What the player's mother calls the share with the recipient's hospital in addresses."""
        shares = self._cast.site.services.sharing.shares(self._cast.actor("family"), self["report"])
        party = self._cast.organisations["recipient"].name
        return next(share.share_id for share in shares if share.party == party)
