"""Write the software bill of materials of a release, as CycloneDX 1.6 in JSON, into the folder that is named.

It lists what requirements/run.txt locks, with the digests. It is refused if a locked package is missing from it.
"""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "run.txt"
NAME = "blockmrs"
LOCKED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)


def make() -> dict[str, Any]:
    """The bill of materials, with BlockMRS itself as what it is about."""
    command = ["requirements", str(LOCK), "--output-reproducible", "--validate", "--output-file", "-"]
    made = subprocess.run([sys.executable, "-m", "cyclonedx_py", *command], capture_output=True, check=True)
    bill: dict[str, Any] = json.loads(made.stdout)
    itself = {
        "type": "application",
        "bom-ref": NAME,
        "name": NAME,
        "version": version(NAME),
        "licenses": [{"license": {"id": "Apache-2.0"}}],
    }
    bill.setdefault("metadata", {})["component"] = itself
    return bill


def missing(bill: dict[str, Any], lock: str) -> set[tuple[str, str]]:
    """The locked packages, each with its version, that the bill does not list with a digest."""
    listed = {
        (part["name"].lower(), part["version"])
        for part in bill["components"]
        if any(reference.get("hashes") for reference in part.get("externalReferences", []))
    }
    return set(LOCKED.findall(lock)) - listed


def main() -> int:
    """Write it; 1 if it is incomplete."""
    bill = make()
    absent = missing(bill, LOCK.read_text(encoding="utf-8"))
    if absent:
        print("not in the bill of materials: " + ", ".join(f"{name} {number}" for name, number in sorted(absent)))
        return 1
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}-{version(NAME)}.cdx.json"
    path.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(bill['components'])} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
