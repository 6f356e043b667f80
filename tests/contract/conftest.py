"""Every object store there is, ready for the same tests; those on a real Kubo node carry the mark `kubo`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from blockmrs.cid import Cid
from blockmrs.storage import ObjectStore
from blockmrs.storage.embedded import EmbeddedStore
from blockmrs.storage.outbox import OutboxStore
from tests.contract.kubo import KuboNode


@dataclass
class Subject:
    """A store under test, and where it keeps the bytes of an object, so that a test can spoil them."""

    store: ObjectStore
    file_of: Callable[[bytes], Path]


@pytest.fixture(scope="session")
def kubo_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KuboNode]:
    """One node for the whole run; a test that stops it starts it again."""
    node = KuboNode(tmp_path_factory.mktemp("kubo"))
    node.start()
    yield node
    node.stop()


def _embedded_file(folder: Path) -> Callable[[bytes], Path]:
    def file_of(content: bytes) -> Path:
        cid = Cid.of(content)
        return folder / cid.digest.hex()[:2] / str(cid)

    return file_of


@pytest.fixture(
    params=[
        "embedded",
        "outbox over embedded",
        pytest.param("kubo", marks=pytest.mark.kubo),
        pytest.param("outbox over kubo", marks=pytest.mark.kubo),
    ]
)
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    name: str = request.param
    if "kubo" in name:
        node: KuboNode = request.getfixturevalue("kubo_node")
        with node.store() as kubo:
            outer = OutboxStore(kubo, tmp_path / "outbox") if "outbox" in name else kubo
            yield Subject(outer, node.block_file)
    else:
        embedded = EmbeddedStore(tmp_path / "objects")
        outer = OutboxStore(embedded, tmp_path / "outbox") if "outbox" in name else embedded
        yield Subject(outer, _embedded_file(tmp_path / "objects"))


@pytest.fixture
def store(subject: Subject) -> ObjectStore:
    return subject.store
