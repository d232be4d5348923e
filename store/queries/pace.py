"""Each programme's money against its time: the course so far, and what is projected to be left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, cast, func, select

from domain.campaign import Campaign, Programme
from domain.measures import Figures, Unredeemed, expected_clawback, time_pace
from domain.readings import CountyProgress, Pace
from domain.readings_scenes import CountyPace, PaceBoard
from domain.sanity import Kept
from store.buckets import DAY_US, HOUR_US, bucket_sql, bucket_start
from store.queries.counted import Lot
from store.queries.rounds import LotSum, matured_rates, still_to_claim_fen
from store.schema import rollup_day, rollup_minute

BEHIND_BY = 0.10
"""A programme this far (of its money) behind its time pace is called behind: our choice, the plan gives none."""
BY_HOUR_UNTIL = timedelta(days=4)
"""A young campaign is drawn by the hour, an older one by the day."""

Course = Mapping[str, Sequence[tuple[datetime, int]]]
"""Programme -> (end of bucket, net redeemed fen up to there)."""


def courses(conn: Connection, campaign: Campaign, programmes: Collection[str], *, now: datetime) -> Course:
    """Net redeemed money over time, cumulative."""
    young = now - campaign.campaign.launch_at <= BY_HOUR_UNTIL
    table, time, size_us = (rollup_minute, "minute", HOUR_US) if young else (rollup_day, "day", DAY_US)
    start = bucket_sql(table.c[time], size_us).label("start")
    end = bucket_start(now, size_us) + timedelta(microseconds=size_us)
    net = cast(func.sum(table.c.redeemed_gross_fen - table.c.refunded_fen), BigInteger)
    query = (
        select(table.c.programme, start, net)
        .where(table.c.programme.in_(programmes), table.c[time] < end)
        .group_by(table.c.programme, start)
        .order_by(start)
    )
    found: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for programme, at, fen in conn.execute(query).all():
        before = found[programme][-1][1] if found[programme] else 0
        until = min(at + timedelta(microseconds=size_us), now)
        found[programme].append((until, before + fen))
    return found


def pace_board(
    campaign: Campaign,
    rows: Sequence[tuple[Programme, CountyProgress]],
    course: Course,
    sums: Mapping[Lot, LotSum],
    *,
    now: datetime,
) -> PaceBoard:
    ends = [p.end_at for p, _ in rows if p.end_at]
    return PaceBoard(
        as_of=now,
        start=min((p.launch_at for p, _ in rows), default=campaign.campaign.launch_at),
        end=max(ends, default=campaign.campaign.planned_end_at),
        rows=tuple(
            CountyPace(
                progress=progress,
                end_at=programme.end_at,
                at=tuple(at for at, _ in course.get(programme.id, ())),
                used_fen=tuple(fen for _, fen in course.get(programme.id, ())),
                unredeemed=_unredeemed(campaign, programme, progress, sums, now=now),
            )
            for programme, progress in rows
        ),
    )


def _unredeemed(
    campaign: Campaign,
    programme: Programme,
    progress: CountyProgress,
    sums: Mapping[Lot, LotSum],
    *,
    now: datetime,
) -> Unredeemed | None:
    """None where a figure it stands on is under check, or nobody has told of any use: it is not that none was made."""
    if progress.is_use_unknown or progress.held & {Kept.CLAIMED, Kept.REDEEMED, Kept.REFUNDED}:
        return None
    figures = progress.figures
    return expected_clawback(
        allocation_fen=programme.allocation_fen,
        redeemed_net_fen=figures.redeemed_net_fen,
        usable_fen=max(0, figures.outstanding_fen)
        + still_to_claim_fen(campaign, programme.id, sums, now=now),
        matured=matured_rates(campaign, programme.id, sums, now=now),
        claimed_count=figures.claimed_count,
        subsidy_fen=figures.subsidy_approved_fen,
    )


def pace_of(programmes: Sequence[Programme], now: datetime) -> float | None:
    """The programmes' time pace weighted by their money; None while any end is unknown."""
    paces = [(p.allocation_fen, time_pace(now, start=p.launch_at, end=p.end_at)) for p in programmes]
    if not paces or any(pace is None for _, pace in paces):
        return None
    return sum(fen * (pace or 0.0) for fen, pace in paces) / sum(fen for fen, _ in paces)


def pace_state(programme: Programme, figures: Figures, pace: float | None, now: datetime) -> Pace:
    if not (figures.claimed_count or figures.redeemed_gross_count or figures.subsidy_applied_count):
        return Pace.OVERDUE if now > programme.launch_at + timedelta(days=1) else Pace.NOT_LAUNCHED
    used = figures.fund_use_rate(programme.allocation_fen) or 0.0
    return Pace.BEHIND if pace is not None and used < pace - BEHIND_BY else Pace.ON_PACE
