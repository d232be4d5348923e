"""Alerts that nobody had concluded at a past moment, from their history, in the county where they were then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, not_, or_, select

from domain.casework import OPEN, Stage
from domain.signals import has_receded
from domain.topics import LEADS
from store.schema import alert_history, alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertThen:
    alert_id: int
    rule: str
    level: str
    title: str
    raised_at: datetime
    receded: bool = False  # its rule found it no more; a person still had to judge it


def open_then(conn: Connection, *, known_by: datetime, county: str | None) -> list[AlertThen]:
    """With the level and words they had, oldest first. Merchant leads only while they were found.

    What had ended by itself, and nobody opened again, need not be read: it is most of them.
    """
    told, c = alert_history.c, alerts.c
    by_itself = and_(c.stage == Stage.CLOSED.value, c.done_at.is_(None), c.closed_at <= known_by)
    columns = told.alert_id, told.change, told.level, told.title, told.stage, told.county
    query: Select[Any] = (
        select(*columns, c.rule, c.raised_at)
        .join(alerts, c.alert_id == told.alert_id)
        .where(told.at <= known_by, or_(c.closed_at.is_(None), not_(by_itself)))
        .order_by(c.raised_at, told.alert_id, told.entry_id)
    )
    if county is not None:
        ever_there = select(told.alert_id).where(told.county == county)
        query = query.where(told.alert_id.in_(ever_there))
    stories = (list(of_one) for _, of_one in groupby(conn.execute(query), key=lambda row: row.alert_id))
    return list(_open(story for story in stories if county in (None, story[-1].county)))


def _open(stories: Iterable[list[Row[Any]]]) -> Iterator[AlertThen]:
    for story in stories:
        stage = next((Stage(line.stage) for line in reversed(story) if line.stage), Stage.FOUND)
        receded = has_receded(line.change for line in story)
        last = story[-1]
        if stage in OPEN and not (receded and last.rule in LEADS):
            yield AlertThen(
                alert_id=last.alert_id,
                rule=last.rule,
                level=last.level,
                title=last.title,
                raised_at=last.raised_at,
                receded=receded,
            )
