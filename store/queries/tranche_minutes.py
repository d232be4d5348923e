"""A tranche's minutes, all its programmes together: of which days they stand, and whether they are right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, cast, func, select

from store.buckets import DAY_US, bucket_start
from store.queries.difference import Difference
from store.schema import MINUTE_MEASURES, rollup_minute, tranche_days, tranche_minutes


def kept_days(conn: Connection, tranche: str, *, since: datetime) -> frozenset[datetime]:
    """Starts of the days whose minutes stand added up; other days are read programme by programme."""
    c = tranche_days.c
    query = select(c.day).where(c.tranche == tranche, c.day >= since, c.is_kept)
    return frozenset(conn.scalars(query))


def summed_minutes() -> Select[Any]:
    """What `tranche_minutes` holds where every day is kept."""
    c = rollup_minute.c
    amounts = (c.claimed_count, c.redeemed_gross_count, c.redeemed_gross_fen - c.refunded_fen)
    sums = (
        cast(func.sum(n), BigInteger).label(name) for n, name in zip(amounts, MINUTE_MEASURES, strict=True)
    )
    return select(c.tranche, c.minute, *sums).group_by(c.tranche, c.minute)


def tranche_minute_differences(conn: Connection) -> Iterator[Difference]:
    """Against the programmes' minutes, which are held against the events."""
    days = {(tranche, day): kept for tranche, day, kept in conn.execute(select(tranche_days))}
    stored = _by_key(conn, select(tranche_minutes))
    expected = _by_key(conn, summed_minutes())
    for key in sorted(stored.keys() | expected.keys()):
        tranche, minute = key
        is_kept = days.get((tranche, bucket_start(minute, DAY_US)), True)
        want = expected.get(key, _NOTHING) if is_kept else _NOTHING
        for name, mine, theirs in zip(MINUTE_MEASURES, stored.get(key, _NOTHING), want, strict=True):
            if mine != theirs:
                yield Difference(
                    check=f"tranche_minutes.{name}", where=f"{tranche}/{minute}", stored=mine, expected=theirs
                )


_NOTHING = (0,) * len(MINUTE_MEASURES)


def _by_key(conn: Connection, query: Select[Any]) -> dict[tuple[str, datetime], tuple[int, ...]]:
    return {(row[0], row[1]): tuple(row[2:]) for row in conn.execute(query)}
