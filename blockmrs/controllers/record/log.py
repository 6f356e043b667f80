"""`/log`: who looked, and what else happened to one's own record and those one keeps.

GET  /log             the entries, newest first, forty at a time, by person, kind and time
GET  /log/download    the same entries as a file: FHIR R4 AuditEvents
     /log/ask/<entry> "Is this right?": shows what the people who run the site would get, then sends it to them
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import tg
from tg import TGController, expose, redirect

from blockmrs.controllers.web.context import BOTH, PAGE, require_actor, show, try_again, wait_first
from blockmrs.domain.access_log import Happening
from blockmrs.errors import N_, NotFound, TooManyAttempts, Unavailable
from blockmrs.moments import from_ms, to_ms
from blockmrs.services.sharing.who_looked import LogFilter

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.people.persons import Person

_NOBODY = N_("Nobody who runs this site can be asked about this here right now. Try again later, or call them")
DAYS = {"7": 7, "90": 90, "366": 366, "": 90, "all": None}
"""How far back a choice of the filter goes; a quarter of a year if nothing was chosen."""


class LogController(TGController):
    """Who looked."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose("blockmrs.templates.record.log", allowed_methods=PAGE)
    def index(self, page: object = "", asked: object = "", **fields: object) -> dict[str, Any]:
        """Each entry as a sentence, with how it is known. To look here is noted where others look at their list."""
        actor, gaps = require_actor(), list[str]()
        people = self._services.people.of(actor, gaps)
        chosen, wanted = self._chosen(fields, people)
        shown = self._services.who_looked.page(actor, people, wanted, _number(page), gaps)
        self._note(actor, people, wanted)

        def numbered(number: int) -> str:
            return f"/log?{self._query(chosen, wanted)}&page={number}"

        return {
            "errors": {},
            "lost": bool(gaps),
            "shown": shown,
            "asked": asked == "yes",
            "can_ask": self._services.identity.questions.is_open(),
            "chosen": chosen,
            "people": [(person.handle, person.label) for person in people],
            "happenings": [happening.value for happening in Happening],
            "numbered": numbered,
            "download": f"/log/download?{self._query(chosen, wanted)}",
            "now": self._services.reports.now(),
        }

    @expose(content_type="application/fhir+json", allowed_methods=PAGE)
    def download(self, **fields: object) -> bytes:
        """The entries that the filter lets pass, all of them, as a Bundle of AuditEvents; it says what is missing."""
        actor, gaps = require_actor(), list[str]()
        people = self._services.people.of(actor, gaps)
        _, wanted = self._chosen(fields, people)
        now, looked = self._services.reports.now(), self._services.who_looked
        content = looked.export(actor, people, wanted, observer=str(tg.request.host), made_at=now, gaps=gaps)
        self._note(actor, people, wanted)
        tg.response.headers["Content-Disposition"] = 'attachment; filename="who-looked.json"'
        tg.response.headers["Cache-Control"] = "no-store"
        return content

    @expose(allowed_methods=BOTH)
    def ask(self, name: str = "", *_more: str, **_ignored: object) -> str:
        """Show what would be sent, then send it."""
        actor = require_actor()
        entry = self._services.who_looked.entry(actor, self._services.people.of(actor, []), name)
        if tg.request.method != "POST":
            return show("record.ask", entry=entry, here=f"/log/ask/{name}")
        try:
            self._services.identity.questions.ask(actor, entry)
        except TooManyAttempts as error:
            return show("record.ask", 429, entry=entry, here="", errors=wait_first(error))
        except Unavailable as error:
            return show("record.ask", 503, entry=entry, here="", errors=try_again(error, _NOBODY))
        redirect("/log?asked=yes")

    def _note(self, actor: Actor, people: list[Person], wanted: LogFilter) -> None:
        seen = [person for person in people if wanted.handle in ("", person.handle)]
        self._services.who_looked.note_list(actor, seen)

    def _chosen(self, fields: dict[str, object], people: list[Person]) -> tuple[dict[str, str], LogFilter]:
        """What the address chooses, as texts for the form, and as the filter that they mean.

        Raises:
            NotFound: it names somebody whose record the actor does not keep.
        """
        chosen = {name: _text(fields.get(name)) for name in ("about", "kind", "time", "who", "to")}
        if chosen["about"] and all(person.handle != chosen["about"] for person in people):
            raise NotFound("you act for nobody with that name")
        now = self._services.reports.now()
        is_time = chosen["to"].isascii() and chosen["to"].isdigit()
        to = from_ms(min(int(chosen["to"]), to_ms(now))) if is_time else now
        days = DAYS.get(chosen["time"], DAYS[""])
        kind = Happening(chosen["kind"]) if chosen["kind"] in set(Happening) else None
        since = _back(to, days)
        return chosen, LogFilter(chosen["about"], kind, chosen["who"] != "all", since, to)

    @staticmethod
    def _query(chosen: dict[str, str], wanted: LogFilter) -> str:
        """The same choice in an address; it names the time up to which it goes, so that its pages stay as they are."""
        fields = {name: text for name, text in chosen.items() if text and name != "to"}
        return urlencode({**fields, "to": to_ms(wanted.to) if wanted.to is not None else ""})


def _back(to: datetime, days: int | None) -> datetime | None:
    return None if days is None else to - timedelta(days=days)


def _text(value: object) -> str:
    """What a field of an address says; empty if it is not there once, or is longer than any of ours."""
    return value if isinstance(value, str) and len(value) <= 32 else ""


def _number(value: object) -> int:
    """The number of a page in an address; the first for anything else."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 7 else 1
