"""What the snapshots of every scope draw from: read once a version, in one transaction, for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection

from dashboard.live.gate import Gate, Good
from dashboard.reconciling import RECONCILE_JOB
from domain.campaign import Campaign
from domain.readings import FeedHealth, SourceBoard
from domain.statements import Discrepancy
from store.queries.counted import Lot
from store.queries.discrepancies import open_discrepancies
from store.queries.flows import Flows, read_flows
from store.queries.jobs import last_success
from store.queries.pace import Course, courses
from store.queries.posts import ScoredPost, irrelevant_posts, mark_of_posts, pulse_since, scored_posts
from store.queries.progress import money_rows
from store.queries.rounds import LotSum, lot_sums
from store.queries.sources import Expected, feed_health, late_feeds
from store.queries.talk import covered_since, hourly_counts
from store.queries.totals import TotalsRow

WATCH_JOB = "watch"
SCORE_JOB = "score"
COMPARED_WITH = timedelta(days=8)
TALKED_OF = timedelta(hours=24)
"""What counts as being talked about now; posts are read for as long again, to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """What is too dear to be read at every version: the sources' delays, and when they were worked out."""

    at: datetime
    board: SourceBoard


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is read of the posts, and the mark it holds for."""

    mark: tuple[object, ...]
    posts: tuple[ScoredPost, ...]
    irrelevant: int
    by_hour: Mapping[str, Counter[datetime]]


@dataclass(slots=True)
class Kept:
    """What one version hands to the next, so that it need not be read again."""

    said: Said | None = None


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
        kept: Kept | None = None,
    ) -> None:
        """`good`: by programme, the last figures that passed the gate. `kept` is read and brought up to date."""
        self.conn, self.campaign, self.expected, self.now = conn, campaign, expected, now
        self.slow, self._good, self._kept = slow, good, kept or Kept()

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
    def flows(self) -> Flows:
        return read_flows(self.conn, self.campaign, now=self.now)

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
    def _said(self) -> Said:
        """What the last version read, where nothing was said, scored, judged or grouped since and no hour has begun."""
        since, of_pulse = self.now - 2 * TALKED_OF, pulse_since(self.now)
        mark = (of_pulse, *mark_of_posts(self.conn, since=since, until=self.now))
        if self._kept.said is None or self._kept.said.mark != mark:
            self._kept.said = Said(
                mark=mark,
                posts=scored_posts(self.conn, since=since, until=self.now),
                irrelevant=irrelevant_posts(self.conn, since=of_pulse, until=self.now),
                by_hour=hourly_counts(self.conn, since=of_pulse - COMPARED_WITH),
            )
        return self._kept.said

    @property
    def posts(self) -> tuple[ScoredPost, ...]:
        return self._said.posts

    @property
    def irrelevant(self) -> int:
        return self._said.irrelevant

    @property
    def posts_by_hour(self) -> Mapping[str, Counter[datetime]]:
        """By county; the pulse's hours and the days they are compared with."""
        return self._said.by_hour

    @cached_property
    def posts_since(self) -> datetime | None:
        return covered_since(self.conn)

    @cached_property
    def discrepancies(self) -> tuple[Discrepancy, ...] | None:
        """None until totals have been compared for the first time."""
        return open_discrepancies(self.conn) if last_success(self.conn, RECONCILE_JOB) is not None else None

    @cached_property
    def has_scored(self) -> bool:
        return last_success(self.conn, SCORE_JOB) is not None

    @cached_property
    def watched_at(self) -> datetime | None:
        return last_success(self.conn, WATCH_JOB)
