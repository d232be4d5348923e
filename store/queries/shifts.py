"""Hand-over notes, newest first."""

from __future__ import annotations

from sqlalchemy import Connection, select

from domain.shifts import ShiftNote
from store.schema import shift_notes


def shift_notes_of_late(conn: Connection, *, limit: int = 30) -> tuple[ShiftNote, ...]:
    query = select(shift_notes).order_by(shift_notes.c.note_id.desc()).limit(limit)
    return tuple(ShiftNote(**row._mapping) for row in conn.execute(query))


def waiting_notes(conn: Connection) -> tuple[ShiftNote, ...]:
    """What nobody has taken over yet."""
    query = select(shift_notes).where(shift_notes.c.taken_at.is_(None)).order_by(shift_notes.c.note_id.desc())
    return tuple(ShiftNote(**row._mapping) for row in conn.execute(query))
