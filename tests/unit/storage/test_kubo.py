"""How KuboStore reads a node's answers, from a small server that gives any answer a test wants."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from blockmrs.cid import Cid
from blockmrs.errors import InvalidInput, ObjectMismatch, ObjectMissing, StorageUnavailable
from blockmrs.storage import MAX_OBJECT_BYTES
from blockmrs.storage.kubo import KuboStore

CONTENT = b"an object"
DRIP_BYTES = 65536
CID = Cid.of(CONTENT)


class Node:
    """What the server answers to the next calls, and what it was asked."""

    def __init__(self, port: int) -> None:
        self.address = f"/ip4/127.0.0.1/tcp/{port}"
        self.status = 200
        self.body = b""
        self.headers: dict[str, str] = {}
        self.announced: int | None = None
        self.drip_s = 0.0
        self.drips = 0
        self.asked: list[str] = []
        self.authorizations: list[str | None] = []

    def says(self, body: object, status: int = 200) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status = status

    def fails(self, message: str) -> None:
        self.says({"Message": message, "Code": 0, "Type": "error"}, 500)
        self.headers["Content-Type"] = "application/json"


class Handler(BaseHTTPRequestHandler):
    wbufsize = -1
    node: Node

    def do_POST(self) -> None:
        while size := int(self.rfile.readline() or b"0", 16) if "chunked" in str(self.headers) else 0:
            self.rfile.read(size + 2)
        self.node.asked.append(self.path)
        self.node.authorizations.append(self.headers["Authorization"])
        self.send_response(self.node.status)
        for name, value in self.node.headers.items():
            self.send_header(name, value)
        announced = len(self.node.body) if self.node.announced is None else self.node.announced
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        for start in range(0, len(self.node.body), DRIP_BYTES):
            self.wfile.write(self.node.body[start : start + DRIP_BYTES])
            if self.node.drip_s:
                self.wfile.flush()
                self.node.drips += 1
                time.sleep(self.node.drip_s)
        self.close_connection = True

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the client hung up early, as some tests want it to."""


@pytest.fixture
def node() -> Iterator[Node]:
    handler = type("OneHandler", (Handler,), {})
    server = Server(("127.0.0.1", 0), handler)
    handler.node = Node(server.server_address[1])  # set for its methods
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield handler.node  # set above
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def kubo(node: Node) -> Iterator[KuboStore]:
    with KuboStore(node.address, timeout_s=2.0, token="secret") as store:
        yield store


@pytest.mark.parametrize("address", ["http://127.0.0.1:5001", "", "/ip4/127.0.0.1", "/ip4/127.0.0.1/udp/5001"])
def test_an_address_that_is_no_multiaddr_of_an_interface_is_refused_at_once(address: str) -> None:
    with pytest.raises(InvalidInput, match="multiaddr"):
        KuboStore(address, 1.0)


def test_nothing_is_connected_before_the_first_call() -> None:
    KuboStore("/ip4/127.0.0.1/tcp/1", 1.0).close()


def test_every_put_names_codec_digest_and_pin_and_stays_offline(node: Node, kubo: KuboStore) -> None:
    node.says({"Key": str(CID), "Size": len(CONTENT)})
    assert kubo.put(CONTENT) == CID
    for option in ("cid-codec=raw", "mhtype=sha2-256", "pin=false", "offline=true"):
        assert option in node.asked[0]
    # Then the block alone is pinned: letting go of one never walks the others.
    for option in ("/api/v0/pin/add", f"arg={CID}".lower(), "recursive=false", "offline=true"):
        assert option in node.asked[1].lower()


def test_the_secret_is_sent_as_a_bearer_token(node: Node, kubo: KuboStore) -> None:
    node.says(CONTENT)
    kubo.get(CID)
    assert node.authorizations == ["Bearer secret"]


def test_without_a_secret_none_is_sent(node: Node) -> None:
    node.says(CONTENT)
    with KuboStore(node.address, 2.0) as kubo:
        kubo.get(CID)
    assert node.authorizations == [None]


def test_an_object_over_the_limit_is_not_even_sent(node: Node, kubo: KuboStore) -> None:
    with pytest.raises(InvalidInput):
        kubo.put(bytes(MAX_OBJECT_BYTES + 1))
    assert node.asked == []


def test_a_node_that_gives_another_name_did_not_keep_the_object(node: Node, kubo: KuboStore) -> None:
    node.says({"Key": str(Cid.of(b"another")), "Size": 7})
    with pytest.raises(StorageUnavailable, match="a different name"):
        kubo.put(CONTENT)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'"text"', b"{}\n{}", b"null", b"\xff\xfe"])
def test_an_answer_that_is_not_kubos_means_unavailable(node: Node, kubo: KuboStore, body: bytes) -> None:
    node.says(body)
    with pytest.raises(StorageUnavailable):
        kubo.put(CONTENT)
    assert not kubo.health().ok


def test_other_bytes_than_asked_for_are_refused(node: Node, kubo: KuboStore) -> None:
    node.says(b"other bytes")
    with pytest.raises(ObjectMismatch):
        kubo.get(CID)


def test_an_endless_answer_is_cut_off(node: Node, kubo: KuboStore) -> None:
    node.says(bytes(MAX_OBJECT_BYTES * 4))
    with pytest.raises(ObjectMismatch, match="longer than any object"):
        kubo.get(CID)


def test_a_body_that_breaks_off_is_unavailable_not_an_object(node: Node, kubo: KuboStore) -> None:
    node.says(CONTENT)
    node.announced = 4096
    with pytest.raises(StorageUnavailable):
        kubo.get(CID)


def test_a_node_that_drips_is_given_up_after_the_timeout(node: Node) -> None:
    node.says(bytes(MAX_OBJECT_BYTES))
    node.drip_s = 0.2
    with KuboStore(node.address, timeout_s=0.3) as kubo, pytest.raises(StorageUnavailable, match="too slow"):
        kubo.get(CID)
    assert node.drips < MAX_OBJECT_BYTES // DRIP_BYTES


@pytest.mark.parametrize(
    "message",
    [
        "block was not found locally (offline): ipld: could not find " + str(CID),
        "ipld: could not find " + str(CID),
        "blockstore: block not found",
    ],
)
def test_a_missing_block_is_not_found(node: Node, kubo: KuboStore, message: str) -> None:
    node.fails(message)
    assert not kubo.has(CID)
    with pytest.raises(ObjectMissing):
        kubo.get(CID)
    with pytest.raises(ObjectMissing):
        kubo.pin(CID)


def test_any_other_error_of_the_node_never_means_absent(node: Node, kubo: KuboStore) -> None:
    node.fails("no space left on device")
    for call in (kubo.has, kubo.get, kubo.pin, kubo.unpin):
        with pytest.raises(StorageUnavailable, match="no space left"):
            call(CID)
    with pytest.raises(StorageUnavailable):
        kubo.put(CONTENT)


def test_what_was_not_pinned_is_still_removed(node: Node, kubo: KuboStore) -> None:
    node.fails("not pinned or pinned indirectly")
    with pytest.raises(StorageUnavailable):
        kubo.unpin(CID)
    assert [path.split("?")[0] for path in node.asked] == ["/api/v0/pin/rm", "/api/v0/block/rm"]


def test_a_removal_that_the_node_reports_as_failed_is_not_believed(node: Node, kubo: KuboStore) -> None:
    node.says({"Hash": str(CID), "Error": "pinned: recursive"})
    with pytest.raises(StorageUnavailable):
        kubo.unpin(CID)


def test_a_redirect_is_not_followed(node: Node, kubo: KuboStore) -> None:
    node.says(b"", 307)
    node.headers["Location"] = "http://127.0.0.1:1/elsewhere"
    with pytest.raises(StorageUnavailable):
        kubo.get(CID)
    assert len(node.asked) == 1


def test_a_proxy_of_the_environment_is_not_used(node: Node, kubo: KuboStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    node.says(CONTENT)
    assert kubo.get(CID) == CONTENT


def test_a_node_that_is_down_is_unavailable_and_names_only_the_object() -> None:
    with KuboStore("/ip4/127.0.0.1/tcp/1", 1.0, "secret") as kubo:
        with pytest.raises(StorageUnavailable) as caught:
            kubo.get(CID)
        assert not kubo.health().ok
    assert "secret" not in str(caught.value)
    assert str(CID) in str(caught.value)


def test_an_object_that_the_node_holds_is_had_pinned_and_unpinned(node: Node, kubo: KuboStore) -> None:
    node.says({"Key": str(CID), "Size": len(CONTENT)})
    assert kubo.has(CID)
    kubo.pin(CID)
    kubo.unpin(CID)
    assert [path.split("?")[0].removeprefix("/api/v0") for path in node.asked] == [
        "/block/stat", "/pin/add", "/pin/rm", "/block/rm",
    ]  # fmt: skip


def test_a_node_that_answers_is_well_and_names_its_version(node: Node, kubo: KuboStore) -> None:
    node.says({"Version": "0.42.0"})
    assert kubo.health().ok
    assert "0.42.0" in kubo.health().detail


def test_a_node_that_does_not_let_us_in_is_told_apart_from_one_that_is_down(node: Node, kubo: KuboStore) -> None:
    node.says(b"403 Forbidden", 403)
    with pytest.raises(StorageUnavailable, match="Authorizations"):
        kubo.put(CONTENT)
