"""The services of one application, built by `config.assembly` and handed to controllers and commands."""

from dataclasses import dataclass

from blockmrs.services.clearances import Clearances
from blockmrs.services.clock_watch import ClockWatch
from blockmrs.services.codes import Codes
from blockmrs.services.evidence import Evidence
from blockmrs.services.facts import Facts
from blockmrs.services.followups import FollowUps
from blockmrs.services.health import HealthService
from blockmrs.services.identity import Identity
from blockmrs.services.inbox import Inbox
from blockmrs.services.invitations import Invitations
from blockmrs.services.joining import Joining
from blockmrs.services.notices import Notices
from blockmrs.services.organisations import Organisations
from blockmrs.services.overview import Overview
from blockmrs.services.people import People
from blockmrs.services.plans import Plans
from blockmrs.services.reports import Reports
from blockmrs.services.rights import Rights
from blockmrs.services.sharing import Sharing
from blockmrs.services.teams import Teams
from blockmrs.services.telling import WhoIsTold
from blockmrs.services.triage import TriageService
from blockmrs.services.who_looked import WhoLooked


@dataclass(frozen=True, slots=True)
class Services:
    """One of each."""

    triage: TriageService
    who_is_told: WhoIsTold
    identity: Identity
    invitations: Invitations
    joining: Joining
    organisations: Organisations
    teams: Teams
    plans: Plans
    people: People
    rights: Rights
    facts: Facts
    reports: Reports
    sharing: Sharing
    inbox: Inbox
    followups: FollowUps
    clearances: Clearances
    codes: Codes
    notices: Notices
    who_looked: WhoLooked
    evidence: Evidence
    health: HealthService
    clock_watch: ClockWatch
    overview: Overview
