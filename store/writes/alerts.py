"""Alerts by (rule, subject): open, refresh, raise, lower, close; every change in an append-only history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from domain.readings import Level
from store.schema import alert_history, alerts

KEEP_OPEN = timedelta(minutes=15)
"""An alert not found again stays open this long: a count that dances on the threshold must not flap."""

_RANK = {level.value: rank for rank, level in enumerate(Level)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A finding as the store takes it."""

    subject: str
    level: Level
    title: str
    reasons: tuple[str, ...]
    evidence: tuple[str, ...]
    evidence_count: int
    county: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How many alerts of one rule changed in which way."""

    opened: int
    raised: int
    lowered: int
    refreshed: int
    closed: int

    @property
    def visible(self) -> bool:
        return bool(self.opened or self.raised or self.lowered or self.closed)


def settle(conn: Connection, rule: str, found: Sequence[Alarm], *, now: datetime) -> Settled:
    """Bring the open alerts of `rule` in line with what it finds now."""
    query = select(alerts).where(alerts.c.rule == rule, alerts.c.closed_at.is_(None))
    open_now = {row.subject: row for row in conn.execute(query)}
    changes = dict.fromkeys(("opened", "raised", "lowered", "refreshed", "closed"), 0)
    for alarm in found:
        row = open_now.pop(alarm.subject, None)
        if row is None:
            alert_id = _open(conn, rule, alarm, now)
            change = "opened"
        else:
            alert_id = row.alert_id
            change = _change(row.level, alarm.level)
            conn.execute(
                update(alerts).where(alerts.c.alert_id == alert_id).values(**_fields(alarm), refreshed_at=now)
            )
        changes[change] += 1
        if change != "refreshed":
            _remember(conn, alert_id, change, alarm.level.value, alarm.title, now)
    for row in open_now.values():
        if now - row.refreshed_at >= KEEP_OPEN:
            conn.execute(
                update(alerts)
                .where(alerts.c.alert_id == row.alert_id)
                .values(closed_at=now, closed_why="no longer found")
            )
            _remember(conn, row.alert_id, "closed", row.level, row.title, now)
            changes["closed"] += 1
    return Settled(**changes)


def _change(before: str, after: Level) -> str:
    step = _RANK[after.value] - _RANK[before]
    return "raised" if step > 0 else "lowered" if step < 0 else "refreshed"


def _fields(alarm: Alarm) -> dict[str, object]:
    return {
        "level": alarm.level.value,
        "title": alarm.title,
        "reasons": list(alarm.reasons),
        "evidence": list(alarm.evidence),
        "evidence_count": alarm.evidence_count,
        "county": alarm.county,
    }


def _open(conn: Connection, rule: str, alarm: Alarm, now: datetime) -> int:
    row = {"rule": rule, "subject": alarm.subject, "raised_at": now, "refreshed_at": now} | _fields(alarm)
    return int(conn.execute(insert(alerts).values(row).returning(alerts.c.alert_id)).scalar_one())


def _remember(conn: Connection, alert_id: int, change: str, level: str, title: str, now: datetime) -> None:
    conn.execute(
        insert(alert_history).values(alert_id=alert_id, at=now, change=change, level=level, title=title)
    )
