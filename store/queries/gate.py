"""What the gate before the screens compares: corrections the ledger knows of, and today summed two ways."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Table, bindparam, cast, func, select

from domain.measures import Figures
from domain.records import Kind
from domain.sanity import Kept
from domain.terms import business_day_start
from store.schema import CURVE_MEASURES, UtcTime, rollup_day, rollup_minute, superseded

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
    """Programme -> today's CURVE_MEASURES, summed over counties and sectors; the other figures are left at nothing."""
    return _today(conn, _BY_COUNTY, programmes, now)


def today_by_minute(conn: Connection, programmes: Collection[str], *, now: datetime) -> dict[str, Figures]:
    """The same from the minutes, which know no county: both ways must agree."""
    return _today(conn, _BY_MINUTE, programmes, now)


def _today(
    conn: Connection, query: Select[Any], programmes: Collection[str], now: datetime
) -> dict[str, Figures]:
    asked = {"programmes": list(programmes), "since": business_day_start(now)}
    return {
        programme: Figures(**dict(zip(CURVE_MEASURES, sums, strict=True)))
        for programme, *sums in conn.execute(query, asked)
    }


def _sums(table: Table, time: str) -> Select[Any]:
    """In whole numbers: PostgreSQL's own sums are decimals."""
    sums = [cast(func.sum(table.c[name]), BigInteger).label(name) for name in CURVE_MEASURES]
    own = table.c.programme.in_(bindparam("programmes", expanding=True))
    since = table.c[time] >= bindparam("since", type_=UtcTime)
    return select(table.c.programme, *sums).where(own, since).group_by(table.c.programme)


_BY_COUNTY, _BY_MINUTE = _sums(rollup_day, "day"), _sums(rollup_minute, "minute")
