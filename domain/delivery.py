"""Messages about alerts on their way to people: what waits, what goes out as one, how a channel fares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.readings import Level


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a message is sent: `level:orange`, `clock:unit`; `level:orange:1` of what was closed and came back,
    `clock:unit:1` when the next unit is late as well, `grown:orange:1` of what is twice as much as was told.
    """

    kind: str
    what: str
    again: str = ""  # how often the like happened before; what was told of that does not count

    def __str__(self) -> str:
        return ":".join(filter(None, (self.kind, self.what, self.again)))

    @classmethod
    def read(cls, text: str) -> Occasion:
        return cls(*text.split(":", maxsplit=2))


def times(before: int) -> str:
    """`Occasion.again` of what happened that often before."""
    return str(before) if before else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to one channel. (alert, occasion, channel) is its key: it is told once."""

    alert_id: int
    occasion: str  # an `Occasion`
    channel: str
    level: Level
    title: str
    reasons: tuple[str, ...]
    not_before: datetime | None = None  # held for a digest; None: at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Messages that go out as one, the gravest first. A batch that is sent again is the same to the byte."""

    key: str
    messages: tuple[Outgoing, ...]
    created_at: datetime  # of its first message
    tries: int  # this one counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTest:
    """A message sent to see whether the channel takes one."""

    tested_at: datetime
    tested_by: str
    trouble: str | None  # None: it was taken


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHealth:
    channel: str
    waiting_count: int
    dead_count: int  # given up within the last day
    failures_in_row: int
    trouble: str | None
    last_sent_at: datetime | None
    test: ChannelTest | None = None  # the newest
