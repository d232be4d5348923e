"""What the rules of funds, progress and data look at, from roll-ups and bounded reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from domain.campaign import Campaign, Round
from domain.measures import Unredeemed
from domain.money_watch import Heard, LotWatch, Mixed, RoundWatch
from domain.readings import CountyProgress, FeedHealth, Health
from store.queries.counted import Lot
from store.queries.pace import pace_board
from store.queries.rounds import LotSum, lots_of, sold_out_after, voucher_rounds
from store.schema import feeds, rollup_total, source_state

_LOOK_FOR_SELL_OUT = timedelta(hours=72)
"""Minutes of an older round are not read: what sold out later than this is no event any more."""


def heard_of(conn: Connection, health: Sequence[FeedHealth]) -> dict[str, Heard]:
    """By programme, of the configured sources that ever told of it: one renamed or taken out says nothing any more.

    A programme that none of them told of is not among them.
    """
    fresh = {h.source for h in health if h.health is Health.FRESH}
    at = func.coalesce(feeds.c.data_time, source_state.c.data_time)
    query = (
        select(feeds.c.programme, feeds.c.source, at)
        .select_from(feeds.outerjoin(source_state, source_state.c.source == feeds.c.source))
        .where(feeds.c.source.in_([h.source for h in health]))
    )
    told: dict[str, dict[str, datetime | None]] = defaultdict(dict)
    for programme, source, data_time in conn.execute(query):
        told[programme][source] = data_time
    return {
        programme: Heard(
            sources=tuple(sorted(by_source)),
            fresh=by_source.keys() <= fresh,
            data_time=_furthest_behind(list(by_source.values())),
        )
        for programme, by_source in told.items()
    }


def _furthest_behind(times: Sequence[datetime | None]) -> datetime | None:
    return None if None in times else min(at for at in times if at is not None)


def watched_rounds(
    conn: Connection, campaign: Campaign, sums: Mapping[Lot, LotSum], *, now: datetime
) -> Iterator[RoundWatch]:
    """Every round of the tranche that has opened, with vouchers in it."""
    for r in voucher_rounds(campaign, campaign.round):
        if r.opens_at <= now and _in_scope(campaign, r):
            yield _watched(conn, r, sums, now=now)


def _in_scope(campaign: Campaign, r: Round) -> bool:
    return campaign.programmes[r.programme].tranche == campaign.in_scope.id


def _watched(conn: Connection, r: Round, sums: Mapping[Lot, LotSum], *, now: datetime) -> RoundWatch:
    found = list(lots_of(r, sums))
    out = sum(lot.claimed_count for lot in found) >= sum(line.qty for line in r.lines)
    recent = now - r.opens_at <= _LOOK_FOR_SELL_OUT
    return RoundWatch(
        programme=r.programme,
        no=r.no,
        opens_at=r.opens_at,
        claim_closes_at=r.claim_closes_at,
        use_until=r.use_until,
        lots=tuple(
            LotWatch(template=line.template, qty=line.qty, claimed_count=lot.claimed_count)
            for line, lot in zip(r.lines, found, strict=True)
        ),
        redeemed_count=sum(lot.redeemed_count for lot in found),
        sold_out_after=sold_out_after(conn, r) if out and recent else None,
    )


def projected(
    campaign: Campaign, progress: Sequence[CountyProgress], sums: Mapping[Lot, LotSum], *, now: datetime
) -> dict[str, Unredeemed]:
    """By programme, what is expected to be left at its end; without those of which too little is known."""
    owned = {p.division: p for p in campaign.programme if p.tranche == campaign.in_scope.id}
    board = pace_board(campaign, [(owned[p.code], p) for p in progress], {}, sums, now=now)
    return {owned[row.progress.code].id: row.unredeemed for row in board.rows if row.unredeemed is not None}


def mixed_tranches(conn: Connection, campaign: Campaign) -> tuple[Mixed, ...]:
    """What stands in the roll-ups under another tranche than the programme's own."""
    keys = (rollup_total.c.programme, rollup_total.c.tranche)
    fen = func.sum(rollup_total.c.claimed_fen + rollup_total.c.redeemed_gross_fen)
    query = select(*keys, fen).group_by(*keys).order_by(*keys)
    owners = campaign.programmes
    return tuple(
        Mixed(programme=programme, tranche=tranche, fen=int(n))
        for programme, tranche, n in conn.execute(query)
        if programme not in owners or owners[programme].tranche != tranche
    )
