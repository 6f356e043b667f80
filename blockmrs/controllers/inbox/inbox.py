"""`/inbox`: what was shared with the organisations of whoever is signed in, and `/organisation`: their colleagues.

GET  /inbox                     what known senders sent, most urgent first, and the number of everything else
GET  /inbox/unknown             what strangers sent
GET  /inbox/records             what people gave of their records: controllers/report/record_received.py
GET  /inbox/ended               shares that have ended
GET  /inbox/blocked             who is blocked
GET  /inbox/sender/<id>         one sender's reports
GET  /inbox/sender/<id>/block   asks; POST blocks them. POST .../unblock and .../know decide differently
GET  /inbox/<report>            its cover; or its content, once a receipt was left
POST /inbox/<report>/open       leaves the receipts
     /inbox/record/<id>         what came of a record that is given from now on: controllers/report/standing_records.py
     /inbox/<report>/clearance  a written clearance for sport: controllers/followup/clearance.py
     /inbox/<report>/reply      seen, or seen and please call: controllers/followup/reply.py
GET  /organisation              the actor's organisations
     /organisation/<id>         its members: controllers/account/members.py
POST /organisation/<id>/invite  a code for a colleague, shown once
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tg
from tg import TGController, expose, redirect

from blockmrs.controllers.account.members import MembersPages
from blockmrs.controllers.followup.clearance import CLEARED_WORDS, ClearanceController
from blockmrs.controllers.followup.followup import FollowUpView, view_of
from blockmrs.controllers.followup.part import ReportPart
from blockmrs.controllers.followup.reply import ReplyController, TypedReply, latest_of_mine
from blockmrs.controllers.web.context import BOTH, PAGE, POST, parse_place, require_actor, show
from blockmrs.domain.clearances import FULL_PLAY
from blockmrs.domain.senders import Standing
from blockmrs.errors import N_

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.people.organisations import Organisations


class InboxController(TGController):
    """The clinician's pages."""

    record: TGController

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self.sender = SendersController(services)

    @expose(allowed_methods=PAGE)
    def index(self, before: object = None, **_ignored: object) -> str:
        """What known senders sent, twenty at a time; the newest page also says how much there is of everything else."""
        actor, gaps, place = require_actor(), list[str](), parse_place(before)
        first = self._services.inbox.first(actor, place, gaps)
        records = self._services.standing_records.records(actor, gaps) if place is None else []
        given, older = ([], None) if place else self._services.received_records.page(actor, None, gaps)
        return show(
            "inbox.list", first=first, newest=place is not None, records=records, given=given, older_given=older,
            lost=bool(gaps),
        )  # fmt: skip

    @expose(allowed_methods=PAGE)
    def records(self, before: object = None, **_ignored: object) -> str:
        """What people gave of their records, twenty at a time."""
        actor, gaps, place = require_actor(), list[str](), parse_place(before)
        records, older = self._services.received_records.page(actor, place, gaps)
        return show("inbox.records", records=records, older=older, newest=place is not None, lost=bool(gaps))

    @expose(allowed_methods=PAGE)
    def unknown(self, before: object = None, **_ignored: object) -> str:
        """What unknown senders sent, at most three of each."""
        actor, gaps, place = require_actor(), list[str](), parse_place(before)
        page = self._services.inbox.unknown(actor, place, gaps)
        return show("inbox.unknown", page=page, newest=place is not None, lost=bool(gaps))

    @expose(allowed_methods=PAGE)
    def ended(self, before: object = None, **_ignored: object) -> str:
        """Shares that have ended."""
        actor, gaps, place = require_actor(), list[str](), parse_place(before)
        page = self._services.inbox.ended(actor, place, gaps)
        return show("inbox.ended", page=page, newest=place is not None, lost=bool(gaps))

    @expose(allowed_methods=PAGE)
    def blocked(self, **_ignored: object) -> str:
        """Who is blocked."""
        actor, gaps = require_actor(), list[str]()
        return show("inbox.blocked", senders=self._services.inbox.blocked(actor, gaps), lost=bool(gaps))

    @expose()
    def _lookup(self, address: str, *rest: str) -> tuple[SharedReport, tuple[str, ...]]:
        return SharedReport(self._services, address), rest


class SendersController(TGController):
    """`/inbox/sender/<id>`: what one sender sent, and what they are to the organisation."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose()
    def _lookup(self, sender: str, *rest: str) -> tuple[OneSender, tuple[str, ...]]:
        return OneSender(self._services, sender), rest


class OneSender(TGController):
    """One sender. What is decided here holds for everybody in the organisation."""

    def __init__(self, services: Services, sender: str) -> None:
        super().__init__()
        self._services = services
        self._sender = sender

    @expose(allowed_methods=PAGE)
    def index(self, before: object = None, **_ignored: object) -> str:
        """All their running reports, twenty at a time."""
        actor, gaps, place = require_actor(), list[str](), parse_place(before)
        sender = self._services.inbox.sender(actor, self._sender, place, gaps)
        return show("inbox.sender", sender=sender, newest=place is not None, lost=bool(gaps), standings=Standing)

    @expose(allowed_methods=BOTH)
    def block(self, **_ignored: object) -> str:
        """Ask, then block them."""
        actor = require_actor()
        if tg.request.method == "POST":
            self._services.inbox.decide(actor, self._sender, Standing.BLOCKED)
            redirect("/inbox/blocked")
        return show("inbox.block", sender=self._services.inbox.sender(actor, self._sender, None, []))

    @expose(allowed_methods=POST)
    def unblock(self, **_ignored: object) -> None:
        """Make them unknown again: their reports are listed as a stranger's."""
        self._services.inbox.decide(require_actor(), self._sender, Standing.UNKNOWN)
        redirect(f"/inbox/sender/{self._sender}")

    @expose(allowed_methods=POST)
    def know(self, **_ignored: object) -> None:
        """List their reports with those of known senders."""
        self._services.inbox.decide(require_actor(), self._sender, Standing.KNOWN)
        redirect(f"/inbox/sender/{self._sender}")


class SharedReport(ReportPart):
    """One shared report."""

    def __init__(self, services: Services, address: str) -> None:
        super().__init__(services, address)
        self.clearance = ClearanceController(services, address)
        self.reply = ReplyController(services, address)

    @expose("blockmrs.templates.inbox.report", allowed_methods=PAGE)
    def index(self, stated: object = None, replied: object = None, **_ignored: object) -> dict[str, Any]:
        """The cover before the receipt, the content after it.

        `stated`, `replied`: a clearance, or a reply, was signed or withdrawn just now.
        """
        actor = require_actor()
        item = self._services.sharing.cover(actor, self._address)
        opened = self._services.sharing.open_shared(actor, self._address)
        sport = None if opened is None else self._services.clearances.of(actor, self._address)
        replies = None if opened is None else self._services.replies.of(actor, self._address)
        newest = next(iter(sport.statements), None) if sport is not None and stated is not None else None
        return {
            "errors": {},
            "item": item,
            "opened": opened,
            "family_facts": None if opened is None else self._services.sharing.family_facts(actor, self._address),
            "sport": sport,
            "stated": newest if newest is not None and newest.mine else None,
            "replies_there": replies,
            "typed": TypedReply.fresh(replies.phone if replies is not None else ""),
            "replied": latest_of_mine(replies) if replied is not None else None,
            "cleared_words": CLEARED_WORDS,
            "full_play": FULL_PLAY,
            "after": None if opened is None else self._follow_up(actor),
        }

    def _follow_up(self, actor: Actor) -> FollowUpView | None:
        """The symptom checks that follow a head injury."""
        follow_ups = self._services.followups
        return view_of(follow_ups.of(actor, self._address), follow_ups.rules)

    @expose(allowed_methods=POST)
    def open(self, **_ignored: object) -> None:
        """Leave the receipts; the content follows."""
        actor = require_actor()
        self._services.sharing.acknowledge(actor, self._address)
        redirect(f"/inbox/{self._address}")


class OrganisationController(TGController):
    """The actor's organisations and their members."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose("blockmrs.templates.inbox.organisation", allowed_methods=PAGE)
    def index(self, **_ignored: object) -> dict[str, Any]:
        """The organisations, with their members' names."""
        organisations, actor = self._services.organisations, require_actor()
        gaps: list[str] = []
        mine = {organisation.keyring.card.id for organisation in organisations.memberships(actor, gaps)}
        listed = [entry for entry in organisations.directory() if entry.card_id in mine]
        managed = {card_id for card_id in mine if organisations.staff.manages(actor, card_id)}
        return {"errors": {}, "organisations": listed, "managed": managed, "lost": bool(gaps)}

    @expose()
    def _lookup(self, organisation: str, *rest: str) -> tuple[OneOrganisation, tuple[str, ...]]:
        return OneOrganisation(self._services.organisations, organisation), rest


class OneOrganisation(MembersPages):
    """One organisation of the actor's."""

    back, back_label = "/organisation", N_("Colleagues")

    def __init__(self, organisations: Organisations, organisation: str) -> None:
        super().__init__(organisations, organisation, "/organisation", self._member)

    def _member(self, organisation_id: bytes) -> Actor:
        actor = require_actor()
        self._organisations.membership(actor, organisation_id)
        return actor

    @expose(allowed_methods=POST)
    def invite(self, **_ignored: object) -> str:
        """Make an invitation for a colleague; its code is shown once."""
        actor = self._member(self._id())
        until, code = self._organisations.invited_until(), self._organisations.invite(actor, self._id())
        return self._page(actor, code=code, until=until)
