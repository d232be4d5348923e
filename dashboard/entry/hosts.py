"""By which names the site is asked for. Any other is a mistake, or another site's name that was turned to this machine
under somebody's browser (DNS rebinding): its pages would then count as ours there."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Collection, Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.entry.addresses import address_in
from domain.errors import ConfigError

log = logging.getLogger(__name__)

PROXIED: Final = "quanqing.proxied"
"""In a request's `extensions` where its connection is a trusted proxy's: set by `bounded_http`, never by a client."""

_SAID = re.compile(rb"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{0,5})?")
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_LONGEST = 253


def host_names(given: Iterable[str]) -> tuple[str, ...]:
    """Names or addresses as a setting lists them. Raises ConfigError for what is neither."""
    found = tuple(one.lower().removesuffix(".") for one in given)
    for one in found:
        if address_in(one) is None and not (_NAME.fullmatch(one) and len(one) <= _LONGEST):
            raise ConfigError(f"QUANQING_HOSTS: {one!r} is no host name such as quanqing.example.gov.cn")
    return found


def own_names(base_url: str, given: Collection[str]) -> frozenset[str]:
    """The names the site goes by: its address's, those of the setting, and what the machine calls itself."""
    machine = socket.gethostname().lower()
    return frozenset({urlsplit(base_url).hostname or "", machine, f"{machine}.local", "localhost", *given})


class Hosts:
    """Answers 421 to whoever asks by a name that is not the site's, 400 to who names none, or several.

    Beside `names` there are this machine's loopback and the address the connection came to: what was turned to us is a
    name, never an address. A trusted proxy's X-Forwarded-Host counts in the place of Host, anybody else's not.
    """

    def __init__(self, app: ASGIApp, *, names: Collection[str]) -> None:
        self._app = app
        addresses = {name: address_in(name) for name in names}
        self._names = {name for name, address in addresses.items() if address is None}
        self._addresses = {address for address in addresses.values() if address is not None}
        self._last: tuple[bytes, object] | None = None  # asked for, and where: the same again and again

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            forwarded = _forwarded(scope)
            status = self._refusal(scope, _named(scope) if forwarded is None else [forwarded])
            if status is not None:
                await Response(status_code=status)(scope, receive, send)
                return
            if forwarded is not None:
                scope = _as_people_see_it(scope, forwarded)
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, said: Sequence[bytes]) -> int | None:
        """`said`: each host the request says it is for, port and all. A health check of HTTP/1.0 names nobody: no
        browser does that, and none can be made to.
        """
        asked = (said[0], scope.get("server")) if len(said) == 1 else None
        if asked is not None and asked == self._last:
            return None
        if not said and scope["http_version"] == "1.0":
            return None
        found = _SAID.fullmatch(said[0]) if len(said) == 1 else None
        if found is None:
            return 400
        name = found[1].decode("ascii").lower().strip("[]").removesuffix(".")
        if self._is_ours(name, scope):
            self._last = asked
            return None
        log.warning("asked for as %r: if people open the site by this name, put it into QUANQING_HOSTS", name)
        return 421

    def _is_ours(self, name: str, scope: Scope) -> bool:
        address = address_in(name)
        if address is None:
            return name in self._names
        came_to = scope.get("server")
        return (
            address.is_loopback
            or address in self._addresses
            or (came_to is not None and address == address_in(came_to[0]))
        )


def _named(scope: Scope) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == b"host"]


def _forwarded(scope: Scope) -> bytes | None:
    """The host that a trusted proxy says people asked it for; None where it says none, or nobody trusts it."""
    if PROXIED not in scope.get("extensions", {}):
        return None
    told = [value for name, value in scope["headers"] if name == b"x-forwarded-host"]
    return told[-1].rsplit(b",")[-1].strip() if told else None  # what comes before, the client may have said


def _as_people_see_it(scope: Scope, host: bytes) -> Scope:
    """Behind a proxy with a name of its own for us: whoever compares with the host compares with the public one."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {**scope, "headers": [(b"host", host), *headers]}
