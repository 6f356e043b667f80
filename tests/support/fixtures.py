"""One installation for each file of tests, and a fresh browser for each test."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from webtest import TestApp

from tests.conftest import StillClock
from tests.support.installation import Installation
from tests.support.quick import quick_folder
from tests.support.site import TestSite, build_site
from tests.support.world import World


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSite]:
    built = build_site(tmp_path_factory.mktemp("site"))
    yield built
    built.foundation.database.engine.dispose()


@pytest.fixture
def app(site: TestSite) -> TestApp:
    return site.browser()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with two accounts, switched off; tests work on copies."""
    folder = tmp_path_factory.mktemp("original") / "data"
    with Installation(folder) as installation:
        installation.sign_up("carol")
        installation.sign_up("maria")
        installation.add_object(b"of a save that was cut off")
    return folder


@pytest.fixture
def machine(original: Path, tmp_path: Path) -> Installation:
    shutil.copytree(original, tmp_path / "machine")
    return Installation(tmp_path / "machine")


@pytest.fixture
def other(tmp_path: Path) -> Installation:
    """A machine with nothing on it."""
    return Installation(tmp_path / "other")


@pytest.fixture
def saved(machine: Installation, tmp_path: Path) -> Path:
    """A backup of the machine."""
    with machine:
        machine.backup(tmp_path / "saved")
    return tmp_path / "saved"


@pytest.fixture(scope="module")
def worlds() -> Iterator[tuple[World, World]]:
    """Two servers on one folder: they share nothing but the disk."""
    with quick_folder() as folder:
        clock = StillClock(datetime(2026, 3, 14, 15, 9, tzinfo=UTC))
        made = World(folder, clock), World(folder, clock)
        yield made
        for world in made:
            world.engine.dispose()
