"""A family, their coach and a hospital, for the tests of everything from now on."""

import secrets
from dataclasses import replace
from datetime import timedelta

from blockmrs.chain.transaction import Kind
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.kinds import Scope
from blockmrs.domain.reports import Report, ReportedFinding
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.lines.mailbox import EntrustedKeys
from blockmrs.services.reports.access import report_address
from blockmrs.services.sharing.from_now_on import StandingShare
from tests.support.heads import head_report
from tests.support.parents import Parents
from tests.support.team import team_in
from tests.support.world import World

MONTH = timedelta(days=30)
ALL = ("reports", "facts")
MARKED = ReportedFinding("story-does-not-fit", "Does the story not fit?", "yes")
"""What the rules mark as private, beside whatever else is wrong."""


class Home(Parents):
    """A player with two parents, their coach, and a hospital."""

    def begin(self, actor: Actor | None = None, choices: tuple[str, ...] = ALL, until: timedelta = MONTH) -> None:
        actor = actor or self.maria
        world = self.world
        world.from_now_on.begin(actor, self.handle(actor), self.hospital, "care", world.clock() + until, choices)

    def shares(self, actor: Actor) -> list[StandingShare]:
        return self.world.from_now_on.of(actor, self.handle(actor))

    def stop(self, actor: Actor) -> None:
        (share,) = self.shares(actor)
        self.world.from_now_on.stop(actor, self.handle(actor), share.share_id)

    def tell(self, actor: Actor, allergy: str = "Penicillin") -> None:
        world, person = self.world, self.team.person(actor)
        version, facts = world.facts.current(person).version, HealthFacts(allergies=(allergy,))
        world.facts.save(actor, person, secrets.token_hex(16), facts, version, world.clock().date())

    def home_report(self, actor: Actor, answer: str = "Hurt head") -> str:
        """Saved at home, about a head, or about what `answer` says is wrong; its address."""
        report = replace(_report(self.world, answer), origin="home")
        return self.world.reports.save(actor, secrets.token_hex(16), report, person=self.team.person(actor)).address

    def coach_report(self, answer: str, *more: ReportedFinding) -> str:
        """The same, written by the coach."""
        report, world = _report(self.world, answer, *more), self.world
        return world.reports.save(self.team.carol, secrets.token_hex(16), report, player=self.team.player).address

    def on_the_line(self) -> set[str]:
        """The addresses of all of which a key came to the hospital, straight from the chain: grants, and renewals."""
        (hospital,) = self.world.organisations.memberships(self.lee)
        line_key = self.card().keyring.line_to(self.hospital)
        messages = self.world.mailbox.messages_on(line_key, hospital.keyring)
        fields = [message.fields for _, message in messages if message.kind is Kind.GRANT]
        return {report_address(said[9]) for said in fields if said[6] in (Scope.UPDATE, Scope.RENEWAL)}

    def waiting(self, actor: Actor) -> int:
        return sum(waiting.number for waiting in self.world.from_now_on.waiting(actor))

    def give(self, actor: Actor) -> int:
        return self.world.from_now_on.give(actor, self.handle(actor)).given

    def inbox(self) -> list[str]:
        return [item.address for item in self.world.received(self.lee) if item.active]

    def facts(self) -> list[tuple[str, ...]]:
        """What of the health facts a doctor reads, newest first; with a receipt for each."""
        records, allergies = self.world.standing_records, []
        for record in records.records(self.lee):
            for came in records.page(self.lee, record.record_id).facts:
                records.acknowledge(self.lee, record.record_id, came.address)
                opened = records.open(self.lee, record.record_id, came.address)
                assert opened is not None
                allergies.append(opened.facts.allergies)
        return allergies

    def card(self, actor: Actor | None = None) -> EntrustedKeys:
        return self.team.person(actor or self.maria).card


def _report(world: World, answer: str, *more: ReportedFinding) -> Report:
    findings = (ReportedFinding("complaints", "What is wrong", answer), *more)
    return replace(head_report(world.clock()), findings=findings)


def home_in(world: World) -> Home:
    """The family as all tests find it: both parents are in, and a hospital has a doctor."""
    team = team_in(world)

    def make() -> tuple[Actor, Actor]:
        lee = world.person("lee", "Dr Lee")
        world.organisations.accept(lee, world.organisations.add("North Hospital"), "")
        joe = team.joins("joe", "Joe Rivers")
        team.confirm(team.maria, "Joe Rivers")
        return joe, lee

    return Home(team, *world.once("from now on", make))
