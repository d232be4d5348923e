"""What platforms state, and where we differ."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, String, Table, Text

from store.schema.base import RowId, UtcTime, from_micros, metadata

ALL, EVER = "", from_micros(0)
"""In the keys below: every template (and round 0), every day; in a unique index NULL equals nothing."""


def _total_key(*, primary_key: bool) -> list[Column[Any]]:
    """What a total is of; `programme` first, as everywhere."""
    return [
        Column("programme", String(64), primary_key=primary_key, nullable=False),
        Column("platform", String(64), primary_key=primary_key, nullable=False),
        Column("tranche", String(32), primary_key=primary_key, nullable=False),
        Column("metric", String(16), primary_key=primary_key, nullable=False),
        Column("template", String(64), primary_key=primary_key, nullable=False),  # ALL: the whole programme
        Column("round_no", Integer, primary_key=primary_key, nullable=False),
        Column("day", UtcTime, primary_key=primary_key, nullable=False),  # EVER: all there was of a lot
    ]


statements = Table(
    "statements",  # append-only: of one total the newest holds
    metadata,
    *_total_key(primary_key=True),
    Column("sub_project", String(64), primary_key=True),
    Column("stated_at", UtcTime, primary_key=True),
    Column("raw_sha256", String(64), primary_key=True),
    Column("value_count", BigInteger),
    Column("value_fen", BigInteger),
    Column("source", String(64), nullable=False),
    Column("received_at", UtcTime, nullable=False),
    CheckConstraint("value_count IS NOT NULL OR value_fen IS NOT NULL", name="stated"),
)

discrepancies = Table(
    "discrepancies",  # where a platform's total is not ours; rows are closed, never deleted
    metadata,
    Column("discrepancy_id", RowId, primary_key=True),
    *_total_key(primary_key=False),
    Column("ours_count", BigInteger),
    Column("ours_fen", BigInteger),
    Column("theirs_count", BigInteger),
    Column("theirs_fen", BigInteger),
    Column("stated_at", UtcTime, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("refreshed_at", UtcTime, nullable=False),  # when its figures last changed
    Column("closed_at", UtcTime),
    Column("closed_by", String(64)),  # None on a closed row: the machine, since the figures agree
    Column("cause", String(16)),
    Column("note", Text),
    Column("agreed_at", UtcTime),  # of one a person closed: since when the figures agree after all
    CheckConstraint("(closed_at IS NULL) = (cause IS NULL)", name="cause"),
)
Index(
    "uq_discrepancies_open",  # exactly one open row while ours and theirs differ
    *(discrepancies.c[column.name] for column in _total_key(primary_key=False)),
    unique=True,
    sqlite_where=discrepancies.c.closed_at.is_(None),
    postgresql_where=discrepancies.c.closed_at.is_(None),
)

day_grades = Table(
    "day_grades",  # append-only: how far a day that is over could be trusted, and since when
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("day", UtcTime, primary_key=True),
    Column("graded_at", UtcTime, primary_key=True),
    Column("grade", String(8), nullable=False),
)
