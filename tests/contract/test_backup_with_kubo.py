"""An installation whose objects live in a real node: backed up, restored elsewhere, and brought to another node."""

from pathlib import Path

import pytest

from blockmrs.config.settings import StorageSettings
from tests.contract.kubo import KuboNode
from tests.support.installation import Installation

pytestmark = pytest.mark.kubo


def on(node: KuboNode, folder: Path) -> Installation:
    token = folder.with_name(f"{folder.name}-token")
    token.write_text(f"{node.token}\n")
    return Installation(
        folder, StorageSettings(kind="kubo", kubo_address=node.address, kubo_token_file=str(token), timeout_s=5.0)
    )


def test_a_backup_fetches_every_object_from_the_node_and_a_restore_brings_them_to_another(
    kubo_node: KuboNode, tmp_path: Path
) -> None:
    with on(kubo_node, tmp_path / "first") as first:
        first.sign_up("carol")
        assert first.foundation.objects.pending() == 0
        saved = first.backup(tmp_path / "saved")
        assert saved.objects > 0
        assert saved.missing == ()
    second_node = KuboNode(tmp_path / "second-node")
    second = on(second_node, tmp_path / "second")
    second.restore(tmp_path / "saved")
    second_node.start()
    try:
        with second:
            assert second.foundation.objects.flush() == saved.objects
            assert second.signs_in("carol")
            second.verify()
            assert {str(cid) for cid in second.services.evidence.listed_cids()} <= second_node.pins()
    finally:
        second_node.stop()


def test_a_save_while_the_node_is_down_is_in_the_backup(kubo_node: KuboNode, tmp_path: Path) -> None:
    kubo_node.stop()
    try:
        with on(kubo_node, tmp_path / "first") as first:
            first.sign_up("carol")
            assert first.foundation.objects.pending() > 0
            assert first.backup(tmp_path / "saved").missing == ()
    finally:
        kubo_node.start()
