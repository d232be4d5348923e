"""What one shift tells the next."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from store.schema.base import RowId, UtcTime, metadata

shift_notes = Table(
    "shift_notes",
    metadata,
    Column("note_id", RowId, primary_key=True),
    Column("written_at", UtcTime, nullable=False),
    Column("written_by", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("taken_at", UtcTime),  # by the next: never by who wrote it
    Column("taken_by", String(64)),
)
