"""Writing a report, from the advice to "Saved".

POST /field/report/new    shows who is hurt, then the report to check; stores nothing, so it needs no form token
POST /field/report/save   saves it; a repeat is the same report
GET  /field/reports       the coach's own reports
     /field/reports/roster   who may be hurt and where, for the phone: it seals it, and needs it without a signal
     /field/report/<id>   one report: controllers/report/one_report.py
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import tg
from tg import TGController, expose, redirect
from tg.i18n import ugettext as _

from blockmrs.controllers.field.views import look_rows, timed
from blockmrs.controllers.field.wire import FOR_RECORD, FROM_RECORD
from blockmrs.controllers.report.at_home import AtHome, at_home
from blockmrs.controllers.report.forms import (
    BEGAN,
    MINUTES,
    NOT_CALLED,
    OTHER,
    UNLISTED,
    TypedReport,
    ages_to_choose,
    choices_in_words,
    days_to_choose,
    first_shown,
    posted_report,
    shown_at,
    started_at,
    with_telling,
)
from blockmrs.controllers.report.one_report import OneReportController
from blockmrs.controllers.report.reading import ReportReader
from blockmrs.controllers.site.times import clock_time, local, near_day, zone_name
from blockmrs.controllers.web.context import (
    PAGE,
    POST,
    current_actor,
    parse_place,
    require_actor,
    show,
    stateless,
    try_again,
)
from blockmrs.controllers.web.drafts import posted_values, seal_draft
from blockmrs.controllers.web.recovery_code import code_first
from blockmrs.domain.triage.telling import Family
from blockmrs.errors import N_, BlockMRSError, InvalidInput, Unavailable
from blockmrs.services.people.roster import Player, Team

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from blockmrs.domain.contacts import Contact
    from blockmrs.domain.reports import Report
    from blockmrs.domain.triage.telling import Telling
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services

NEW, SAVE = "/field/report/new", "/field/report/save"
_CHOOSE = N_("Choose who is hurt")
# A report of the field may wait on a phone, whose form knows the days of one week.
_AT_HOME, _AT_FIELD = timedelta(days=28), timedelta(days=7)
_NO_LIST = N_("Your list of players cannot be read here right now. Enter their name: the report is saved all the same")
_NO_KEYS = N_(
    "What ties this player to their family cannot be read here right now. You can save the report under the name: then "
    "only you have it, and you tell the family yourself"
)


@dataclass(frozen=True, slots=True)
class HurtPerson:
    """Who is hurt according to the form: a player on the roster, or somebody by name. `chosen` False: not said yet.

    `home` is set if the report is for somebody's own record; `unread`, if the roster cannot be read here now: a report
    does not wait for a list. `alike`: players who may be the person by the name that was typed, as long as nobody said
    that it is somebody else: a report that is not tied to a player never reaches that player's family.
    """

    team: Team
    player: Player | None
    chosen: bool
    home: AtHome | None = None
    unread: bool = False
    alike: tuple[Player, ...] = ()


class ReportController(TGController):
    """The pages below `/field/report`."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose(allowed_methods=PAGE)
    def index(self, **_ignored: object) -> None:
        """The list is one level up."""
        redirect("/field/reports")

    @expose(allowed_methods=POST)
    @stateless
    def new(self, **_ignored: object) -> str:
        """Who is hurt; then the report to check."""
        typed = self._posted()
        actor = current_actor()
        if actor is None:
            draft = seal_draft(posted_values(tg.request), NEW)
            return show(
                "report.sign_in",
                401,
                draft=draft,
                carried=typed.carried(),
                **self._advice(typed, self._services.reports.now()),
            )
        if not actor.recovery_confirmed:
            return code_first("/field", NEW)
        hurt = self._hurt(actor, typed)
        if hurt.home is not None:
            return self._check(actor, hurt, typed, {})
        if "ask" in tg.request.POST or not hurt.chosen:
            return self._who(hurt, typed, {})
        if hurt.player is None and (problem := self._name_problem(typed)):
            return self._who(hurt, typed, problem)
        if hurt.alike:
            return self._who(hurt, typed, {})
        return self._check(actor, hurt, typed, {})

    @expose(allowed_methods=POST)
    def save(self, **_ignored: object) -> str:
        """Save the report once, and go to its page."""
        actor, typed = require_actor(), self._posted()
        if not actor.recovery_confirmed:
            return code_first("/field", SAVE)
        hurt = self._hurt(actor, typed)
        if not hurt.chosen:
            return self._who(hurt, typed, {"r-name" if hurt.unread else "": _NO_LIST if hurt.unread else _CHOOSE})
        if hurt.alike:
            return self._who(hurt, typed, {}, status=409)
        if hurt.player is not None and not self._services.teams.can_hold(hurt.player):
            named = typed.with_values(name=hurt.player.name)
            return self._who(replace(hurt, player=None, chosen=False), named, {"r-name": _NO_KEYS})
        reader = ReportReader(typed, self._services.reports.now())
        report = reader.read(
            self._services.triage,
            player=hurt.player,
            team=hurt.team.name,
            author=actor.display_name,
            home=hurt.home,
        )
        if report is None:
            if "r-name" in reader.errors:
                return self._who(hurt, typed, {"r-name": reader.errors["r-name"]})
            return self._check(actor, hurt, typed, reader.errors)
        who_is_told = self._services.who_is_told
        family = who_is_told.decide(typed.interview, typed.word, own_record=hurt.home is not None)
        if family is Family.ASK:
            carried = typed.carried(without=("r-withhold", "r-family"))
            return show("report.family", telling=who_is_told.of(typed.interview), carried=carried)
        try:
            address, same = self._save(actor, typed, report, hurt, withheld=family is Family.WAITS)
        except Unavailable as error:
            words = N_("It is not saved yet. The disk or the network did not answer. Nothing is lost: press Save again")
            return self._check(actor, hurt, typed, try_again(error, words), status=503)
        redirect(f"/field/report/{address}?{'saved' if same else 'again'}=1")

    @expose()
    def _lookup(self, address: str, *rest: str) -> tuple[OneReportController, tuple[str, ...]]:
        """The pages of one report."""
        return OneReportController(self._services, address), rest

    def _posted(self) -> TypedReport:
        typed = posted_report(tg.request.POST, self._services.triage, self._services.reports.now())
        if not typed.answers:
            raise InvalidInput(N_("Start with what you see"))
        return typed

    def _hurt(self, actor: Actor, typed: TypedReport) -> HurtPerson:
        team, unread = Team(), False
        try:
            team = self._services.teams.team(actor)
        except BlockMRSError:
            unread = True
        home = at_home(self._services, actor, typed)
        if home is not None:
            return HurtPerson(team, None, True, home)
        chosen = typed.value("r-player")
        if chosen == OTHER:
            alike = () if typed.value(UNLISTED) == "yes" else team.alike(typed.value("r-name"))
            holdable = tuple(player for player in alike if self._services.teams.can_hold(player))
            return HurtPerson(team, None, True, unread=unread, alike=holdable)
        player = next((player for player in team.players if player.player_id == chosen), None)
        return HurtPerson(team, player, player is not None, unread=unread)

    def _name_problem(self, typed: TypedReport) -> dict[str, str]:
        reader = ReportReader(typed, self._services.reports.now())
        reader.read(self._services.triage, player=None, team="", author="")
        return {name: text for name, text in reader.errors.items() if name == "r-name"}

    def _save(
        self, actor: Actor, typed: TypedReport, report: Report, hurt: HurtPerson, *, withheld: bool
    ) -> tuple[str, bool]:
        """The saved report's address, and whether it says what the form says: an earlier Save of the form wins."""
        reports, draft = self._services.reports, typed.value("r-draft")
        person = hurt.home.person if hurt.home is not None else None
        earlier = reports.draft_is_saved(actor, draft)
        saved = reports.save(actor, draft, report, player=hurt.player, person=person, withheld=withheld)
        if earlier is None:
            return saved.address, True
        earlier_report = reports.open(actor, saved.address).report
        is_same = replace(report, written_at=earlier_report.written_at) == earlier_report
        return saved.address, is_same and withheld == earlier.withheld

    def _who(self, hurt: HurtPerson, typed: TypedReport, errors: dict[str, str], status: int = 200) -> str:
        carried = typed.carried(without=("r-player", "r-name", UNLISTED, FOR_RECORD, FROM_RECORD))
        return show(
            "report.who",
            status,
            errors=errors,
            alike=hurt.alike,
            team=hurt.team,
            unread=hurt.unread,
            carried=carried,
            name=typed.value("r-name"),
            **self._advice(typed, self._services.reports.now()),
        )

    def _advice(self, typed: TypedReport, now: datetime) -> dict[str, Any]:
        """What the answers lead to: the assessment, its words, the signs, and who is told.

        Whoever writes about themselves reads it so; what is saved is worded for others (ReportReader).
        """
        triage, interview, oneself = self._services.triage, typed.interview, typed.journey.is_about_oneself
        triage = triage.for_oneself if oneself else triage
        assessment = triage.conclude(interview)
        return {
            "assessment": assessment,
            "words": triage.rules.level_words[assessment.level],
            "answers": timed(triage.answers_in_words(interview), typed.journey.times(now)),
            "telling": self._services.who_is_told.of(interview, oneself=oneself),
        }

    def _check(
        self, actor: Actor, hurt: HurtPerson, typed: TypedReport, errors: dict[str, str], status: int = 200
    ) -> str:
        now = self._services.reports.now()
        venue = hurt.team.plan.today
        telling = self._services.who_is_told.of(typed.interview)
        typed = with_telling(first_shown(typed, now, venue), telling)
        triage = self._services.triage
        return show(
            "report.check" if hurt.home is None else "record.check",
            status,
            errors=errors,
            home=hurt.home,
            parties=self._parties(actor, hurt, telling),
            acting_for="" if hurt.home is None or hurt.home.person.is_me else hurt.home.person.label,
            typed=typed,
            from_plan=venue is not None and typed.value("r-place") == venue.place,
            unsaid=_unsaid(typed),
            who=hurt.player.name if hurt.player is not None else typed.value("r-name").strip(),
            number=hurt.player.number if hurt.player is not None else "",
            contacts=() if telling.withheld else self._services.calls.of(actor, hurt.player),
            **self._advice(typed, now),
            looks=look_rows(typed.interview, typed.journey.times(now)),
            age=next((band.label for band in triage.rules.age_bands if band.id == typed.interview.age_band), ""),
            ages=ages_to_choose(triage.rules),
            moments=_moments(typed, now),
            choices=choices_in_words(),
            days=[(day.isoformat(), near_day(day, local(now).date())) for day in days_to_choose(now)],
            zone=zone_name(now),
        )

    def _parties(self, actor: Actor, hurt: HurtPerson, telling: Telling) -> tuple[str, ...]:
        """Who reads a report from home as soon as it is saved."""
        choice = "private" if telling.policies else "reports"
        return () if hurt.home is None else self._services.from_now_on.parties(actor, hurt.home.person, choice)


class ReportListController(TGController):
    """`/field/reports`."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services

    @expose(allowed_methods=PAGE)
    def index(self, before: Any = None, **_ignored: object) -> str:
        """The coach's own reports, newest first, 20 a page."""
        actor = require_actor()
        reports, older = self._services.reports.mine(actor, parse_place(before))
        return show(
            "report.list",
            reports=reports,
            older=older,
            first=before is None,
            is_whole=self._services.reports.is_own_line_whole(actor),
        )

    @expose(content_type="application/json", allowed_methods=PAGE)
    def roster(self, **_ignored: object) -> bytes:
        """The players of whoever is signed in, and where their team is today, as JSON.

        {"players": [{"id", "number", "name", "calls": [[who, number, as it is dialled]]}], "place": lines};
        public/js/phone/outbox.js seals it under their key.
        """
        actor, calls = require_actor(), self._services.calls
        team = self._services.teams.team(actor)
        players = [
            {"id": one.player_id, "number": one.number, "name": one.name, "calls": _calls(calls.of(actor, one))}
            for one in team.players
        ]
        place = team.plan.today.place if team.plan.today is not None else ""
        tg.response.headers["Cache-Control"] = "no-store"
        return json.dumps({"players": players, "place": place}).encode()


def _calls(contacts: Iterable[Contact]) -> list[list[str]]:
    """Of each contact who it is, the number, and the number as it is dialled."""
    return [[one.name, one.phone, one.number.dialled] for one in contacts if one.number is not None]


def _moments(typed: TypedReport, now: datetime) -> dict[str, list[tuple[str, str]]]:
    """The quick answers to "when": each with the time that it means."""
    clock, started = shown_at(typed, now), started_at(typed)
    recent = [("0", _("Now, %(time)s") % {"time": clock_time(clock)})]
    recent += [
        (minutes, _("%(minutes)s min ago, %(time)s")
         % {"minutes": minutes, "time": clock_time(clock - timedelta(minutes=int(minutes)))})
        for minutes in MINUTES[1:]
    ]  # fmt: skip
    other = [(OTHER, _("Another time"))]
    # The questions may have taken a while, or waited for a sign-in; or the result was given the time when it happened.
    words = _("When you started, %(time)s") if typed.journey.hurt is None else _("As you said, %(time)s")
    was_said = typed.journey.hurt is not None
    is_apart = was_said or clock - started >= timedelta(minutes=1)
    begun = [("start", words % {"time": clock_time(started)})] if is_apart else []
    if typed.began:
        # Nobody falls ill because somebody began to answer.
        known = begun if was_said else []
        begun = [*known, recent[0], *_began(clock, _AT_HOME if typed.value(FOR_RECORD) else _AT_FIELD)]
        return {"when": [*begun, *other], "ambulance": [(NOT_CALLED, _("Not called")), *recent, *other]}
    return {"when": [*begun, *recent, *other], "ambulance": [(NOT_CALLED, _("Not called")), *recent, *other]}


def _unsaid(typed: TypedReport) -> str:
    """What counts at a field if nobody says when it happened; empty where somebody has, or has to."""
    if typed.journey.hurt is not None or typed.value(FOR_RECORD):
        return ""
    return _("If you choose nothing: %(time)s, when you started.") % {"time": clock_time(started_at(typed))}


def _began(now: datetime, longest: timedelta) -> Iterator[tuple[str, str]]:
    """How long ago an illness may have begun; from a day on with the day, else with the time."""
    for text, words in BEGAN.items():
        ago = timedelta(minutes=int(text))
        if ago <= longest:
            day = near_day(local(now - ago).date(), local(now).date())
            yield text, f"{_(words)}, {clock_time(now - ago) if ago < timedelta(days=1) else day}"
