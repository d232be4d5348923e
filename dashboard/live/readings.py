"""Everything the panels of one scope read. What all scopes share comes from `dashboard.live.shared`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cached_property

from dashboard.live.shared import TALKED_OF, Shared
from dashboard.live.talk import Talk
from domain.deadlines import due_reports
from domain.limits import design_leverage
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
from domain.readings_scenes import Discrepancies, HeldFigure, LaunchBoard, OpinionBoard, PaceBoard, TrustBoard
from domain.scenes import Rotation, order_for, pin_of
from domain.terms import business_day_start
from domain.topics import is_about_posts
from store.buckets import MINUTE_US, bucket_start
from store.queries.alerts import open_alerts
from store.queries.discrepancies import has_compared
from store.queries.launch import next_opening, round_progress, rounds_on_show
from store.queries.pace import pace_board
from store.queries.progress import Money, programmes_of
from store.queries.sources import sources_of

COMPLAINED = timedelta(minutes=10)
TABLE_ISSUES = 4


class Readings:
    """The readings of one scope."""

    def __init__(self, shared: Shared, scope: Scope) -> None:
        self._shared, self._scope = shared, scope
        self._conn, self._campaign, self._now = shared.conn, shared.campaign, shared.now
        self._programmes = programmes_of(self._campaign, scope)
        self._ids = [p.id for p in self._programmes]
        self._sources = {e.source for e in sources_of(shared.expected, self._campaign, within=scope.code)}

    @cached_property
    def _health(self) -> tuple[FeedHealth, ...]:
        return tuple(h for h in self._shared.health if h.source in self._sources)

    @cached_property
    def _money(self) -> Money:
        return Money(
            self._conn,
            self._campaign,
            self._scope,
            now=self._now,
            late=self._shared.late,
            rows=self._shared.rows,
            held=self._shared.gate.held,
            flows=self._shared.flows,
        )

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
        return AlertBoard(as_of=self._shared.watched_at, alerts=open_alerts(self._conn, county=county))

    @cached_property
    def _opinion_alerts(self) -> AlertBoard:
        board = self.alert_board
        return AlertBoard(as_of=board.as_of, alerts=tuple(a for a in board.alerts if is_about_posts(a.rule)))

    @cached_property
    def pulse(self) -> OpinionPulse | None:
        """None until posts have been scored for the first time: nothing is known, not nothing was said."""
        if not self._shared.has_scored:
            return None
        silent = self._shared.silent
        return self._talk.pulse(self._conn, self._campaign, health=self._health, silent=silent, now=self._now)

    @property
    def _talk(self) -> Talk:
        return self._shared.talk(self._scope)

    @cached_property
    def overview(self) -> Overview:
        return Overview(
            headline=self.headline,
            floor=self._campaign.rules.min_leverage,
            design_leverage=design_leverage(self._campaign, self._programmes),
            opinion_alerts=self._opinion_alerts,
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

    @cached_property
    def pace(self) -> PaceBoard:
        """The city's own programme last: the counties keep their places."""
        progress = [*self.counties, *(p for p in (self._money.city(),) if p)]
        owned = {p.division: p for p in self._programmes}
        rows = [(owned[p.code], p) for p in progress]
        return pace_board(self._campaign, rows, self._shared.courses, self._shared.sums, now=self._now)

    @cached_property
    def launch(self) -> LaunchBoard:
        shown = rounds_on_show(self._campaign, self._ids, now=self._now)
        every = (r for r in self._campaign.round if r.programme in self._ids)
        progress = [*self.counties, *(p for p in (self._money.city(),) if p)]
        owned = {p.division: p.id for p in self._programmes}
        stamps = {owned[p.code]: p.stamp for p in progress}
        complaints = self._talk.issues(
            now=self._now, window=COMPLAINED, covered_since=self._shared.posts_since
        )
        return LaunchBoard(
            as_of=self._now,
            curve=self.curve,
            rounds=round_progress(
                self._conn,
                self._campaign,
                shown,
                self._shared.sums,
                stamps=stamps,
                held=self._shared.gate.held,
                now=self._now,
            ),
            payment_feeds=tuple(h for h in self._health if h.side == "payment"),
            complaints=complaints if self._shared.has_scored else None,
            next_opens_at=next_opening(every, now=self._now),
        )

    @cached_property
    def opinion(self) -> OpinionBoard | None:
        if self.pulse is None:
            return None
        covered = self._shared.posts_since
        issues = self._talk.issues(now=self._now, window=TALKED_OF, covered_since=covered)
        table_issues = tuple(i.name for i in issues[:TABLE_ISSUES])
        names = {d.code: d.name for d in self._campaign.division}
        return OpinionBoard(
            pulse=self.pulse,
            usual=self._talk.usual(self.pulse.hours, covered=covered),
            issues=issues,
            table_issues=table_issues,
            table=self._talk.table(names, issues=table_issues, since=self._now - TALKED_OF),
            alerts=self._opinion_alerts,
            feeds=tuple(h for h in self._health if h.side == "opinion"),
        )

    @cached_property
    def talk(self) -> OpinionBoard | None:
        """`opinion` for panels that show neither sources nor seconds: most versions change nothing of it."""
        if self.opinion is None:
            return None
        minute = bucket_start(self._now, MINUTE_US)
        return replace(self.opinion, pulse=replace(self.opinion.pulse, until=minute), feeds=())

    @cached_property
    def trust(self) -> TrustBoard:
        slow = self._shared.slow
        gate, own = self._shared.gate, set(self._ids)
        return TrustBoard(
            as_of=self._now,
            feeds=self._health,
            reports=tuple(r for r in slow.board.reports if r.feed.source in self._sources) if slow else (),
            delays_as_of=slow.at if slow else None,
            held=tuple(
                HeldFigure(name=self._campaign.programmes[p].name, kept=kept, doubt=doubt)
                for p, doubts in gate.doubts.items()
                if p in own
                for kept, doubt in doubts.items()
            ),
            corrected=tuple(self._campaign.programmes[p].name for p in gate.corrected_today if p in own),
            discrepancies=self._discrepancies,
            due=due_reports(self._campaign, self._ids),
        )

    @cached_property
    def _discrepancies(self) -> Discrepancies | None:
        """None until anything of the scope has been compared."""
        if not has_compared(self._conn, self._ids, known_by=self._now):
            return None
        open_ones = [d for d in self._shared.discrepancies if d.subject.programme in self._ids]
        fens = (abs((d.theirs.fen or 0) - (d.ours.fen or 0)) for d in open_ones)
        return Discrepancies(open_count=len(open_ones), open_fen=sum(fens))

    @cached_property
    def rotation(self) -> Rotation:
        wall = self._campaign.wall
        opens = [r.opens_at for r in self._campaign.round if r.programme in self._ids]
        return Rotation(
            order=order_for(wall.scenes, is_city=self._scope.is_city),
            dwell_s=wall.dwell_s,
            pin=pin_of(opens, self.alert_board.alerts, now=self._now),
        )
