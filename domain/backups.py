"""Which backups are still worth their place: the older, the fewer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from domain.terms import local

ALL_FOR = timedelta(hours=2)
HOURLY_FOR = timedelta(days=1)


def superseded(taken: Iterable[datetime], *, now: datetime, days: int) -> frozenset[datetime]:
    """Of these, what may go: all of two hours stay, the newest of each hour for a day, of each day (Asia/Shanghai) for
    `days`. The newest of all always stays.
    """
    newest_first = sorted(taken, reverse=True)
    kept = {at for at in newest_first if now - at < ALL_FOR} | set(newest_first[:1])
    kept |= _newest_of_each(newest_first, "%Y%m%d%H", lambda at: now - at < HOURLY_FOR)
    kept |= _newest_of_each(newest_first, "%Y%m%d", lambda at: now - at < timedelta(days=days))
    return frozenset(newest_first) - kept


def _newest_of_each(
    newest_first: Iterable[datetime], period: str, is_wanted: Callable[[datetime], bool]
) -> set[datetime]:
    found: dict[str, datetime] = {}
    for at in filter(is_wanted, newest_first):
        found.setdefault(local(at).strftime(period), at)
    return set(found.values())
