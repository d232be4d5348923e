"""The release of the day: every round's opening, claims and sell-out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from domain.campaign import Campaign, Round
from domain.readings import Stamp
from domain.readings_scenes import RoundProgress, RoundState
from domain.sanity import Kept
from domain.terms import business_day_start
from store.queries.counted import Lot
from store.queries.rounds import LotSum, claimed_of, sold_out_after, state_of, voucher_rounds


def rounds_on_show(campaign: Campaign, programmes: Collection[str], *, now: datetime) -> tuple[Round, ...]:
    """The rounds of today; on a day without any those of the last day that had some, else of the first to come.

    Of one programme alone every round: a county's own wall has room for them. Their vouchers alone are released.
    """
    released = voucher_rounds(campaign, (r for r in campaign.round if r.programme in programmes))
    own = sorted(released, key=lambda r: (r.opens_at, r.no))
    if len(programmes) == 1:
        return tuple(own)
    days = sorted({business_day_start(r.opens_at) for r in own})
    today = business_day_start(now)
    past = [day for day in days if day <= today]
    chosen = past[-1] if past else days[0] if days else None
    return tuple(r for r in own if business_day_start(r.opens_at) == chosen)


def next_opening(rounds: Iterable[Round], *, now: datetime) -> datetime | None:
    return min((r.opens_at for r in rounds if r.opens_at > now), default=None)


def round_progress(
    conn: Connection,
    campaign: Campaign,
    rounds: Iterable[Round],
    sums: Mapping[Lot, LotSum],
    *,
    stamps: Mapping[str, Stamp],
    held: Mapping[str, frozenset[Kept]],
    now: datetime,
) -> tuple[RoundProgress, ...]:
    """`stamps`, `held`: by programme."""
    return tuple(
        _progress(
            conn,
            campaign,
            r,
            sums,
            stamp=stamps[r.programme],
            held=held.get(r.programme, frozenset()),
            now=now,
        )
        for r in rounds
    )


def _progress(
    conn: Connection,
    campaign: Campaign,
    round_: Round,
    sums: Mapping[Lot, LotSum],
    *,
    stamp: Stamp,
    held: frozenset[Kept],
    now: datetime,
) -> RoundProgress:
    programme = campaign.programmes[round_.programme]
    division = campaign.divisions.get(programme.division)
    told = claimed_of(round_, sums)
    silent = stamp.data_time is None and not told  # a platform may count claims and tell nothing else
    claimed = None if Kept.CLAIMED in held or silent else told
    state = state_of(round_, claimed, now=now)
    gone: timedelta | None = None
    if state is RoundState.SOLD_OUT:
        gone = sold_out_after(conn, round_)
    return RoundProgress(
        name=division.name if division else "市级",
        round_no=round_.no,
        opens_at=round_.opens_at,
        qty=sum(line.qty for line in round_.lines),
        claimed_count=claimed,
        state=state,
        sold_out_s=None if gone is None else gone.total_seconds(),
        stamp=stamp,
        held=held,
    )
