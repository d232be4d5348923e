"""Alerts that people made of part of another one's evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from store.schema import alerts

_APART = or_(alerts.c.merged_into.is_(None), alerts.c.merged_into != alerts.c.split_from)
"""What was merged back into the alert it came from is its evidence again."""


def split_posts(conn: Connection, alert_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """By alert: the posts that are another alert's now. Alerts that nothing was taken from are left out."""
    wanted = frozenset(alert_ids)
    query = select(alerts.c.split_from, alerts.c.evidence).where(alerts.c.split_from.is_not(None), _APART)
    found: dict[int, set[str]] = defaultdict(set)
    for row in conn.execute(query):
        if row.split_from in wanted:
            found[row.split_from].update(row.evidence)
    return {alert_id: frozenset(posts) for alert_id, posts in found.items()}


def evidence_left(evidence: Sequence[str], count: int, gone: Collection[str]) -> dict[str, Any]:
    """What is left of an alert's evidence. `count` is of all of it, of which the newest are listed."""
    left = tuple(post for post in evidence if post not in gone)
    return {"evidence": left, "evidence_count": count - (len(evidence) - len(left))}


def split_off_from(conn: Connection, alert_id: int) -> tuple[tuple[int, int], ...]:
    """(alert, how many posts) of each that was taken out of this one."""
    query = (
        select(alerts.c.alert_id, alerts.c.evidence_count)
        .where(alerts.c.split_from == alert_id, _APART)
        .order_by(alerts.c.alert_id)
    )
    return tuple((row.alert_id, row.evidence_count) for row in conn.execute(query))
