"""Signs of life: what a source answers look after look is one stretch of being alive."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from ingest.source import Source
from store.writes import intake


def note_alive(conn: Connection, source: Source, now: datetime) -> None:
    """A look that is answered every time makes one long stretch; one answer left out and it is two."""
    intake.source_alive(conn, source.id, joined=timedelta(seconds=2 * source.every_s), now=now)
