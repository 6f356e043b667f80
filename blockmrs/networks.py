"""What counts as one client, wherever something is counted: an address or, in IPv6, one household's network."""

from ipaddress import IPv6Address, ip_address, ip_network

# One customer's network has 2^64 IPv6 addresses, and can use a different one for every request.
IPV6_PREFIX = 64
_LONGEST = 64


def network_of(address: str) -> str:
    """An IPv4 address, however it is written; the /64 of an IPv6 address; other text unchanged."""
    try:
        parsed = ip_address(address.strip().strip("[]").partition("%")[0])
    except ValueError:
        return address[:_LONGEST]
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped is not None else str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)
