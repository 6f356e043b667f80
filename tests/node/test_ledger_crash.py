"""`kill -9` at every step of a block, and two processes on one file: nothing acknowledged is lost, nothing forks."""

import signal
from contextlib import suppress

import pytest

from blockmrs.chain.header import Header
from blockmrs.chain.ledger import Place
from blockmrs.chain.sealer import Sealer
from tests.support.ledger_work import die_at, write_lines
from tests.support.processes import FORKED
from tests.unit.chain.support import WRITER, open_ledger, sql_store

STEPS = ["signed", "head written", "head renamed", "published", "added", "committed"]


def start(work, what, folder):
    """A process that does this work, and the other end of its pipe."""
    ours, theirs = FORKED.Pipe()
    process = FORKED.Process(target=work, args=(what, folder, theirs))
    process.start()
    theirs.close()
    return process, ours


def said_by(pipe):
    """All that it says until it is gone."""
    said = []
    with suppress(EOFError):
        while True:
            said.append(pipe.recv())
    pipe.close()
    return said


@pytest.mark.parametrize("step", STEPS)
def test_kill_9_at_any_step_loses_no_acknowledged_block_and_forks_nothing(tmp_path, step):
    process, pipe = start(die_at, step, tmp_path)
    assert said_by(pipe) == ["acknowledged"]
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    published = open_head(tmp_path)
    ledger = open_ledger(tmp_path, sql_store(tmp_path))
    # One height was signed once: what the file said when the process died is what the chain says now.
    assert ledger.header(published.height) == published
    assert ledger.size == (1 if step in ("signed", "head written") else 3)
    assert [place.index for place in ledger.submit([WRITER.write(9, chain_id=ledger.chain_id)])] == [ledger.size - 1]
    checked = ledger.check_everything()
    assert (checked.transactions, ledger.place_of(ledger.transaction(0).digest)) == (ledger.size, Place(0, 1))


def open_head(folder) -> Header:
    return Sealer(folder / "sealer.key", folder / "head").read_head().header


def test_two_processes_on_one_file_share_one_chain(tmp_path):
    sql_store(tmp_path)
    started = [start(write_lines, own, tmp_path) for own in (1, 2)]
    for _, pipe in started:
        assert pipe.recv() == "ready"
    for _, pipe in started:
        pipe.send("go")
    for process, pipe in started:
        assert said_by(pipe) == []
        process.join(60)
        assert process.exitcode == 0
    ledger = open_ledger(tmp_path, sql_store(tmp_path))
    assert ledger.check_everything().transactions == 60
    assert [len(list(ledger.read_line(bytes([own]) * 32))) for own in (1, 2)] == [30, 30]
