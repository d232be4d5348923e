"""Which event each post belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from store.schema import reposts
from store.writes.upsert import insert_new


def save_reposts(conn: Connection, found: Sequence[tuple[int, int]]) -> int:
    """Store (post id, event id); a post that has one keeps it. Returns how many were new."""
    rows = [{"post_id": post_id, "event_id": event_id} for post_id, event_id in found]
    return len(insert_new(conn, reposts, rows, returning=(reposts.c.post_id,)))
