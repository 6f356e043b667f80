"""Names as long as they may be, in scripts whose letters take three bytes: everything is saved, shared and read."""

from datetime import timedelta

import pytest

from blockmrs.services.accounts.passwords import NAME_MAX
from tests.services.test_story import DRAFT
from tests.support.world import World, report_at

SCRIPTS = {
    "latin": "Maximiliana ",
    "thai": "สมชาย ",
    "hindi": "नमिता ",
    "chinese": "李小龍 ",
    "emoji": "Zoë 👩\u200d⚕ ",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_report_goes_its_whole_way(tmp_path, clock, script):
    name = (SCRIPTS[script] * NAME_MAX)[:NAME_MAX].strip()
    world = World(tmp_path, clock)
    coach, doctor, parent = (world.person(user, name) for user in ("coach", "doctor", "parent"))
    world.organisations.accept(doctor, world.organisations.add(name, name), "")
    team = world.teams.rename(coach, name, "")
    team = world.teams.add_player(coach, name, "7", team.version)
    player = team.players[0]
    world.teams.join(parent, world.teams.invite_family(coach, player.player_id), "guardian", "")
    saved = world.reports.save(coach, DRAFT, report_at(clock(), name), player=player)
    hospital = world.organisations.directory()[0]
    world.sharing.grant(coach, saved.address, hospital.card_id, "second opinion", clock() + timedelta(days=30))
    assert [
        access.grant.update_id.hex().startswith(saved.address) for access in world.access.received(doctor, b"")
    ] == [True]
    world.sharing.acknowledge(doctor, saved.address)
    opened = world.sharing.open_shared(doctor, saved.address)
    assert opened is not None
    assert opened.report.player == name
    share = world.sharing.shares(coach, saved.address)[0]
    assert len(share.receipts) == 1
    assert world.people.of(parent)[-1].label == name
