"""Where WeChat Pay's files lie: addresses for five files a minute, each of them good once and for half a minute."""

from __future__ import annotations

import secrets
from collections import deque

from rehearsal.faults import Faults

TOKEN_S = 30
_PER_MINUTE = 5
_MINUTE_S = 60
_EXPIRED_EVERY = 5


class Addresses:
    """Times are epoch seconds of the platform's clock. Now and then one ends at once, if that is a fault."""

    def __init__(self, *, lasts_s: float, faults: Faults) -> None:
        self._lasts_s, self._faults = lasts_s, faults
        self._asked: deque[float] = deque()
        self._bodies: dict[str, tuple[float, bytes]] = {}

    def may_be_asked(self, now: float) -> bool:
        """Whether this one is among the minute's first five."""
        while self._asked and now - self._asked[0] >= _MINUTE_S:
            self._asked.popleft()
        if len(self._asked) >= _PER_MINUTE:
            return False
        self._asked.append(now)
        return True

    def made(self, body: bytes, now: float) -> str:
        """The token of a new address."""
        token = secrets.token_urlsafe(24)
        self._bodies[token] = (now, body)
        return token

    def opened(self, token: str, now: float) -> bytes | None:
        """What lies there; None: used, too old, or never given."""
        if token not in self._bodies:
            return None
        made, body = self._bodies.pop(token)
        # the fault is asked first: on a slow machine a link that is too old already would never give it a chance
        struck = self._faults.turn("link_expired", every=_EXPIRED_EVERY)
        return None if struck or now - made > self._lasts_s else body
