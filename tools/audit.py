"""Ask a source of advisories whether a locked package has a known vulnerability.

Exit status: 0 none has; 1 at least one has, named; 3 at least one could not be asked about: then nothing is known, and
nobody may count it as passed.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
VULNERABLE, NOT_ASKED = 1, 3
SOURCES = ("pypi", "osv")
TIMEOUT_S = 300


def ask(source: str) -> list[dict[str, Any]] | None:
    """What a source says of each locked package; None if it did not answer."""
    command = [
        sys.executable, "-m", "pip_audit", "--vulnerability-service", source, "--format", "json",
        "--requirement", str(ROOT / "requirements" / "tools.txt"), "--require-hashes", "--disable-pip",
        "--progress-spinner", "off",
    ]  # fmt: skip
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        answer = json.loads(ended.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    return answer if isinstance(answer, list) and answer else None


def judge(answers: list[list[dict[str, Any]] | None]) -> tuple[int, list[str]]:
    """The exit status and the lines to print, from what each source said. Known vulnerabilities of any source count."""
    asked: set[str] = set()
    known: set[str] = set()
    vulnerable: set[str] = set()
    for answer in answers:
        for package in answer or []:
            name = str(package["name"])
            asked.add(name)
            # A source that has never heard of a package says so instead of saying that nothing is wrong with it.
            if "skip_reason" not in package:
                known.add(name)
            for found in package.get("vulns", []):
                fixed = ", ".join(found.get("fix_versions", [])) or "no fixed version"
                vulnerable.add(f"{name} {package.get('version', '')}: {found['id']} ({fixed})")
    if vulnerable:
        return VULNERABLE, ["audit: known vulnerabilities", *sorted(vulnerable)]
    if not known:
        return NOT_ASKED, ["audit: no source of advisories was reached; known vulnerabilities were NOT checked"]
    if asked - known:
        return NOT_ASKED, [f"audit: NOT checked for known vulnerabilities: {', '.join(sorted(asked - known))}"]
    return 0, [f"audit: no known vulnerability in {len(known)} packages"]


def main() -> int:
    """Ask one source after the other, until one has answered for every package."""
    answers: list[list[dict[str, Any]] | None] = []
    for source in SOURCES:
        answers.append(ask(source))
        status, lines = judge(answers)
        if status != NOT_ASKED:
            break
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
