"""When the worker's jobs last succeeded."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from store.schema import jobs


def last_success(conn: Connection, name: str) -> datetime | None:
    """None: the job has never run to its end."""
    return conn.execute(select(jobs.c.last_ok_at).where(jobs.c.name == name)).scalar_one_or_none()
