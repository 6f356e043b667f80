"""That nothing was written is told by what the system says of folders: so it has to say everything."""

from collections.abc import Callable
from pathlib import Path

import pytest

from blockmrs.services.node.data_folder import OBJECTS, OUTBOX
from tests.support.snapshot import objects_in

CHANGES: dict[str, Callable[[Path], object]] = {
    "an object came": lambda data: (data / OBJECTS / "aa" / "new").write_bytes(b""),
    "an object was moved there": lambda data: (data / "elsewhere").rename(data / OBJECTS / "ab" / "moved"),
    "an object has another name": lambda data: (data / OBJECTS / "aa" / "one").rename(data / OBJECTS / "aa" / "two"),
    "an object went": lambda data: (data / OBJECTS / "aa" / "one").unlink(),
    "an object is replaced by one of another name": lambda data: [
        (data / OBJECTS / "aa" / "one").unlink(),
        (data / OBJECTS / "ab" / "other").write_bytes(b""),
    ],
    "something waits": lambda data: [(data / OUTBOX).mkdir(), (data / OUTBOX / "waits").write_bytes(b"")],
    "a folder came, with an object": lambda data: [
        (data / OBJECTS / "ac").mkdir(),
        (data / OBJECTS / "ac" / "first").write_bytes(b""),
    ],
    "a folder went": lambda data: (data / OBJECTS / "ab").rmdir(),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("aa", "ab"):
        (tmp_path / OBJECTS / name).mkdir(parents=True)
    (tmp_path / OBJECTS / "aa" / "one").write_bytes(b"")
    (tmp_path / "elsewhere").write_bytes(b"")
    return tmp_path


def seen_by_looking(data: Path) -> set[str]:
    every = [path for name in (OBJECTS, OUTBOX) for path in (data / name).rglob("*")]
    return {str(path.relative_to(data)) for path in every if path.is_file()}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_comes_to_the_objects_or_leaves_them_is_noticed(data: Path, change: str) -> None:
    before = objects_in(data)
    assert objects_in(data) is before or objects_in(data) == before
    CHANGES[change](data)
    after = objects_in(data)
    assert after == seen_by_looking(data)
    assert (after == before) is (change == "a folder went")
    # And once more, since the first answer began another watch.
    (data / OBJECTS / "aa" / "last").write_bytes(b"")
    assert objects_in(data) == seen_by_looking(data)


def test_two_folders_are_told_apart(data: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / OBJECTS).mkdir()
    for _ in range(2):
        assert objects_in(data) == {f"{OBJECTS}/aa/one"}
        assert objects_in(other) == set()
