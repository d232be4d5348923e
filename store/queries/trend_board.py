"""The desk's board of trends, from the hourly counts alone: they stay when the posts are forgotten."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select

from domain.campaign import Campaign
from domain.readings import FeedHealth
from domain.records import Relevance
from domain.trend_board import Bucket, Phase, Tones, TrendBoard
from store.buckets import bucket_start
from store.queries.gaps import source_gaps
from store.queries.talk import EVERY_POST
from store.schema import rollup_opinion

_COUNTED = rollup_opinion.c


def trend_board(
    conn: Connection,
    campaign: Campaign,
    health: Sequence[FeedHealth],
    *,
    since: datetime,
    now: datetime,
    size_us: int,
    within: str | None = None,
) -> TrendBoard:
    """Buckets of `size_us` from the one `since` falls in to the running one. `within`: one county alone."""
    first = bucket_start(since, size_us)
    size = timedelta(microseconds=size_us)
    counts = _tones_by(conn, first, now, size_us, within)
    silent = _silent(conn, health, since=first, now=now)
    starts = [first + size * n for n in range(int((now - first) / size) + 1)]
    buckets = tuple(
        Bucket(
            since=at,
            until=min(at + size, now),
            tones=Tones.of(counts[at]),
            silent=tuple(n for n, gaps in silent.items() if any(a < at + size and b > at for a, b in gaps)),
        )
        for at in starts
        if at < now
    )
    return TrendBoard(
        buckets=buckets,
        releases=_releases(campaign, within, since=first, until=now),
        phases=_phases(conn, campaign, within, now=now),
        issues=_issues(conn, first, now, within),
        since=first,
        until=now,
    )


def counted_since(conn: Connection) -> datetime | None:
    """The first hour of which anything was counted."""
    return conn.execute(select(func.min(_COUNTED.hour))).scalar_one_or_none()


def _about(since: datetime | None, until: datetime | None, within: str | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_COUNTED.relevance == Relevance.CAMPAIGN.value]
    found += [_COUNTED.hour >= since] if since else []
    found += [_COUNTED.hour < until] if until else []
    return found + ([_COUNTED.county == within] if within is not None else [])


def _tones_by(
    conn: Connection, since: datetime, until: datetime, size_us: int, within: str | None
) -> dict[datetime, Counter[str]]:
    query = (
        select(_COUNTED.hour, _COUNTED.label, func.sum(_COUNTED.posts_count))
        .where(_COUNTED.issue == EVERY_POST, *_about(since, until, within))
        .group_by(_COUNTED.hour, _COUNTED.label)
    )
    found: dict[datetime, Counter[str]] = defaultdict(Counter)
    for hour, label, n in conn.execute(query):
        found[bucket_start(hour, size_us)][label] += int(n)
    return found


def _issues(
    conn: Connection, since: datetime, until: datetime, within: str | None
) -> dict[tuple[str, str], int]:
    query = (
        select(_COUNTED.issue, _COUNTED.county, func.sum(_COUNTED.posts_count))
        .where(_COUNTED.issue != EVERY_POST, *_about(since, until, within))
        .group_by(_COUNTED.issue, _COUNTED.county)
    )
    return {(issue, county): int(n) for issue, county, n in conn.execute(query)}


def _phases(conn: Connection, campaign: Campaign, within: str | None, *, now: datetime) -> tuple[Phase, ...]:
    """The end of the campaign is its last programme's, once every one of them has an end."""
    start, ends = campaign.campaign.launch_at, [p.end_at for p in campaign.programme]
    end = None if None in ends else max(e for e in ends if e is not None)
    spans: list[tuple[str, datetime | None, datetime | None]] = [
        ("活动前", None, start),
        ("活动中", start, end),
    ]
    spans += [("活动后", end, None)] if end is not None else []
    return tuple(
        Phase(name=name, since=since, until=until, tones=_tones(conn, since, until, within))
        for name, since, until in spans
        if since is None or since <= now
    )


def _tones(conn: Connection, since: datetime | None, until: datetime | None, within: str | None) -> Tones:
    query = (
        select(_COUNTED.label, func.sum(_COUNTED.posts_count))
        .where(_COUNTED.issue == EVERY_POST, *_about(since, until, within))
        .group_by(_COUNTED.label)
    )
    return Tones.of({label: int(n) for label, n in conn.execute(query)})


def _releases(
    campaign: Campaign, within: str | None, *, since: datetime, until: datetime
) -> tuple[tuple[datetime, str], ...]:
    """Rounds by the moment they opened; a county sees its own and the city's."""
    found: dict[datetime, list[str]] = defaultdict(list)
    for round_ in campaign.rounds.values():
        programme = campaign.programmes[round_.programme]
        ours = within is None or programme.level == "city" or programme.division == within
        if ours and since <= round_.opens_at < until:
            found[round_.opens_at].append(f"{programme.name}第{round_.no}轮")
    return tuple((at, "、".join(names)) for at, names in sorted(found.items()))


def _silent(
    conn: Connection, health: Sequence[FeedHealth], *, since: datetime, now: datetime
) -> dict[str, list[tuple[datetime, datetime]]]:
    found = {}
    for feed in health:
        if feed.side == "opinion":
            gaps = source_gaps(conn, feed.source, since=since, until=now, stale_after_s=feed.stale_after_s)
            found[feed.name] = [(gap.since, gap.until) for gap in gaps]
    return found
