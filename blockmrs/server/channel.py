"""One connection: on whose behalf it is, how long it may take, and the answer if it sent no readable request."""

import socket
import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import WSGITask

from blockmrs.controllers.web.wrappers.edge import REFUSED_KEY
from blockmrs.networks import network_of
from blockmrs.server.limits import BODY_S, HEADER_S, IDLE_S, LINGER_S, SLOWEST_BYTES_PER_S
from blockmrs.server.parser import Parser

ROOM_ASKED_BYTES = 64 * 1024
"""A request that has grown by this much asks whether there is room."""


class RefusedTask(WSGITask):  # type: ignore[misc] # waitress ships no types
    """Lets the application say why a request could not be read, so that this answer is one of our pages too."""

    request: Any

    def execute(self) -> None:
        """Answer, and close."""
        refused = self.request
        self.channel.lingers = True
        self.request = Parser(self.channel.adj)
        self.request.parse_header(b"GET / HTTP/1.1\r\nConnection: close\r\n")
        environ = self.get_environment()
        environ[REFUSED_KEY] = refused.error.code
        if languages := refused.headers.get("ACCEPT_LANGUAGE"):
            environ["HTTP_ACCEPT_LANGUAGE"] = languages
        self.set_close_on_finish()
        super().execute()


class Channel(HTTPChannel):  # type: ignore[misc] # waitress ships no types
    """A connection that is closed when it takes too long, or when others need the room."""

    error_task_class = RefusedTask
    parser_class = Parser
    lingers = False
    """Whether to keep reading for a moment after the last answer, which a client that is still sending would miss."""
    _is_lingering = False

    def __init__(self, server: Any, sock: Any, addr: Any, adj: Any, map: Any = None) -> None:
        self.network = network_of(addr[0])
        self.is_proxy = server.proxies.trusts(addr[0])
        self._since = time.monotonic()
        self._reading: Parser | None = None
        self._asked_bytes = 0
        super().__init__(server, sock, addr, adj, map=map)

    @property
    def client(self) -> str:
        """On whose behalf the next request is."""
        requests = self.requests
        headers = requests[0].headers if self.is_proxy and requests else {}
        return network_of(self.server.proxies.sender(self.addr[0], headers))

    @property
    def size_bytes(self) -> int:
        """How much memory its requests take."""
        requests: list[Parser] = [*self.requests, *([self.request] if self.request is not None else [])]
        return sum(request.size_bytes for request in requests)

    @property
    def may_end(self) -> bool:
        """Whether nothing is working on an answer for it, or will."""
        return not self.requests

    @property
    def idleness(self) -> tuple[bool, float]:
        """Sorts the connections that may be closed to make room: those that wait for nothing, longest first."""
        return self.request is not None or bool(self.total_outbufs_len), self._since

    def is_overdue(self, now: float) -> bool:
        """Whether what it is doing takes longer than allowed; `now` is a monotonic time in seconds."""
        if self.requests:
            return False
        took, reading = now - self._since, self.request
        if self._is_lingering:
            return took > LINGER_S
        if reading is None or self.total_outbufs_len:
            return took > IDLE_S
        if not reading.headers_finished:
            return took > HEADER_S
        return bool(took > BODY_S + reading.body_bytes_received / SLOWEST_BYTES_PER_S)

    def end(self) -> None:
        """Close it at once."""
        self.lingers = False
        self.handle_close()

    def handle_close(self) -> None:
        """Close it; if a request was refused before all of it had arrived, close only our side at first."""
        if self.lingers and self.connected and not self._is_lingering:
            self._is_lingering, self._since, self.will_close = True, time.monotonic(), False
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # The other side closed first.
            else:
                return
        super().handle_close()

    def readable(self) -> bool:
        """Whether the loop should report what arrives."""
        return self._is_lingering or bool(super().readable())

    def handle_read(self) -> None:
        """Read what arrived; after the last answer, only to discard it."""
        if not self._is_lingering:
            super().handle_read()
            return
        try:
            came = self.recv(self.adj.recv_bytes)
        except OSError:
            came = b""
        if not came:
            super().handle_close()

    def received(self, data: bytes) -> bool:
        """Take in what came."""
        went_on = bool(super().received(data))
        if self.request is None or self.request is not self._reading:
            # A request's time counts from its first byte, however many follow.
            self._reading, self._since, self._asked_bytes = self.request, time.monotonic(), 0
        if self.size_bytes > self._asked_bytes + ROOM_ASKED_BYTES:
            self._asked_bytes = self.size_bytes
            self.server.make_room_for_bodies()
        return went_on

    def service(self) -> None:
        """Answer one request."""
        super().service()
        self._since = time.monotonic()

    def _flush_some(self, do_close: bool = True) -> bool:
        sent = bool(super()._flush_some(do_close=do_close))
        if sent and self.request is None:
            self._since = time.monotonic()
        return sent
