"""A restored backup never forks the chain: what the head file says decides."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from blockmrs.errors import Unavailable
from blockmrs.model.snapshot import copy_database
from blockmrs.services.node.restore import HeadFile
from tests.support.installation import Installation


def test_a_machine_that_published_later_blocks_signs_nothing_on_an_older_backup(
    machine: Installation, saved: Path
) -> None:
    with machine:
        machine.add_block(0)
        machine.add_block(1)
        newest = machine.height
    result = machine.restore(saved, replace=True)
    assert result.head is HeadFile.NEWER
    assert (result.height, result.published_height) == (newest - 2, newest)
    with machine:
        with pytest.raises(Unavailable, match="fork"):
            machine.add_block(7)
        assert machine.signs_in("carol")
        assert machine.height == newest - 2


def test_the_newest_backup_brings_such_a_machine_back(machine: Installation, saved: Path, tmp_path: Path) -> None:
    with machine:
        machine.add_block(0)
        machine.add_block(1)
        machine.backup(tmp_path / "newer")
    machine.restore(saved, replace=True)
    assert machine.restore(tmp_path / "newer", replace=True).head is HeadFile.UP_TO_DATE
    with machine:
        machine.add_block(2)
        machine.verify()


def test_one_block_more_is_repeated_from_the_head_file(machine: Installation, saved: Path) -> None:
    with machine:
        machine.add_block()
        head = machine.foundation.ledger.head()
    assert machine.restore(saved, replace=True).head is HeadFile.ONE_AHEAD
    with machine:
        assert machine.foundation.ledger.head() == head
        machine.add_block(1)
        machine.verify()


def test_a_machine_that_published_nothing_since_goes_on(machine: Installation, saved: Path) -> None:
    assert machine.restore(saved, replace=True).head is HeadFile.UP_TO_DATE
    with machine:
        machine.add_block()
        machine.verify()


def test_a_backup_of_a_further_machine_brings_its_newer_head_file(
    machine: Installation, other: Installation, saved: Path, tmp_path: Path
) -> None:
    other.restore(saved)
    with machine:
        machine.add_block()
        machine.backup(tmp_path / "newer")
        newest = machine.height
    result = other.restore(tmp_path / "newer", replace=True)
    assert result.head is HeadFile.UP_TO_DATE
    assert result.published_height == newest


def test_a_backup_whose_database_is_a_block_further_than_its_head_file_takes_the_machines(
    machine: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head file is read first, and somebody saved before the database was copied."""

    def copied_a_block_later(engine: Engine, copy: Path) -> None:
        machine.add_block()
        copy_database(engine, copy)

    monkeypatch.setattr("blockmrs.services.node.backup.copy_database", copied_a_block_later)
    with machine:
        before = machine.height
        machine.backup(tmp_path / "between")
        published = (machine.folder / "secrets" / "sealer.head").read_bytes()
    result = machine.restore(tmp_path / "between", replace=True)
    assert (result.head, result.height, result.published_height) == (HeadFile.UP_TO_DATE, before + 1, before + 1)
    assert (machine.folder / "secrets" / "sealer.head").read_bytes() == published
    with machine:
        machine.add_block(1)
        machine.verify()


def test_a_machine_with_no_head_file_says_that_it_cannot_know(
    machine: Installation, other: Installation, saved: Path
) -> None:
    with machine:
        newest = machine.height
    result = other.restore(saved)
    assert (result.head, result.height, result.published_height) == (HeadFile.NONE_HERE, newest, newest)


def test_a_head_file_of_another_chain_says_nothing_about_this_one(other: Installation, saved: Path) -> None:
    with other:
        other.sign_up("mallory")
        other.add_block()
    assert other.restore(saved, replace=True).head is HeadFile.NONE_HERE
    with other:
        other.verify()


def test_a_head_file_that_was_set_aside_still_counts(machine: Installation, saved: Path, tmp_path: Path) -> None:
    stranger = Installation(tmp_path / "stranger")
    with stranger:
        stranger.backup(tmp_path / "strange")
    with machine:
        machine.add_block(0)
        machine.add_block(1)
    machine.restore(tmp_path / "strange", replace=True)
    assert machine.restore(saved, replace=True).head is HeadFile.NEWER


def test_two_histories_at_one_height_are_never_joined(
    machine: Installation, other: Installation, saved: Path, tmp_path: Path
) -> None:
    other.restore(saved)
    with other:
        other.add_block(1)
        other.add_block(2)
        other.backup(tmp_path / "forked")
    with machine:
        machine.add_block(0)
    assert machine.restore(tmp_path / "forked", replace=True).head is HeadFile.NEWER
    with machine, pytest.raises(Unavailable):
        machine.add_block(3)


def test_a_head_file_that_cannot_be_read_stays_and_nothing_is_signed(machine: Installation, saved: Path) -> None:
    head = machine.folder / "secrets" / "sealer.head"
    head.write_bytes(b"\0" + head.read_bytes())
    result = machine.restore(saved, replace=True)
    assert (result.head, result.published_height) == (HeadFile.NEWER, None)
    with machine, pytest.raises(Unavailable):
        machine.add_block()


# Whole or nothing.
