"""What people are shown: wall, desk, API and briefing all draw from these, so they cannot disagree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.measures import Figures, ratio
from domain.records import Grade
from domain.sanity import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose figures: the whole city, or one county's own programme."""

    code: str  # six-digit division code
    name: str
    is_city: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """How far a figure can be trusted. Stands on every tile."""

    data_time: datetime | None  # of the source's events, not of the rendering; None: nothing has come yet
    grade: Grade
    tranche: str
    late: tuple[str, ...] = ()  # names of feeds older than their cadence: the tile greys and names them
    as_of: datetime | None = (
        None  # when the reading was taken: a data time of another day is shown with its date
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The overview's figures for one scope."""

    stamp: Stamp
    allocation_fen: int
    figures: Figures
    rated: Figures  # of the programmes whose use is known: the others' claims are no base of a rate
    redeemed_today_fen: int | None  # net; None: no platform has told of today
    told_today_fen: int | None  # of that, up to where each platform has told of today
    redeemed_yesterday_fen: int | None  # of those, by the same time of each; None: no such day
    redeemed_yesterday_count: int | None  # gross, likewise
    merchants_active: int
    time_pace: float | None
    held: frozenset[Kept] = frozenset()  # under check: shown as 核查中, never as a figure

    @property
    def fund_use_rate(self) -> float | None:
        return self.figures.fund_use_rate(self.allocation_fen)

    @property
    def redemption_rate_by_count(self) -> float | None:
        return ratio(self.rated.redeemed_gross_count, self.rated.claimed_count)

    @property
    def direct_leverage(self) -> float | None:
        return self.figures.direct_leverage


class Pace(StrEnum):
    NOT_LAUNCHED = "not_launched"
    OVERDUE = "overdue"  # its launch date has passed and nothing was claimed
    ON_PACE = "on_pace"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyProgress:
    """One county programme against its money and its time. City vouchers used there stand apart."""

    code: str
    name: str
    stamp: Stamp
    launch_at: datetime
    pace: Pace
    time_pace: float | None
    allocation_fen: int
    figures: Figures
    city_redeemed_fen: int  # net, vouchers of the city programme used in this county
    residents: int
    floor: float = 5.0  # rules.min_leverage
    held: frozenset[Kept] = frozenset()

    @property
    def is_use_unknown(self) -> bool:
        """Its platform may count claims, but has told of no use: how much was used is unknown, not nothing."""
        return is_use_unknown(self.figures, self.stamp.data_time)

    @property
    def fund_use_rate(self) -> float | None:
        return self.figures.fund_use_rate(self.allocation_fen)

    @property
    def redemption_rate_by_count(self) -> float | None:
        return ratio(self.figures.redeemed_gross_count, self.figures.claimed_count)

    @property
    def direct_leverage(self) -> float | None:
        return self.figures.direct_leverage


def is_use_unknown(figures: Figures, data_time: datetime | None) -> bool:
    """Of one programme's: how far its platform has told, if at all."""
    return data_time is None and not figures.redeemed_gross_count


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorShare:
    """One sector's part of the net redeemed money."""

    sector: str
    name: str
    stamp: Stamp
    figures: Figures
    share: float | None  # of the net redeemed amount
    floor: float  # rules.min_leverage
    held: frozenset[Kept] = frozenset()

    @property
    def direct_leverage(self) -> float | None:
        return self.figures.direct_leverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A round's opening, for the mark on the curve."""

    opens_at: datetime
    programme: str
    round_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteCurve:
    """Claims and redemptions per minute of one statistical day. The three sequences have equal length."""

    stamp: Stamp
    minutes: tuple[datetime, ...]  # every minute from the first shown to `data_time`
    claimed: tuple[int, ...]
    redeemed: tuple[int, ...]
    releases: tuple[Release, ...]
    held: frozenset[Kept] = frozenset()

    @property
    def claims_per_s(self) -> float | None:
        """Over the last whole minute; None before there is one, or while claims are under check."""
        if len(self.minutes) < 2 or Kept.CLAIMED in self.held:
            return None
        return self.claimed[-2] / 60


class Health(StrEnum):
    FRESH = "fresh"
    LATE = "late"  # older than its own cadence allows
    DOWN = "down"  # the last attempts failed
    NEVER = "never"  # nothing has ever come


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """One source against its own expected cadence."""

    source: str
    name: str
    side: str  # "payment" or "opinion"
    health: Health
    data_time: datetime | None
    last_ok_at: datetime | None
    seen_at: datetime | None  # what its lateness is measured from; None: nothing has ever come
    stale_after_s: float  # since then, before it is late
    delay_allowed_s: float  # how long after it happened an event may come
    quarantined_count: int
    trouble: str | None  # blocked, expired, empty, down: in the connector's own words
    platform: str | None = None  # whose payments it tells; None: of posts
    heard_since: datetime | None = None  # its first answer; None: it never gave one


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLine:
    """One post as a list shows it: topic and place, no person."""

    post_id: int
    title: str
    media: str
    url: str | None
    label: str | None
    county: str | None  # name
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionPulse:
    """What was said in the window. Unlabelled posts are counted apart, never as neutral."""

    since: datetime
    until: datetime
    posts: int  # relevant posts
    negative: int
    neutral: int
    positive: int
    unlabelled: int
    irrelevant: int  # shop advertising and other talk, left out of every figure above
    hours: tuple[datetime, ...]
    negative_by_hour: tuple[int, ...]
    other_by_hour: tuple[int, ...]
    dead_sources: tuple[str, ...]  # a gap, never a calm
    latest_negative: tuple[PostLine, ...]
    silent_by_hour: tuple[
        tuple[str, ...], ...
    ]  # sources nobody heard in that hour: its columns may be too low


class Level(StrEnum):
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


GRAVITY = {level.value: rank for rank, level in enumerate(Level)}
"""By level, or by the word it is stored as: the graver, the higher."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert:
    """One alert that nobody has concluded yet, as the wall shows it."""

    alert_id: int
    rule: str
    subject: str
    level: Level
    title: str  # one sentence with its figures
    reasons: tuple[str, ...]
    raised_at: datetime
    refreshed_at: datetime
    evidence_count: int
    receded: bool = False  # its rule finds it no more; a person still has to judge it


@dataclass(frozen=True, slots=True, kw_only=True)
class Masthead:
    """What stands over the whole wall."""

    city_name: str
    theme: str
    tranche_name: str
    day_no: int | None  # 1 on the launch day; None before it
    day_count: int | None  # None while the province has not set the end
    stamp: Stamp  # data_time: of the least recent feed behind the figures
    banner: str | None  # campaign.illustrative_banner while `illustrative`, else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertBoard:
    """The open alerts of a scope. `as_of` is when the rules last ran; None: they never have, so nothing is known."""

    as_of: datetime | None
    alerts: tuple[OpenAlert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The six headline tiles: money from `headline`, opinion from the two boards beside it."""

    headline: Headline
    floor: float  # rules.min_leverage
    design_leverage: float | None  # of the vouchers planned: shown while the orders' amounts are not told
    opinion_alerts: AlertBoard  # alerts of the opinion rules only
    pulse: OpinionPulse | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CityMap:
    """The counties of one city on their borders."""

    city_code: str
    geo: str | None  # campaign.geo: a GeoJSON file in place of the shipped borders
    counties: tuple[CountyProgress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedBoard:
    """Every source at one moment."""

    as_of: datetime
    feeds: tuple[FeedHealth, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """What became of a source's rows, by its own runs. The same bytes read twice are counted twice."""

    accepted: int
    duplicate: int
    superseded: (
        int  # rows that completed or corrected what stood under their key, or came after their correction
    )
    quarantined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """A person's request to read a source at once."""

    rerun_id: int
    source: str
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """One source as its keepers see it. Delays (R14): arrival less event time over the last 24 h, nearest rank."""

    feed: FeedHealth
    delay_p50_s: float | None  # None: nothing with a known event time arrived
    delay_p95_s: float | None
    delays_count: int  # how many arrivals the two stand on
    day: RowCounts | None  # the last 24 h; None: no run ended in them
    total: RowCounts | None  # since the store began; None: it never ran
    asked: Rerun | None = None  # None: nobody waits for it to be read at once
    paused_until: datetime | None = None  # None: it is asked at its interval
    every_s: float | None = None  # how often we ask: nothing arrives much faster. None: unknown

    @property
    def is_slow(self) -> bool:
        """Whether one arrival in twenty takes longer than this source's may."""
        return self.delay_p95_s is not None and self.delay_p95_s > self.feed.delay_allowed_s


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBoard:
    """Every configured source at one moment."""

    as_of: datetime
    reports: tuple[SourceReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedRow:
    """One row put aside. Everything but the times came from outside."""

    row: str
    field: str
    reason: str
    excerpt: str
    received_at: datetime
    sha256: str  # of the payload it stood in
    payload: str | None  # its name; None: the archive no longer has it


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinePage:
    """One page of what was put aside, newest first."""

    page: int  # from 1
    pages: int  # at least 1
    total: int  # rows on all pages
    rows: tuple[QuarantinedRow, ...]
