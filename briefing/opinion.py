"""The opinion of one day as it is read: whose posts, which windows."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from briefing.paper import Section
from briefing.talk import Phase, opinion_section
from briefing.text import day_of
from domain.campaign import Campaign
from domain.readings import Scope
from store.queries.briefed import Said, has_scored, said
from store.queries.progress import programmes_of

RUSH = timedelta(hours=1)
"""How long an opening counts as going on: most rounds are gone by then."""


def opinion_of(
    conn: Connection,
    campaign: Campaign,
    scope: Scope,
    *,
    as_of: datetime,
    known_by: datetime,
) -> Section:
    """`as_of`'s day as it was known at `known_by`. A county's paper has the posts about that county."""
    if not has_scored(conn, known_by=known_by):
        return opinion_section(None)
    posts = said_of(conn, scope, since=day_of(as_of), until=as_of, known_by=known_by)
    phases = [
        Phase(
            name=name,
            hours=(until - since) / timedelta(hours=1),
            said=tuple(said_of(conn, scope, since=since, until=until, known_by=known_by)),
        )
        for name, since, until in _windows(campaign, scope, as_of=as_of)
    ]
    return opinion_section(posts, phases=phases)


def _windows(campaign: Campaign, scope: Scope, *, as_of: datetime) -> list[tuple[str, datetime, datetime]]:
    """Before, during and after the day's first opening; none on a day without one."""
    ids = {p.id for p in programmes_of(campaign, scope)}
    start = day_of(as_of)
    opened = [r.opens_at for r in campaign.round if r.programme in ids and start <= r.opens_at < as_of]
    if not opened:
        return []
    first = min(opened)
    marks = (start, first, min(first + RUSH, as_of), as_of)
    windows = zip(("发放前", "发放中（首个开放时刻起1小时）", "发放后"), marks, marks[1:], strict=False)
    return [(name, since, until) for name, since, until in windows if since < until]


def said_of(
    conn: Connection, scope: Scope, *, since: datetime, until: datetime, known_by: datetime
) -> list[Said]:
    found = said(conn, since=since, until=until, known_by=known_by)
    return [post for post in found if scope.is_city or post.county == scope.code]
