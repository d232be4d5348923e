"""Alerts as the desk works on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, exists, func, or_, select

from domain.cases import REOPENED, Case, HistoryLine
from domain.casework import OPEN, Action, Stage, Verdict
from domain.clocks import Timing, next_due, pauses_in
from domain.readings import GRAVITY, Level
from domain.signals import Signal
from domain.topics import LEADS, is_about_posts
from store.schema import alert_history, alerts

QUEUE_SHOWN = 500
_RANKED = case(GRAVITY, value=alerts.c.level)
_IS_LEAD = case((alerts.c.rule.in_(sorted(LEADS)), 1), else_=0)
_ASSIGNED_AT, _REOPENED_AT = (
    select(func.max(alert_history.c.at))
    .where(alert_history.c.alert_id == alerts.c.alert_id, alert_history.c.change == change)
    .scalar_subquery()
    .label(name)
    for name, change in (("assigned_at", Action.ASSIGN.value), ("reopened_at", REOPENED))
)
HEARD_OF = exists().where(alert_history.c.alert_id == alerts.c.alert_id)
"""What passed before its rule had found it for long enough was never anybody's: it has no history."""


def open_cases(
    conn: Connection,
    *,
    now: datetime,
    within: str | None = None,
    rules: Collection[str] | None = None,
    limit: int | None = QUEUE_SHOWN,
) -> tuple[Case, ...]:
    """What waits for somebody: the gravest first, then whose clock runs out first. `within`: see `_every`.

    `limit`: None: all, for whoever counts them.
    Merchant leads, of which there may be very many, after all others of their level.
    """
    of_rules = () if rules is None else (alerts.c.rule.in_(sorted(rules)),)
    query = (
        _every(within)
        .where(*of_rules, alerts.c.stage.in_([stage.value for stage in OPEN]))
        .order_by(_RANKED.desc(), _IS_LEAD, alerts.c.raised_at)
        .limit(limit)
    )
    return tuple(
        sorted(_cases(conn, query), key=lambda c: (-GRAVITY[c.level], c.rule in LEADS, _due(c, now)))
    )


def cases_since(conn: Connection, *, since: datetime | None, within: str | None = None) -> tuple[Case, ...]:
    """Every alert raised since then, oldest first: the ledger of what was done."""
    query = _every(within).order_by(alerts.c.raised_at, alerts.c.alert_id)
    if since is not None:
        query = query.where(alerts.c.raised_at >= since)
    return tuple(_cases(conn, query))


def find_case(conn: Connection, alert_id: int, *, within: str | None = None) -> Case | None:
    query = _every(within).where(alerts.c.alert_id == alert_id)
    return next(iter(_cases(conn, query)), None)


def newest_move(conn: Connection, alert_id: int) -> int:
    """Number of the newest line of an alert's history that people decide upon: an act, or a rule that raised or lowered
    it. What only the program noticed, a clock or a signal, is none. 0: it has no history."""
    line = alert_history.c
    decides = or_(line.who.is_not(None), line.change.in_(("opened", "raised", "lowered", REOPENED)))
    query = select(func.max(line.entry_id)).where(line.alert_id == alert_id, decides)
    return conn.execute(query).scalar_one() or 0


def subjects_done(conn: Connection, rule: str) -> frozenset[str]:
    """What a person closed or put away as a false alarm; what ended by itself is not among them."""
    ended = [s.value for s in Stage if s not in OPEN and s is not Stage.MERGED]
    query = select(alerts.c.subject).where(
        alerts.c.rule == rule, alerts.c.done_at.is_not(None), alerts.c.stage.in_(ended)
    )
    return frozenset(conn.scalars(query))


def times_of(conn: Connection, change: str) -> Counter[int]:
    """How often that happened to each alert."""
    told = alert_history.c
    query = select(told.alert_id, func.count()).where(told.change == change).group_by(told.alert_id)
    return Counter({alert_id: int(times) for alert_id, times in conn.execute(query)})


def history_of(conn: Connection, alert_ids: Sequence[int]) -> dict[int, tuple[HistoryLine, ...]]:
    """Oldest first."""
    found: dict[int, list[HistoryLine]] = {alert_id: [] for alert_id in alert_ids}
    query = select(alert_history).order_by(alert_history.c.entry_id)
    if len(alert_ids) <= QUEUE_SHOWN:  # more would not fit a statement: all of it, then
        query = query.where(alert_history.c.alert_id.in_(alert_ids))
    for row in conn.execute(query):
        if row.alert_id in found:
            found[row.alert_id].append(_line(row))
    return {alert_id: tuple(lines) for alert_id, lines in found.items()}


def _every(within: str | None) -> Select[Any]:
    """`within`: the one county that who asks may see; None: all."""
    return select(alerts, _ASSIGNED_AT, _REOPENED_AT).where(HEARD_OF, *_of(within))


def _of(within: str | None) -> tuple[ColumnElement[bool], ...]:
    """About the county, or assigned to it."""
    return () if within is None else (or_(alerts.c.county == within, alerts.c.office == within),)


def _due(found: Case, now: datetime) -> datetime:
    clock = next_due(found.timing, now=now)
    return clock.due_at if clock else datetime.max.replace(tzinfo=now.tzinfo)


def _cases(conn: Connection, query: Select[Any]) -> list[Case]:
    rows = conn.execute(query).all()
    pauses = _pauses(conn, [row.alert_id for row in rows if row.paused_s])
    return [_case(row, pauses.get(row.alert_id, ())) for row in rows]


def _pauses(conn: Connection, alert_ids: Sequence[int]) -> dict[int, tuple[tuple[datetime, datetime], ...]]:
    history = history_of(conn, alert_ids) if alert_ids else {}
    return {number: pauses_in((line.change, line.at) for line in lines) for number, lines in history.items()}


def _case(row: Row[Any], pauses: tuple[tuple[datetime, datetime], ...]) -> Case:
    return Case(
        alert_id=row.alert_id,
        rule=row.rule,
        subject=row.subject,
        level=Level(row.level),
        computed_level=Level(row.computed_level) if row.computed_level else None,
        by_hand=row.by_hand,
        title=row.title,
        reasons=tuple(row.reasons),
        evidence=tuple(row.evidence),
        evidence_count=row.evidence_count,
        county=row.county,
        facts=row.facts,
        parameters=row.parameters,
        signal=Signal(row.signal),
        stage=Stage(row.stage),
        office=row.office,
        raised_at=row.raised_at,
        refreshed_at=row.refreshed_at,
        signal_ended_at=row.closed_at,
        began_at=row.began_at,
        verdict=Verdict(row.verdict) if row.verdict else None,
        known_at=row.known_at,
        merged_into=row.merged_into,
        timing=_timing(row, pauses),
    )


def _timing(row: Row[Any], pauses: tuple[tuple[datetime, datetime], ...]) -> Timing:
    return Timing(
        level=Level(row.level),
        raised_at=row.reopened_at or row.raised_at,
        urgent_since=row.urgent_since,
        assigned_at=row.assigned_at,
        unit_due_at=row.due_at,
        reported_at=row.reported_at,
        responded_at=row.responded_at,
        briefed_at=row.briefed_at,
        closed_at=row.done_at,
        paused_at=row.paused_at,
        pauses=pauses,
        is_opinion=is_about_posts(row.rule),
    )


def _line(row: Row[Any]) -> HistoryLine:
    return HistoryLine(
        at=row.at,
        change=row.change,
        level=Level(row.level),
        title=row.title,
        who=row.who,
        stage=row.stage,
        note=row.note,
        county=row.county,
    )
