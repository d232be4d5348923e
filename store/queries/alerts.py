"""Alerts as the wall, the desk and the command line show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, or_, select

from domain.cases import BY_HAND
from domain.casework import OPEN
from domain.readings import GRAVITY, Level, OpenAlert
from domain.signals import Signal
from domain.topics import LEADS
from store.queries.cases import HEARD_OF
from store.schema import alerts

_RANK = case(GRAVITY, value=alerts.c.level)


def open_alerts(conn: Connection, *, county: str | None = None) -> tuple[OpenAlert, ...]:
    """What nobody has concluded yet, the gravest first, then the newest: what the desk's queue holds.

    Merchant leads only while they are found: what is left of them waits on the list of the offices that check them.
    """
    query = (
        select(alerts)
        .where(
            alerts.c.signal != Signal.PENDING.value,
            alerts.c.stage.in_([stage.value for stage in OPEN]),
            or_(alerts.c.closed_at.is_(None), alerts.c.rule.not_in(sorted(LEADS))),
        )
        .order_by(_RANK.desc(), alerts.c.raised_at.desc())
    )
    if county is not None:
        query = query.where(alerts.c.county == county)
    return tuple(_reading(row) for row in conn.execute(query))


def alerts_since(conn: Connection, *, since: datetime | None) -> list[tuple[OpenAlert, datetime | None]]:
    """Every alert raised since then with the time it was closed, newest first."""
    query = select(alerts).where(HEARD_OF).order_by(alerts.c.raised_at.desc(), alerts.c.alert_id.desc())
    if since is not None:
        query = query.where(alerts.c.raised_at >= since)
    return [(_reading(row), row.closed_at) for row in conn.execute(query)]


def _reading(row: Row[Any]) -> OpenAlert:
    return OpenAlert(
        alert_id=row.alert_id,
        rule=row.rule,
        subject=row.subject,
        level=Level(row.level),
        title=row.title,
        reasons=tuple(row.reasons),
        raised_at=row.raised_at,
        refreshed_at=row.refreshed_at,
        evidence_count=row.evidence_count,
        receded=row.closed_at is not None and row.rule != BY_HAND,
    )
