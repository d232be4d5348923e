"""The ledger: events append-only, roll-ups moved by exactly what was new, in the caller's one transaction.

Whatever arrives twice, in any order, in any batches, leaves the same state: an event is known by its key,
and a roll-up moves by contributions(after) - contributions(before) of the redemptions a batch touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from domain.records import CounterEntry, Entry, Grade
from store import schema
from store.schema import events, to_micros
from store.writes.bulk import insert_unknown, stored
from store.writes.rollups import move_rollups
from store.writes.rows import EventKey, EventRow, event_row
from store.writes.upsert import insert_new

_LOCK = 0x4C4544474552  # "LEDGER": any fixed number nobody else takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of a batch's entries; their numbers sum to the batch."""

    accepted: int
    duplicate: int
    conflicting: tuple[Entry, ...]  # same key, other content: the first stands, this one is quarantined


def save_batch(
    conn: Connection, entries: Sequence[Entry], *, source: str, grade: Grade, raw_sha256: str, now: datetime
) -> Saved:
    """Store what is new and move the roll-ups by it. Idempotent; inside the caller's transaction."""
    _wait_for_others(conn)
    received_at = to_micros(now)
    delivered = [event_row(entry, received_at, source, grade.value, raw_sha256) for entry in entries]
    keys = [row.key for row in delivered]
    first = dict(zip(reversed(keys), reversed(delivered), strict=True))  # of one key, the first stands
    known = insert_unknown(conn, events, list(first.values()))
    conflicting = tuple(_conflicts(conn, zip(entries, delivered, keys, strict=True), first, known))
    move_rollups(conn, (row for key, row in first.items() if key not in known))
    accepted = len(first) - len(known)
    return Saved(
        accepted=accepted,
        duplicate=len(entries) - accepted - len(conflicting),
        conflicting=conflicting,
    )


def save_counters(conn: Connection, entries: Iterable[CounterEntry]) -> int:
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
    return len(insert_new(conn, schema.counters, rows, returning=(schema.counters.c.template,)))


def _wait_for_others(conn: Connection) -> None:
    """One batch at a time: a redemption and its refund in two transactions at once would not see each other.

    SQLite's write transactions are alone already.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _conflicts(
    conn: Connection,
    delivered: Iterable[tuple[Entry, EventRow, EventKey]],
    first: dict[EventKey, EventRow],
    known: set[EventKey],
) -> Iterator[Entry]:
    """Known keys with other content: a number that changed silently must not pass for a duplicate."""
    on = [column.name for column in events.primary_key]
    standing = first | {row.key: row for row in map(EventRow._make, stored(conn, events, on, sorted(known)))}
    for entry, row, key in delivered:
        stands = standing[key]
        if stands is not row and stands.content != row.content:
            yield entry
