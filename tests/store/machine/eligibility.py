"""Which events must be flagged (I15 to I17): from the campaign's rules and two lists, event by event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from domain.campaign import Campaign
from domain.records import Entry, Kind
from domain.register import Merchant, Sanction
from tests.store.machine.oracle import Oracle, key_of, origin_of

Flag = tuple[str, tuple[object, ...], datetime | None]
"""Reason, the event's key, and the time it was held against."""


def flags(
    oracle: Oracle, campaign: Campaign, shops: Sequence[Merchant] | None, bans: Sequence[Sanction] | None
) -> set[Flag]:
    """None: no such list was loaded, and what needs it is not judged."""
    orders = {key_of(entry): fen for entry, fen in oracle.standing()}
    standing = [entry for entry, _ in oracle.standing()]
    used = {key_of(e): e for e in standing if e.event.kind is Kind.REDEMPTION}
    claims: dict[tuple[str, str], datetime] = {}
    for e in standing:
        if e.event.kind is Kind.CLAIM:
            voucher = (e.programme, e.event.voucher_no)
            claims[voucher] = min(claims.get(voucher, e.event.occurred_at), e.event.occurred_at)
    refunds = [e for e in standing if e.event.kind is Kind.REFUND]
    found: set[Flag] = set()
    for key, e in used.items():
        told = [*_by_campaign(campaign, e, orders[key]), *_by_shop(campaign, e, shops), *_by_ban(e, bans)]
        claimed = claims.get((e.programme, e.event.voucher_no))
        if claimed is not None and e.event.occurred_at < claimed:
            told.append(("redeemed_before_claim", claimed))
        told += _by_earlier(e, used.values(), refunds)
        found |= {(reason, key, at) for reason, at in told}
    for e in refunds:
        origin = used.get(origin_of(e))
        if origin is not None and e.event.occurred_at < origin.event.occurred_at:
            found.add(("refund_before_redemption", key_of(e), origin.event.occurred_at))
    return found


Told = Iterator[tuple[str, datetime | None]]


def _by_campaign(campaign: Campaign, e: Entry, order_fen: int | None) -> Told:
    at, owner = e.event.occurred_at, campaign.programmes[e.programme]
    (window,) = (r for r in campaign.round if (r.programme, r.no) == (e.programme, e.event.round_no))
    if at < window.opens_at:
        yield "outside_window", window.opens_at
    elif at > window.use_until:
        yield "outside_window", window.use_until
    least = campaign.templates[e.event.template].min_spend_fen
    if order_fen is not None and order_fen < least:
        yield "below_minimum", None
    if owner.level == "county" and e.county != owner.division:
        yield "outside_area", None


def _by_shop(campaign: Campaign, e: Entry, shops: Sequence[Merchant] | None) -> Told:
    if shops is None or e.event.merchant is None:
        return
    at, city, owner = e.event.occurred_at, campaign.campaign.city_code, campaign.programmes[e.programme]
    line = next(
        (s for s in shops if s.no == e.event.merchant and s.platform in (None, e.event.platform)), None
    )
    if line is None:
        yield "unknown_merchant", None
        return
    if line.listed_from is not None and at < line.listed_from:
        yield "unknown_merchant", line.listed_from
    elif line.listed_until is not None and at >= line.listed_until:
        yield "unknown_merchant", line.listed_until
    local = {city, owner.division} if owner.level == "county" else {city, *campaign.divisions}
    if line.division not in local:
        yield "outside_area", None
    late = campaign.campaign.late_phase_from
    if line.sector not in (None, e.sector) and (late is None or at < late):
        yield "wrong_sector", None


def _by_ban(e: Entry, bans: Sequence[Sanction] | None) -> Told:
    own = [
        b.starts_at for b in bans or () if b.no == e.event.merchant and b.platform in (None, e.event.platform)
    ]
    if own and e.event.occurred_at >= min(own):
        yield "sanctioned", min(own)


def _by_earlier(e: Entry, used: Iterable[Entry], refunds: Sequence[Entry]) -> Told:
    """I7: a voucher is used once; used again after its refund it is used once more."""
    turn = (e.event.occurred_at, e.event.event_no)
    stood = [
        first.event.occurred_at
        for first in used
        if (first.programme, first.event.voucher_no) == (e.programme, e.event.voucher_no)
        and (first.event.occurred_at, first.event.event_no) < turn
        and not any(
            origin_of(back) == key_of(first) and back.event.occurred_at <= e.event.occurred_at
            for back in refunds
        )
    ]
    if stood:
        yield "redeemed_again", min(stood)


def by_reason(found: set[Flag], faces: Mapping[tuple[object, ...], int]) -> dict[str, tuple[int, int]]:
    """Reason -> (events, fen of their vouchers' face)."""
    sums: dict[str, tuple[int, int]] = {}
    for reason, key, _ in found:
        n, fen = sums.get(reason, (0, 0))
        sums[reason] = (n + 1, fen + faces[key])
    return sums
