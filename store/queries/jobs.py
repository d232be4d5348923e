"""When the worker's jobs last succeeded."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from store.schema import jobs


def last_success(conn: Connection, name: str) -> datetime | None:
    """None: the job has never run to its end."""
    return conn.execute(select(jobs.c.last_ok_at).where(jobs.c.name == name)).scalar_one_or_none()


def last_success_begun(conn: Connection, name: str) -> datetime | None:
    """When the run that last succeeded began: of what came later it may not have seen anything."""
    return conn.execute(select(jobs.c.last_ok_begun_at).where(jobs.c.name == name)).scalar_one_or_none()
