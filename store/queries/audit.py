"""The audit log as people look through it, and the walk along its chain."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import BigInteger, Connection, Select, select, type_coerce

from domain.audit import GENESIS, Anchor, Entry
from domain.audit_chain import Head, Row, Verdict, check_chain
from store.schema import audit_head, audit_log

_AT_ONCE = 2000  # rows in memory while walking


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look for; None: whatever it is."""

    who: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def audit_page(
    conn: Connection, wanted: Wanted, *, limit: int, before: int | None = None
) -> tuple[Entry, ...]:
    """Newest first, of those with a number below `before`: going on is as fast on the last page as on the first."""
    query = _wanted(wanted).order_by(audit_log.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(audit_log.c.number < before)
    return tuple(Entry(**row) for row in conn.execute(query).mappings())


def audit_entries(conn: Connection, wanted: Wanted) -> Iterator[Entry]:
    """All of them, oldest first, a few at a time."""
    query = _wanted(wanted).order_by(audit_log.c.number)
    found = conn.execute(query, execution_options={"yield_per": _AT_ONCE})
    return (Entry(**row) for row in found.mappings())


def newest_entry(conn: Connection, action: str) -> Entry | None:
    found = audit_page(conn, Wanted(action=action), limit=1)
    return found[0] if found else None


def audit_head_of(conn: Connection) -> Head:
    row = conn.execute(select(audit_head.c.number, audit_head.c.hash)).one_or_none()
    return Head(0, GENESIS) if row is None else Head(row.number, row.hash)


def audit_head_at(conn: Connection, at: datetime) -> Head | None:
    """The last entry of that moment or before: the same whenever it is asked. None where the log is younger."""
    c = audit_log.c
    last = select(c.number, c.hash).where(c.at <= at).order_by(c.number.desc()).limit(1)
    row = conn.execute(last).one_or_none()
    return None if row is None else Head(row.number, row.hash)


def hash_of(conn: Connection, number: int) -> str | None:
    return conn.execute(select(audit_log.c.hash).where(audit_log.c.number == number)).scalar_one_or_none()


def verify_audit(conn: Connection, anchors: Sequence[Anchor] = ()) -> Verdict:
    """The whole chain, in the view `conn` has. Memory does not grow with the log."""
    stored = select(
        *(type_coerce(c, BigInteger).label(c.name) if c is audit_log.c.at else c for c in audit_log.columns)
    )
    head = audit_head_of(conn)
    walking = stored.order_by(audit_log.c.number)
    with _whatever_bytes(conn), conn.execute(walking, execution_options={"yield_per": _AT_ONCE}) as walk:
        return check_chain((Row(*row) for row in walk), head, anchors)


@contextmanager
def _whatever_bytes(conn: Connection) -> Iterator[None]:
    """SQLite takes any bytes for text: those that are none must break the chain where they stand, not the walk."""
    raw = conn.connection.dbapi_connection
    if not isinstance(raw, sqlite3.Connection):
        yield
        return
    usual, raw.text_factory = raw.text_factory, lambda stored: stored.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = usual


def _wanted(wanted: Wanted) -> Select[tuple[object, ...]]:
    query = select(*(audit_log.c[field.name] for field in fields(Entry)))
    if wanted.who is not None:
        query = query.where(audit_log.c.who == wanted.who)
    if wanted.action is not None:
        query = query.where(audit_log.c.action == wanted.action)
    if wanted.since is not None:
        query = query.where(audit_log.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(audit_log.c.at < wanted.until)
    return query
