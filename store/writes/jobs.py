"""What became of the worker's jobs, for the health page and for readings that must say "never ran"."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from store.schema import jobs
from store.writes import upsert


def job_succeeded(conn: Connection, name: str, *, now: datetime, begun_at: datetime | None = None) -> None:
    """`begun_at`: None where it took no time worth telling apart."""
    ran = {"last_ok_at": now, "last_ok_begun_at": begun_at or now}
    upsert.put(conn, jobs, {"name": name, **ran, "failures_in_row": 0, "trouble": None})


def job_failed(conn: Connection, name: str, *, trouble: str) -> None:
    """Count one more failure in a row; the time of the last success stays."""
    if conn.execute(select(jobs.c.name).where(jobs.c.name == name)).one_or_none() is None:
        conn.execute(insert(jobs).values(name=name, failures_in_row=0))
    failures = jobs.c.failures_in_row + 1
    conn.execute(update(jobs).where(jobs.c.name == name).values(trouble=trouble, failures_in_row=failures))


def drop_failures_but_of(conn: Connection, run: Collection[str]) -> None:
    """A job that is run no more comes to no end that could end its failure."""
    failing = jobs.c.failures_in_row > 0
    gone = update(jobs).where(failing, jobs.c.name.not_in(sorted(run)))
    conn.execute(gone.values(failures_in_row=0, trouble=None))
