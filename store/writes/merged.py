"""What is merged into another alert: its rule still finds it, and what gets worse of it gets worse of the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from domain.cases import GROWN, REOPENED, Case
from domain.casework import Action, Stage
from domain.clocks import URGENT
from domain.readings import GRAVITY, Level
from store.schema import alerts
from store.writes.alert_history import remember
from store.writes.alert_rows import ANEW, CONCLUDED, Announcement


def merged_into(conn: Connection, alert_id: int) -> list[int]:
    """Alerts that are part of this one, themselves or by another."""
    return [one for one, end, _ in _ends(conn) if end == alert_id]


def held_levels(conn: Connection) -> dict[int, Level]:
    """By alert: the gravest level of what is merged into it and still found. It does not fall below."""
    held: dict[int, Level] = {}
    for _, end, level in _ends(conn):
        if level is not None:
            held[end] = max(level, held.get(end, level), key=GRAVITY.__getitem__)
    return held


def rise_together(
    conn: Connection, news: Announcement, change: str, *, worse: bool, now: datetime
) -> tuple[str, Announcement] | None:
    """Let what that alert is merged into rise or grow with it. Returns what is to be told; None: it stands as high.

    `worse`: than people had noted, so that it counts against what they decided, too.
    """
    end = next((end for one, end, _ in _ends(conn) if one == news.alert_id), None)
    if end is None:
        return None
    row = conn.execute(select(alerts).where(alerts.c.alert_id == end)).one()
    level, stage = max(news.level, Level(row.level), key=GRAVITY.__getitem__), None
    rises = GRAVITY[level] > GRAVITY[row.level]
    if row.stage in CONCLUDED:
        if not worse:
            return None
        change, stage = REOPENED, Stage.FOUND.value
    elif rises:
        if row.by_hand and not worse:
            return None
        change = "raised"
    elif change != GROWN:
        return None
    fields: dict[str, Any] = {"level": level.value, "lower_since": None}
    if rises:
        fields["by_hand"] = row.computed_level is None
    if change == REOPENED:
        fields |= ANEW | {"urgent_since": now if level in URGENT else None}
    elif level in URGENT and row.urgent_since is None:
        fields["urgent_since"] = now
    conn.execute(update(alerts).where(alerts.c.alert_id == end).values(fields))
    note = f"from={news.alert_id}"
    remember(conn, end, change, level=level.value, title=row.title, now=now, stage=stage, note=note)
    return change, Announcement(alert_id=end, level=level, title=news.title, reasons=news.reasons)


def carry(conn: Connection, case: Case, *, into: int, who: str, now: datetime) -> None:
    """What is merged counts with its target: that one is as grave from now on, and answers within no later hour."""
    row = conn.execute(select(alerts).where(alerts.c.alert_id == into)).one()
    level = max(case.level, Level(row.level), key=GRAVITY.__getitem__)
    known = (case.timing.urgent_since, row.urgent_since) if level in URGENT else (row.urgent_since,)
    since = min((at for at in known if at is not None), default=None)
    if (level, since) == (row.level, row.urgent_since):
        return
    rises = level != row.level
    fields: dict[str, Any] = {"level": level.value, "urgent_since": since}
    if rises:
        fields |= {"lower_since": None, "by_hand": row.computed_level is None}
    conn.execute(update(alerts).where(alerts.c.alert_id == into).values(fields))
    change, note = Action.RAISE if rises else Action.MERGE, f"from={case.alert_id}"
    remember(
        conn,
        into,
        change.value,
        level=level.value,
        title=row.title,
        now=now,
        stage=row.stage,
        who=who,
        note=note,
    )


def _ends(conn: Connection) -> Iterator[tuple[int, int, Level | None]]:
    """(alert, what it became part of in the end, its level while it is found) of all that are merged."""
    c = alerts.c
    query = select(c.alert_id, c.merged_into, c.level, c.closed_at).where(c.stage == Stage.MERGED.value)
    rows = conn.execute(query).all()
    targets: Mapping[int, int] = {row.alert_id: row.merged_into for row in rows}
    for row in rows:
        end = row.merged_into
        while end in targets:
            end = targets[end]
        yield row.alert_id, end, Level(row.level) if row.closed_at is None else None
