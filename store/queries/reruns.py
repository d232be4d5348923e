"""Requests to read a source at once that the worker has not taken yet."""

from __future__ import annotations

from sqlalchemy import Connection, select

from domain.readings import Rerun
from store.schema import reruns


def waiting_reruns(conn: Connection) -> tuple[Rerun, ...]:
    """Oldest first; at most one by source."""
    query = select(reruns).where(reruns.c.taken_at.is_(None)).order_by(reruns.c.rerun_id)
    return tuple(
        Rerun(rerun_id=row.rerun_id, source=row.source, asked_by=row.asked_by, asked_at=row.asked_at)
        for row in conn.execute(query)
    )
