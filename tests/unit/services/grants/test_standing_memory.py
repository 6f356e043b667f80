"""What was remembered of standing grants is found by their owner, for exactly what stands there, and by nobody else."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from blockmrs.cid import Cid
from blockmrs.crypto.keys import Keyring
from blockmrs.domain.bundles import BundleTerms
from blockmrs.domain.kinds import Scope
from blockmrs.domain.sharing import BundleGrant, Pointer, Revocation
from blockmrs.errors import CannotOpen
from blockmrs.services.grants import standing_memory
from blockmrs.services.grants.standing_memory import Copy, StandingMemory
from blockmrs.services.lines.contents import Item, Sort
from blockmrs.services.lines.reader import BundleGrantEntry

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
OWNER, OTHER = (Keyring.from_seed(bytes([number]) * 32) for number in (1, 2))
GRANT = BundleGrant(
    Scope.STANDING, Pointer(Cid(b"c" * 32), b"k" * 32), b"b" * 32, b"s" * 32, "care", NOON, NOON,
    return_to_subject=b"r" * 32, party="North Hospital", grantee=b"g" * 32, copy_of=b"o" * 32,
)  # fmt: skip
RUNS = Copy(BundleGrantEntry(b"1" * 32, b"a" * 32, GRANT, position=3, index=7), BundleTerms(kinds=("report",)))
ENDED = Copy(
    BundleGrantEntry(b"2" * 32, b"a" * 32, GRANT, Revocation(b"2" * 32, NOON), position=4, index=8),
    BundleTerms(kinds=("facts",), left_out=(b"u" * 32,)),
)
ITEMS = [Item(3, Sort.STANDING, key=b"1" * 16, index=7), Item(4, Sort.STANDING, key=b"2" * 16, index=8)]


@pytest.fixture
def memory() -> StandingMemory:
    memory = StandingMemory()
    memory.keep(OWNER, ITEMS, [RUNS, ENDED])
    return memory


def test_what_was_kept_is_found_as_it_was(memory: StandingMemory) -> None:
    assert memory.find(OWNER, ITEMS) == [RUNS, ENDED]


@pytest.mark.parametrize(
    "items",
    [[], ITEMS[:1], [*ITEMS, Item(5, Sort.REVOCATION, key=b"1" * 16, index=9)], [ITEMS[0], replace(ITEMS[1], index=9)]],
)
def test_where_anything_else_stands_on_the_line_nothing_is_found(memory: StandingMemory, items: list[Item]) -> None:
    assert memory.find(OWNER, items) is None


def test_nobody_else_finds_or_opens_it(memory: StandingMemory) -> None:
    assert memory.find(OTHER, ITEMS) is None
    (sealed,) = memory._sealed.values()
    assert OWNER.card.id not in sealed
    memory._sealed[standing_memory._lookup(OTHER)] = sealed
    with pytest.raises(CannotOpen):
        memory.find(OTHER, ITEMS)


def test_of_more_records_than_it_remembers_the_longest_unused_goes(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing_memory, "_MOST", 2)
    for number in (3, 4):
        memory.find(OWNER, ITEMS)
        memory.keep(Keyring.from_seed(bytes([number]) * 32), ITEMS, [RUNS])
    assert memory.find(OWNER, ITEMS) is not None
    assert memory.find(Keyring.from_seed(bytes([3]) * 32), ITEMS) is None
