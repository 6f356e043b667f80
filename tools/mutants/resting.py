"""Whether processes do anything at all; a module of its own, which needs none of the libraries that mutate."""

import contextlib
from pathlib import Path


def rests(group: int) -> bool:
    """Whether nothing in that process group runs, waits for the processor, or waits for a disk."""
    for path in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _parent, its_group = path.read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
            if int(its_group) == group and state in ("R", "D"):
                return False
    return True
