"""Where a connection may go and how long it may take, checked at every connect, read and write."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore

from domain.errors import ConfigError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[Address]]
SocketOptions = Iterable[Any] | None

_PUBLIC_PORTS = frozenset({80, 443})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

_deadline: ContextVar[float] = ContextVar("deadline")


class OutOfTimeError(httpcore.TimeoutException):
    """The whole fetch took too long, however fast each single read was."""


class ForbiddenError(Exception):
    """The address is not one this system may talk to."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Everything the guarded backend does inside this block ends within so many seconds of real time."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def _left(timeout: float | None) -> float:
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise OutOfTimeError("out of time")
    return left if timeout is None else min(left, timeout)


class AllowList:
    """`host:port` pairs and networks that may be reached although they are private or the port is unusual."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._pairs: set[tuple[str, int]] = set()
        self._networks: list[Network] = []
        for entry in entries:
            self._add(entry)

    def _add(self, entry: str) -> None:
        try:
            if "/" in entry:
                self._networks.append(ipaddress.ip_network(entry))
            else:
                host, _, port = entry.rpartition(":")
                self._pairs.add((host.strip("[]").lower(), int(port)))
        except ValueError as error:
            raise ConfigError(f"not host:port or a network: {entry!r}") from error

    def permits(self, host: str, port: int, address: Address) -> bool:
        if (host.lower(), port) in self._pairs or (str(address), port) in self._pairs:
            return True
        if any(address in network for network in self._networks):
            return True
        return port in _PUBLIC_PORTS and is_public(address)


def is_public(address: Address) -> bool:
    """Globally routable, and so is the IPv4 address an IPv6 one may carry (mapped, 6to4, Teredo, NAT64)."""
    inner: list[Address | None] = []
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    carried = [a for a in inner if a is not None]
    if carried:
        return all(is_public(a) for a in carried)
    return address.is_global and not address.is_multicast


def resolve(host: str, port: int) -> Sequence[Address]:
    """Addresses of a host by the system's resolver. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves, checks and connects to one and the same address: a name that changes its answer gains nothing."""

    def __init__(self, allowed: AllowList, resolve: Resolve = resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions = None,
    ) -> httpcore.NetworkStream:
        addresses = self._resolved(host, port, _left(timeout))
        allowed = [a for a in addresses if self._allowed.permits(host, port, a)]
        if not allowed:
            raise ForbiddenError("the address is private or the port is not allowed")
        return _GuardedStream(self._connected(allowed, port, timeout))

    def _connected(
        self, addresses: Sequence[Address], port: int, timeout: float | None
    ) -> httpcore.NetworkStream:
        *others, last = addresses
        for address in others:
            try:
                return self._plain.connect_tcp(str(address), port, timeout=_left(timeout))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._plain.connect_tcp(str(last), port, timeout=_left(timeout))

    def _resolved(self, host: str, port: int, timeout: float) -> Sequence[Address]:
        """The system's resolver knows no time limit, so it is asked from a thread that may be left behind."""
        answer: list[Sequence[Address]] = []

        def ask() -> None:
            try:
                answer.append(self._resolve(host, port))
            except (OSError, UnicodeError):
                answer.append(())

        asking = threading.Thread(target=ask, name="resolve", daemon=True)
        asking.start()
        asking.join(timeout)
        if not answer:
            raise httpcore.ConnectTimeout("name resolution took too long")
        if not answer[0]:
            raise httpcore.ConnectError("the host name does not resolve")
        return answer[0]


class _GuardedStream(httpcore.NetworkStream):
    def __init__(self, plain: httpcore.NetworkStream) -> None:
        self._plain = plain

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._plain.read(max_bytes, timeout=_left(timeout))
        except httpcore.ReadTimeout:
            _left(None)  # raises the more telling error, if it was the total that ran out
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._plain.write(buffer, timeout=_left(timeout))

    def close(self) -> None:
        self._plain.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        tls = self._plain.start_tls(ssl_context, server_hostname, timeout=_left(timeout))
        return _GuardedStream(tls)

    def get_extra_info(self, info: str) -> Any:
        return self._plain.get_extra_info(info)
