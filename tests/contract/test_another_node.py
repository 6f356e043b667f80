"""An installation whose real node was swapped for an empty one, or is away: what it says, and what still works."""

import secrets
from pathlib import Path

import pytest

from blockmrs.config.settings import StorageSettings
from blockmrs.errors import ObjectMissing
from blockmrs.services.accounts.actor import Actor
from tests.contract.kubo import KuboNode
from tests.contract.test_backup_with_kubo import on
from tests.support.installation import PASSWORD, Installation

pytestmark = pytest.mark.kubo


def on_other(node: KuboNode, first: Installation, folder: Path) -> Installation:
    token = folder.with_name("other-token")
    token.write_text(f"{node.token}\n")
    storage = StorageSettings(kind="kubo", kubo_address=node.address, kubo_token_file=str(token), timeout_s=5.0)
    return first.with_storage(storage)


def coach(installation: Installation) -> Actor:
    identity = installation.services.identity
    actor = identity.actor_for(identity.sign_in("carol", PASSWORD, "test"))
    assert actor is not None
    return actor


def let_go_of_settling(folder: Path) -> None:
    """The two minutes are over in which each object is kept here beside the node."""
    for path in (folder / "outbox" / "settling").iterdir():
        path.unlink()


def test_an_empty_node_is_named_and_the_team_is_still_there(kubo_node: KuboNode, tmp_path: Path) -> None:
    first = on(kubo_node, tmp_path / "first")
    with first:
        first.sign_up("carol")
        first.services.health.fresh_s = 0.0
        assert first.services.health.readiness().holds == "all"
        first.services.teams.add_player(coach(first), "Sam Rivers", "7", "")
    let_go_of_settling(tmp_path / "first")
    empty = KuboNode(tmp_path / "empty-node")
    empty.start()
    try:
        with on_other(empty, first, tmp_path / "first") as swapped:
            said = swapped.services.health.readiness()
            assert (said.storage, said.holds, said.is_ready) == (True, "none", False)
            team = swapped.services.teams.team(coach(swapped))
            assert [player.name for player in team.players] == ["Sam Rivers"]
            assert swapped.services.teams.can_hold(team.players[0])
            with pytest.raises(ObjectMissing):
                swapped.foundation.objects.inner.get(swapped.services.evidence.listed_cids()[0])
    finally:
        empty.stop()


def test_with_the_node_away_a_new_process_adds_a_player(kubo_node: KuboNode, tmp_path: Path) -> None:
    first = on(kubo_node, tmp_path / "first")
    with first:
        first.sign_up("carol")
        version = first.services.teams.add_player(coach(first), "Sam Rivers", "7", "").version
    let_go_of_settling(tmp_path / "first")
    kubo_node.stop()
    try:
        with on(kubo_node, tmp_path / "first") as away:
            said = away.services.health.readiness()
            assert (said.storage, said.holds, said.is_ready) == (False, "unknown", True)
            team = away.services.teams.add_player(coach(away), f"Kim {secrets.token_hex(2)}", "8", version)
            assert len(team.players) == 2
            assert away.foundation.objects.pending() > 0
    finally:
        kubo_node.start()
