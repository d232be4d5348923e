"""Rounds: how far each is claimed and used, when it sold out, and what its vouchers can still become."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, and_, case, cast, func, select

from domain.campaign import Campaign, Line, Round
from domain.measures import Figures, matured_rate
from domain.readings_scenes import RoundState
from domain.records import Kind
from store.buckets import MINUTE_US, bucket_sql
from store.queries.counted import Lot, counted_claims, polls_of
from store.queries.ledger_cells import Cell, ledger_cells
from store.schema import counters, counters_newest, events, rollup_day, rollup_minute


@dataclass(frozen=True, slots=True, kw_only=True)
class LotSum:
    """One template of one round."""

    claimed_count: int = 0
    redeemed_count: int = 0
    approved_count: int = 0  # of an audited subsidy, which is applied for and never claimed
    pending_count: int = 0  # applied for and not decided; below zero where applications have not come yet

    @staticmethod
    def of(parts: Sequence[Figures]) -> LotSum:
        return LotSum(
            claimed_count=sum(f.claimed_count for f in parts),
            redeemed_count=sum(f.redeemed_gross_count for f in parts),
            approved_count=sum(f.subsidy_approved_count for f in parts),
            pending_count=sum(f.subsidy_pending_count for f in parts),
        )


def lot_sums(
    conn: Connection, *, cells: Iterable[Cell] | None = None, counted: Mapping[Lot, int] | None = None
) -> dict[Lot, LotSum]:
    """Claims as the events tell them or the platform counts them, whichever is ahead; the rest as events tell it.

    `cells`: of `ledger_cells`, and `counted`, of `counted_claims`, to share them with the totals.
    """
    if cells is None:
        cells = ledger_cells(conn, with_day=False, known_by=None)
    told: dict[Lot, list[Figures]] = defaultdict(list)
    for cell in cells:
        told[Lot(cell.programme, cell.template, cell.round_no)].append(cell.figures)
    found = {lot: LotSum.of(parts) for lot, parts in told.items()}
    for lot, n in (counted_claims(conn, known_by=None) if counted is None else counted).items():
        known = found.get(lot, LotSum())
        if n > known.claimed_count:
            found[lot] = replace(known, claimed_count=n)
    return found


def voucher_rounds(campaign: Campaign, rounds: Iterable[Round]) -> Iterator[Round]:
    """Each with its vouchers alone, since nobody claims an audited subsidy; a round of nothing else is left out."""
    for r in rounds:
        vouchers = tuple(line for line in r.lines if campaign.templates[line.template].kind == "voucher")
        if vouchers:
            yield r.model_copy(update={"lines": vouchers})


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
    """Face value of vouchers of rounds that are yet to open, or open and not claimed to the last.

    Of audited subsidies, of what is not approved yet; of a round that has closed, of what waits for its decision.
    """
    return sum(
        max(0, _still_to_claim(campaign, r, line, lot, now=now)) * campaign.templates[line.template].face_fen
        for r in campaign.round
        if r.programme == programme
        for line, lot in zip(r.lines, lots_of(r, sums), strict=True)
    )


def _still_to_claim(campaign: Campaign, r: Round, line: Line, lot: LotSum, *, now: datetime) -> int:
    is_voucher = campaign.templates[line.template].kind == "voucher"
    if now > r.claim_closes_at:
        return 0 if is_voucher else lot.pending_count
    return line.qty - (lot.claimed_count if is_voucher else lot.approved_count)


def state_of(round_: Round, claimed: int | None, *, now: datetime) -> RoundState | None:
    """None: it has opened, and nobody knows how far it is claimed."""
    if now < round_.opens_at:
        return RoundState.WAITING
    if claimed is None:
        return None
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
    """The end of the minute in which the round's claims reached its quantity, looked for in the day they did."""
    left = sum(line.qty for line in round_.lines)
    for day, own, others in conn.execute(_claims_by_day(round_)):
        if own < left:
            left -= own
            continue
        for minute, n in conn.execute(_claims_by_minute(round_, day, alone=not others)):
            left -= n
            if left <= 0:
                reached: datetime = minute
                return reached + timedelta(minutes=1)
    return None


def _claims_by_day(round_: Round) -> Select[Any]:
    """(day, the round's claims, those of the programme's other rounds)."""
    c = rollup_day.c
    is_own = and_(c.round_no == round_.no, c.template.in_(_templates(round_)))
    own, all_ = func.sum(case((is_own, c.claimed_count), else_=0)), func.sum(c.claimed_count)
    query = select(c.day, cast(own, BigInteger), cast(all_ - own, BigInteger))
    return query.where(c.programme == round_.programme).group_by(c.day).order_by(c.day)


def _claims_by_minute(round_: Round, day: datetime, *, alone: bool) -> Select[datetime, int]:
    """(minute, the round's claims) of a day: from the programme's minutes where these are all it had, else by event."""
    if alone:
        c = rollup_minute.c
        told = select(c.minute, cast(func.sum(c.claimed_count), BigInteger)).where(
            c.programme == round_.programme, c.minute >= day, c.minute < day + timedelta(days=1)
        )
        return told.group_by(c.minute).order_by(c.minute)
    e = events.c
    minute = bucket_sql(e.occurred_at, MINUTE_US)
    query = select(minute, func.count()).where(
        e.programme.concat("")
        == round_.programme,  # written so, SQLite walks the day, and not the whole programme
        e.round_no == round_.no,
        e.template.in_(_templates(round_)),
        e.kind == Kind.CLAIM.value,
        ~e.cancelled,
        e.occurred_at >= day,
        e.occurred_at < day + timedelta(days=1),
    )
    return query.group_by(minute).order_by(minute)


def _templates(round_: Round) -> list[str]:
    return [line.template for line in round_.lines]
