"""Erasing whom events were of (promises P3): what happened and every figure stay, who it was goes."""

from __future__ import annotations

from sqlalchemy import Connection, update

from store.schema import events, superseded
from store.writes.ledger import wait_for_others


def erase_people(conn: Connection) -> int:
    """Of all events and of how they stood earlier. Returns how many rows named somebody.

    No figure is made of it (promises I22). What comes again later tells it again: run again, it goes again.
    """
    wait_for_others(conn)
    named = ((table, table.c.user_ref.is_not(None)) for table in (events, superseded))
    return sum(
        conn.execute(update(table).where(some).values(user_ref=None)).rowcount for table, some in named
    )
