"""The team's emergency plan: venues, kept sealed in the same update as the roster, so that no table names them.

And what else of a team stands beside advice, which waits for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from typing import TYPE_CHECKING, TypeVar

from blockmrs.domain.venues import MOST_VENUES, Plan, Venue, make_venue, with_venue
from blockmrs.errors import BlockMRSError, Conflict, InvalidInput, Message, NotFound

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.people.calls import Calls
    from blockmrs.services.people.roster import Player
    from blockmrs.services.people.teams import Teams

_Value = TypeVar("_Value")
AT_ONCE_S = 0.5
_READERS = 4


class Plans:
    """Reads and changes the actor's own team's plan."""

    def __init__(self, teams: Teams, calls: Calls) -> None:
        self._teams = teams
        self._calls = calls
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="plan")

    def plan(self, actor: Actor) -> Plan:
        """The plan as last saved; an empty one before the first venue."""
        return self._teams.team(actor).plan

    def plan_at_once(self, actor: Actor) -> Plan | None:
        """The plan, if it can be read within half a second; for advice, which never waits for a database or node."""
        return self._at_once(lambda: self.plan(actor))

    def hurt_at_once(self, actor: Actor, player_id: str) -> Player | None:
        """The player with those contacts whom the actor may call, if that can be read as quickly; else None."""
        return self._at_once(lambda: self._calls.chosen(actor, player_id))

    def _at_once(self, read: Callable[[], _Value]) -> _Value | None:
        reading = self._readers.submit(read)
        try:
            return reading.result(AT_ONCE_S)
        except NotInTime:
            reading.cancel()
        except BlockMRSError:
            pass
        return None

    def venue(self, actor: Actor, venue_id: str) -> Venue:
        """One venue of the plan."""
        venue = self.plan(actor).find(venue_id)
        if venue is None:
            raise NotFound("no such venue in this plan")
        return venue

    def put(self, actor: Actor, venue_id: str, fields: Mapping[str, str], version: str) -> Venue:
        """Write a venue: a new one if `version` is empty, else the one that had this version.

        Repeating it with the same fields changes nothing.

        Raises:
            InvalidInput: a field is wrong, or there are too many venues.
            Conflict: somebody else has written or removed it meanwhile.
        """
        venue = make_venue(venue_id, fields)

        def changed(plan: Plan) -> Plan:
            known = plan.find(venue_id)
            if known == venue:
                return plan
            if (known.version if known is not None else "") != version:
                raise Conflict("the venue was changed elsewhere in the meantime")
            if known is None and len(plan.venues) >= MOST_VENUES:
                refusal = Message("A plan holds %(most)d places at most", most=MOST_VENUES)
                raise InvalidInput(refusal, field="name")
            return Plan(with_venue(plan.venues, venue), plan.chosen)

        self._teams.change_plan(actor, changed)
        return venue

    def remove(self, actor: Actor, venue_id: str, version: str) -> None:
        """Remove a venue from the plan, if it is still as the actor saw it."""

        def changed(plan: Plan) -> Plan:
            known = plan.find(venue_id)
            if known is None:
                raise NotFound("no such venue in this plan")
            if known.version != version:
                raise Conflict("the venue was changed elsewhere in the meantime")
            return Plan(tuple(venue for venue in plan.venues if venue != known), plan.chosen)

        self._teams.change_plan(actor, changed)

    def choose(self, actor: Actor, venue_id: str) -> None:
        """Record that the team is at this venue, until another is chosen."""

        def changed(plan: Plan) -> Plan:
            if plan.find(venue_id) is None:
                raise NotFound("no such venue in this plan")
            return Plan(plan.venues, venue_id)

        self._teams.change_plan(actor, changed)
