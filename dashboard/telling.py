"""The outbox's turn: what waits is sent through the guarded client, at the real clock's pace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine

from alerts.channel import Channel, Wire
from alerts.deliver import Pace, deliver
from dashboard.clock import real_now
from ingest.http import Http

TELL_JOB = "tell"
TELL_EVERY_S = 5.0  # real: channels count by real minutes


class Telling:
    """One by process: it remembers how often it sent."""

    def __init__(
        self,
        engine: Engine,
        channels: Sequence[Channel],
        http: Http,
        *,
        clock: Callable[[], datetime],
        base_url: str,
    ) -> None:
        self._engine, self._channels, self._clock, self._base_url = engine, channels, clock, base_url
        self._wire = Wire(post=poster(http), now=real_now)
        self._pace = Pace()

    def run(self, fence: Callable[[Connection], None]) -> int:
        return deliver(
            self._engine,
            self._channels,
            self._wire,
            self._pace,
            base_url=self._base_url,
            clock=self._clock,
            fence=fence,
        )


def poster(http: Http) -> Callable[[str, str, bytes, Mapping[str, str]], bytes]:
    """The client of the sources, as channels take it: alerts and ingest do not know each other."""

    def post(channel: str, url: str, content: bytes, headers: Mapping[str, str]) -> bytes:
        return http.post(channel, url, content=content, headers=headers).body

    return post
