"""Which days anybody listened to the public: a day without posts is calm only then."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from store.schema import source_alive

Stretch = tuple[datetime, datetime]


def heard_in(conn: Connection, sources: Collection[str], stretches: Sequence[Stretch]) -> list[bool]:
    """Of each stretch, whether any of the sources answered in it."""
    if not stretches:
        return []
    alive = source_alive.c
    query = select(alive.since, alive.until).where(
        alive.source.in_(sources),
        alive.until >= min(since for since, _ in stretches),
        alive.since < max(until for _, until in stretches),
    )
    found = [tuple(row) for row in conn.execute(query)]
    return [any(begun < until and last >= since for begun, last in found) for since, until in stretches]
