"""What every run of a source leaves behind: raw bytes, quarantine, its state, its record, and a moved version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, insert, or_, select, update

from domain.records import Grade, Payload, Reject
from store import schema
from store.schema import feed_spans, feeds, source_runs, source_state, versions
from store.writes import upsert

ROW_CHARACTERS = 64


def keep_raw(
    conn: Connection,
    payload: Payload,
    *,
    source: str,
    sha256: str,
    now: datetime,
    forget_at: datetime | None = None,
) -> None:
    """Keep the bytes as they came; the same bytes are kept once. `forget_at` None: for ever."""
    row = {
        "sha256": sha256,
        "source": source,
        "name": payload.name,
        "media_type": payload.media_type,
        "received_at": now,
        "body": payload.body,
        "forget_at": forget_at,
    }
    conn.execute(upsert.insert(conn, schema.raw_archive).values(row).on_conflict_do_nothing())


def forget_raw(conn: Connection, *, now: datetime) -> int:
    """Delete the bytes whose time is over, and what was quoted of them. Returns how many payloads went."""
    archive = schema.raw_archive
    due = select(archive.c.sha256).where(archive.c.forget_at <= now)
    quoted = schema.quarantine.c.raw_sha256.in_(due) & (schema.quarantine.c.excerpt != "")
    conn.execute(update(schema.quarantine).where(quoted).values(excerpt=""))
    return conn.execute(delete(archive).where(archive.c.forget_at <= now)).rowcount


def quarantine(
    conn: Connection, rejects: Iterable[Reject], *, source: str, sha256: str, now: datetime
) -> None:
    """Put rows aside with their reasons; the same row of the same bytes is put aside once."""
    rows = [
        {
            "source": source,
            "raw_sha256": sha256,
            "row": _short(reject.row, ROW_CHARACTERS),
            "field": reject.field[:64],
            "reason": reject.reason,
            "excerpt": reject.excerpt[:200],
            "received_at": now,
        }
        for reject in rejects
    ]
    if rows:
        conn.execute(upsert.insert(conn, schema.quarantine).on_conflict_do_nothing(), rows)


def _short(name: str, characters: int) -> str:
    """Cut in the middle: long numbers of one platform differ at their end."""
    if len(name) <= characters:
        return name
    tail = characters // 2
    return f"{name[: characters - tail - 1]}…{name[-tail:]}"


def report_feed(
    conn: Connection,
    *,
    programmes: Iterable[str],
    source: str,
    data_time: datetime | None,
    grade: Grade,
) -> None:
    """The source is complete up to `data_time` on these programmes; a feed never moves backwards."""
    told = {"source": source, "data_time": data_time, "grade": grade.value}
    rows = [{"programme": programme, **told} for programme in sorted(programmes)]
    if not rows:
        return
    statement = upsert.insert(conn, feeds)
    later = _later(feeds.c.data_time, statement.excluded.data_time)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[feeds.c.programme, feeds.c.source],
            set_={"grade": statement.excluded.grade, "data_time": later},
        ),
        rows,
    )


def _later(known: ColumnElement[Any], told: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((or_(known.is_(None), told > known), told), else_=known)


def report_filed(
    conn: Connection, told: Iterable[tuple[str, datetime, datetime]], *, source: str, now: datetime
) -> None:
    """Files of daily grade tell these times of these programmes whole: (programme, since, until)."""
    rows = [
        {"programme": programme, "source": source, "since": since, "until": until, "known_at": now}
        for programme, since, until in sorted(told)
    ]
    if rows:
        conn.execute(upsert.insert(conn, feed_spans).on_conflict_do_nothing(), rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What one payload, or one failed attempt, came to. rows_in = accepted + duplicate + superseded + quarantined."""

    source: str
    started_at: datetime
    finished_at: datetime
    outcome: str  # ok, unchanged, fetch_error, parse_error
    raw_sha256: str | None = None
    rows_in: int = 0
    accepted: int = 0
    duplicate: int = 0
    superseded: int = (
        0  # completed or corrected what stood under their keys, or were corrected before they came
    )
    quarantined: int = 0
    message: str | None = None
    data_time: datetime | None = None
    grade: Grade | None = None  # None: it reported on no programme
    cause: str | None = None  # of a fetch_error: down, blocked, captcha, expired, empty, refused


def record_run(conn: Connection, run: RunRecord) -> None:
    fields = {name: getattr(run, name) for name in run.__slots__}
    conn.execute(insert(source_runs).values(**fields))


def source_succeeded(
    conn: Connection, source: str, *, cursor: str | None, data_time: datetime | None, now: datetime
) -> None:
    """The source answered. `cursor` None leaves the stored one; `data_time` never moves backwards."""
    known = conn.execute(select(source_state).where(source_state.c.source == source)).one_or_none()
    before = known.data_time if known else None
    upsert.put(
        conn,
        source_state,
        {
            "source": source,
            "cursor": cursor if cursor is not None else (known.cursor if known else None),
            "last_try_at": now,
            "last_ok_at": now,
            "data_time": max((t for t in (before, data_time) if t), default=None),
            "failures_in_row": 0,
            "trouble": None,
            "not_before": None,
        },
    )


def source_alive(conn: Connection, source: str, *, joined: timedelta, now: datetime) -> None:
    """The source answered at `now`. Two answers not further apart than `joined` are one stretch of being alive."""
    table = schema.source_alive
    newest = conn.execute(
        select(table).where(table.c.source == source).order_by(table.c.since.desc()).limit(1)
    ).one_or_none()
    if newest is not None and newest.until <= now <= newest.until + joined:
        upsert.put(conn, table, {"source": source, "since": newest.since, "until": now})
    elif newest is None or now > newest.until:
        upsert.put(conn, table, {"source": source, "since": now, "until": now})


def source_failed(
    conn: Connection, source: str, *, trouble: str, now: datetime, not_before: datetime | None = None
) -> None:
    """The source did not answer, or not with what its connector knows; cursor and data stay as they were.

    `not_before`: when it wants to be asked again; None leaves what it said earlier.
    """
    if not conn.execute(select(source_state.c.source).where(source_state.c.source == source)).one_or_none():
        conn.execute(insert(source_state).values(source=source, failures_in_row=0))
    told = {"last_try_at": now, "trouble": trouble, "failures_in_row": source_state.c.failures_in_row + 1}
    if not_before is not None:
        told["not_before"] = not_before
    conn.execute(update(source_state).where(source_state.c.source == source).values(told))


def move_version(conn: Connection, now: datetime) -> int:
    """Everything people can see has one number; whatever changes it moves it on. Returns the new number."""
    statement = upsert.insert(conn, versions).values(id=1, number=1, changed_at=now)
    return int(
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=[versions.c.id],
                set_={"number": versions.c.number + 1, "changed_at": now},
            ).returning(versions.c.number)
        ).scalar_one()
    )
