"""Which network addresses are public: the ones to which we connect when somebody else has chosen the host.

The lists are our own and not `is_global` and `is_loopback` of `ipaddress`, whose answers differ between versions of
Python. They follow the registries of special addresses of IANA (RFC 6890). Of IPv6 only global unicast addresses
(2000::/3) are public; this excludes loopback, link-local, unique local, multicast and IPv4-mapped addresses, and NAT64
(64:ff9b::/96).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NOT_PUBLIC_4 = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network; Linux connects to itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # the host agent of Azure's machines
        "169.254.0.0/16",  # link-local; 169.254.169.254 gives a cloud's machines their credentials
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation, as the next two of 198.51.100 and 203.0.113
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_GLOBAL_6 = ip_network("2000::/3")
_LOOPBACK_4, _LOOPBACK_6 = ip_network("127.0.0.0/8"), ip_network("::1/128")
_NOT_PUBLIC_6 = tuple(
    ip_network(network)
    for network in (
        "2001::/23",  # protocols of the IETF; Teredo, which contains an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: contains an IPv4 address
        "3fff::/20",  # documentation
    )
)


def is_public(address: str) -> bool:
    """Whether an IP address, as text, is public. A text that is none is not, and neither is one with a zone."""
    found = _parsed(address)
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _NOT_PUBLIC_4)
    if isinstance(found, IPv6Address):
        return found in _GLOBAL_6 and not any(found in network for network in _NOT_PUBLIC_6)
    return False


def is_loopback(address: str) -> bool:
    """Whether an IP address, as text, is of this machine alone. An IPv4-mapped one is not: nobody needs it."""
    found = _parsed(address)
    return found is not None and found in (_LOOPBACK_4 if isinstance(found, IPv4Address) else _LOOPBACK_6)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return None if "%" in address else ip_address(address)
    except ValueError:
        return None
