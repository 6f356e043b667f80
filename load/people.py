"""A fresh installation with clubs, families and a hospital, for the people of a load to be."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from blockmrs.config.assembly import build_foundation, build_services
from blockmrs.config.settings import load_settings
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.container import Services

PASSWORD = "granite teapot violin heron"
HOSPITAL = "North Hospital"


@dataclass
class People:
    """User names, all with PASSWORD; `invitations` of families are used once."""

    coaches: list[str] = field(default_factory=list)
    families: list[str] = field(default_factory=list)
    clinicians: list[str] = field(default_factory=list)
    invitations: list[str] = field(default_factory=list)


def make_people(settings_file: Path, *, coaches: int, families: int, clinicians: int) -> People:
    """Make them; each coach's team has players enough for all families to join."""
    settings = load_settings(settings_file)
    foundation = build_foundation(settings, upgrade=True)
    services, people = build_services(settings, foundation), People()
    doctors = [_person(services, people.clinicians, f"doctor{number}") for number in range(clinicians)]
    hospital = services.organisations.accept(doctors[0], services.organisations.add(HOSPITAL), "").card_id
    for doctor in doctors[1:]:
        services.organisations.accept(doctor, services.organisations.invite(doctors[0], hospital), "")
    for number in range(families):
        _person(services, people.families, f"family{number}")
    for number in range(coaches):
        coach = _person(services, people.coaches, f"coach{number}")
        names = [("", f"Player {number} {place}") for place in range(max(1, -(-families // coaches)))]
        team = services.teams.add_players(coach, names, services.teams.team(coach).version)
        people.invitations += [services.teams.invite_family(coach, player.player_id) for player in team.players]
    foundation.close()
    return people


def write_people(people: People, path: Path) -> None:
    """Keep them for the process that plays them."""
    path.write_text(json.dumps(asdict(people)), encoding="utf-8")


def read_people(path: Path) -> People:
    """Whom `write_people` kept."""
    return People(**json.loads(path.read_text(encoding="utf-8")))


def _person(services: Services, names: list[str], name: str) -> Actor:
    signed_up = services.identity.sign_up(name, name.capitalize(), PASSWORD)
    actor = services.identity.actor_for(signed_up.token)
    assert actor is not None
    services.identity.confirm_recovery(actor)
    names.append(name)
    return services.identity.actor_for(signed_up.token) or actor
