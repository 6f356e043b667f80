"""Who is a member of an organisation, who was, and the ending of a membership.

Below `/organisation/<id>` for its members (controllers/inbox/inbox.py), below `/admin/organisation/<id>` for the site's
administrator (controllers/account/admin.py):

GET  .               who is in and who left
GET  ./end/<member>  asks
POST ./end/<member>  ends the membership, which may be one's own
POST ./role/<member> lets them manage members, or stops that
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tg
from tg import TGController, expose, redirect

from blockmrs.controllers.web.context import BOTH, PAGE, POST, posted_form, problem, show
from blockmrs.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from blockmrs.domain.staff import Membership
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.people.organisations import Organisations


def parse_card_id(text: str) -> bytes:
    """The card id in an address; NotFound if it is not one."""
    try:
        card_id = bytes.fromhex(text)
    except ValueError as error:
        raise NotFound("there is no such page") from error
    if card_id.hex() != text or len(card_id) != 32:
        raise NotFound("there is no such page")
    return card_id


class MembersPages(TGController):
    """The pages of one organisation's members.

    `by` says who is asking, if they may see the members of the organisation with that card id (None is the site's
    administrator), else raises; the services decide what they may change.
    """

    back = "/"
    back_label = ""

    def __init__(
        self, organisations: Organisations, organisation: str, above: str, by: Callable[[bytes], Actor | None]
    ) -> None:
        super().__init__()
        self._allow = by
        self._organisations = organisations
        self._organisation = organisation
        self._address = f"{above}/{organisation}"

    def _by(self) -> Actor | None:
        return self._allow(self._id())

    def _id(self) -> bytes:
        return parse_card_id(self._organisation)

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> str:
        """Who is in, and who left."""
        return self._page(self._by())

    @expose(allowed_methods=BOTH)
    def end(self, member: str = "", *_more: str, **_ignored: object) -> str:
        """Ask, then end a membership."""
        by, card_id = self._by(), parse_card_id(member)
        try:
            if tg.request.method == "POST":
                self._organisations.staff.end(by, self._id(), card_id)
                redirect("/inbox" if _is_me(by, card_id) else self._address)
            ending = self._organisations.staff.check_end(by, self._id(), card_id)
        except InvalidInput as error:
            return self._page(by, problem(error))
        return show(
            "inbox.end_membership",
            organisation=self._organisations.find(self._id()),
            member=ending,
            mine=_is_me(by, card_id),
            members_page=self._address,
        )

    @expose(allowed_methods=POST)
    def role(self, member: str = "", *_more: str, **_ignored: object) -> str:
        """Let a member manage members, or stop that."""
        by, card_id = self._by(), parse_card_id(member)
        manages = posted_form().text_or_empty("manages")
        if manages not in ("yes", "no"):
            raise NotFound("there is no such page")
        try:
            self._organisations.staff.set_manages(by, self._id(), card_id, manages=manages == "yes")
        except InvalidInput as error:
            return self._page(by, problem(error))
        redirect(self._address)

    def _page(
        self, by: Actor | None, errors: dict[str, str] | None = None, code: str = "", until: datetime | None = None
    ) -> str:
        members = self._organisations.staff.of(self._id())
        mine = None if by is None else by.keyring.card.id
        return show(
            "inbox.members",
            errors=errors or {},
            organisation=self._organisations.find(self._id()),
            current=sorted((one for one in members if one.is_current), key=lambda one: one.name.casefold()),
            left=[one for one in reversed(members) if not one.is_current],
            ended_by=lambda one: _ended_by(one, members),
            mine=mine,
            may_manage=by is None or any(one.card_id == mine and one.is_current and one.manages for one in members),
            may_invite=by is not None,
            members_page=self._address,
            back=self.back,
            back_label=self.back_label,
            code=code,
            until=until,
        )


def _is_me(by: Actor | None, card_id: bytes) -> bool:
    return by is not None and by.keyring.card.id == card_id


def _ended_by(ended: Membership, members: list[Membership]) -> str:
    """The name of the colleague who ended a membership; empty if it was somebody else."""
    if ended.ended_by in (None, ended.card_id):
        return ""
    return next((one.name for one in members if one.card_id == ended.ended_by), "")
