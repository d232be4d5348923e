"""What time it is for the campaign: the real time, or a rehearsal's, which starts when we say and runs as fast.

The only module that looks at a clock; everything below `dashboard/` is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from domain.errors import ConfigError

REAL = "real"
_REHEARSAL = re.compile(r"(?P<start>\S+)@(?P<speed>\d+(?:\.\d+)?) since (?P<since>\d+(?:\.\d+)?)")


def real_now() -> datetime:
    """The wall clock of this machine, aware UTC: for sessions, leases and waiting, never for the campaign."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A rehearsal's clock showed `start` at the real moment `since` and runs `speed` times as fast.

    It is handed to every process as text (`str(clock)`, `Clock.parse`), so that they all agree. Without `start`
    it is the real clock.
    """

    start: datetime | None = None
    since: datetime | None = None
    speed: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Self:
        """`real`, or `2022-10-28T08:58:00+08:00@60 since 1730000000` (seconds since 1970). Raises ConfigError."""
        if text.strip() in ("", REAL):
            return cls()
        found = _REHEARSAL.fullmatch(text.strip())
        if found is None:
            raise ConfigError(f"clock {text!r}: neither {REAL!r} nor TIME@SPEED since SECONDS")
        try:
            start = datetime.fromisoformat(found["start"])
        except ValueError as error:
            raise ConfigError(f"clock {text!r}: {error}") from error
        if start.tzinfo is None:
            raise ConfigError(f"clock {text!r}: the start needs its offset, such as +08:00")
        since = datetime.fromtimestamp(float(found["since"]), UTC)
        return cls.rehearsal(start, speed=float(found["speed"]), since=since)

    @classmethod
    def rehearsal(cls, start: datetime, *, speed: float, since: datetime | None = None) -> Self:
        """A clock that shows `start` now, or at the real moment `since`. Speed 0 stands still. Raises ConfigError."""
        if speed < 0:
            raise ConfigError(f"clock: speed {speed:g} is below zero")
        return cls(start=start.astimezone(UTC), since=since or real_now(), speed=speed)

    @property
    def is_real(self) -> bool:
        return self.start is None

    def now(self) -> datetime:
        """Aware UTC."""
        return self.at(real_now())

    def at(self, real: datetime) -> datetime:
        """What this clock shows at a real moment."""
        if self.start is None or self.since is None:
            return real
        return self.start + (real - self.since) * self.speed

    def real_s(self, gone: timedelta) -> float:
        """How many real seconds a stretch of its time takes; a clock that stands still waits as the real one."""
        return gone.total_seconds() / (self.speed or 1.0)

    def __str__(self) -> str:
        if self.start is None or self.since is None:
            return REAL
        return f"{self.start.isoformat()}@{self.speed:.12g} since {self.since.timestamp():.6f}"
