"""How alerts changed in a stretch of time, from their history alone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import Connection, func, select

from domain.topics import LEADS
from store.schema import alert_history, alerts


def alert_changes(conn: Connection, *, since: datetime, until: datetime, county: str | None) -> Counter[str]:
    """How many alerts each kind of change happened to in [since, until); one that rose twice counts once.
    It counts where it was then.

    Without merchant leads, which count as alerts in no paper.
    """
    of_one = func.count(alert_history.c.alert_id.distinct())
    query = (
        select(alert_history.c.change, of_one)
        .join(alerts, alerts.c.alert_id == alert_history.c.alert_id)
        .where(alert_history.c.at >= since, alert_history.c.at < until, alerts.c.rule.not_in(sorted(LEADS)))
        .group_by(alert_history.c.change)
    )
    if county is not None:
        query = query.where(alert_history.c.county == county)
    return Counter({change: int(n) for change, n in conn.execute(query)})
