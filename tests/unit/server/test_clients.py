"""On whose behalf a request counts."""

import pytest

from blockmrs.errors import InvalidInput
from blockmrs.server.clients import Proxies


@pytest.mark.parametrize(
    ("trusted", "peer", "told", "sender"),
    [
        ([], "192.0.2.1", "198.51.100.9", "192.0.2.1"),
        (["192.0.2.1"], "192.0.2.1", "198.51.100.9", "198.51.100.9"),
        (["192.0.2.0/24"], "192.0.2.77", "198.51.100.9", "198.51.100.9"),
        (["192.0.2.1"], "192.0.2.2", "198.51.100.9", "192.0.2.2"),
        (["192.0.2.1"], "192.0.2.1", "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (["192.0.2.0/24"], "192.0.2.1", "203.0.113.5, 198.51.100.9, 192.0.2.2", "198.51.100.9"),
        (["192.0.2.1"], "192.0.2.1", "", "192.0.2.1"),
        (["192.0.2.1"], "192.0.2.1", "unknown", "192.0.2.1"),
        (["192.0.2.1"], "192.0.2.1", "198.51.100.9:4711", "198.51.100.9"),
        (["192.0.2.1"], "192.0.2.1", '"[2001:db8::7]:4711"', "2001:db8::7"),
        (["::1"], "::1", "2001:db8::7", "2001:db8::7"),
        (["127.0.0.1"], "::ffff:127.0.0.1", "2001:db8::7", "2001:db8::7"),
        (["192.0.2.1"], "192.0.2.1", "x," * 9000 + "198.51.100.9", "198.51.100.9"),
    ],
)
def test_the_sender_is_the_last_that_our_own_proxies_name(
    trusted: list[str], peer: str, told: str, sender: str
) -> None:
    assert Proxies(trusted).sender(peer, {"X_FORWARDED_FOR": told}) == sender


@pytest.mark.parametrize("text", ["proxy.example", "", "10.0.0.0/99", "*", "localhost"])
def test_a_proxy_is_an_address_or_a_range_and_no_name(text: str) -> None:
    with pytest.raises(InvalidInput):
        Proxies([text])
