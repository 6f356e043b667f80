"""What counts as one client, wherever something is counted: an address; of IPv6 the network that one household has."""

from ipaddress import IPv6Address, ip_address, ip_network

# One customer's network has 2^64 addresses of version 6, and can use another one for every request.
IPV6_PREFIX = 64
_LONGEST = 64


def network_of(address: str) -> str:
    """The address of version 4, however it is written; the /64 of one of version 6; other text as it is."""
    try:
        found = ip_address(address.strip().strip("[]").partition("%")[0])
    except ValueError:
        return address[:_LONGEST]
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped is not None else str(ip_network((found, IPV6_PREFIX), strict=False))
    return str(found)
