"""Which days a batch touches: their merchants are worked out again by the worker, once a minute."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from store.schema import merchant_days_due
from store.writes.bulk import add_up_rows


def mark_days(conn: Connection, days: Collection[tuple[str, int]]) -> None:
    """(programme, start of the day in microseconds) of redemptions that a batch touches, in its transaction."""
    add_up_rows(conn, merchant_days_due, [(*day, 1) for day in sorted(days)], measures=("moves",))
