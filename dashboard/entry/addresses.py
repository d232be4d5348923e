"""What stands for one line to the network where tries are counted, and whose word on addresses is taken."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

from domain.errors import ConfigError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_ONE_LINE = 64
"""Bits of an IPv6 address that one line has of its own: behind them it has as many addresses as it likes."""


@lru_cache(4096)  # each refresh of each wall asks it
def line_of(address: str) -> str:
    """An IPv4 address as it is, also where it comes written as IPv6; of an IPv6 address its /64; other words unchanged.

    >>> line_of("2001:db8:1:2:3::4")
    '2001:db8:1:2::/64'
    """
    found = address_in(address)
    if found is None:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(ipaddress.ip_network((found, _ONE_LINE), strict=False))


def address_in(words: str) -> Address | None:
    """The address written there; an IPv4 address also where it comes as IPv6. None where there is none."""
    try:
        found = ipaddress.ip_address(words.split("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return found if mapped is None else mapped


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's to itself alone."""
    address = address_in(host)
    return host == "localhost" if address is None else address.is_loopback


@lru_cache(4096)
def is_among(address: str, proxies: tuple[str, ...]) -> bool:
    """Whether an address is one of a list of addresses and networks."""
    found = address_in(address)
    return found is not None and any(found in network for network in _networks(proxies))


@lru_cache(8)
def _networks(proxies: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """What is neither address nor network is nobody: uvicorn's own default may hold other words."""
    found = []
    for one in proxies:
        with suppress(ValueError):
            found.append(ipaddress.ip_network(one.strip(), strict=False))
    return tuple(found)


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
