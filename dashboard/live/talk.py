"""What one scope's posts come to, kept from version to version: counted again when a post crosses an edge of a window.

There are thousands of posts in two days, and most versions bring none.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.readings import FeedHealth, OpinionPulse, Scope
from domain.readings_scenes import CountyIssues, IssueCount
from store.queries.posts import ScoredPost, opinion_pulse, pulse_since
from store.queries.talk import county_table, issue_counts, usual_by_hour

Found = TypeVar("Found")
Bands = tuple[tuple[float, float] | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is read of the posts, and the mark it holds for."""

    mark: tuple[object, ...]
    posts: tuple[ScoredPost, ...]  # by time
    irrelevant: int
    by_hour: Mapping[str, Counter[datetime]]


class Talk:
    """Of one scope and one `Said`."""

    def __init__(self, said: Said, scope: Scope) -> None:
        self.said, self._scope = said, scope
        self._posts = [p for p in said.posts if scope.is_city or p.county == scope.code]
        self._at = list(map(attrgetter("at"), self._posts))
        self._kept: dict[str, tuple[object, Any]] = {}  # what -> (what it was worked out from, what came out)

    def _once(self, what: str, given: object, work: Callable[[], Found]) -> Found:
        kept = self._kept.get(what)
        if kept is None or kept[0] != given:
            kept = self._kept[what] = (given, work())
        found: Found = kept[1]
        return found

    def pulse(
        self,
        conn: Connection,
        campaign: Campaign,
        *,
        health: Sequence[FeedHealth],
        silent: tuple[tuple[str, ...], ...],
        now: datetime,
    ) -> OpinionPulse:
        """`silent`: of `silent_by_hour`, the pulse's hours."""

        def read() -> OpinionPulse:
            return opinion_pulse(
                conn, campaign, self._scope, health=health, now=now, window=self._posts,
                irrelevant=self.said.irrelevant, silent=silent,
            )  # fmt: skip

        since = pulse_since(now)
        given = (since, bisect_left(self._at, since), tuple((h.name, h.health) for h in health), silent)
        return replace(self._once("pulse", given, read), until=now)

    def issues(
        self, *, now: datetime, window: timedelta, covered_since: datetime | None
    ) -> tuple[IssueCount, ...]:
        since, before = (bisect_right(self._at, now - n * window) for n in (1, 2))
        known = covered_since is not None and covered_since <= now - 2 * window

        def count() -> tuple[IssueCount, ...]:
            recent = self._posts[before:]
            return issue_counts(recent, now=now, window=window, covered_since=covered_since)

        return self._once(f"issues of {window}", (since, before, known), count)

    def table(
        self, names: Mapping[str, str], *, issues: tuple[str, ...], since: datetime
    ) -> tuple[CountyIssues, ...]:
        first = bisect_right(self._at, since)
        return self._once(
            "table",
            (first, issues),
            lambda: county_table(self._posts[first:], names, issues=issues, since=since),
        )

    def usual(self, hours: tuple[datetime, ...], *, covered: datetime | None) -> Bands:
        def band() -> Bands:
            counts, own = self.said.by_hour, self._scope.code
            earlier = sum(counts.values(), Counter()) if self._scope.is_city else counts.get(own, {})
            return usual_by_hour(earlier, hours, covered=covered)

        return self._once("usual", (hours, covered), band)
