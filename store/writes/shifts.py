"""Writing a hand-over note, and taking over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from domain.errors import StoreError
from store.schema import shift_notes

NOTE_CHARACTERS = 1500  # nine bytes each as a browser sends them: a form of ours takes 16,384


def hand_over(conn: Connection, text: str, *, who: str, now: datetime) -> int:
    """The note's number; of what the same person said last and nobody took yet, that one's: a form sent twice.

    Raises StoreError for a note that says nothing or too much."""
    if not text.strip() or len(text) > NOTE_CHARACTERS:
        raise StoreError("a note of one to 1,500 characters")
    c = shift_notes.c
    last = select(c.note_id, c.text).where(c.written_by == who, c.taken_at.is_(None))
    said = conn.execute(last.order_by(c.note_id.desc()).limit(1)).one_or_none()
    if said is not None and said.text == text:
        return int(said.note_id)
    row = {"written_at": now, "written_by": who, "text": text}
    return int(conn.execute(insert(shift_notes).values(row).returning(shift_notes.c.note_id)).scalar_one())


def take_over(conn: Connection, note_id: int, *, who: str, now: datetime) -> None:
    """The first who takes it stands. Raises StoreError where there is none to take, or it is one's own."""
    waits = (
        (shift_notes.c.note_id == note_id)
        & shift_notes.c.taken_at.is_(None)
        & (shift_notes.c.written_by != who)
    )
    if conn.execute(update(shift_notes).where(waits).values(taken_at=now, taken_by=who)).rowcount != 1:
        raise StoreError(f"no note {note_id} for {who} to take")
