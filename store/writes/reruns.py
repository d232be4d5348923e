"""Requests to read a source at once: the web asks, the worker takes. The rows stay: who asked, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from store.schema import reruns
from store.writes.upsert import insert_new


def ask_rerun(conn: Connection, source: str, *, asked_by: str, now: datetime) -> bool:
    """Ask for a source to be read at once. False: somebody asked already and it has not been taken yet."""
    row = {"source": source, "asked_by": asked_by, "asked_at": now}
    return bool(insert_new(conn, reruns, [row], returning=[reruns.c.rerun_id]))


def take_rerun(conn: Connection, rerun_id: int, *, now: datetime) -> None:
    """The worker is about to do what was asked."""
    conn.execute(update(reruns).where(reruns.c.rerun_id == rerun_id).values(taken_at=now))
