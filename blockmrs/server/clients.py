"""On whose behalf a connection or a request counts: an address or, in IPv6, one household's network."""

import logging
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from blockmrs.controllers.web.wrappers.edge import REFUSED_KEY, StartResponse, WsgiApp
from blockmrs.controllers.web.wrappers.incoming import Environ
from blockmrs.errors import InvalidInput

FORWARDED = (
    "X_FORWARDED_FOR",
    "X_FORWARDED_PROTO",
    "X_FORWARDED_HOST",
    "X_FORWARDED_PORT",
    "X_FORWARDED_BY",
    "FORWARDED",
)
log = logging.getLogger(__name__)


class Proxies:
    """The proxies in front, which are trusted to say who sent a request."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        """Networks or single addresses, such as "127.0.0.1" or "10.0.0.0/8"; InvalidInput for any other text."""
        self._networks: list[IPv4Network | IPv6Network] = []
        for text in networks:
            try:
                network = ip_network(text.strip(), strict=False)
            except ValueError as error:
                raise InvalidInput(
                    "a trusted proxy is an address, like 10.0.0.5, or a range of them, like 10.0.0.0/8, but not a name",
                    given=text,
                ) from error
            if network.prefixlen == 0:
                raise InvalidInput("this would trust everybody to say where they come from", given=text)
            self._networks.append(network)

    def trusts(self, peer: str) -> bool:
        """Whether `peer` is one of them."""
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)

    def sender(self, peer: str, headers: Mapping[str, str]) -> str:
        """The address that sent a request: the last one that is not one of our own proxies.

        `headers` are named as in waitress, such as "X_FORWARDED_FOR".
        """
        address = peer
        for hop in reversed(headers.get("X_FORWARDED_FOR", "").split(",")[-16:]):
            if not self.trusts(address):
                break
            if named := _address_in(hop):
                address = named
        return address


class BehindProxies:
    """The application, given the sender's own address and scheme where a trusted proxy reports them."""

    def __init__(self, app: WsgiApp, proxies: Proxies) -> None:
        self._app = app
        self._proxies = proxies
        self._has_warned = False

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request."""
        headers = {name: environ.pop(f"HTTP_{name}") for name in FORWARDED if f"HTTP_{name}" in environ}
        peer = environ.get("REMOTE_ADDR", "")
        if self._proxies.trusts(peer):
            self._believe(environ, headers, peer)
        elif headers and not self._has_warned:
            self._has_warned = True
            log.warning("a forwarded header came from a peer that is not a --trusted-proxy: it is ignored")
        return self._app(environ, start_response)

    def _believe(self, environ: Environ, headers: Mapping[str, str], peer: str) -> None:
        environ["REMOTE_ADDR"] = environ["REMOTE_HOST"] = self._proxies.sender(peer, headers)
        scheme = headers.get("X_FORWARDED_PROTO", "").strip().lower()
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        elif scheme:
            environ.setdefault(REFUSED_KEY, 400)


def _address_in(hop: str) -> str:
    """The address in one part of X-Forwarded-For, which may have a port or brackets; "" if there is none."""
    text = hop.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return ""
