"""The outbox emptied: a batch is fixed, sent, and marked when the channel has taken it, each in its own transaction.

A crash after sending and before marking sends the batch once more, under the same key; nothing else can double it,
and nothing that was written is lost.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine

from alerts.channel import Channel, Wire
from alerts.message import Told, told
from domain.delivery import Batch
from domain.errors import FetchError
from store.engine import write
from store.writes.outbox import mark_failed, mark_sent, take_batch

log = logging.getLogger(__name__)

_MINUTE_S = 60.0
_PASS_BATCHES = 5  # a pass leaves the rest to the next one


class Pace:
    """How often each channel was sent to in the last minute of real time. One by process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._sent: dict[str, deque[float]] = {}

    def allows(self, channel: Channel) -> bool:
        sent = self._sent.setdefault(channel.id, deque())
        while sent and self._monotonic() - sent[0] >= _MINUTE_S:
            sent.popleft()
        return len(sent) < channel.per_minute

    def sent(self, channel: Channel) -> None:
        self._sent.setdefault(channel.id, deque()).append(self._monotonic())


def deliver(
    engine: Engine,
    channels: Sequence[Channel],
    wire: Wire,
    pace: Pace,
    *,
    base_url: str,
    clock: Callable[[], datetime],
    fence: Callable[[Connection], None] = lambda conn: None,
) -> int:
    """What is due on every channel. Returns how many messages went out; a channel that fails stops no other."""
    count = 0
    for channel in channels:
        for _ in range(_PASS_BATCHES):
            if not pace.allows(channel):
                break
            with write(engine) as conn:
                fence(conn)
                batch = take_batch(conn, channel.id, quiet=channel.is_quiet(clock()), now=clock())
            if batch is None:
                break
            trouble = _sent(channel, batch, wire, base_url)
            pace.sent(channel)
            _mark(engine, channel, batch, trouble, clock=clock, fence=fence)
            if trouble is not None:
                break
            count += len(batch.messages)
    return count


def send_now(channel: Channel, message: Told, wire: Wire) -> str | None:
    """Send it past the outbox. What went wrong, without the channel's secrets; None if it was taken."""
    try:
        channel.send(message, wire)
    except FetchError as error:
        return _without(error.message, channel.secrets())
    return None


def _sent(channel: Channel, batch: Batch, wire: Wire, base_url: str) -> str | None:
    return send_now(channel, told(batch, base_url=base_url, limit=channel.limit_bytes), wire)


def _mark(
    engine: Engine,
    channel: Channel,
    batch: Batch,
    trouble: str | None,
    *,
    clock: Callable[[], datetime],
    fence: Callable[[Connection], None],
) -> None:
    with write(engine) as conn:
        fence(conn)
        if trouble is None:
            mark_sent(conn, channel.id, batch, now=clock())
            return
        dead = mark_failed(conn, channel.id, batch, trouble=trouble, now=clock())
    log.warning("channel %s: %s%s", channel.id, trouble, "; given up" if dead else "")


def _without(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "…")
    return text
