"""Keeping the pictures walls are served: compressed once here, sent as they are ever after."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from sqlalchemy import Connection, delete, insert, select

from store.schema import snapshot_changes, snapshots, watched_scopes
from store.writes.upsert import put

ETAG_BUILD_CHARS = 8
WHOLE = 4
"""Packed so hard: a picture is the newest for seconds, and only pages that begin take it whole. 6 takes 2.6 times as
long for 8 % less."""

KEEP: tuple[tuple[timedelta, timedelta], ...] = (
    (timedelta(hours=1), timedelta(minutes=1)),
    (timedelta(days=1), timedelta(minutes=10)),
    (timedelta(days=30), timedelta(hours=1)),
)
"""(older than, one in every): the last hour is kept whole, after a day one picture in ten minutes remains."""


def save_snapshot(
    conn: Connection, *, scope: str, version: int, build: str, made_at: datetime, body: bytes
) -> str:
    """Store one picture and return its ETag. The same version again (a rebuild) takes the place of the first."""
    etag = f'"{version}-{build[:ETAG_BUILD_CHARS]}"'
    conn.execute(delete(snapshots).where(snapshots.c.scope == scope, snapshots.c.version == version))
    row = {"scope": scope, "version": version, "build": build, "made_at": made_at, "etag": etag}
    conn.execute(insert(snapshots).values(**row, body_gzip=gzip.compress(body, compresslevel=WHOLE, mtime=0)))
    return etag


def save_changes(conn: Connection, *, scope: str, version: int, since: int, body_gzip: bytes) -> None:
    """What the picture of `version` says that the one of `since` did not. Only a scope's newest is kept."""
    conn.execute(delete(snapshot_changes).where(snapshot_changes.c.scope == scope))
    row = {"scope": scope, "version": version, "since": since, "body_gzip": body_gzip}
    conn.execute(insert(snapshot_changes).values(**row))


def saw_scope(conn: Connection, scope: str, now: datetime) -> None:
    """Somebody has its wall open. `now` is the real clock."""
    put(conn, watched_scopes, {"scope": scope, "seen_at": now})


def thin_snapshots(
    conn: Connection, now: datetime, keep: Sequence[tuple[timedelta, timedelta]] = KEEP
) -> int:
    """Remove old pictures but the last of every stretch `keep` names; the newest of a scope always stays.

    Returns how many went. `now` is the campaign's clock, as `made_at` is.
    """
    columns = (snapshots.c.scope, snapshots.c.version, snapshots.c.made_at)
    rows = conn.execute(select(*columns).order_by(snapshots.c.scope, snapshots.c.version)).all()
    gone = 0
    for scope, of_scope in groupby(rows, key=lambda row: row.scope):
        pictures = [(row.version, row.made_at) for row in of_scope]
        for chunk in _chunks(_superfluous(pictures, now, keep), 500):
            where = (snapshots.c.scope == scope) & snapshots.c.version.in_(chunk)
            gone += conn.execute(delete(snapshots).where(where)).rowcount
    return gone


def _superfluous(
    pictures: list[tuple[int, datetime]], now: datetime, keep: Sequence[tuple[timedelta, timedelta]]
) -> list[int]:
    """Versions followed by a later one in the same stretch of time."""
    stretches = [_stretch(made_at, now, keep) for _, made_at in pictures]
    return [
        version
        for (version, _), mine, following in zip(pictures, stretches, stretches[1:], strict=False)
        if mine is not None and mine == following
    ]


def _stretch(
    made_at: datetime, now: datetime, keep: Sequence[tuple[timedelta, timedelta]]
) -> tuple[timedelta, int] | None:
    """Which stretch a picture's time falls in; None: young enough to be kept whatever happens."""
    every = next((every for older, every in reversed(keep) if now - made_at > older), None)
    return None if every is None else (every, (made_at - _EPOCH) // every)


def _chunks(versions: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(versions), size):
        yield versions[start : start + size]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
