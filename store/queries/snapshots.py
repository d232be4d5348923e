"""The bytes walls are served, by scope and version."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from store.schema import displays, snapshot_changes, snapshots, watched_scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One immutable picture of a scope. `made_at` is the campaign's clock, so that it can be replayed."""

    scope: str
    version: int
    build: str
    made_at: datetime
    etag: str  # quoted, as it stands in the header
    body_gzip: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the picture of `version` says that the one of `since` did not."""

    version: int
    since: int
    body_gzip: bytes = field(repr=False)


def latest_step(conn: Connection, scope: str) -> Step | None:
    """To the newest picture of a scope; None where that is its first since the worker began."""
    columns = (snapshot_changes.c.version, snapshot_changes.c.since, snapshot_changes.c.body_gzip)
    row = conn.execute(select(*columns).where(snapshot_changes.c.scope == scope)).mappings().one_or_none()
    return None if row is None else Step(**row)


def latest_snapshot(conn: Connection, scope: str) -> Snapshot | None:
    return _newest(conn, snapshots.c.scope == scope)


def watched(conn: Connection, *, since: datetime) -> frozenset[str]:
    """Scopes whose wall some page had open, or some display without a stream asked for, after `since` (real time)."""
    opened = select(watched_scopes.c.scope).where(watched_scopes.c.seen_at > since)
    asked = select(displays.c.scope).where(displays.c.revoked_at.is_(None), displays.c.seen_at > since)
    return frozenset(conn.execute(opened.union(asked)).scalars())


def snapshot_of(conn: Connection, scope: str, version: int) -> Snapshot | None:
    """The picture of that very version; None where there was none, or it was thinned out."""
    return _newest(conn, (snapshots.c.scope == scope) & (snapshots.c.version == version))


def snapshot_at(conn: Connection, scope: str, at: datetime) -> Snapshot | None:
    """What the wall showed at `at`; None before the first picture."""
    return _newest(conn, (snapshots.c.scope == scope) & (snapshots.c.made_at <= at))


def _newest(conn: Connection, where: ColumnElement[bool]) -> Snapshot | None:
    query = select(snapshots).where(where).order_by(snapshots.c.version.desc()).limit(1)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else Snapshot(**row)
