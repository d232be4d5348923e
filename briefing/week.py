"""A week's money day by day, as it was known at one moment: a day without vouchers or reports is unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from briefing.draft import Question
from domain.measures import Figures
from domain.terms import business_day_start, month_day, week_start, weekday
from store.queries.feeds import Feeds, feeds_as_of
from store.queries.progress import programmes_of
from store.queries.totals import totals

DAY = timedelta(days=1)
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

    @property
    def in_both(self) -> tuple[Week, Week]:
        """Both weeks' whole days, of the same days of the week: one that is unknown of either is of both."""
        pairs = zip(self.this.days[: self.full_days], self.last.days, strict=False)
        known = [(now, before) if now and before else (None, None) for now, before in pairs]
        this, last = zip(*known, strict=True) if known else ((), ())
        return replace(self.this, days=this), replace(self.last, days=last)


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
    return Weeks(
        this=week(monday, every),
        last=week(before, every),
        this_by={i: week(monday, [i]) for i in every},
        last_by={i: week(before, [i]) for i in every},
        number=(monday - first).days // 7 + 1,
        full_days=(asked.as_of - monday) // DAY,
    )


def _reach(feeds: Feeds, programme: str) -> datetime | None:
    """How far any of its feeds has told."""
    return max((feed.data_time for feed in feeds.get(programme, ()) if feed.data_time), default=None)


def _day(
    found: dict[str, dict[datetime, Figures]],
    spans: dict[str, tuple[datetime, datetime | None]],
    ids: Sequence[str],
    day: datetime,
    as_of: datetime,
) -> Figures | None:
    if day >= as_of:
        return None
    known = [
        i
        for i in ids
        if spans[i][0] <= day and (_moved(found[i].get(day)) or (spans[i][1] or spans[i][0]) > day)
    ]
    return Figures.total(found[i].get(day, Figures()) for i in known) if known else None


def _moved(figures: Figures | None) -> bool:
    """Vouchers that are let out stand in the calendar: they say nothing of what came of them."""
    return figures is not None and bool(
        figures.claimed_count
        or figures.redeemed_gross_count
        or figures.refunded_count
        or figures.subsidy_applied_count
        or figures.subsidy_paid_count
    )
