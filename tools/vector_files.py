"""How the programs end that write test vectors."""

import sys
from pathlib import Path


def write_or_check(file: Path, text: str) -> None:
    """Write the file, or with `--check` end with status 1 if it differs."""
    different = not file.exists() or file.read_text("utf-8") != text
    if different and "--check" not in sys.argv:
        file.write_text(text, "utf-8")
    print("different" if different else "as made")
    if different and "--check" in sys.argv:
        sys.exit(1)
