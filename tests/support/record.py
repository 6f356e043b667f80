"""A child's record to be given, the family that gives it, and somebody who forges."""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from blockmrs.chain.transaction import Kind
from blockmrs.domain.bundles import BundleEntry, BundleTerms
from blockmrs.domain.kinds import Scope
from blockmrs.domain.reports import ReportedFinding
from blockmrs.domain.sharing import BundleGrant
from blockmrs.domain.triage.loader import load_rules
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.grants.granting import LineTo, share_bundle
from blockmrs.services.lines.bundles import keep_bundle
from blockmrs.services.selections.selection import Selection, Terms
from tests.services.test_story import member
from tests.support.heads import answers, head_report
from tests.support.parents import Parents
from tests.support.team import team_in
from tests.support.world import World

MONTH = timedelta(days=30)
DRAFT = "ab" * 16
PRIVATE = load_rules().presentations["mh"].title


@dataclass
class Family(Parents):
    """Sam, with a report of a hurt head, a check and facts; his mother and father; a doctor of North Hospital."""

    report: str

    @property
    def sam(self):
        return self.team.person(self.maria).card

    def terms(self, **changes: object) -> Terms:
        return Terms(**({"purpose": "care", "until": self.world.clock() + MONTH} | changes))

    def give(self, selection: Selection | None = None, actor: Actor | None = None, draft: str = "", **terms) -> str:
        actor = actor or self.maria
        return self.world.record_sharing.share(
            actor, self.handle(actor), draft or secrets.token_hex(16), self.hospital, selection or Selection(),
            self.terms(**terms),
        )  # fmt: skip

    def shares(self, actor: Actor | None = None):
        return self.world.record_sharing.shares(actor or self.maria, self.handle(actor))

    def came(self, actor: Actor | None = None):
        gaps: list[str] = []
        page, _ = self.world.received_records.page(actor or self.lee, None, gaps)
        assert not gaps
        return page

    def open(self):
        """What the doctor reads of the newest that came, after leaving a receipt."""
        address = self.came()[0].address
        self.world.received_records.acknowledge(self.lee, address)
        opened = self.world.received_records.open(self.lee, address)
        assert opened is not None
        return opened

    def private_report(self) -> str:
        """One more report by the coach, about something that not everybody should see; its entry id."""
        report = replace(
            head_report(self.world.clock()),
            findings=(ReportedFinding("complaints", "What is wrong", PRIVATE),),
        )
        return self.world.reports.save(self.team.carol, secrets.token_hex(16), report, player=self.team.player).address

    def entries(self):
        return self.world.record_sharing.record(self.maria, self.handle()).entries


def family_in(world: World) -> Family:
    """The family as all tests find it."""
    team = team_in(world)

    def make() -> tuple[Actor, Actor, str]:
        lee, joe = member(world, "lee", "North Hospital"), team.joins("joe", "Joe Rivers")
        team.confirm(team.maria, "Joe Rivers")
        address = team.save()
        world.followups.save(team.carol, address, secrets.token_hex(16), answers())
        team.tell_facts(team.maria)
        return joe, lee, address

    return Family(team, *world.once("a record to share", make))


def kinds(opened) -> list[str]:
    return sorted(update.kind for update in opened.updates)


class Forger:
    """Somebody with every key of Sam's card, and a program of their own."""

    def __init__(self, family: Family) -> None:
        self.family, self.world, self.sam = family, family.world, family.sam

    def give(self, entries: list[BundleEntry], *, subject: bytes = b"", author=None) -> None:
        """A bundle of these entries on the line from Sam's card to the hospital."""
        world, card = self.world, self.sam.keyring.card.id
        batch = world.mailbox.batch()
        where = keep_bundle(batch, subject or card, BundleTerms(), entries, chain_id=world.ledger.chain_id)
        organisation = world.organisations.find(self.family.hospital)
        line = world.organisations.introduce(batch, self.sam.keyring, "Sam", organisation)
        grant = BundleGrant(
            Scope.BUNDLE, where.object, where.bundle_id, subject or card, "care", world.clock(),
            world.clock() + MONTH, title="Sam Rivers", party="Maria Rivers",
        )  # fmt: skip
        to = LineTo(world.cards.find(self.family.hospital), line)
        if author is None:
            share_bundle(batch, grant, self.family.maria.keyring, self.sam, to, "North Hospital", bytes(16))
        else:
            batch.add(Kind.GRANT, grant.to_fields(), author=author, recipient=to.card, line_key=to.key)
        batch.commit()

    def honest(self) -> list[BundleEntry]:
        return [entry.update for entry in self.family.entries()]
