"""What the snapshots of every scope draw from: read once a version, in one transaction, for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection

from dashboard.gate import Gate, Good
from domain.campaign import Campaign
from domain.readings import FeedHealth, SourceBoard
from store.queries.counted import Lot
from store.queries.jobs import last_success
from store.queries.pace import Course, courses
from store.queries.posts import ScoredPost, scored_posts
from store.queries.progress import money_rows
from store.queries.rounds import LotSum, lot_sums
from store.queries.sources import Expected, feed_health, late_feeds
from store.queries.talk import covered_since
from store.queries.totals import TotalsRow

WATCH_JOB = "watch"
SCORE_JOB = "score"
TALKED_OF = timedelta(hours=24)
"""What counts as being talked about now; posts are read for as long again, to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """What is too dear to be read at every version: the sources' delays, and when they were worked out."""

    at: datetime
    board: SourceBoard


class Shared:
    """What every scope of one version draws from; each part is read once, when first asked for."""

    def __init__(
        self,
        conn: Connection,
        campaign: Campaign,
        expected: Sequence[Expected],
        *,
        now: datetime,
        good: Mapping[str, Good],
        slow: Slow | None = None,
    ) -> None:
        """`good`: by programme, the last figures that passed the gate."""
        self.conn, self.campaign, self.expected, self.now = conn, campaign, expected, now
        self.slow, self._good = slow, good

    @cached_property
    def health(self) -> tuple[FeedHealth, ...]:
        return feed_health(self.conn, self.expected, now=self.now)

    @cached_property
    def late(self) -> dict[str, tuple[str, ...]]:
        return late_feeds(self.conn, self.health)

    @cached_property
    def rows(self) -> list[TotalsRow]:
        return money_rows(self.conn, self.campaign, now=self.now)

    @cached_property
    def gate(self) -> Gate:
        return Gate.of(self.conn, self.campaign, self.rows, self._good, now=self.now)

    @cached_property
    def sums(self) -> dict[Lot, LotSum]:
        return lot_sums(self.conn)

    @cached_property
    def courses(self) -> Course:
        own = [p.id for p in self.campaign.programme if p.tranche == self.campaign.in_scope.id]
        return courses(self.conn, self.campaign, own, now=self.now)

    @cached_property
    def posts(self) -> tuple[ScoredPost, ...]:
        return scored_posts(self.conn, since=self.now - 2 * TALKED_OF, until=self.now)

    @cached_property
    def posts_since(self) -> datetime | None:
        return covered_since(self.conn)

    @cached_property
    def has_scored(self) -> bool:
        return last_success(self.conn, SCORE_JOB) is not None

    @cached_property
    def watched_at(self) -> datetime | None:
        return last_success(self.conn, WATCH_JOB)
