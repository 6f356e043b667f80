"""Both stores, driven alike through any order of submissions, repeats and restarts, give the same answers as a list."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import data, integers, lists

from blockmrs.chain.ledger import Place
from blockmrs.chain.merkle import verify_consistency, verify_inclusion
from blockmrs.chain.store import MemoryLedgerStore
from tests.unit.chain.support import WRITER, open_ledger, sql_store

LINES = [bytes([number]) * 32 for number in range(3)]


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        (self.folder / "memory").mkdir()
        (self.folder / "sql").mkdir()
        self.stores = {"memory": MemoryLedgerStore(), "sql": sql_store(self.folder / "sql")}
        # One genesis block for both, so that one transaction is good on either.
        first = open_ledger(self.folder / "sql", self.stores["sql"])
        for name in ("sealer.key", "head"):
            shutil.copy(self.folder / "sql" / name, self.folder / "memory" / name)
        self.ledgers = {"sql": first, "memory": open_ledger(self.folder / "memory", self.stores["memory"])}
        self.chain_id = first.chain_id
        self.log, self.heights, self.lines = [], [], dict.fromkeys(LINES, 0)

    def teardown(self):
        self.stores["sql"]._engine.dispose()
        shutil.rmtree(self.folder)

    def submit(self, contents):
        answers = {name: ledger.submit(contents) for name, ledger in self.ledgers.items()}
        assert answers["memory"] == answers["sql"]
        return answers["sql"]

    @rule(counts=lists(integers(0, 2), min_size=1, max_size=4))
    def submit_new(self, counts):
        contents = []
        for line in counts:
            contents.append(WRITER.write(self.lines[LINES[line]], chain_id=self.chain_id, line_key=LINES[line]))
            self.lines[LINES[line]] += 1
        height = self.heights[-1] + 1 if self.heights else 1
        assert self.submit(contents) == [Place(len(self.log) + at, height) for at in range(len(contents))]
        self.log += contents
        self.heights += [height] * len(contents)

    @precondition(lambda self: self.log)
    @rule(data=data())
    def submit_again(self, data):
        indexes = data.draw(lists(integers(0, len(self.log) - 1), min_size=1, max_size=3))
        expected = [Place(index, self.heights[index]) for index in indexes]
        assert self.submit([self.log[index] for index in indexes]) == expected

    @rule()
    def restart(self):
        for name, store in self.stores.items():
            self.ledgers[name] = open_ledger(self.folder / name, store)
            assert self.ledgers[name].chain_id == self.chain_id

    @precondition(lambda self: self.log)
    @rule(data=data())
    def prove(self, data):
        old = data.draw(integers(1, len(self.log)))
        index = data.draw(integers(0, old - 1))
        proofs = []
        for ledger in self.ledgers.values():
            included, consistent = ledger.prove_inclusion(index, old), ledger.prove_consistency(old, len(self.log))
            verify_inclusion(self.log[index], included, ledger.root_at(old))
            verify_consistency(consistent, ledger.root_at(old), ledger.head().root)
            proofs.append((included, consistent))
        assert proofs[0] == proofs[1]

    @invariant()
    def both_hold_the_log_and_agree_on_its_root(self):
        heads = [ledger.head() for ledger in self.ledgers.values()]
        assert heads[0] == heads[1]
        assert heads[0].tree_size == len(self.log)
        assert heads[0].height == (self.heights[-1] if self.heights else 0)

    @invariant()
    def every_line_reads_back(self):
        for ledger in self.ledgers.values():
            for line, used in self.lines.items():
                assert [number for number, _ in ledger.read_line(line)] == list(range(used))
                assert ledger.next_free(line) == used

    @rule()
    def check_everything(self):
        for ledger in self.ledgers.values():
            assert ledger.check_everything().transactions == len(self.log)


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)
