"""Whether the data folder's disk has room for a save: found out by writing, because quotas show nowhere else."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# What one save needs, with the database's log, and some more for others at the same moment.
LEAST_FREE_BYTES = 4 * 1024 * 1024
_TRIED_BYTES = 64 * 1024


def has_room(folder: Path) -> bool:
    """Whether something can be saved in `folder` now. Nothing of the trial remains, even if this process dies."""
    try:
        figures = os.statvfs(folder)
        if figures.f_bavail * figures.f_frsize < LEAST_FREE_BYTES:
            return False
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            written = file.write(bytes(_TRIED_BYTES))
            os.fsync(file.fileno())
    except OSError:
        return False
    return written == _TRIED_BYTES
