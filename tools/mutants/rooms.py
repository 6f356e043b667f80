"""The rooms that are mutated, and the tests that speak of each: quick ones, in one process."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Room:
    """A file or folder of the package, and files or folders of tests."""

    code: str
    tests: tuple[str, ...]

    def files(self) -> Iterator[Path]:
        """Every module of the room."""
        path = ROOT / self.code
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


ROOMS = {
    "chain": Room(
        "blockmrs/chain",
        (
            "tests/unit/chain",
            "tests/unit/model/test_chain.py",
            "tests/property/test_ledger.py",
            "tests/property/test_merkle.py",
            "tests/property/test_transaction.py",
            "tests/vectors",
        ),
    ),
    "crypto": Room(
        "blockmrs/crypto",
        (
            "tests/unit/crypto",
            "tests/property/test_envelope_roundtrip.py",
            "tests/property/test_wrapping_roundtrip.py",
            "tests/vectors",
        ),
    ),
    "permission": Room("blockmrs/domain/permission.py", ("tests/unit/domain/test_permission.py",)),
    "grants": Room("blockmrs/services/grants", ("tests/unit/services/grants",)),
    "lines": Room(
        "blockmrs/services/lines",
        ("tests/unit/services/lines", "tests/services/test_contents.py"),
    ),
    "sharing": Room(
        "blockmrs/services/sharing",
        (
            "tests/unit/services/sharing",
            "tests/services/test_shares.py",
            "tests/services/test_inbox.py",
            "tests/services/test_rights_pages.py",
            "tests/services/test_story.py",
            "tests/services/test_claims_of_shares.py",
            "tests/services/test_family_stops.py",
            "tests/services/test_rights.py",
            "tests/services/test_senders.py",
            "tests/services/test_crew_codes.py",
            "tests/services/test_who_looked.py",
        ),
    ),
}
