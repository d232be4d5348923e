"""What merchants redeemed, as the rules look at it that find leads for the market office. Leads, never verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.measures import ratio

LEAD_DAYS = 7
"""Merchants are looked at over so many statistical days, today among them."""

QUICK = timedelta(minutes=30)
"""A refund within this after its redemption is a quick one (K4)."""

NIGHT = timedelta(hours=5)
"""From midnight on (K8)."""

PAIR_LEAST = 3
"""Redemptions of one person at one merchant on one day that make them a pair to look at (K3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantWeek:
    """One merchant in one programme over the last LEAD_DAYS days."""

    programme: str
    merchant: str
    sector: str  # of the vouchers redeemed there; empty: of several
    redeemed_count: int
    redeemed_fen: int
    ordered_count: int
    exact_count: int
    refunded_count: int
    refunded_fen: int
    quick_count: int
    night_count: int
    minute_most: int
    minute_at: datetime
    pair_most: int
    pairs_count: int  # on all days
    first_day: datetime

    @property
    def exact_share(self) -> float | None:
        return ratio(self.exact_count, self.ordered_count)

    @property
    def quick_share(self) -> float | None:
        return ratio(self.quick_count, self.redeemed_count)

    @property
    def night_share(self) -> float | None:
        return ratio(self.night_count, self.redeemed_count)

    @property
    def net_fen(self) -> int:
        return self.redeemed_fen - self.refunded_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeWeek:
    """All merchants of one programme over the same days."""

    redeemed_count: int
    net_fen: int
    merchants_count: int
    nights: Mapping[str, tuple[int, int]]  # sector -> (redemptions by night, all)


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantCourse:
    """A merchant's redemptions by day up to and with a busy one, and those of all its programme beside it."""

    programme: str
    merchant: str
    day: datetime
    count: int
    before: tuple[
        int, ...
    ]  # the days before it since the merchant was first seen, at most LEAD_DAYS, oldest first
    programme_count: int
    programme_before: tuple[int, ...]  # of the same days


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantBoard:
    """What the leads' rules look at: only merchants that can reach any of their thresholds."""

    since: datetime  # the first day
    until: datetime
    merchants: tuple[MerchantWeek, ...] = ()
    programmes: Mapping[str, ProgrammeWeek] = field(default_factory=dict)
    busy: tuple[MerchantCourse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a merchant must have at least to be read at all."""

    redeemed: int
    minute: int
    pair: int
    busy_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantDay:
    """One line of a lead's evidence."""

    day: datetime
    redeemed_count: int
    redeemed_fen: int
    exact_count: int
    ordered_count: int
    refunded_count: int
    quick_count: int
    night_count: int
    minute_most: int
    pair_most: int
