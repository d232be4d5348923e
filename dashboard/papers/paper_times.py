"""When papers are due: what the timetable owes, and the moment a paper that is wanted now is of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import Connection

from dashboard.live.snapshot import city_scope, county_scopes
from domain.campaign import Campaign
from domain.papers import PaperKind, WantedPaper
from domain.readings import Scope
from domain.terms import business_day_start, local, week_start
from store.queries.briefings import moments_with_papers
from store.queries.progress import programmes_of

READY_AT: Final = time(8, 30)
"""When the paper of the day before is made: still as of its midnight. What platforms send by night is not in it:
a day no file has come of stands in it as unknown."""
MADE_UP_DAYS = 3
"""A run that was missed is made up for that long; an older day's paper is asked for by a person."""
SETTLED_DAYS = 3
"""So long after the end the platforms' last files are in; the report is due two weeks after it (work plan 八)."""
_READY: Final = timedelta(hours=READY_AT.hour, minutes=READY_AT.minute)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


def paper_moment(wanted: WantedPaper, *, now: datetime) -> datetime:
    """The end of what it is of, or now while that runs, to the minute."""
    last = local(wanted.day) + (_WEEK if wanted.kind is PaperKind.WEEKLY else _DAY)
    return min(local(now).replace(second=0, microsecond=0), last)


def owed(conn: Connection, campaign: Campaign, *, now: datetime) -> Iterator[WantedPaper]:
    """Every scope's daily paper and final report, the city's 舆情日报 and 周报, of what has ended."""
    city = city_scope(campaign)
    for scope in (city, *county_scopes(campaign)):
        yield from _days(conn, campaign, scope, PaperKind.DAILY, now)
    yield from _days(conn, campaign, city, PaperKind.OPINION, now)
    yield from _week(conn, campaign, city, now)
    for scope in (city, *county_scopes(campaign)):
        yield from _final(conn, campaign, scope, now)


def _days(
    conn: Connection, campaign: Campaign, scope: Scope, kind: PaperKind, now: datetime
) -> Iterator[WantedPaper]:
    """Of each day from the scope's first launch on; runs that were missed are made up for some days."""
    today, there = business_day_start(now), moments_with_papers(conn, scope.code, kind)
    first = business_day_start(min(p.launch_at for p in programmes_of(campaign, scope)))
    for back in range(MADE_UP_DAYS, 0, -1):
        day = today - timedelta(days=back)
        if first <= day and day + _DAY + _READY <= now and day + _DAY not in there:
            yield WantedPaper(scope=scope.code, day=day, kind=kind)


def _week(conn: Connection, campaign: Campaign, scope: Scope, now: datetime) -> Iterator[WantedPaper]:
    """The week that ended last, from the first launch's on: made up once at any time of the next."""
    monday = week_start(now)
    first = week_start(min(p.launch_at for p in programmes_of(campaign, scope)))
    there = moments_with_papers(conn, scope.code, PaperKind.WEEKLY)
    if first < monday and monday + _READY <= now and monday not in there:
        yield WantedPaper(scope=scope.code, day=monday - _WEEK, kind=PaperKind.WEEKLY)


def _final(conn: Connection, campaign: Campaign, scope: Scope, now: datetime) -> Iterator[WantedPaper]:
    """Once, when all of the scope's programmes have ended and settled; never while an end is not known."""
    ends = [p.end_at for p in programmes_of(campaign, scope)]
    last = max((end for end in ends if end is not None), default=None)
    if last is None or None in ends:
        return
    day = business_day_start(last) + timedelta(days=SETTLED_DAYS)
    there = moments_with_papers(conn, scope.code, PaperKind.FINAL)
    if day + _DAY + _READY <= now and not any(at >= day + _DAY for at in there):
        yield WantedPaper(scope=scope.code, day=day, kind=PaperKind.FINAL)
