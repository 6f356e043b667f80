"""A believable club for a fresh installation, made with the same services that the pages use."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.kinds import Purpose, Relation
from blockmrs.domain.reports import Report
from blockmrs.domain.triage.engine import Interview
from blockmrs.domain.triage.taps import AnswerTap
from blockmrs.errors import Conflict
from blockmrs.services.advice.in_reports import AnswerTimes, advice_of, findings_of

if TYPE_CHECKING:
    from blockmrs.domain.triage.conditions import Answer
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.accounts.identity import SignedUp
    from blockmrs.services.container import Services

_WORDS = (
    "amber anchor apron barrel basil beacon birch bramble brook button cactus candle canyon cedar cello cherry cinder "
    "clover cobalt copper coral cotton crater cricket daisy dolphin ember falcon feather fennel ferry fiddle flint "
    "forest fossil garnet ginger glacier granite hazel heron hollow indigo island ivory jasmine kettle lantern lemon "
    "lilac linen lobster magnet maple marble meadow mint mosaic nectar nutmeg oak oboe olive onyx orchid otter oyster "
    "paddle pebble pepper pigeon plum pollen poppy prairie quartz quill rabbit raven ribbon river rocket saddle "
    "saffron salmon sapphire sparrow spruce sunset teapot thistle timber tulip turtle umbrella velvet violet walnut "
    "willow window winter zephyr"
).split()
_PLAYERS = (
    ("1", "Noor Haddad"), ("2", "Eli Brandt"), ("4", "Ravi Menon"), ("5", "Tomas Vela"), ("7", "Sam Rivers"),
    ("8", "Jonah Okafor"), ("10", "Luca Ferri"), ("11", "Mei Tan"), ("14", "Ada Lind"),
)  # fmt: skip
_VENUES = {
    "a1b2c3d4e5f60718": {
        "name": "North Field",
        "address": "12 School Lane, Springfield",
        "gate": "Gate B, off Mill Road",
        "defibrillator": "Clubhouse wall, left of the door. No key.",
        "caller": "Ana Torres",
        "greeter": "Pat Ferri",
        "hospital": "North Hospital, 12 Mill Road",
        "hospital_phone": "555 0100",
        "directions": "Left out of the gate.\nOver the bridge.\nThe hospital is on the right.",
    },
    "a1b2c3d4e5f60719": {
        "name": "Riverside Park",
        "address": "1 River Walk, Springfield",
        "gate": "Car park by the boat house",
    },
}
_SAM = HealthFacts(date(2012, 5, 17), {"blood-thinner": "no", "diabetes": "none"}, ("Penicillin", "Bee stings"))
_ADA = HealthFacts(date(2011, 9, 2), {"sickle-cell": "trait"}, no_allergies=True)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One person of the demonstration, with the password made for this installation."""

    role: str
    user_name: str
    password: str
    recovery_code: str

    def __repr__(self) -> str:
        return f"DemoAccount({self.role})"


@dataclass(frozen=True, slots=True)
class Demo:
    """What was made: accounts, and the address and code of the first report."""

    accounts: tuple[DemoAccount, ...]
    report: str
    typed_code: str


def make_demo(services: Services) -> Demo:
    """Fill a fresh installation; Conflict if it already holds an organisation."""
    if services.organisations.directory():
        raise Conflict("this installation is in use: the demonstration is for a fresh one")
    # Both before anything is made, so that nothing the rules refuse can leave half a club behind.
    head, wrist = _head_report(services), _wrist_report(services)
    made: list[DemoAccount] = []
    if not services.identity.has_admin():
        _administrator(services, made)
    coach = _person(services, made, "coach", "coach.ana", "Ana Torres")
    parent = _person(services, made, "parent", "maria.rivers", "Maria Rivers")
    second = _person(services, made, "parent", "joy.okafor", "Joy Okafor")
    player = _person(services, made, "player", "ada.lind", "Ada Lind")
    doctor = _person(services, made, "clinician", "dr.lee", "Dr Lee")
    nurse = _person(services, made, "clinician", "nurse.park", "Nurse Park")

    invitation = services.organisations.add("North Hospital", "12 Mill Road, emergency department")
    hospital = services.organisations.accept(doctor, invitation, "")
    services.organisations.accept(nurse, services.organisations.invite(doctor, hospital.card_id), "")

    team = services.teams.rename(coach, "North Field U15", services.teams.team(coach).version)
    team = services.teams.add_players(coach, list(_PLAYERS), team.version)
    for venue_id, fields in _VENUES.items():
        services.plans.put(coach, venue_id, fields, "")
    by_name = {entry.name: entry for entry in team.players}
    for person, name, relation in (
        (parent, "Sam Rivers", Relation.GUARDIAN),
        (second, "Jonah Okafor", Relation.GUARDIAN),
        (player, "Ada Lind", Relation.SELF),
    ):
        code = services.teams.invite_family(coach, by_name[name].player_id)
        services.teams.join(person, code, relation, "")

    _tell(services, parent, _SAM)
    _tell(services, player, _ADA)
    first = services.reports.save(coach, secrets.token_hex(16), head, player=by_name["Sam Rivers"], withheld=False)
    second_report = services.reports.save(
        coach, secrets.token_hex(16), wrist, player=by_name["Jonah Okafor"], withheld=False
    )
    until = services.reports.now() + timedelta(days=30)
    for report_place in (first, second_report):
        services.sharing.grant(coach, report_place.address, hospital.card_id, Purpose.CARE, until)
    crew = services.codes.make(coach, first.address)
    return Demo(tuple(made), first.address, crew.typed or "")


def _tell(services: Services, actor: Actor, facts: HealthFacts) -> None:
    """State health facts about the last person whose record this account keeps."""
    today = services.facts.now().date()
    person = services.people.of(actor)[-1]
    services.facts.save(actor, person, secrets.token_hex(16), facts, services.facts.current(person).version, today)


def _person(services: Services, made: list[DemoAccount], role: str, user_name: str, name: str) -> Actor:
    password = _password()
    return _confirmed(services, made, role, user_name, password, services.identity.sign_up(user_name, name, password))


def _administrator(services: Services, made: list[DemoAccount]) -> None:
    """The administrator of an installation that has none yet; set-up is closed from then on."""
    user_name, password = "admin.kim", _password()
    token = services.identity.make_setup_token(others_stay=True)
    signed_up = services.identity.set_up(token, user_name, "Kim Moss", password, "demo")
    _confirmed(services, made, "administrator", user_name, password, signed_up)


def _password() -> str:
    return "-".join(secrets.choice(_WORDS) for _ in range(5))


def _confirmed(
    services: Services, made: list[DemoAccount], role: str, user_name: str, password: str, signed_up: SignedUp
) -> Actor:
    """Who signed up, with the recovery code confirmed, signed out again and written down."""
    actor = services.identity.actor_for(signed_up.token)
    if actor is None:
        raise Conflict("the new account could not be used")
    services.identity.confirm_recovery(actor)
    confirmed = services.identity.actor_for(signed_up.token)
    services.identity.sign_out(signed_up.token)
    made.append(DemoAccount(role, user_name, password, signed_up.recovery_code))
    return confirmed or actor


def _head_report(services: Services) -> Report:
    answers: dict[str, Answer] = {"head-vomits": 2, "head-knocked-out": None}
    return _report(services, "head", answers, "Sam Rivers", "7", "hit by player", "Clash of heads at a ruck.")


def _wrist_report(services: Services) -> Report:
    answers: dict[str, Answer] = {"hand-bent": True}
    return _report(services, "hand", answers, "Jonah Okafor", "8", "fall", "Fell on the outstretched hand.")


def _report(
    services: Services, complaint: str, answers: dict[str, Answer], player: str, number: str, mechanism: str, note: str
) -> Report:
    """A report with the advice that the real rules give for these answers."""
    triage, now = services.triage, services.reports.now()
    band = next(band for band in triage.rules.age_bands if band.label.startswith("13"))
    interview = Interview(band.id, (complaint,))
    for finding, answer in answers.items():
        interview = triage.after(interview, AnswerTap(finding, answer))
    seen_at = now - timedelta(minutes=10)
    times = AnswerTimes(seen_at, dict.fromkeys(answers, seen_at))
    return Report(
        player=player,
        shirt_number=number,
        age=band.label,
        injured_at=now - timedelta(minutes=12),
        written_at=now,
        place="North Field, gate B",
        sport="Rugby",
        mechanism=(mechanism,),
        findings=findings_of(triage.answers_in_words(interview), triage.rules, interview, times),
        advice=advice_of(triage.conclude(interview), triage.rules.level_words),
        done=("kept still",),
        ambulance_called_at=None,
        who_was_told=("parent or guardian",),
        note=note,
        author="Ana Torres",
        team="North Field U15",
    )
