"""Building Kubo with a Go toolchain that is older than it needs."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GO = """#!/bin/sh
if [ "$1" = env ]; then echo "$VERSION"; exit; fi
echo "GOTOOLCHAIN is ${GOTOOLCHAIN:-not set}"
exit 1
"""


def build(folder: Path, version: str, **environment: str) -> str:
    """What the script says with a Go of this version, which builds nothing."""
    go = folder / "go"
    go.write_text(GO)
    go.chmod(0o755)
    inherited = {name: value for name, value in os.environ.items() if name != "GOTOOLCHAIN"}
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [ROOT / "tools" / "install_kubo.sh"],
        env={**inherited, "PATH": path, "VERSION": version, "BLOCKMRS_CACHE": str(folder / "cache"), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stdout


def needed() -> str:
    found = re.search(r"^go (\S+)$", (ROOT / "tools" / "kubo" / "go.mod").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("version", ["go1.19.8", "go1.20.14"])
def test_a_go_that_cannot_fetch_a_newer_one_is_refused_with_the_version_that_is_needed(
    tmp_path: Path, version: str
) -> None:
    said = build(tmp_path, version)
    assert f"needs Go {needed()} and this is Go {version[2:]}" in said
    assert "GOTOOLCHAIN is" not in said


def test_a_go_that_may_not_fetch_a_newer_one_is_refused(tmp_path: Path) -> None:
    assert f"needs Go {needed()}" in build(tmp_path, "go1.22.1", GOTOOLCHAIN="local")


def test_a_go_that_can_fetch_the_needed_one_does(tmp_path: Path) -> None:
    assert "GOTOOLCHAIN is auto" in build(tmp_path, "go1.22.1")


def test_a_go_that_is_new_enough_is_left_as_it_is(tmp_path: Path) -> None:
    assert "GOTOOLCHAIN is not set" in build(tmp_path, f"go{needed()} X:nocoverageredesign")
