"""What happened to an alert, and who did it; one writer at a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from store.schema import alert_history, alerts

_LOCK = 0x414C45525453  # "ALERTS": any fixed number nobody else takes


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
    """One line of an alert's history, with where the alert is by now. Nothing ever changes or removes one."""
    told = {
        "at": now,
        "change": change,
        "level": level,
        "title": title,
        "who": who,
        "stage": stage,
        "note": note,
        "county": select(alerts.c.county).where(alerts.c.alert_id == alert_id).scalar_subquery(),
    }
    conn.execute(insert(alert_history).values(alert_id=alert_id, **told))


def take_turn(conn: Connection) -> None:
    """One writer of alerts at a time, until its transaction ends: called before what is to be changed is read.

    The watch would write back over what a person did in the meantime, and two alerts could be merged into each other.
    Never in a transaction that takes the ledger's lock too. SQLite's write transactions are alone already.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(_LOCK)))
