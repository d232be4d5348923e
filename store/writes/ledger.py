"""The ledger: events by their key, roll-ups moved by exactly what a batch changed, in the caller's one transaction.

Whatever arrives twice, in any order, in any batches, leaves the same state: an event is known by its key, of its
revisions the highest stands, and a roll-up moves by contributions(after) - contributions(before) of what a batch
touches. Nothing is overwritten: what a payload completes, corrects or cancels goes to `superseded` as it stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from itertools import chain, repeat

from sqlalchemy import Connection, Engine, func, select

from domain.records import Entry, Grade
from store.engine import write
from store.schema import events, superseded, to_micros
from store.writes.alert_history import take_turn
from store.writes.bulk import insert_unknown, replace_rows
from store.writes.driver import Tuple
from store.writes.rollups import move_rollups
from store.writes.rows import EventKey, EventRow, event_rows, repeats

_NUMBER = EventRow._fields.index("event_no")
SLICE = 50_000
"""Entries of a large batch that are rows at the same time: a file has up to 600,000, of half a kilobyte each."""
_LOCK = 0x4C4544474552  # "LEDGER": any fixed number nobody else takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of a batch's entries; their numbers sum to the batch."""

    accepted: int
    duplicate: int
    superseded: (
        int  # told anew what was known (completed, corrected, cancelled), or was corrected before it came
    )
    conflicting: tuple[
        Entry, ...
    ]  # same key and revision, other content: the first stands, this is quarantined


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
    parts = (
        (told, event_rows(told, received_at, source, grade.value, of))
        for told, of in _slices(entries, hashes)
    )
    saved = [_save(conn, told, rows, at=received_at) for told, rows in parts]
    return Saved(
        accepted=sum(part.accepted for part in saved),
        duplicate=sum(part.duplicate for part in saved),
        superseded=sum(part.superseded for part in saved),
        conflicting=tuple(chain.from_iterable(part.conflicting for part in saved)),
    )


def _slices(
    entries: Sequence[Entry], hashes: Iterable[str]
) -> Iterator[tuple[Sequence[Entry], Iterable[str]]]:
    """So many entries at a time as memory is to hold as rows; all that is told of one number together."""
    if len(entries) <= SLICE:
        yield entries, hashes
        return
    by_number = sorted(zip(entries, hashes, strict=True), key=lambda pair: pair[0].event.event_no)
    since = 0
    while since < len(by_number):
        until = min(since + SLICE, len(by_number))
        last = by_number[until - 1][0].event.event_no
        while until < len(by_number) and by_number[until][0].event.event_no == last:
            until += 1
        told, of = zip(*by_number[since:until], strict=True)
        yield told, of
        since = until


def _save(conn: Connection, entries: Sequence[Entry], delivered: Sequence[Tuple], *, at: int) -> Saved:
    alone, several = _part(delivered)
    whole = {key: reduce(_followed, rows) for key, rows in several.items()}
    first = [*alone, *whole.values()]
    known = insert_unknown(conn, events, first)
    again = {row[:5]: [row] for row, _ in known} | several
    standing = whole | {row[:5]: stands for row, stands in known}
    told = _compare(chain.from_iterable(again.values()), standing)
    stale = {id(row) for row, _ in known}  # a key is dear to hash, and a row is the same one
    new = [row for row in first if id(row) not in stale]
    move_rollups(conn, new, list(told.changed.values()))
    _supersede(conn, told.changed, told.changed_by, at=at)
    accepted = len(new)
    return Saved(
        accepted=accepted,
        duplicate=len(entries) - accepted - told.superseded - len(told.conflicting),
        superseded=told.superseded,
        conflicting=_entries_of(told.conflicting, entries, delivered),
    )


def _entries_of(
    rows: Iterable[Tuple], entries: Iterable[Entry], delivered: Iterable[Tuple]
) -> tuple[Entry, ...]:
    wanted = set(map(id, rows))
    pairs = zip(entries, delivered, strict=True) if wanted else ()
    return tuple(entry for entry, row in pairs if id(row) in wanted)


@dataclass(slots=True)
class _Told:
    """What the rows that are not the first of their key say of what stands."""

    superseded: int = 0
    conflicting: list[Tuple] = field(default_factory=list)
    changed: dict[EventKey, tuple[EventRow, EventRow]] = field(default_factory=dict)  # before, after
    changed_by: dict[EventKey, str] = field(default_factory=dict)  # the payload's sha256


def _compare(rows: Iterable[Tuple], standing: dict[EventKey, Tuple]) -> _Told:
    """Known keys with other content: a number that changed silently must not pass for a duplicate.

    `rows`: in the order they came, by their keys.
    """
    told = _Told()
    for plain in rows:
        key = plain[:5]
        if repeats(plain, standing[key]):
            continue
        row, stands = EventRow._make(plain), EventRow._make(standing[key])
        if stands.contradicts(row):
            told.conflicting.append(plain)
            continue
        whole = stands.followed_by(row)
        if whole is stands:
            told.superseded += row.revision < stands.revision
            continue
        before, _ = told.changed.get(key, (stands, whole))
        told.changed[key] = (before, whole)
        told.changed_by[key] = row.raw_sha256
        told.superseded += whole.substance != stands.substance
        standing[key] = whole
    return told


def _part(delivered: Sequence[Tuple]) -> tuple[list[Tuple], dict[EventKey, list[Tuple]]]:
    """The rows of the keys that a batch tells once; and of those it tells more than once, all rows.

    Nine in ten have a number of their own, and of these no key has to be made and hashed.
    """
    told: dict[str, Tuple] = {}
    shared = {row[_NUMBER] for row in delivered if told.setdefault(row[_NUMBER], row) is not row}
    alone: list[Tuple] = []
    by_key: dict[EventKey, list[Tuple]] = {}
    for row in delivered:
        if row[_NUMBER] in shared:
            by_key.setdefault(row[:5], []).append(row)
        else:
            alone.append(row)
    alone += (rows[0] for rows in by_key.values() if len(rows) == 1)  # another event has that number too
    return alone, {key: rows for key, rows in by_key.items() if len(rows) > 1}


def _followed(stands: Tuple, row: Tuple) -> Tuple:
    return stands if repeats(row, stands) else tuple(EventRow._make(stands).followed_by(EventRow._make(row)))


def _supersede(
    conn: Connection,
    changed: Mapping[EventKey, tuple[EventRow, EventRow]],
    changed_by: Mapping[EventKey, str],
    *,
    at: int,
) -> None:
    """Put the new rows in the place of the old, and keep those: figures as of earlier stay as they were."""
    replace_rows(conn, events, [_known_since(before, whole) for before, whole in changed.values()])
    gone = [
        (*before.key, changed_by[key], *before[len(before.key) :], at)
        for key, (before, whole) in changed.items()
        if before.substance != whole.substance  # a number raised on an unchanged row is no other truth
    ]
    insert_unknown(conn, superseded, gone)


def _known_since(before: EventRow, whole: EventRow) -> EventRow:
    """Corrected and corrected back within one batch: it is known as it stands since it was known before."""
    return whole if before.substance != whole.substance else whole._replace(known_at=before.known_at)


def wait_for_others(conn: Connection) -> None:
    """One writer of the ledger at a time, until its transaction ends.

    A redemption and its refund in two transactions at once would not see each other, and roll-ups built anew beside
    a batch would miss it. SQLite's write transactions are alone already.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def known_at(conn: Connection, clock: Callable[[], datetime]) -> datetime:
    """The moment from which what this transaction writes is known. Called before it writes anything.

    Taken once nobody else writes: one that waited for another's end would otherwise bear a moment that was over and
    read as of when it came to be seen. See `all_known`.
    """
    wait_for_others(conn)
    return clock()


def all_known(engine: Engine) -> None:
    """Return once all that is known by now can be read: whoever took its moment before has ended by then.

    Before what was known at a moment just past is read: what is read of it later is the same. Events and alerts, each
    waited for alone: batches do not wait for a look at the alerts.
    """
    for turn in (wait_for_others, take_turn):
        with write(engine) as conn:
            turn(conn)
