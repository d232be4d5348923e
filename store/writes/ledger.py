"""The ledger: events append-only, roll-ups moved by exactly what was new, in the caller's one transaction.

Whatever arrives twice, in any order, in any batches, leaves the same state: an event is known by its key,
and a roll-up moves by contributions(after) - contributions(before) of the redemptions a batch touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, tuple_

from domain.records import CounterEntry, Entry, Grade
from store import schema
from store.schema import events
from store.writes.rollups import KEY, EventKey, move_rollups
from store.writes.upsert import chunks, insert_new

_CONTENT = (
    "template",
    "round_no",
    "voucher_no",
    "county",
    "face_fen",
    "order_fen",
    "returned_fen",
    "occurred_at",
)


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
    rows: dict[EventKey, Entry] = {}
    for entry in entries:
        rows.setdefault(_key(entry), entry)
    new = _insert(conn, rows, source=source, grade=grade, raw_sha256=raw_sha256, now=now)
    conflicting = tuple(_conflicts(conn, entries, rows, new))
    move_rollups(conn, new)
    return Saved(
        accepted=len(new),
        duplicate=len(entries) - len(new) - len(conflicting),
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


def _key(entry: Entry) -> EventKey:
    e = entry.event
    return (entry.programme, e.platform, e.sub_project, e.event_no, e.kind.value)


def _insert(
    conn: Connection,
    rows: dict[EventKey, Entry],
    *,
    source: str,
    grade: Grade,
    raw_sha256: str,
    now: datetime,
) -> dict[EventKey, Entry]:
    common = {"received_at": now, "source": source, "grade": grade.value, "raw_sha256": raw_sha256}
    stored = insert_new(conn, events, [_row(entry) | common for entry in rows.values()], returning=KEY)
    return {key: rows[key] for key in (tuple(row) for row in stored)}


def _row(entry: Entry) -> dict[str, Any]:
    e = entry.event
    return {
        "programme": entry.programme,
        "platform": e.platform,
        "sub_project": e.sub_project,
        "event_no": e.event_no,
        "kind": e.kind.value,
        "tranche": entry.tranche,
        "template": e.template,
        "round_no": e.round_no,
        "sector": entry.sector,
        "county": entry.county,
        "voucher_no": e.voucher_no,
        "user_ref": e.user_ref,
        "merchant": e.merchant,
        "order_no": e.order_no,
        "origin_event_no": e.origin_event_no,
        "face_fen": e.face_fen,
        "order_fen": e.order_fen,
        "paid_fen": e.paid_fen,
        "returned_fen": e.returned_fen,
        "occurred_at": e.occurred_at,
    }


def _conflicts(
    conn: Connection, entries: Sequence[Entry], rows: dict[EventKey, Entry], new: dict[EventKey, Entry]
) -> Iterator[Entry]:
    """Known keys with other content: a number that changed silently must not pass for a duplicate."""
    again = [entry for entry in entries if rows[_key(entry)] is not entry or _key(entry) not in new]
    known = {key: _row(entry) for key, entry in new.items()}
    missing = {_key(entry) for entry in again} - known.keys()
    for part in chunks(sorted(missing), 500):
        for row in conn.execute(select(events).where(tuple_(*KEY).in_(part))):
            fields = row._mapping
            known[(row.programme, row.platform, row.sub_project, row.event_no, row.kind)] = dict(fields)
    for entry in again:
        before, after = known[_key(entry)], _row(entry)
        if any(before[field] != after[field] for field in _CONTENT):
            yield entry
