"""What stands on the wall: each panel, what it reads, how it is drawn. One list to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from dash.development.base_component import Component
from sqlalchemy import Connection

from alerts.rules import opinion_burst
from domain.campaign import Campaign
from domain.readings import (
    AlertBoard,
    CityMap,
    CountyProgress,
    FeedBoard,
    FeedHealth,
    Headline,
    Masthead,
    MinuteCurve,
    OpinionPulse,
    Overview,
    Scope,
    SectorShare,
)
from domain.terms import business_day_start
from layouts.page import wall_page
from layouts.wall import (
    alerts,
    county_map,
    county_progress,
    feeds_strip,
    headline,
    masthead,
    minute_curve,
    opinion_pulse,
    sector_mix,
)
from store.queries.alerts import open_alerts
from store.queries.jobs import last_success
from store.queries.posts import opinion_pulse as read_pulse
from store.queries.progress import Money
from store.queries.sources import Expected, feed_health, late_feeds

OPINION_RULES = frozenset({opinion_burst.ID})
WATCH_JOB = "watch"
SCORE_JOB = "score"


class Readings:
    """Everything the wall's panels read, of one transaction; each reading is worked out once, when first asked for."""

    def __init__(
        self,
        conn: Connection,
        campaign: Campaign,
        scope: Scope,
        expected: Sequence[Expected],
        *,
        now: datetime,
    ) -> None:
        self._conn, self._campaign, self._scope, self._now = conn, campaign, scope, now
        self._expected = expected

    @cached_property
    def _health(self) -> tuple[FeedHealth, ...]:
        return feed_health(self._conn, self._expected, now=self._now)

    @cached_property
    def _money(self) -> Money:
        late = late_feeds(self._conn, self._health)
        return Money(self._conn, self._campaign, self._scope, now=self._now, late=late)

    @cached_property
    def headline(self) -> Headline:
        return self._money.headline()

    @cached_property
    def counties(self) -> tuple[CountyProgress, ...]:
        return self._money.counties()

    @cached_property
    def sectors(self) -> tuple[SectorShare, ...]:
        return self._money.sectors()

    @cached_property
    def curve(self) -> MinuteCurve:
        return self._money.curve()

    @cached_property
    def alert_board(self) -> AlertBoard:
        county = None if self._scope.is_city else self._scope.code
        return AlertBoard(
            as_of=last_success(self._conn, WATCH_JOB), alerts=open_alerts(self._conn, county=county)
        )

    @cached_property
    def pulse(self) -> OpinionPulse | None:
        """None until posts have been scored for the first time: nothing is known, not nothing was said."""
        if last_success(self._conn, SCORE_JOB) is None:
            return None
        return read_pulse(self._conn, self._campaign, self._scope, health=self._health, now=self._now)

    @cached_property
    def overview(self) -> Overview:
        board = self.alert_board
        opinion = tuple(alert for alert in board.alerts if alert.rule in OPINION_RULES)
        return Overview(
            headline=self.headline,
            floor=self._campaign.rules.min_leverage,
            opinion_alerts=AlertBoard(as_of=board.as_of, alerts=opinion),
            pulse=self.pulse,
        )

    @cached_property
    def masthead(self) -> Masthead:
        about = self._campaign.campaign
        today = business_day_start(self._now)
        first = business_day_start(about.launch_at)
        end = about.planned_end_at if not about.planned_end_is_assumption else None
        return Masthead(
            city_name=self._scope.name,
            theme=about.theme,
            tranche_name=self._campaign.in_scope.name,
            day_no=(today - first) // timedelta(days=1) + 1 if today >= first else None,
            day_count=(business_day_start(end) - first) // timedelta(days=1) + 1 if end else None,
            stamp=self.headline.stamp,
            banner=about.illustrative_banner if about.illustrative else None,
        )

    @cached_property
    def city_map(self) -> CityMap:
        about = self._campaign.campaign
        return CityMap(city_code=about.city_code, geo=about.geo, counties=self.counties)

    @cached_property
    def feed_board(self) -> FeedBoard:
        return FeedBoard(as_of=self._now, feeds=self._health)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One slot of the wall."""

    slot: str
    layout: Callable[[], Component]
    values: Callable[[Readings], dict[str, dict[str, Any]]]


def _panel(module: Any, reads: Callable[[Readings], Any]) -> Panel:
    return Panel(
        slot=module.SLOT, layout=module.layout, values=lambda readings: module.update(reads(readings))
    )


WALL: tuple[Panel, ...] = (
    _panel(masthead, lambda r: r.masthead),
    _panel(headline, lambda r: r.overview),
    _panel(county_progress, lambda r: r.counties),
    _panel(county_map, lambda r: r.city_map),
    _panel(minute_curve, lambda r: r.curve),
    _panel(sector_mix, lambda r: r.sectors),
    _panel(opinion_pulse, lambda r: r.pulse),
    _panel(alerts, lambda r: r.alert_board),
    _panel(feeds_strip, lambda r: r.feed_board),
)


def wall_layout() -> Component:
    """The overview, drawn once and empty; every figure comes with a snapshot."""
    return wall_page(**{panel.slot.replace("-", "_"): panel.layout() for panel in WALL})
