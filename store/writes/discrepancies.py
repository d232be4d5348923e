"""Closing a discrepancy by hand: only with a cause, and with the name of who did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from domain.errors import StoreError
from domain.statements import Cause
from domain.text import clean_text, excerpt
from store.schema import discrepancies

NOTE_CHARACTERS = 500


def close_discrepancy(
    conn: Connection,
    discrepancy_id: int,
    *,
    cause: Cause,
    note: str,
    closed_by: str,
    now: datetime,
    shown: datetime | None = None,
) -> None:
    """Raises StoreError: none open under that number, "other" without a word of explanation, or not the one shown.

    The difference that stands is accepted as it is; any other one opens a new row. `shown`: `refreshed_at` of the row
    the person had before them; None: whatever stands.
    """
    words = excerpt(clean_text(note), NOTE_CHARACTERS)
    if cause is Cause.OTHER and not words:
        raise StoreError('the cause "other" needs a note')
    c = discrepancies.c
    closing = update(discrepancies).where(c.discrepancy_id == discrepancy_id, c.closed_at.is_(None))
    if shown is not None:
        closing = closing.where(c.refreshed_at == shown)
    closed = conn.execute(
        closing.values(closed_at=now, closed_by=closed_by, cause=cause.value, note=words or None)
    )
    if not closed.rowcount:
        raise StoreError(f"no open discrepancy {discrepancy_id} with the figures that were shown")
