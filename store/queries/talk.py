"""What is being talked about: complaints by window, by county, and how much talk is usual at an hour."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from domain.issues import ISSUES, IssueKind
from domain.measures import usual_band
from domain.readings_scenes import CountyIssues, IssueCount
from domain.records import Relevance
from store.queries.posts import ScoredPost
from store.schema import posts, rollup_opinion

TROUBLE = frozenset({IssueKind.COMPLAINT, IssueKind.CLUE, IssueKind.RISK})
BASELINE_DAYS = 7
EVERY_POST = ""
"""The roll-up's mark for a post counted once, whatever its issues."""


def issue_counts(
    found: Iterable[ScoredPost], *, now: datetime, window: timedelta, covered_since: datetime | None
) -> tuple[IssueCount, ...]:
    """Complaints, clues and risks of the last `window`, most first. A post with two counts in both."""
    since, before = now - window, now - 2 * window
    recent, earlier = Counter[str](), Counter[str]()
    for post in found:
        if post.at > before:
            (recent if post.at > since else earlier).update(post.issues)
    known = covered_since is not None and covered_since <= before
    counts = (
        IssueCount(name=issue.name, count=recent[issue.id], before=earlier[issue.id] if known else None)
        for issue in ISSUES.values()
        if issue.kind in TROUBLE and recent[issue.id]
    )
    return tuple(sorted(counts, key=lambda c: -c.count))


def county_table(
    found: Iterable[ScoredPost], names: Mapping[str, str], *, issues: Sequence[str], since: datetime
) -> tuple[CountyIssues, ...]:
    """How often each of `issues` (names) was raised in each county of `names` (code -> name), most first."""
    by_name = {issue.id: issue.name for issue in ISSUES.values()}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for post in found:
        if post.at > since and post.county is not None and post.county in names:
            counts[post.county].update(by_name[i] for i in post.issues if i in by_name)
    rows = [
        CountyIssues(name=names[code], counts=tuple(of[name] for name in issues))
        for code, of in counts.items()
    ]
    return tuple(sorted((r for r in rows if any(r.counts)), key=lambda r: (-sum(r.counts), r.name)))


def covered_since(conn: Connection) -> datetime | None:
    """When the first post that is still kept was received: before that there was no looking, not no talk."""
    return conn.execute(select(posts.c.received_at).order_by(posts.c.post_id).limit(1)).scalar_one_or_none()


def hourly_counts(conn: Connection, *, since: datetime) -> dict[str, Counter[datetime]]:
    """County (empty: unknown) -> hour -> relevant posts, as they were counted by hour."""
    table = rollup_opinion
    query = (
        select(table.c.county, table.c.hour, func.sum(table.c.posts_count))
        .where(
            table.c.relevance == Relevance.CAMPAIGN.value,
            table.c.issue == EVERY_POST,
            table.c.hour >= since,
        )
        .group_by(table.c.county, table.c.hour)
    )
    found: dict[str, Counter[datetime]] = defaultdict(Counter)
    for county, hour, n in conn.execute(query):
        found[county][hour] = int(n)
    return found


def usual_by_hour(
    counts: Mapping[datetime, int], hours: Sequence[datetime], *, covered: datetime | None
) -> tuple[tuple[float, float] | None, ...]:
    """For each hour the band of the same hour of up to seven earlier days; None before three are covered."""
    return tuple(
        usual_band(
            [
                counts.get(earlier, 0)
                for earlier in (hour - timedelta(days=n) for n in range(1, BASELINE_DAYS + 1))
                if covered is not None and earlier >= covered
            ]
        )
        for hour in hours
    )
