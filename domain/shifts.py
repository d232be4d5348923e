"""Hand-over notes of the duty shifts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftNote:
    note_id: int
    written_at: datetime
    written_by: str
    text: str
    taken_at: datetime | None
    taken_by: str | None
