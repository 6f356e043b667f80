"""What is written while a request reads is seen by whatever it reads after that, whoever wrote it."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.permission import Standing
from blockmrs.errors import NotFound
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.reports.access import parse_report_address
from tests.conftest import StillClock
from tests.support.quick import quick_folder
from tests.support.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with quick_folder() as folder:
        made = World(Path(folder), StillClock(datetime(2026, 3, 14, 15, 9, tzinfo=UTC)))
        yield made
        made.engine.dispose()


@pytest.fixture
def coach(world: World) -> Actor:
    return world.person("carol", "Carol")


def save(world: World, actor: Actor) -> str:
    return world.reports.save(actor, secrets.token_hex(16), world.report()).address


def test_a_report_that_is_saved_within_a_request_is_seen_by_what_is_read_after_it(world, coach) -> None:
    with world.mailbox.readings.one():
        assert world.reports.mine(coach)[0] == []
        first = save(world, coach)
        assert [report.address for report in world.reports.mine(coach)[0]] == [first]
        second = save(world, coach)
        assert [report.address for report in world.reports.mine(coach)[0]] == [second, first]


def test_what_another_process_saves_meanwhile_is_seen(world, coach) -> None:
    elsewhere = World(world.folder, world.clock)
    with world.mailbox.readings.one():
        assert world.reports.mine(coach)[0] == []
        saved = save(elsewhere, coach)
        assert [report.address for report in world.reports.mine(coach)[0]] == [saved]
    elsewhere.engine.dispose()


def test_facts_that_are_changed_within_a_request_are_the_newest_at_once(world, coach) -> None:
    with world.mailbox.readings.one():
        (me,) = world.people.of(coach)
        today = world.clock().date()
        for allergy in ("Penicillin", "Bee stings"):
            version = world.facts.current(me).version
            facts = HealthFacts(allergies=(allergy,))
            world.facts.save(coach, me, secrets.token_hex(16), facts, version, today)
            assert world.facts.newest(me).facts.allergies == (allergy,)


def test_a_share_that_is_stopped_meanwhile_lets_nobody_read_on(world, coach) -> None:
    doctor = world.person("lee", "Dr Lee")
    hospital = world.organisations.accept(doctor, world.organisations.add("North Hospital"), "")
    address, until = save(world, coach), world.clock() + timedelta(days=1)
    with world.mailbox.readings.one():
        share = world.sharing.grant(coach, address, hospital.card_id, "care", until)
        found = world.access.find(doctor, parse_report_address(address))
        assert found is not None
        assert found.standing is Standing.RECIPIENT
        world.sharing.stop(coach, address, share.share_id)
        found = world.access.find(doctor, parse_report_address(address))
        assert found is not None
        assert found.standing is Standing.FORMER_RECIPIENT


def test_who_is_made_to_leave_meanwhile_is_no_member_any_more(world) -> None:
    chief, other = world.person("lee", "Dr Lee"), world.person("otto", "Dr Otto")
    hospital = world.organisations.accept(chief, world.organisations.add("North Hospital"), "").card_id
    with world.mailbox.readings.one():
        world.organisations.accept(other, world.organisations.invite(chief, hospital), "")
        assert world.organisations.membership(other, hospital)
        world.organisations.staff.end(chief, hospital, other.keyring.card.id)
        with pytest.raises(NotFound):
            world.organisations.membership(other, hospital)
