"""The object store in an IPFS node (Kubo), through its RPC interface. The only importer of ipfshttpclient.

Every call carries `offline=true`: the node answers from its own disk and announces nothing. So a missing object is
ObjectMissing at once, instead of a search of the network that lasts until the timeout, and nobody learns from our node
which identifiers exist. Other nodes' objects come to this one by pinning or following, never because a reader asks.
"""

import io
import os
import time
from typing import Any, Self

import ipfshttpclient
from ipfshttpclient.exceptions import AddressError, ErrorResponse, StatusError

from blockmrs.cid import Cid
from blockmrs.errors import Malformed, ObjectDamaged, ObjectMissing, StorageUnavailable
from blockmrs.storage import MAX_OBJECT_BYTES, Health, check_held, check_size

_CONNECT_TIMEOUT_S = 2.0
_PART_BYTES = 16 * 1024
# The CID is the same on every node, whatever Kubo's own defaults or `Import.*` settings. Kubo's own pin would be
# recursive: to drop any block it then walks everything pinned that way, which takes a third of a second at 20,000.
_PUT_OPTIONS = {"cid-codec": "raw", "mhtype": "sha2-256", "mhlen": "32", "pin": "false", "allow-big-block": "false"}

# While a body is read, the client lets errors of requests through (they are OSErrors), and it asserts that an answer
# has exactly one item; anything that is not Kubo at all ends in one of the others.
_FAILURES = (ipfshttpclient.exceptions.Error, OSError, AssertionError, KeyError, TypeError, ValueError)


class KuboStore:
    """An ObjectStore in the Kubo node at `address`.

    Args:
        address: a multiaddr such as `/ip4/127.0.0.1/tcp/5001`, never a URL.
        timeout_s: how long one call may wait for the node to say anything, and how long a `get` may take altogether.
        token: the secret in `API.Authorizations` (`bearer:...` there), if the node asks for one.

    Raises:
        InvalidInput: `address` is not a multiaddr that leads to an RPC interface.
    """

    def __init__(self, address: str, timeout_s: float, token: str | None = None) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._client: tuple[int, Any] | None = None
        try:
            ipfshttpclient.Client(address).close()
        except AddressError as error:
            raise Malformed("the address of an IPFS node is a multiaddr, such as /ip4/127.0.0.1/tcp/5001") from error

    def put(self, content: bytes) -> Cid:
        check_size(content)
        cid = Cid.of(content)
        try:
            answer = self._connected().block.put(io.BytesIO(content), opts=_PUT_OPTIONS)
            named = answer["Key"]
        except _FAILURES as error:
            raise _unavailable(error, cid) from error
        if named != str(cid):
            # This is no mismatch of ours: we still have the bytes, and an outbox can keep them.
            raise StorageUnavailable("the IPFS node gave an object a different name", cid=cid)
        try:
            self._pin(cid)
        except _FAILURES as error:
            # Also if a garbage collection came in between: whoever put the bytes still has them.
            raise _unavailable(error, cid) from error
        return cid

    def get(self, cid: Cid) -> bytes:
        try:
            content = self._read(cid)
        except _FAILURES as error:
            raise _absent_or_unavailable(error, cid) from error
        # Kubo does not check what it reads from its disk, and a broken transfer can look like the end of the bytes.
        return check_held(cid, content)

    def has(self, cid: Cid) -> bool:
        try:
            self._connected().block.stat(str(cid))
        except _FAILURES as error:
            if _says_absent(error):
                return False
            raise _unavailable(error, cid) from error
        return True

    def pin(self, cid: Cid) -> None:
        try:
            self._pin(cid)
        except _FAILURES as error:
            raise _absent_or_unavailable(error, cid) from error

    def unpin(self, cid: Cid) -> None:
        """Unpin the object and remove its block from this node at once, without waiting for a garbage collection."""
        client = self._connected()
        try:
            client.pin.rm(str(cid))
        except _FAILURES as error:
            if not _says_not_pinned(error):
                raise _unavailable(error, cid) from error
        try:
            # The client has no method for this call.
            answers = client._client.request("/block/rm", (str(cid),), opts={"force": "true"}, decoder="json")
        except _FAILURES as error:
            raise _unavailable(error, cid) from error
        if any(answer.get("Error") for answer in answers):
            raise StorageUnavailable("the IPFS node did not remove an object", cid=cid)

    def health(self) -> Health:
        try:
            version = self._connected().version()["Version"]
        except _FAILURES as error:
            return Health(ok=False, detail=str(_unavailable(error)))
        return Health(ok=True, detail=f"in the IPFS node at {self._address} (Kubo {version})")

    def close(self) -> None:
        """Close this process's connections; the next call opens new ones."""
        if self._client is not None:
            self._client[1].close()
            self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pin(self, cid: Cid) -> None:
        """Pin the block alone. One that an earlier version pinned recursively stays that way, which will do."""
        try:
            self._connected().pin.add(str(cid), recursive=False)
        except ErrorResponse as error:
            if "already pinned recursively" not in str(error):
                raise

    def _read(self, cid: Cid) -> bytes:
        deadline = time.monotonic() + self._timeout_s
        # Not `block.get`: it reads whatever comes, however much and for however long, before it returns.
        opened, parts = self._connected()._client._request(
            "POST", "/block/get", (("arg", str(cid)),),
            auth=None, data=None, headers=None, timeout=None, chunk_size=_PART_BYTES,
        )  # fmt: skip
        content = bytearray()
        try:
            for part in parts:
                content += part
                if len(content) > MAX_OBJECT_BYTES:
                    raise ObjectDamaged("longer than any object", cid=cid)
                if time.monotonic() > deadline:
                    raise StorageUnavailable("the IPFS node was too slow", cid=cid)
        finally:
            for response in opened:
                response.close()
        return bytes(content)

    def _connected(self) -> Any:
        """This process's client, made at the first call and again after a fork, since sockets must not be shared."""
        if self._client is None or self._client[0] != os.getpid():
            timeout = (min(_CONNECT_TIMEOUT_S, self._timeout_s), self._timeout_s)
            client = ipfshttpclient.Client(
                self._address, session=True, offline=True, timeout=timeout, headers=self._headers
            )
            session = client._client._session
            # Neither the token nor the objects may go to a proxy or .netrc host from the environment, or to a redirect.
            session.trust_env = False
            session.max_redirects = 0
            for adapter in session.adapters.values():
                # An old option, which urllib3 2 ignores with a warning at every call and urllib3 3 refuses.
                adapter.poolmanager.connection_pool_kw.pop("strict", None)
            self._client = (os.getpid(), client)
        return self._client[1]


def _says_absent(error: Exception) -> bool:
    return isinstance(error, ErrorResponse) and ("not found" in str(error) or "could not find" in str(error))


def _says_not_pinned(error: Exception) -> bool:
    return isinstance(error, ErrorResponse) and "not pinned" in str(error)


def _absent_or_unavailable(error: Exception, cid: Cid) -> ObjectMissing | StorageUnavailable:
    return ObjectMissing("no such object", cid=cid) if _says_absent(error) else _unavailable(error, cid)


def _unavailable(error: Exception, cid: Cid | None = None) -> StorageUnavailable:
    context: dict[str, object] = {} if cid is None else {"cid": cid}
    if isinstance(error, ErrorResponse):
        return StorageUnavailable(f"the IPFS node refused: {error}", **context)
    if isinstance(error, StatusError):
        return StorageUnavailable("the IPFS node does not let us in: check its API.Authorizations", **context)
    return StorageUnavailable(f"the IPFS node did not answer ({type(error).__name__})", **context)
