"""`/record/facts`: what the record says about somebody's health, for oneself and for each person one acts for.

GET, POST /record/facts                    one's own: the form, and saving it
GET       /record/facts/history            every version of it
GET, POST /record/facts/<person>           those of somebody one acts for; <person> means nothing to anybody else
GET       /record/facts/<person>/history
GET, POST /record/facts/crew/<card>        whether some go along with a coach's reports, for a card that the coach made
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tg
from tg import TGController, expose, redirect

from blockmrs.controllers.record.facts_forms import ASKED, HINTS, LABELS, FactsForm, choices_for, in_words
from blockmrs.controllers.site.times import local
from blockmrs.controllers.web.context import (
    BOTH,
    PAGE,
    parse_place,
    posted_form,
    require_actor,
    show,
    try_again,
    words_of_error,
)
from blockmrs.controllers.web.recovery_code import code_first
from blockmrs.errors import N_, Conflict, InvalidInput, Unavailable
from blockmrs.services.people.persons import ME, Person

if TYPE_CHECKING:
    from blockmrs.domain.facts import HealthFacts
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services
    from blockmrs.services.record.facts import SavedFacts

_CHANGED = N_("These facts were changed meanwhile. Look at both, then save what is right")
_NOT_YET = N_("It is not saved yet. The disk or the network did not answer. Nothing is lost: press Save again")


class PersonFactsController(TGController):
    """The facts of the person with that handle; made for one request, except for one's own."""

    def __init__(self, services: Services, handle: str) -> None:
        super().__init__()
        self._services = services
        self._handle = handle

    @expose(allowed_methods=BOTH)
    def index(self, **_ignored: object) -> str:
        """The form; or save what it says, and go to the record."""
        actor = require_actor()
        person = self._services.people.find(actor, self._handle)
        if tg.request.method == "POST":
            return self._save(actor, person)
        # What others wrote on a card made for the person is offered, but never replaces a version of their own.
        newest, own = self._services.facts.newest(person), self._services.facts.current(person)
        self._services.who_looked.note_facts(actor, [person])
        return self._page(person, FactsForm.filled(newest.facts, own.version), {})

    @expose(allowed_methods=PAGE)
    def history(self, before: object = None, **_ignored: object) -> str:
        """Every version, newest first, 20 a page."""
        actor = require_actor()
        person = self._services.people.find(actor, self._handle)
        versions, older = self._services.facts.page_of_history(person, parse_place(before))
        self._services.who_looked.note_facts(actor, [person])
        return show(
            "record.facts_history",
            **self._about(person),
            versions=versions,
            older=older,
            first=before is None,
            in_words=self._in_words,
        )

    def _save(self, actor: Actor, person: Person) -> str:
        if not actor.recovery_confirmed:
            return code_first(self._address)
        typed, errors = FactsForm.posted(posted_form())
        facts, wrong = typed.read(self._today())
        if facts is None or errors:
            return self._page(person, typed, {**wrong, **errors})
        asked = typed.check_taken_out(self._services.facts.newest(person).facts, facts)
        if asked:
            return self._page(person, typed, asked)
        try:
            self._services.facts.save(
                actor, person, typed.value("draft_id"), facts, typed.value("version"), self._today()
            )
        except InvalidInput as error:
            return self._page(person, typed, {"": words_of_error(error)})
        except Conflict:
            now = self._services.facts.current(person)
            return self._page(person, typed.over(now.version), {"": _CHANGED}, 409, now)
        except Unavailable as error:
            return self._page(person, typed, try_again(error, _NOT_YET), 503)
        redirect("/record?saved=facts")

    def _page(
        self, person: Person, form: FactsForm, errors: dict[str, str], status: int = 200, now: SavedFacts | None = None
    ) -> str:
        return show(
            "record.facts",
            status,
            errors=errors,
            **self._about(person),
            form=form,
            asked=[(name, LABELS[name], HINTS.get(name), choices_for(name)) for name in ASKED],
            now=now,
            in_words=self._in_words,
            consents=self._services.crew_facts.consents(require_actor(), person),
        )

    def _about(self, person: Person) -> dict[str, Any]:
        return {
            "person": person,
            "page": self._address,
            "acting_for": "" if person.is_me else person.label,
            "is_whole": self._services.reports.is_whole([person]),
            "parties": self._services.from_now_on.parties(require_actor(), person, "facts"),
        }

    def _in_words(self, facts: HealthFacts) -> list[tuple[str, str, str]]:
        return in_words(facts, self._today())

    def _today(self) -> Any:
        return local(self._services.facts.now()).date()

    @property
    def _address(self) -> str:
        return facts_address(self._handle)


class FactsController(PersonFactsController):
    """One's own facts, and below them those of the people one acts for."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, ME)

    @expose(allowed_methods=BOTH)
    def crew(self, card: str = "", *_more: str, **_ignored: object) -> str:
        """What goes along with a coach's reports, who reads it, and the button that begins or ends that."""
        actor = require_actor()
        person = self._services.people.with_card(actor, card)
        newest = self._services.facts.newest(person)
        if tg.request.method == "POST":
            if posted_form().text("say", 8) == "yes":
                self._services.crew_facts.turn_on(actor, card, newest)
            else:
                self._services.crew_facts.turn_off(actor, card)
            redirect(f"/record/facts/crew/{card}")
        self._services.who_looked.note_facts(actor, [person])
        return show(
            "record.crew",
            person=person,
            consent=self._services.crew_facts.consent(actor, card),
            family_facts=self._services.crew_facts.of(newest),
            facts_page=facts_address(person.handle),
            acting_for="" if person.is_me else person.label,
        )

    @expose()
    def _lookup(self, handle: str, *rest: str) -> tuple[PersonFactsController, tuple[str, ...]]:
        """The pages of somebody one acts for."""
        return PersonFactsController(self._services, handle), rest


def facts_address(handle: str) -> str:
    """Where the facts of the person with that handle are."""
    return "/record/facts" if handle == ME else f"/record/facts/{handle}"
