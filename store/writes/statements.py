"""Statements: the totals platforms state themselves, kept apart from the events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from domain.statements import StatementEntry
from store.schema import ALL, EVER, statements
from store.writes.upsert import insert_new


def save_statements(
    conn: Connection, entries: Iterable[StatementEntry], *, source: str, raw_sha256: str, now: datetime
) -> int:
    """Store stated totals; the same payload again adds nothing. Returns how many were new."""
    rows = [
        {
            "programme": e.programme,
            "platform": e.statement.platform,
            "tranche": e.tranche,
            "metric": e.statement.metric.value,
            "template": e.statement.template or ALL,
            "round_no": e.statement.round_no or 0,
            "day": e.statement.day or EVER,
            "sub_project": e.statement.sub_project,
            "stated_at": e.statement.stated_at,
            "value_count": e.statement.value_count,
            "value_fen": e.statement.value_fen,
            "source": source,
            "received_at": now,
            "raw_sha256": raw_sha256,
        }
        for e in entries
    ]
    return len(insert_new(conn, statements, rows, returning=(statements.c.metric,)))
