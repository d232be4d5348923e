"""Adds up again, once a minute, the days of a tranche that a back-fill has put aside."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine

from store.engine import read, write
from store.writes.ledger import wait_for_others
from store.writes.tranche_minutes import add_up_days, days_aside

DAYS_A_RUN = 2
"""Today and yesterday are all that a screen reads of them."""


def bring_days_back(engine: Engine, *, fence: Callable[[Connection], None] = lambda conn: None) -> int:
    """Add up the newest of the days that were put aside; returns how many.

    Of a back-fill that goes on nothing needs to be known: it puts them aside again, and each minute two days' rows
    are written and deleted for it, however long it lasts and however many days it goes over.
    """
    with read(engine) as conn:  # nearly always none: nobody waits for that
        if not days_aside(conn, limit=1):
            return 0
    with write(engine) as conn:
        fence(conn)
        wait_for_others(conn)  # a batch between a day's sum and its mark would be in neither
        days = days_aside(conn, limit=DAYS_A_RUN)
        add_up_days(conn, days)
    return len(days)
