"""Eligibility flags: events that do not keep a rule. A flag changes no total: the event is counted, and named here.

A flag is a lead for whoever checks it, never a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.measures import ratio
from domain.register import ListKind, RegisterVersion


class Reason(StrEnum):
    """The rule an event does not keep. In the order they are shown."""

    UNKNOWN_MERCHANT = "unknown_merchant"  # not in the register, or not on it at that moment
    OUTSIDE_AREA = "outside_area"  # a county's voucher used, or its merchant registered, elsewhere
    SANCTIONED = "sanctioned"  # redeemed at a merchant from its ban on
    WRONG_SECTOR = "wrong_sector"  # another sector than the voucher's, before the late phase
    OUTSIDE_WINDOW = "outside_window"  # before its round opened or after its last day
    BELOW_MINIMUM = "below_minimum"  # order total below the minimum spend
    REFUND_BEFORE_REDEMPTION = "refund_before_redemption"
    REDEEMED_BEFORE_CLAIM = "redeemed_before_claim"
    REDEEMED_AGAIN = "redeemed_again"  # a voucher under another number, while its earlier redemption stood


NEEDS: dict[Reason, ListKind] = {
    Reason.UNKNOWN_MERCHANT: ListKind.MERCHANTS,
    Reason.WRONG_SECTOR: ListKind.MERCHANTS,
    Reason.SANCTIONED: ListKind.SANCTIONS,
}
"""What a reason cannot be judged without. `OUTSIDE_AREA` is judged by the place of use, and better with merchants."""

REASON = {
    Reason.UNKNOWN_MERCHANT: "商户不在册",
    Reason.OUTSIDE_AREA: "超出使用区域",
    Reason.SANCTIONED: "受限商户核销",
    Reason.WRONG_SECTOR: "跨行业使用",
    Reason.OUTSIDE_WINDOW: "不在使用期",
    Reason.BELOW_MINIMUM: "低于最低消费",
    Reason.REFUND_BEFORE_REDEMPTION: "退款早于核销",
    Reason.REDEEMED_BEFORE_CLAIM: "核销早于领取",
    Reason.REDEEMED_AGAIN: "同券重复核销",
}
"""Chinese names, in the order they are shown."""


def is_judged(reason: Reason, register: RegisterVersion) -> bool:
    """Whether the lists loaded allow to say anything: without them it is unknown, neither fine nor flagged."""
    needed = NEEDS.get(reason)
    if needed is None:
        return True
    return (register.merchants if needed is ListKind.MERCHANTS else register.sanctions) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagTotal:
    """The flagged events of one reason and programme. They stand in every total all the same."""

    reason: Reason
    programme: str
    count: int
    fen: int  # their vouchers' face
    evidence: tuple[str, ...]  # event numbers, of each tranche the oldest first; the first few


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagCount(FlagTotal):
    """Those of them that bear one tranche."""

    tranche: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagBoard:
    """The flagged events by reason, programme and tranche, as of one moment and one version of the register."""

    as_of: datetime
    register: RegisterVersion
    counts: tuple[FlagCount, ...]

    def of(self, reason: Reason) -> tuple[FlagCount, ...] | None:
        """None: unknown, the list it needs is not loaded."""
        if not is_judged(reason, self.register):
            return None
        return tuple(c for c in self.counts if c.reason is reason)

    def totals(self) -> tuple[FlagTotal, ...]:
        """One for each reason and programme: a file may have written a tranche that is not the programme's."""
        found: dict[tuple[Reason, str], FlagTotal] = {}
        for counted in self.counts:
            key = counted.reason, counted.programme
            found[key] = _together(found[key], counted) if key in found else counted
        return tuple(found.values())


def _together(one: FlagTotal, other: FlagTotal) -> FlagTotal:
    return FlagTotal(
        reason=one.reason,
        programme=one.programme,
        count=one.count + other.count,
        fen=one.fen + other.fen,
        evidence=one.evidence + other.evidence,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlaggedEvent:
    """One flagged event with what it was held against. No person: number, place, time and money."""

    reason: Reason
    programme: str
    tranche: str
    platform: str
    sub_project: str
    kind: str
    event_no: str
    template: str
    round_no: int
    county: str
    merchant: str | None
    face_fen: int
    order_fen: int | None
    min_spend_fen: int | None  # the template's; None: the campaign file no longer knows it
    occurred_at: datetime
    other_at: datetime | None  # what it should follow or precede; None where no time is at issue
    other: str | None  # the division or sector it was held against; None where none is at issue


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagPage:
    """One page of the events flagged for one reason, oldest first."""

    reason: Reason
    as_of: datetime
    register: RegisterVersion
    page: int  # from 1
    pages: int  # at least 1
    total: int  # events on all pages
    events: tuple[FlaggedEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossSector:
    """Late phase: net redemptions at merchants of another sector than the voucher's (glossary 4.2)."""

    since: datetime
    cross_count: int
    cross_fen: int
    judged_count: int  # late-phase redemptions whose merchant's sector is known
    judged_fen: int
    unknown_count: int  # those whose merchant's sector is not known: in no figure above
    unknown_fen: int

    @property
    def share(self) -> float | None:
        """Of the redeemed money whose merchant's sector is known."""
        return ratio(self.cross_fen, self.judged_fen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """Redemptions that lack what a rule needs: not flagged, and not known to be fine."""

    no_merchant_count: int
    no_amount_count: int
