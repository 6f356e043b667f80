"""What counts as one client."""

import pytest

from blockmrs.networks import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:0207", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unix:", "unix:"),
        ("x" * 5000, "x" * 64),
    ],
)
def test_an_address_belongs_to_one_client(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8:1:2::9", "nonsense"])
def test_a_client_is_its_own_client(address: str) -> None:
    assert network_of(network_of(address)) == network_of(address)
