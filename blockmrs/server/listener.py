"""Accepts connections; if there are too many, ends the idlest of whoever has most, so that everybody gets one."""

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from waitress.adjustments import Adjustments
from waitress.server import MultiSocketServer, TcpWSGIServer

from blockmrs.controllers.web.wrappers.edge import WsgiApp
from blockmrs.networks import network_of
from blockmrs.server import limits
from blockmrs.server.channel import Channel
from blockmrs.server.clients import BehindProxies, Proxies
from blockmrs.server.dispatcher import FairDispatcher


class Listener(TcpWSGIServer):  # type: ignore[misc] # waitress ships no types
    """Listens on one address. Several share one map of connections, and so the limits."""

    channel_class = Channel

    def __init__(self, application: WsgiApp, sockets: dict[int, Any], *, proxies: Proxies, **more: Any) -> None:
        self.proxies = proxies
        super().__init__(BehindProxies(application, proxies), sockets, **more)

    def handle_accept(self) -> None:
        """Accept a connection, if need be in place of another."""
        try:
            accepted = self.accept()
            if accepted is None:
                return
            connection, address = accepted
            self.set_socket_options(connection)
        except OSError:
            return  # Gone before it was accepted.
        if self._has_room_for(address[0]):
            self.channel_class(self, connection, self.fix_addr(address), self.adj, map=self._map)
        else:
            connection.close()

    def maintenance(self, _now: float) -> None:
        """Close whatever takes too long."""
        now = time.monotonic()
        for channel in self._channels():
            if channel.is_overdue(now):
                channel.end()

    def make_room_for_bodies(self) -> None:
        """Drop requests until the rest fit into memory: the largest of whoever takes up most of it."""
        sizes = {channel: channel.size_bytes for channel in self._channels()}
        of_each: Counter[str] = Counter()
        for channel, size in sizes.items():
            of_each["" if channel.is_proxy else channel.network] += size
        total = sum(sizes.values())
        for channel in sorted(sizes, key=lambda channel: (of_each[channel.network], sizes[channel]), reverse=True):
            one = "" if channel.is_proxy else channel.network
            if total <= limits.BODIES_BYTES and (not one or of_each[one] <= limits.BODIES_OF_ONE_BYTES):
                continue
            # A waiting one is taken out of the queue; one that is being answered cannot be.
            if channel.may_end or self.task_dispatcher.forget(channel):
                total, of_each[one] = total - sizes[channel], of_each[one] - sizes[channel]
                channel.end()

    def _has_room_for(self, peer: str) -> bool:
        channels = self._channels()
        if not self.proxies.trusts(peer):
            network = network_of(peer)
            own = [channel for channel in channels if channel.network == network]
            if len(own) >= limits.CONNECTIONS_OF_ONE:
                return _end_idlest(own)
        if len(channels) < limits.CONNECTIONS:
            return True
        of_each = Counter(channel.network for channel in channels)
        most = max((of_each[channel.network] for channel in channels if channel.may_end), default=0)
        return _end_idlest([channel for channel in channels if of_each[channel.network] == most])

    def _channels(self) -> list[Channel]:
        return [channel for channel in self._map.values() if isinstance(channel, Channel)]


def create_server(
    application: WsgiApp, *, host: str, port: int, threads: int, largest_kept_bytes: int, proxies: Iterable[str] = ()
) -> Any:
    """A server that listens from now on; `run()` serves until SystemExit, `task_dispatcher` has its threads.

    Args:
        application: the site, which also answers whatever cannot be read as a request.
        host: an address, or a name that stands for several.
        port: 0 takes a free one, given as `effective_port`.
        threads: how many requests are answered at once.
        largest_kept_bytes: a body longer than this is counted and discarded.
        proxies: addresses or networks of the proxies in front.

    Raises:
        InvalidInput: a proxy that is not an address.
        OSError: the address is in use, or not ours.
    """
    trusted = Proxies(proxies)
    adjustments = Adjustments(
        host=host,
        port=port,
        threads=threads,
        ident=None,
        asyncore_use_poll=True,
        cleanup_interval=limits.EVERY_S,
        # It never stops accepting: the listener makes room itself. Nothing is ever written to a file.
        connection_limit=1_000_000,
        outbuf_overflow=1 << 40,
        inbuf_overflow=largest_kept_bytes,
        max_request_header_size=limits.HEADER_BYTES,
        max_request_body_size=limits.LARGEST_READ_BYTES,
        # The application's own layer does it (clients.py).
        clear_untrusted_proxy_headers=False,
        log_socket_errors=False,
    )
    dispatcher = FairDispatcher()
    sockets: dict[int, Any] = {}
    listeners = [
        Listener(application, sockets, proxies=trusted, dispatcher=dispatcher, adj=adjustments, sockinfo=sockinfo)
        for sockinfo in adjustments.listen
    ]
    dispatcher.set_thread_count(threads)
    if len(listeners) == 1:
        return listeners[0]
    addresses = [(listener.effective_host, listener.effective_port) for listener in listeners]
    return MultiSocketServer(sockets, adjustments, addresses, dispatcher, listeners[0].log_info)


def _end_idlest(channels: list[Channel]) -> bool:
    """Close the one that has been idle longest; whether there was one."""
    idle = [channel for channel in channels if channel.may_end]
    if not idle:
        return False
    min(idle, key=lambda channel: channel.idleness).end()
    return True
