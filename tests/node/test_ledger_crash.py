"""`kill -9` at every step of a block, and two processes on one file: nothing acknowledged is lost, nothing forks."""

import os
import signal
import subprocess
import sys

import pytest

from blockmrs.chain.header import Header
from blockmrs.chain.ledger import Place
from blockmrs.chain.sealer import Sealer
from tests.unit.chain.support import WRITER, open_ledger, sql_store

STEPS = ["signed", "head written", "head renamed", "published", "added", "committed"]

DIES = """
import os, signal, sys
from pathlib import Path
from tests.unit.chain.support import WRITER, open_ledger, sql_store

folder, step = Path(sys.argv[1]), sys.argv[2]
submitting = False

def die(done):
    if submitting and done == step:
        os.kill(os.getpid(), signal.SIGKILL)

ledger = open_ledger(folder, sql_store(folder), on_step=die)
ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
print("acknowledged", flush=True)
submitting = True
ledger.submit([WRITER.write(1, chain_id=ledger.chain_id), WRITER.write(2, chain_id=ledger.chain_id)])
print("acknowledged", flush=True)
"""

WRITES = """
import sys
from pathlib import Path
from tests.unit.chain.support import WRITER, open_ledger, sql_store

folder, own = Path(sys.argv[1]), int(sys.argv[2])
ledger = open_ledger(folder, sql_store(folder))
print("ready", flush=True)
sys.stdin.readline()
line = bytes([own]) * 32
for number in range(15):
    ledger.submit([WRITER.write(2 * number + at, chain_id=ledger.chain_id, line_key=line) for at in (0, 1)])
"""


def start(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )


@pytest.mark.parametrize("step", STEPS)
def test_kill_9_at_any_step_loses_no_acknowledged_block_and_forks_nothing(tmp_path, step):
    with start(DIES, tmp_path, step) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert said == "acknowledged\n"
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
    processes = [start(WRITES, tmp_path, own) for own in (1, 2)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    ledger = open_ledger(tmp_path, sql_store(tmp_path))
    assert ledger.check_everything().transactions == 60
    assert [len(list(ledger.read_line(bytes([own]) * 32))) for own in (1, 2)] == [30, 30]
