"""Counters: a platform's own cumulative totals, kept apart from the events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from domain.records import CounterEntry
from store.schema import counters, counters_newest
from store.writes.upsert import insert, insert_new


def save_counters(conn: Connection, entries: Iterable[CounterEntry], *, now: datetime) -> int:
    """Store polled totals; the same total at the same time adds nothing. Returns how many were new."""
    rows = [
        {
            "programme": e.programme,
            "platform": e.counter.platform,
            "sub_project": e.counter.sub_project,
            "template": e.counter.template,
            "round_no": e.counter.round_no,
            "kind": e.counter.kind.value,
            "counted_at": e.counter.counted_at,
            "value_count": e.counter.value_count,
        }
        for e in entries
    ]
    if not rows:
        return 0
    told = insert(conn, counters_newest)
    newer = told.excluded.counted_at > counters_newest.c.counted_at
    conn.execute(
        told.on_conflict_do_update(
            index_elements=list(counters_newest.primary_key),
            set_={name: told.excluded[name] for name in ("counted_at", "value_count")},
            where=newer,
        ),
        rows,
    )
    received = [row | {"received_at": now} for row in rows]
    return len(insert_new(conn, counters, received, returning=(counters.c.template,)))
