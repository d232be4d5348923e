"""Counters: a platform's own cumulative totals, kept apart from the events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from domain.records import CounterEntry
from store.schema import counters, counters_newest
from store.writes.upsert import insert, insert_new

_KEY = tuple(counters.primary_key)
_NEXT = timedelta(microseconds=1)


def save_counters(conn: Connection, entries: Iterable[CounterEntry], *, now: datetime) -> int:
    """Store polled totals; the same total at the same time adds nothing. Returns how many were new.

    Sources tell whole seconds: of two totals of one time the one that came later stands, stored a microsecond after
    the other. Nothing is overwritten, so that figures as of earlier stay as they were.
    """
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
            "received_at": now,
        }
        for e in entries
    ]
    new = list(_stored(conn, rows))
    if not new:
        return 0
    told, columns = insert(conn, counters_newest), [column.name for column in counters_newest.columns]
    newer = told.excluded.counted_at > counters_newest.c.counted_at
    conn.execute(
        told.on_conflict_do_update(
            index_elements=list(counters_newest.primary_key),
            set_={name: told.excluded[name] for name in ("counted_at", "value_count")},
            where=newer,
        ),
        [{name: row[name] for name in columns} for row in new],
    )
    return len(new)


def _stored(conn: Connection, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those of the rows that told anything new, as they were stored."""
    free = {tuple(key) for key in insert_new(conn, counters, rows, returning=_KEY)}
    for row in rows:
        key = _key_of(row)
        if key in free:
            free.remove(key)
            yield row
        elif (later := _moved(conn, row)) is not None:
            yield from _stored(conn, [later])


def _moved(conn: Connection, row: dict[str, Any]) -> dict[str, Any] | None:
    """After what is stored of that time; None where its total is among it."""
    query = select(counters.c.value_count)
    while (told := conn.scalar(query.where(*(c == row[c.name] for c in _KEY)))) is not None:
        if told == row["value_count"]:
            return None
        row = row | {"counted_at": row["counted_at"] + _NEXT}
    return row


def _key_of(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[c.name] for c in _KEY)
