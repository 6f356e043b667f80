"""Lines in memory for whoever asks."""

from collections.abc import Iterator

import pytest

from tests.conftest import StillClock
from tests.support.lines import Lines
from tests.support.quick import quick_folder


@pytest.fixture
def lines(clock: StillClock) -> Iterator[Lines]:
    with quick_folder() as folder:
        made = Lines(folder, clock)
        yield made
        made.engine.dispose()
