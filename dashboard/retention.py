"""How long what is no longer needed is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from store.engine import write
from store.writes.inbox import forget_drained
from store.writes.intake import forget_raw
from store.writes.snapshots import thin_snapshots

INBOX_KEPT = timedelta(days=7)
"""Drained messages: their bytes stand in the archive, their ids tell a late repetition."""


def forget(engine: Engine, *, now: datetime, fence: Callable[[Connection], None]) -> None:
    """Thin old pictures, delete drained messages and the raw bytes of posts, in one transaction."""
    with write(engine) as conn:
        fence(conn)
        thin_snapshots(conn, now)
        forget_drained(conn, before=now - INBOX_KEPT)
        forget_raw(conn, now=now)
