"""What totals are summed up from: the ledger's cells, as they stand or as they were known at an earlier moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, FromClause, Select, cast, func, or_, select

from domain.measures import Figures
from store import schema
from store.queries.past import day_cells
from store.schema import MEASURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What lies under one combination of dimensions, before it is grouped."""

    programme: str
    tranche: str
    county: str
    sector: str
    template: str
    round_no: int
    day: datetime | None
    figures: Figures


class Part(NamedTuple):
    """Of the ledger: a tranche, and all of the programmes whose claims a platform counts, whatever their tranche."""

    tranche: str
    counted: frozenset[str]


def ledger_cells(
    conn: Connection,
    *,
    with_day: bool,
    known_by: datetime | None,
    until: datetime | None = None,
    part: Part | None = None,
) -> list[Cell]:
    """What all totals of one moment are summed up from: worked out of the events once for many of them.

    `part`: no more than is asked for. As of earlier, all: the events are read as a whole.
    """
    return list(_ledger_cells(conn, with_day=with_day, known_by=known_by, until=until, part=part))


def _ledger_cells(
    conn: Connection,
    *,
    with_day: bool,
    known_by: datetime | None,
    until: datetime | None,
    part: Part | None,
) -> Iterator[Cell]:
    if known_by is None:
        query = _stored_cells(part, with_day=with_day)
    else:  # a day of which nothing was known yet must not lend its grade
        table = day_cells(conn, known_by=known_by, until=until)
        is_known = or_(*(func.sum(table.c[name]) != 0 for name in MEASURES))
        query = _cells_of(table, time="moment" if with_day else None).having(is_known)
    first = len(_KEYS) + with_day
    for row in conn.execute(query).all():  # all at once: one by one takes as long again
        programme, tranche, county, sector, template, round_no, *_ = row
        yield Cell(
            programme=programme,
            tranche=tranche,
            county=county,
            sector=sector,
            template=template,
            round_no=round_no,
            day=row[len(_KEYS)] if with_day else None,
            figures=Figures(**dict(zip(MEASURES, row[first:], strict=True))),
        )


_KEYS = ("programme", "tranche", "county", "sector", "template", "round_no")


@lru_cache(maxsize=64)
def _stored_cells(part: Part | None, *, with_day: bool) -> Select[Any]:
    """Row by row: these keys are the table's own. Putting the statement together takes as long as asking it."""
    table, time = (schema.rollup_day, "day") if with_day else (schema.rollup_total, None)
    query = select(*_keys_of(table, time), *(table.c[name] for name in MEASURES))
    if part is None:
        return query
    wanted = table.c.tranche == part.tranche
    return query.where(wanted | table.c.programme.in_(sorted(part.counted)) if part.counted else wanted)


def _keys_of(table: FromClause, time: str | None) -> list[ColumnElement[Any]]:
    return [table.c[name] for name in (*_KEYS, *([time] if time else []))]


def _cells_of(table: FromClause, *, time: str | None) -> Select[Any]:
    keys = _keys_of(table, time)
    # whole numbers: PostgreSQL's sums of them are decimals, and a thousand cells of those take longer than the query
    sums = [cast(func.sum(table.c[name]), BigInteger).label(name) for name in MEASURES]
    return select(*keys, *sums).group_by(*keys)
