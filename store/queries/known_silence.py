"""When a source of opinion was known to be silent: as far back as its answers are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from store.queries.sources import EVER, Expected
from store.schema import source_alive


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """[since, until): from when its answer was overdue until it spoke again."""

    source: str
    since: datetime
    until: datetime


def known_silence(conn: Connection, expected: Sequence[Expected], *, until: datetime) -> tuple[Silence, ...]:
    """Of the opinion sources, by their patience as it is set now; one that had never answered yet was silent.

    That a source failed three times in a row before its patience was over is not kept by its moments.
    """
    return tuple(
        Silence(source=source.source, since=since, until=again)
        for source in expected
        if source.side == "opinion"
        for since, again in _overdue(conn, source, until)
        if since < again
    )


def _overdue(conn: Connection, source: Expected, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    query = (
        select(source_alive.c.since, source_alive.c.until)
        .where(source_alive.c.source == source.source, source_alive.c.since < until)
        .order_by(source_alive.c.since)
    )
    overdue_at = EVER
    for row in conn.execute(query):
        yield overdue_at, row.since
        overdue_at = row.until + timedelta(seconds=source.stale_after_s)
    yield overdue_at, until
