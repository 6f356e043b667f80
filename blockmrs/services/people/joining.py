"""What an invitation code invites to, of whichever kind, for the person to check before they accept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockmrs.domain.kinds import InvitationKind
from blockmrs.errors import NotFound
from blockmrs.services.people.teams import FamilyInvitation

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.invitations import Invitations


@dataclass(frozen=True, slots=True)
class StaffInvitation:
    """An invitation to become a member of an organisation."""

    organisation: str


class Joining:
    """Reads invitations; `Teams.join` and `Organisations.accept` use them up."""

    def __init__(self, invitations: Invitations) -> None:
        self._invitations = invitations

    def read(self, code: str, address: str, actor: Actor | None = None) -> FamilyInvitation | StaffInvitation:
        """What the code invites to; NotFound as in `Invitations.open`. Uses up nothing, and claims nothing."""
        _, content = self._invitations.open(code, address, actor)
        if content.get(0) == InvitationKind.FAMILY:
            return FamilyInvitation(str(content[2]), str(content[3]), str(content[5]))
        if content.get(0) == InvitationKind.STAFF:
            return StaffInvitation(str(content.get(2, "")))
        raise NotFound("no invitation opens with this code")
