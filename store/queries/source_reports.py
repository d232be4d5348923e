"""How well each source delivers: its delays, what became of its rows, and which were put aside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    case,
    func,
    select,
    type_coerce,
    union_all,
)

from domain.readings import QuarantinedRow, QuarantinePage, RowCounts, SourceBoard, SourceReport
from store.queries.reruns import waiting_reruns
from store.queries.sources import Expected, feed_health, paused_until
from store.schema import events, posts, quarantine, raw_archive, source_runs

WINDOW = timedelta(hours=24)
ROWS_A_PAGE = 100
_PERCENTS = (50, 95)
_COUNTED = ("accepted", "duplicate", "superseded", "quarantined")
_MICROS = 1_000_000


def source_board(conn: Connection, expected: Sequence[Expected], *, now: datetime) -> SourceBoard:
    """Each configured source, in the order of the configuration."""
    since = now - WINDOW
    delays = _delays(conn, since=since, until=now)
    day, total = _row_counts(conn, since=since, until=now), _row_counts(conn, since=None, until=now)
    asked = {request.source: request for request in waiting_reruns(conn)}
    paused = paused_until(conn, now=now)
    reports = []
    for promised, feed in zip(expected, feed_health(conn, expected, now=now), strict=True):
        count, found = delays.get(feed.source, (0, {}))
        reports.append(
            SourceReport(
                feed=feed,
                delay_p50_s=found.get(50),
                delay_p95_s=found.get(95),
                delays_count=count,
                day=day.get(feed.source),
                total=total.get(feed.source),
                asked=asked.get(feed.source),
                every_s=promised.every_s,
                paused_until=paused.get(feed.source),
            )
        )
    return SourceBoard(as_of=now, reports=tuple(reports))


def quarantine_page(conn: Connection, source: str, *, page: int) -> QuarantinePage:
    """Page `page` (from 1) of a source's quarantine; a page that is not there is the nearest that is."""
    counted = select(func.count()).where(quarantine.c.source == source)
    total = int(conn.execute(counted).scalar_one())
    pages = max(1, -(-total // ROWS_A_PAGE))
    page = min(max(page, 1), pages)
    query = _newest_first(source).limit(ROWS_A_PAGE).offset((page - 1) * ROWS_A_PAGE)
    return QuarantinePage(page=page, pages=pages, total=total, rows=_rows(conn, query))


def quarantined_rows(conn: Connection, source: str) -> tuple[QuarantinedRow, ...]:
    """All of a source's quarantine, newest first."""
    return _rows(conn, _newest_first(source))


def _newest_first(source: str) -> Select[Any]:
    return (
        select(quarantine, raw_archive.c.name.label("payload"))
        .outerjoin(raw_archive, raw_archive.c.sha256 == quarantine.c.raw_sha256)
        .where(quarantine.c.source == source)
        .order_by(quarantine.c.received_at.desc(), quarantine.c.quarantine_id.desc())
    )


def _rows(conn: Connection, query: Select[Any]) -> tuple[QuarantinedRow, ...]:
    return tuple(
        QuarantinedRow(
            row=found.row,
            field=found.field,
            reason=found.reason,
            excerpt=found.excerpt,
            received_at=found.received_at,
            sha256=found.raw_sha256,
            payload=found.payload,
        )
        for found in conn.execute(query)
    )


def _delays(conn: Connection, *, since: datetime, until: datetime) -> dict[str, tuple[int, dict[int, float]]]:
    """Source -> (arrivals, {percent: seconds}). Ranked in the store: a launch day's rows do not travel."""
    delays = union_all(
        *(
            select(table.c.source, (_micros(table.c.received_at) - _micros(at)).label("delay")).where(
                table.c.received_at > since, table.c.received_at <= until, at.is_not(None)
            )
            for table, at in ((events, events.c.occurred_at), (posts, posts.c.published_at))
        )
    ).subquery("delays")
    ranked = select(
        delays,
        func.row_number().over(partition_by=delays.c.source, order_by=delays.c.delay).label("rank"),
        func.count().over(partition_by=delays.c.source).label("n"),
    ).subquery("ranked")
    ranks = [func.max(case((ranked.c.rank == _nearest(ranked.c.n, p), ranked.c.delay))) for p in _PERCENTS]
    query = select(ranked.c.source, func.max(ranked.c.n), *ranks).group_by(ranked.c.source)
    return {
        source: (int(n), {p: int(us) / _MICROS for p, us in zip(_PERCENTS, found, strict=True)})
        for source, n, *found in conn.execute(query)
    }


def _nearest(n: ColumnElement[int], percent: int) -> ColumnElement[int]:
    """Nearest rank, from 1: the smallest one that `percent` of `n` do not exceed. Whole numbers on every engine."""
    return (n * percent + 99) // 100


def _micros(at: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(at, BigInteger)


def _row_counts(conn: Connection, *, since: datetime | None, until: datetime) -> dict[str, RowCounts]:
    """Source -> sums over its runs that ended in the window; a source without one is absent."""
    sums = [func.sum(source_runs.c[name]) for name in _COUNTED]
    query = select(source_runs.c.source, *sums).where(source_runs.c.finished_at <= until)
    if since is not None:
        query = query.where(source_runs.c.finished_at > since)
    return {
        source: RowCounts(**{name: int(n) for name, n in zip(_COUNTED, found, strict=True)})
        for source, *found in conn.execute(query.group_by(source_runs.c.source))
    }
