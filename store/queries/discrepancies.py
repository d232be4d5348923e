"""Where platforms' totals and ours differ, as people and rules are shown it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, or_, select

from domain.records import Grade
from domain.statements import Cause, Discrepancy, Metric, Pair, Subject
from store.schema import ALL, EVER, day_grades, discrepancies, statements


def open_discrepancies(conn: Connection) -> tuple[Discrepancy, ...]:
    """Oldest day first, then by programme."""
    c = discrepancies.c
    query = select(discrepancies).where(c.closed_at.is_(None))
    order = (c.day, c.programme, c.metric, c.template, c.round_no)
    return tuple(map(_reading, conn.execute(query.order_by(*order))))


def has_compared(conn: Connection, programmes: Collection[str], *, known_by: datetime) -> bool:
    """Whether a platform's total of any of these programmes had been held against the ledger by then.

    Days are graded whether or not anything was stated of them. Of counters that agree nothing is kept but the grade
    核定, which no day has without: until then they count as not compared.
    """
    graded, differed, stated = day_grades.c, discrepancies.c, statements.c
    of_days = exists().where(graded.programme.in_(programmes), graded.graded_at <= known_by)
    of_statements = exists().where(stated.programme.in_(programmes), stated.received_at <= known_by)
    query = select(
        or_(
            of_days.where(graded.grade == Grade.FINAL.value),
            exists().where(differed.programme.in_(programmes), differed.opened_at <= known_by),
            and_(of_days, of_statements),
        )
    )
    return bool(conn.execute(query).scalar_one())


def closed_discrepancies(conn: Connection, *, since: datetime) -> tuple[Discrepancy, ...]:
    """Closed since then, the newest first."""
    c = discrepancies.c
    query = select(discrepancies).where(c.closed_at >= since)
    return tuple(map(_reading, conn.execute(query.order_by(c.closed_at.desc(), c.discrepancy_id.desc()))))


def accepted_discrepancies(conn: Connection) -> dict[Subject, Discrepancy]:
    """What a person closed last and still differs, by subject."""
    c = discrepancies.c
    query = select(discrepancies).where(c.closed_by.is_not(None), c.agreed_at.is_(None))
    rows = map(_reading, conn.execute(query.order_by(c.closed_at, c.discrepancy_id)))
    return {row.subject: row for row in rows}


def discrepancies_then(
    conn: Connection, programmes: Collection[str], *, known_by: datetime
) -> tuple[Discrepancy, ...]:
    """Open at that moment, oldest day first; their figures are those of now, `refreshed_at` says since when."""
    c = discrepancies.c
    query = select(discrepancies).where(
        c.programme.in_(programmes),
        c.opened_at <= known_by,
        or_(c.closed_at.is_(None), c.closed_at > known_by),
    )
    order = (c.day, c.programme, c.metric, c.template, c.round_no)
    return tuple(map(_reading, conn.execute(query.order_by(*order))))


def _reading(row: Row[Any]) -> Discrepancy:
    return Discrepancy(
        discrepancy_id=row.discrepancy_id,
        subject=Subject(
            programme=row.programme,
            platform=row.platform,
            tranche=row.tranche,
            metric=Metric(row.metric),
            day=None if row.day == EVER else row.day,
            template=None if row.template == ALL else row.template,
            round_no=row.round_no or None,
        ),
        ours=Pair(count=row.ours_count, fen=row.ours_fen),
        theirs=Pair(count=row.theirs_count, fen=row.theirs_fen),
        stated_at=row.stated_at,
        opened_at=row.opened_at,
        refreshed_at=row.refreshed_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        cause=None if row.cause is None else Cause(row.cause),
        note=row.note,
    )
