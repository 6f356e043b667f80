"""What a process of its own does to a ledger in `folder`, and says over its pipe how far it came."""

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from tests.unit.chain.support import WRITER, open_ledger, sql_store


def die_at(step: str, folder: Path, pipe: Connection) -> None:
    """Make a block, and be killed at that step of the next one."""
    submitting = False

    def die(done: str) -> None:
        if submitting and done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    ledger = open_ledger(folder, sql_store(folder), on_step=die)
    ledger.submit([WRITER.write(0, chain_id=ledger.chain_id)])
    pipe.send("acknowledged")
    submitting = True
    ledger.submit([WRITER.write(1, chain_id=ledger.chain_id), WRITER.write(2, chain_id=ledger.chain_id)])
    pipe.send("acknowledged")


def write_lines(own: int, folder: Path, pipe: Connection) -> None:
    """When told to, make 15 blocks with two entries each on a line of its own."""
    ledger = open_ledger(folder, sql_store(folder))
    pipe.send("ready")
    pipe.recv()
    line = bytes([own]) * 32
    for number in range(15):
        ledger.submit([WRITER.write(2 * number + at, chain_id=ledger.chain_id, line_key=line) for at in (0, 1)])
