"""A week's money day by day, as it was known at one moment: a day without vouchers or reports is unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.draft import Question
from domain.measures import Figures
from domain.terms import business_day_start, month_day, week_start, weekday
from store.queries.feeds import Feeds, feeds_as_of
from store.queries.progress import programmes_of
from store.queries.totals import totals

DAY = timedelta(days=1)
Span = tuple[datetime, datetime | None]
"""A programme's first day, and how far any of its feeds has told."""
Spans = dict[str, Span]
DIFFERENCE = "增减"
"""What names the row of a week less the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven days from its Monday. None: not begun, not over the launch, or nobody has reported of it."""

    monday: datetime
    days: tuple[Figures | None, ...]

    def first(self, days: int) -> Week:
        return Week(monday=self.monday, days=self.days[:days])

    @property
    def known(self) -> int:
        return sum(day is not None for day in self.days)

    @property
    def total(self) -> Figures | None:
        """Of the days that are known; None where none is."""
        return Figures.total(day for day in self.days if day is not None) if self.known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """The paper's week and the one before it, of the scope and of each of its programmes."""

    this: Week
    last: Week
    this_by: dict[str, Week]  # by programme
    last_by: dict[str, Week]
    number: int  # 1: the week of the first launch
    full_days: int  # of the paper's week, that are over
    in_both: tuple[Week, Week]  # those, of the same programmes and days of the week: what both tell whole


def day_name(day: datetime) -> str:
    """What names a day's row: 10月28日（五）."""
    return f"{month_day(day)}（{weekday(day)[-1]}）"


def read_weeks(asked: Question) -> Weeks:
    """By day from `totals`, so that they equal it to the fen."""
    monday = week_start(asked.as_of - timedelta(microseconds=1))
    programmes = programmes_of(asked.campaign, asked.scope)
    rows = totals(
        asked.conn,
        asked.campaign,
        by=("programme", "day"),
        now=asked.as_of,
        known_by=asked.known_by,
        until=asked.as_of,
        tranche=asked.campaign.in_scope.id,
    )
    found: dict[str, dict[datetime, Figures]] = defaultdict(dict)
    for row in rows:
        programme, day = row.key
        found[programme][day] = row.figures
    feeds = feeds_as_of(asked.conn, asked.known_by)
    spans = {p.id: (business_day_start(p.launch_at), _reach(feeds, p.id)) for p in programmes}

    def week(start: datetime, ids: Sequence[str]) -> Week:
        starts = [start + DAY * n for n in range(7)]
        return Week(monday=start, days=tuple(_day(found, spans, ids, at, asked.as_of) for at in starts))

    every, before = [p.id for p in programmes], monday - 7 * DAY
    first = week_start(min(p.launch_at for p in programmes))
    full_days = (asked.as_of - monday) // DAY
    pairs = [_both(found, spans, monday + n * DAY, before + n * DAY) for n in range(full_days)]
    now, then = zip(*pairs, strict=True) if pairs else ((), ())
    return Weeks(
        this=week(monday, every),
        last=week(before, every),
        this_by={i: week(monday, [i]) for i in every},
        last_by={i: week(before, [i]) for i in every},
        number=(monday - first).days // 7 + 1,
        full_days=full_days,
        in_both=(Week(monday=monday, days=now), Week(monday=before, days=then)),
    )


def _reach(feeds: Feeds, programme: str) -> datetime | None:
    """How far any of its feeds has told."""
    return max((feed.data_time for feed in feeds.get(programme, ()) if feed.data_time), default=None)


def _day(
    found: dict[str, dict[datetime, Figures]],
    spans: Spans,
    ids: Sequence[str],
    day: datetime,
    as_of: datetime,
) -> Figures | None:
    if day >= as_of:
        return None
    known = [i for i in ids if _is_known(found[i], spans[i], day)]
    return Figures.total(found[i].get(day, Figures()) for i in known) if known else None


def _both(
    found: dict[str, dict[datetime, Figures]], spans: Spans, now: datetime, before: datetime
) -> tuple[Figures | None, Figures | None]:
    """A day and that of the week before, of the programmes that told both whole, or had not launched before."""
    of_both = [i for i in spans if _is_whole(found[i], spans[i], before)]
    new = [i for i in spans if spans[i][0] > before]
    told = [i for i in (*of_both, *new) if _is_whole(found[i], spans[i], now)]
    if not set(told) & set(of_both):
        return None, None
    this, last = (Figures.total(found[i].get(day, Figures()) for i in told) for day in (now, before))
    return this, last


def _is_known(found: Mapping[datetime, Figures], span: Span, day: datetime) -> bool:
    launch_day, reach = span
    return launch_day <= day and (_moved(found.get(day)) or (reach or launch_day) > day)


def _is_whole(found: Mapping[datetime, Figures], span: Span, day: datetime) -> bool:
    """A day told until the afternoon is no day to compare."""
    _, reach = span
    return _is_known(found, span, day) and not (reach is not None and day < reach < day + DAY)


def _moved(figures: Figures | None) -> bool:
    """Vouchers that are let out stand in the calendar: they say nothing of what came of them."""
    return figures is not None and bool(
        figures.claimed_count
        or figures.redeemed_gross_count
        or figures.refunded_count
        or figures.subsidy_applied_count
        or figures.subsidy_paid_count
    )
