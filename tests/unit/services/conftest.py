"""Lines in memory for whoever asks, and people with cards on them."""

from collections.abc import Iterator

import pytest

from blockmrs.crypto.keys import Keyring
from tests.conftest import StillClock
from tests.support.lines import Lines
from tests.support.quick import quick_folder


@pytest.fixture
def lines(clock: StillClock) -> Iterator[Lines]:
    with quick_folder() as folder:
        made = Lines(folder, clock)
        yield made
        made.engine.dispose()


@pytest.fixture
def carol(lines: Lines) -> Keyring:
    return lines.person("carol")


@pytest.fixture
def sam(lines: Lines) -> Keyring:
    return lines.person("sam")
