"""Rounds: how far each is claimed and used, when it sold out, and what its vouchers can still become."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy import Connection, func, select

from domain.campaign import Campaign, Round
from domain.measures import matured_rate
from domain.readings_scenes import RoundState
from domain.records import Kind
from store.queries.counted import Lot, counted_claims, polls_of
from store.queries.ledger_cells import Cell, ledger_cells
from store.schema import counters, counters_newest, rollup_minute


@dataclass(frozen=True, slots=True, kw_only=True)
class LotSum:
    """One template of one round."""

    claimed_count: int = 0
    redeemed_count: int = 0


def lot_sums(
    conn: Connection, *, cells: Iterable[Cell] | None = None, counted: Mapping[Lot, int] | None = None
) -> dict[Lot, LotSum]:
    """Claims as the events tell them or the platform counts them, whichever is ahead; gross redemptions.

    `cells`: of `ledger_cells`, and `counted`, of `counted_claims`, to share them with the totals.
    """
    if cells is None:
        cells = ledger_cells(conn, with_day=False, known_by=None)
    told: dict[Lot, list[int]] = {}
    for cell in cells:
        sums = told.setdefault(Lot(cell.programme, cell.template, cell.round_no), [0, 0])
        sums[0] += cell.figures.claimed_count
        sums[1] += cell.figures.redeemed_gross_count
    found = {lot: LotSum(claimed_count=sums[0], redeemed_count=sums[1]) for lot, sums in told.items()}
    for lot, n in (counted_claims(conn, known_by=None) if counted is None else counted).items():
        known = found.get(lot, LotSum())
        if n > known.claimed_count:
            found[lot] = LotSum(claimed_count=n, redeemed_count=known.redeemed_count)
    return found


def lots_of(round_: Round, sums: Mapping[Lot, LotSum]) -> Iterator[LotSum]:
    return (sums.get(Lot(round_.programme, line.template, round_.no), LotSum()) for line in round_.lines)


def claimed_of(round_: Round, sums: Mapping[Lot, LotSum]) -> int:
    return sum(lot.claimed_count for lot in lots_of(round_, sums))


def matured_rates(
    campaign: Campaign, programme: str, sums: Mapping[Lot, LotSum], *, now: datetime
) -> tuple[Fraction, ...]:
    """Used / claimed of every round of the programme past its last day that had enough claims to tell."""
    past = (r for r in campaign.round if r.programme == programme and now > r.use_until)
    rates = (
        matured_rate(
            claimed_count=claimed_of(r, sums), redeemed_count=sum(x.redeemed_count for x in lots_of(r, sums))
        )
        for r in past
    )
    return tuple(rate for rate in rates if rate is not None)


def still_to_claim_fen(
    campaign: Campaign, programme: str, sums: Mapping[Lot, LotSum], *, now: datetime
) -> int:
    """Face value of vouchers of rounds that are yet to open, or open and not claimed to the last."""
    left = 0
    for r in campaign.round:
        if r.programme != programme or now > r.claim_closes_at:
            continue
        for line, lot in zip(r.lines, lots_of(r, sums), strict=True):
            left += max(0, line.qty - lot.claimed_count) * campaign.templates[line.template].face_fen
    return left


def state_of(round_: Round, claimed: int, *, now: datetime) -> RoundState:
    if now < round_.opens_at:
        return RoundState.WAITING
    if claimed >= sum(line.qty for line in round_.lines):
        return RoundState.SOLD_OUT
    return RoundState.CLOSED if now > round_.claim_closes_at else RoundState.OPEN


def sold_out_after(conn: Connection, round_: Round) -> timedelta | None:
    """Opening to the last claim of a sold-out round: by the platform's counter where it has one, else by the minute."""
    at = _counted_out(conn, round_) or _claimed_out(conn, round_)
    return None if at is None else max(timedelta(0), at - round_.opens_at)


def _counted_out(conn: Connection, round_: Round) -> datetime | None:
    """The first poll that told every line's whole quantity: read from each counter's first on, and no further."""
    times: list[datetime | None] = []
    for line in round_.lines:
        of_line = select(counters_newest).where(
            counters_newest.c.programme == round_.programme,
            counters_newest.c.template == line.template,
            counters_newest.c.round_no == round_.no,
            counters_newest.c.kind == Kind.CLAIM.value,
        )
        firsts = [
            conn.execute(
                select(counters.c.counted_at)
                .where(*polls_of(newest), counters.c.value_count >= line.qty)
                .order_by(counters.c.counted_at)
                .limit(1)
            ).scalar_one_or_none()
            for newest in conn.execute(of_line).all()
        ]
        times.append(min((at for at in firsts if at is not None), default=None))
    known = [at for at in times if at is not None]
    return max(known) if len(known) == len(times) else None


def _claimed_out(conn: Connection, round_: Round) -> datetime | None:
    """The end of the minute in which the programme's claims since the opening reached the round's quantity."""
    left = sum(line.qty for line in round_.lines)
    query = (
        select(rollup_minute.c.minute, func.sum(rollup_minute.c.claimed_count))
        .where(rollup_minute.c.programme == round_.programme, rollup_minute.c.minute >= round_.opens_at)
        .group_by(rollup_minute.c.minute)
        .order_by(rollup_minute.c.minute)
    )
    for minute, n in conn.execute(query):
        left -= int(n)
        if left <= 0:
            reached: datetime = minute
            return reached + timedelta(minutes=1)
    return None
