"""What stands for one line to the network where tries are counted, and whose word on addresses is taken."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from domain.errors import ConfigError

_ONE_LINE = 64
"""Bits of an IPv6 address that one line has of its own: behind them it has as many addresses as it likes."""


def line_of(address: str) -> str:
    """An IPv4 address as it is, also where it comes written as IPv6; of an IPv6 address its /64; other words unchanged.

    >>> line_of("2001:db8:1:2:3::4")
    '2001:db8:1:2::/64'
    """
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _ONE_LINE), strict=False))


def proxies(given: Iterable[str]) -> tuple[str, ...]:
    """Addresses or networks of proxies. Raises ConfigError for what is neither, and for everybody."""
    found = tuple(given)
    for one in found:
        try:
            network = ipaddress.ip_network(one)
        except ValueError:
            raise ConfigError(f"QUANQING_TRUSTED_PROXIES: {one!r} is no address or network") from None
        if network.prefixlen == 0:
            raise ConfigError("QUANQING_TRUSTED_PROXIES: everybody could then say where they come from")
    return found
