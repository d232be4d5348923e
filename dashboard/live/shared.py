"""What the snapshots of every scope draw from: read once a version, in one transaction, for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Connection

from dashboard.live.gate import Gate, Good
from dashboard.live.talk import Said, Talk
from domain.campaign import Campaign
from domain.readings import FeedHealth, Scope, SourceBoard
from domain.statements import Discrepancy
from store.buckets import HOUR_US, bucket_start
from store.queries.counted import Lot, counted_claims
from store.queries.discrepancies import open_discrepancies
from store.queries.flows import Flows, read_flows
from store.queries.gaps import silent_by_hour
from store.queries.jobs import last_successes
from store.queries.ledger_cells import Cell, ledger_cells
from store.queries.pace import Course, courses
from store.queries.post_mark import mark_of_posts
from store.queries.posts import irrelevant_posts, pulse_hours, pulse_since, scored_posts
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


@dataclass(slots=True)
class Kept:
    """What one version hands to the next, so that it need not be read again."""

    said: Said | None = None
    talk: dict[str, Talk] = field(default_factory=dict)  # by scope, of `said`


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
    def _cells(self) -> list[Cell]:
        return ledger_cells(self.conn, with_day=False, known_by=None)

    @cached_property
    def _counted(self) -> dict[Lot, int]:
        return counted_claims(self.conn, known_by=None)

    @cached_property
    def rows(self) -> list[TotalsRow]:
        return money_rows(self.conn, self.campaign, now=self.now, cells=self._cells, counted=self._counted)

    @cached_property
    def flows(self) -> Flows:
        return read_flows(self.conn, self.campaign)

    @cached_property
    def gate(self) -> Gate:
        return Gate.of(self.conn, self.campaign, self.rows, self._good, now=self.now)

    @cached_property
    def sums(self) -> dict[Lot, LotSum]:
        return lot_sums(self.conn, cells=self._cells, counted=self._counted)

    @cached_property
    def courses(self) -> Course:
        own = [p.id for p in self.campaign.programme if p.tranche == self.campaign.in_scope.id]
        return courses(self.conn, self.campaign, own, now=self.now)

    @cached_property
    def _said(self) -> Said:
        """What the last version read, where nothing was said, scored, judged or grouped since and no hour has begun."""
        # whole hours: else every post that grows too old would have all of them read again, though none counts it
        since, of_pulse = bucket_start(self.now - 2 * TALKED_OF, HOUR_US), pulse_since(self.now)
        mark = (of_pulse, *mark_of_posts(self.conn, since=since, until=self.now))
        if self._kept.said is None or self._kept.said.mark != mark:
            self._kept.talk.clear()
            self._kept.said = Said(
                mark=mark,
                posts=scored_posts(self.conn, since=since, until=self.now),
                irrelevant=irrelevant_posts(self.conn, since=of_pulse, until=self.now),
                by_hour=hourly_counts(self.conn, since=of_pulse - COMPARED_WITH),
            )
        return self._kept.said

    def talk(self, scope: Scope) -> Talk:
        """What was said of it."""
        said, kept = self._said, self._kept.talk
        if scope.code not in kept:
            kept[scope.code] = Talk(said, scope)
        return kept[scope.code]

    @cached_property
    def silent(self) -> tuple[tuple[str, ...], ...]:
        """For each hour of the pulse the opinion sources nobody heard."""
        return silent_by_hour(self.conn, self.health, hours=pulse_hours(self.now), now=self.now)

    @cached_property
    def posts_since(self) -> datetime | None:
        return covered_since(self.conn)

    @cached_property
    def discrepancies(self) -> tuple[Discrepancy, ...]:
        return open_discrepancies(self.conn)

    @cached_property
    def has_scored(self) -> bool:
        return SCORE_JOB in self._jobs

    @cached_property
    def watched_at(self) -> datetime | None:
        return self._jobs.get(WATCH_JOB)

    @cached_property
    def _jobs(self) -> dict[str, datetime]:
        """When each last succeeded."""
        return last_successes(self.conn)
