"""The services of one application, built by `config.assembly` and handed to controllers and commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blockmrs.services.accounts.identity import Identity
    from blockmrs.services.accounts.invitations import Invitations
    from blockmrs.services.advice.interviews import TriageService
    from blockmrs.services.advice.who_is_told import WhoIsTold
    from blockmrs.services.followup.clearances import Clearances
    from blockmrs.services.followup.replies import Replies
    from blockmrs.services.followup.symptom_checks import FollowUps
    from blockmrs.services.handover.lost import Lost
    from blockmrs.services.leaving.departures import Departures
    from blockmrs.services.lines.readings import Readings
    from blockmrs.services.node.clock_watch import ClockWatch
    from blockmrs.services.node.health import HealthService
    from blockmrs.services.node.overview import Overview
    from blockmrs.services.node.verify import Evidence
    from blockmrs.services.notices import Notices
    from blockmrs.services.people.calls import Calls
    from blockmrs.services.people.joining import Joining
    from blockmrs.services.people.organisations import Organisations
    from blockmrs.services.people.persons import People
    from blockmrs.services.people.plans import Plans
    from blockmrs.services.people.teams import Teams
    from blockmrs.services.record.crew_facts import CrewFacts
    from blockmrs.services.record.facts import Facts
    from blockmrs.services.reminders import Reminders
    from blockmrs.services.reports.reports import Reports
    from blockmrs.services.selections.received import ReceivedRecords
    from blockmrs.services.selections.record_shares import RecordSharing
    from blockmrs.services.sharing.crew_codes import Codes
    from blockmrs.services.sharing.everyone import Everyone
    from blockmrs.services.sharing.from_now_on import FromNowOn
    from blockmrs.services.sharing.inbox import Inbox
    from blockmrs.services.sharing.rights import Rights
    from blockmrs.services.sharing.shares import Sharing
    from blockmrs.services.sharing.standing_records import StandingRecords
    from blockmrs.services.sharing.who_looked import WhoLooked
    from blockmrs.services.stopping.sealing_anew import SealingAnew


@dataclass(frozen=True, slots=True)
class Services:
    """One of each."""

    departures: Departures
    readings: Readings
    triage: TriageService
    who_is_told: WhoIsTold
    identity: Identity
    invitations: Invitations
    joining: Joining
    organisations: Organisations
    teams: Teams
    plans: Plans
    calls: Calls
    people: People
    lost: Lost
    rights: Rights
    everyone: Everyone
    facts: Facts
    crew_facts: CrewFacts
    reports: Reports
    sharing: Sharing
    inbox: Inbox
    record_sharing: RecordSharing
    received_records: ReceivedRecords
    followups: FollowUps
    clearances: Clearances
    replies: Replies
    codes: Codes
    sealing_anew: SealingAnew
    notices: Notices
    reminders: Reminders
    who_looked: WhoLooked
    from_now_on: FromNowOn
    standing_records: StandingRecords
    evidence: Evidence
    health: HealthService
    clock_watch: ClockWatch
    overview: Overview
