"""What the gate before the screens compares: corrections the ledger knows of, and today summed two ways."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Table, func, select

from domain.measures import Figures
from domain.records import Kind
from domain.sanity import Kept
from domain.terms import business_day_start
from store.schema import MEASURES, rollup_day, rollup_minute, superseded

_KEPT = {
    Kind.CLAIM.value: Kept.CLAIMED,
    Kind.REDEMPTION.value: Kept.REDEEMED,
    Kind.REFUND.value: Kept.REFUNDED,
}


def corrections_since(conn: Connection, programme: str, since: datetime) -> dict[Kept, tuple[int, int]]:
    """(count, fen) of the events that were corrected or taken back after `since`: the most a figure may have fallen."""
    query = (
        select(superseded.c.kind, func.count(), func.sum(superseded.c.face_fen))
        .where(
            superseded.c.programme == programme,
            superseded.c.superseded_at > since,
            superseded.c.kind.in_(_KEPT),
        )
        .group_by(superseded.c.kind)
    )
    return {_KEPT[kind]: (int(n), int(fen)) for kind, n, fen in conn.execute(query)}


def today_by_county(conn: Connection, programmes: Collection[str], *, now: datetime) -> dict[str, Figures]:
    """Programme -> today's figures, summed over counties and sectors."""
    return _today(conn, rollup_day, "day", programmes, now)


def today_by_minute(conn: Connection, programmes: Collection[str], *, now: datetime) -> dict[str, Figures]:
    """The same from the minutes, which know no county: both ways must agree."""
    return _today(conn, rollup_minute, "minute", programmes, now)


def _today(
    conn: Connection, table: Table, time: str, programmes: Collection[str], now: datetime
) -> dict[str, Figures]:
    sums = [func.sum(table.c[name]).label(name) for name in MEASURES]
    query = (
        select(table.c.programme, *sums)
        .where(table.c.programme.in_(programmes), table.c[time] >= business_day_start(now))
        .group_by(table.c.programme)
    )
    return {
        row.programme: Figures(**{name: int(getattr(row, name)) for name in MEASURES})
        for row in conn.execute(query)
    }
