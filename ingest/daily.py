"""Files a platform makes once a day, on the day after: which days are still to be asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from domain.errors import FetchError
from domain.records import Span
from domain.terms import SHANGHAI, local

KEPT_DAYS = 90
"""How far back a missing day is asked for: longer than a campaign."""
ASK_AGAIN = timedelta(minutes=10)
"""A day without its file is asked for again only so often: the counters beside it are polled every few seconds."""
READ_AGAIN = timedelta(hours=6)
"""... and one whose file came and cannot be read: its platform has to make it anew, or we its reading."""


class DailyFiles:
    """The days one source has read, and when it last asked for the others. The cursor keeps the first of the two."""

    def __init__(self) -> None:
        self._asked: dict[date, datetime] = {}
        self._missing: set[date] = set()
        self._unreadable: set[date] = set()

    def due(self, cursor: str | None, *, since: date, now: datetime) -> Iterator[date]:
        """Days before today, oldest first, that were neither read nor asked for a moment ago."""
        today = local(now).date()
        first = max(since, today - timedelta(days=KEPT_DAYS))
        done = days_read(cursor)
        self._missing = {day for day in self._missing if first <= day < today and day not in done}
        for n in range((today - first).days):
            day = first + timedelta(days=n)
            asked, pause = self._asked.get(day), READ_AGAIN if day in self._unreadable else ASK_AGAIN
            if day not in done and (asked is None or not asked <= now < asked + pause):
                self._asked[day] = now
                yield day

    def found(self, day: date) -> None:
        self._missing.discard(day)
        self._unreadable.discard(day)

    def missed(self, day: date, *, unreadable: bool = False) -> None:
        """`unreadable`: a file came, as it was sent, and cannot be read."""
        self._missing.add(day)
        (self._unreadable.add if unreadable else self._unreadable.discard)(day)

    def tell_overdue(self, source: str, what: str, now: datetime) -> None:
        """Raises FetchError for days of before yesterday that still have no file one can read: yesterday's may come in
        the course of the day."""
        yesterday = local(now).date() - timedelta(days=1)
        late = sorted(day for day in self._missing if day < yesterday)
        if late:
            told = ", ".join(map(str, late[:5]))
            raise FetchError(source, f"no readable {what} yet of {told}", cause="empty")


def days_read(cursor: str | None) -> frozenset[date]:
    """Nothing, if the cursor is not ours: files are read again then, and events count once anyway."""
    try:
        days = json.loads(cursor or "[]")
        return frozenset(date.fromisoformat(day) for day in days) if isinstance(days, list) else frozenset()
    except (ValueError, TypeError):
        return frozenset()


def with_day(cursor: str | None, day: date) -> str:
    """The cursor once this day's file is saved; what nobody asks for any more is forgotten."""
    days = days_read(cursor) | {day}
    kept = sorted(d for d in days if d >= max(days) - timedelta(days=KEPT_DAYS + 1))
    return json.dumps([d.isoformat() for d in kept], separators=(",", ":"))


def end_of(day: date) -> datetime:
    """The midnight a file of this day is complete up to."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI).astimezone(UTC)


def start_of(day: date) -> datetime:
    """The midnight it begins with."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def whole_day(day: date) -> Span:
    """What the file of a day tells, and of nothing before it: another day's may be missing."""
    return Span(since=start_of(day), until=end_of(day))
