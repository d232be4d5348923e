"""The ledger: events append-only, roll-ups moved by exactly what was new, in the caller's one transaction.

Whatever arrives twice, in any order, in any batches, leaves the same state: an event is known by its key,
and a roll-up moves by contributions(after) - contributions(before) of the redemptions a batch touches.
What an event lacked when it came is filled in, never changed, and `completions` says when and by which payload.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat

from sqlalchemy import Connection, bindparam, func, insert, select, update

from domain.records import Entry, Grade
from store.schema import completions, events, from_micros, to_micros
from store.writes.bulk import insert_unknown, stored
from store.writes.rollups import move_rollups
from store.writes.rows import COMPLETABLE, EventKey, EventRow, event_row

_LOCK = 0x4C4544474552  # "LEDGER": any fixed number nobody else takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of a batch's entries; their numbers sum to the batch."""

    accepted: int
    duplicate: int
    completing: int  # known already, and bringing what was lacking
    conflicting: tuple[Entry, ...]  # same key, other content: the first stands, this one is quarantined


def save_batch(
    conn: Connection,
    entries: Sequence[Entry],
    *,
    source: str,
    grade: Grade,
    raw_sha256: str | Sequence[str],
    now: datetime,
) -> Saved:
    """Store what is new and move the roll-ups by it. Idempotent; inside the caller's transaction.

    `raw_sha256`: of the payload all entries stood in, or one for each entry.
    """
    wait_for_others(conn)
    received_at = to_micros(now)
    hashes = repeat(raw_sha256, len(entries)) if isinstance(raw_sha256, str) else raw_sha256
    delivered = [
        event_row(entry, received_at, source, grade.value, sha256)
        for entry, sha256 in zip(entries, hashes, strict=True)
    ]
    first = _first(delivered)
    known = insert_unknown(conn, events, list(first.values()))
    told = _compare(entries, delivered, first | _standing(conn, known))
    completed = list(told.completed.values())
    move_rollups(conn, (row for key, row in first.items() if key not in known), completed)
    _complete(conn, completed, told.completed_from, received_at=received_at, source=source)
    accepted = len(first) - len(known)
    return Saved(
        accepted=accepted,
        duplicate=len(entries) - accepted - told.completing - len(told.conflicting),
        completing=told.completing,
        conflicting=tuple(told.conflicting),
    )


@dataclass(slots=True)
class _Told:
    """What the rows that are not the first of their key say of what stands."""

    completing: int = 0
    conflicting: list[Entry] = field(default_factory=list)
    completed: dict[EventKey, tuple[EventRow, EventRow]] = field(default_factory=dict)  # before, after
    completed_from: dict[EventKey, str] = field(default_factory=dict)  # the payload's sha256


def _compare(
    entries: Sequence[Entry], delivered: Sequence[EventRow], standing: dict[EventKey, EventRow]
) -> _Told:
    """Known keys with other content: a number that changed silently must not pass for a duplicate."""
    told = _Told()
    for entry, row in zip(entries, delivered, strict=True):
        stands = standing[row.key]
        if stands is row:
            continue
        if not stands.agrees(row):
            told.conflicting.append(entry)
            continue
        whole = stands.completed_by(row)
        if whole is not stands:
            before, _ = told.completed.get(row.key, (stands, whole))
            told.completed[row.key] = (before, whole)
            told.completed_from[row.key] = row.raw_sha256
            standing[row.key] = whole
            told.completing += 1
    return told


def _first(delivered: Sequence[EventRow]) -> dict[EventKey, EventRow]:
    """By key: of one key the first stands, with what the ones after it add."""
    first: dict[EventKey, EventRow] = {}
    for row in delivered:
        stands = first.setdefault(row.key, row)
        if stands is not row and stands.agrees(row):
            first[row.key] = stands.completed_by(row)
    return first


def _standing(conn: Connection, known: set[EventKey]) -> dict[EventKey, EventRow]:
    on = [column.name for column in events.primary_key]
    return {row.key: row for row in map(EventRow._make, stored(conn, events, on, sorted(known)))}


def _complete(
    conn: Connection,
    completed: Iterable[tuple[EventRow, EventRow]],
    completed_from: Mapping[EventKey, str],
    *,
    received_at: int,
    source: str,
) -> None:
    """Fill in what rows lacked, and keep when that became known: figures as of earlier stay as they were."""
    filled, kept = [], []
    key = [column.name for column in events.primary_key]
    for before, whole in completed:
        filled.append(
            {f"at_{name}": getattr(whole, name) for name in key} | {n: getattr(whole, n) for n in COMPLETABLE}
        )
        added = {n: getattr(whole, n) if getattr(before, n) is None else None for n in COMPLETABLE}
        kept.append(
            {name: getattr(whole, name) for name in key}
            | added
            | {"received_at": from_micros(received_at), "source": source}
            | {"raw_sha256": completed_from[whole.key]}
        )
    if filled:
        one = [events.c[name] == bindparam(f"at_{name}") for name in key]
        conn.execute(update(events).where(*one).values({n: bindparam(n) for n in COMPLETABLE}), filled)
        conn.execute(insert(completions), kept)


def wait_for_others(conn: Connection) -> None:
    """One writer of the ledger at a time, until its transaction ends.

    A redemption and its refund in two transactions at once would not see each other, and roll-ups built anew beside
    a batch would miss it. SQLite's write transactions are alone already.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(_LOCK)))
