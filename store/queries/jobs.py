"""When the worker's jobs last succeeded, and which of them do not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from domain.jobs import FailingJob
from store.schema import jobs


def last_success(conn: Connection, name: str) -> datetime | None:
    """None: the job has never run to its end."""
    return conn.execute(select(jobs.c.last_ok_at).where(jobs.c.name == name)).scalar_one_or_none()


def last_successes(conn: Connection) -> dict[str, datetime]:
    """By name, of every job that has ever run to its end."""
    query = select(jobs.c.name, jobs.c.last_ok_at).where(jobs.c.last_ok_at.is_not(None))
    return {row.name: row.last_ok_at for row in conn.execute(query)}


def last_success_begun(conn: Connection, name: str) -> datetime | None:
    """When the run that last succeeded began: of what came later it may not have seen anything."""
    return conn.execute(select(jobs.c.last_ok_begun_at).where(jobs.c.name == name)).scalar_one_or_none()


def failing_jobs(conn: Connection) -> tuple[FailingJob, ...]:
    """Those whose last run failed, by name."""
    rows = conn.execute(select(jobs).where(jobs.c.failures_in_row > 0).order_by(jobs.c.name))
    return tuple(
        FailingJob(
            name=row.name,
            failures_in_row=row.failures_in_row,
            last_ok_at=row.last_ok_at,
            trouble=row.trouble,
        )
        for row in rows
    )
