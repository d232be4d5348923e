"""What happened to an alert, and who did it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert

from store.schema import alert_history


def remember(
    conn: Connection,
    alert_id: int,
    change: str,
    *,
    level: str,
    title: str,
    now: datetime,
    who: str | None = None,
    stage: str | None = None,
    note: str | None = None,
) -> None:
    """One line of an alert's history. Nothing ever changes or removes one."""
    told = {
        "at": now,
        "change": change,
        "level": level,
        "title": title,
        "who": who,
        "stage": stage,
        "note": note,
    }
    conn.execute(insert(alert_history).values(alert_id=alert_id, **told))
