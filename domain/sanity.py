"""The gate before the screen: figures that cannot be are held back, never drawn, never shown as zero.

Pure: the previous good reading and the new one in, a verdict out. Corrections the ledger knows of pass with a mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from domain.measures import Figures

PER_ORDER_MOST = 100
"""An order this many times the dearest minimum spend is a misplaced decimal point, not a purchase: our choice."""


class Kept(StrEnum):
    """What is held back together: a count and its money."""

    CLAIMED = "claimed"
    REDEEMED = "redeemed"
    REFUNDED = "refunded"
    SPEND = "spend"


class Doubt(StrEnum):
    """Why a figure is held back."""

    NEGATIVE = "negative"
    FELL = "fell"  # a cumulative figure, by more than the ledger's corrections explain
    BEYOND_ISSUED = "beyond_issued"  # more claimed than was ever let out
    BEYOND_CLAIMED = "beyond_claimed"  # more redeemed than claimed
    BEYOND_REDEEMED = "beyond_redeemed"  # more refunded than redeemed
    FACE = "face"  # money that no mix of the programme's vouchers adds up to
    JUMP = "jump"  # orders too dear to be true
    UNEVEN = "uneven"  # the parts do not add up to the whole


FIELDS: Mapping[Kept, tuple[str, str]] = {
    Kept.CLAIMED: ("claimed_count", "claimed_fen"),
    Kept.REDEEMED: ("redeemed_gross_count", "redeemed_gross_fen"),
    Kept.REFUNDED: ("refunded_count", "refunded_fen"),
    Kept.SPEND: ("orders_count", "direct_spend_fen"),
}
_CUMULATIVE = (Kept.CLAIMED, Kept.REDEEMED, Kept.REFUNDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the campaign file lets a programme's vouchers be. Fen."""

    face_least_fen: int
    face_most_fen: int
    min_spend_most_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Which figures are held and why, and which were corrected downwards with the ledger's knowledge."""

    held: Mapping[Kept, Doubt] = field(default_factory=dict)
    corrected: frozenset[Kept] = frozenset()


def fallen(previous: Figures | None, current: Figures) -> frozenset[Kept]:
    """Cumulative figures that are lower than they were."""
    if previous is None:
        return frozenset()
    return frozenset(
        kept
        for kept in _CUMULATIVE
        if any(getattr(current, name) < getattr(previous, name) for name in FIELDS[kept])
    )


def check(
    previous: Figures | None,
    current: Figures,
    *,
    limits: Limits,
    corrections: Mapping[Kept, tuple[int, int]] | None = None,
) -> Verdict:
    """`corrections`: (count, fen) of the events that were corrected since `previous` was read, by figure."""
    held: dict[Kept, Doubt] = {}
    corrected = set()
    for kept in fallen(previous, current):
        assert previous is not None
        if _explained(previous, current, kept, (corrections or {}).get(kept, (0, 0))):
            corrected.add(kept)
        else:
            held[kept] = Doubt.FELL
    held |= dict(_impossible(previous or Figures(), current, limits))
    return Verdict(held=held, corrected=frozenset(corrected - held.keys()))


def uneven(parts: Iterable[Figures], whole: Figures) -> frozenset[Kept]:
    """Figures whose parts (counties and the city's own programme) do not add up to the whole."""
    total = Figures.total(parts)
    return frozenset(
        kept
        for kept, names in FIELDS.items()
        if any(getattr(total, name) != getattr(whole, name) for name in names)
    )


def good_figures(previous: Figures | None, current: Figures, verdict: Verdict) -> Figures:
    """What the next reading is measured against: the last good value of what is held, the new one of the rest."""
    before = previous or Figures()
    kept = {name: getattr(before, name) for group in verdict.held for name in FIELDS[group]}
    return replace(current, **kept)


def _explained(previous: Figures, current: Figures, kept: Kept, most: tuple[int, int]) -> bool:
    gone = (getattr(previous, name) - getattr(current, name) for name in FIELDS[kept])
    return all(fall <= allowed for fall, allowed in zip(gone, most, strict=True))


def _impossible(before: Figures, now: Figures, limits: Limits) -> Iterable[tuple[Kept, Doubt]]:
    for kept, names in FIELDS.items():
        if any(getattr(now, name) < 0 for name in names):
            yield kept, Doubt.NEGATIVE
    if now.claimed_count > now.issued_count + now.refunded_count:  # what was refunded may be let out again
        yield Kept.CLAIMED, Doubt.BEYOND_ISSUED
    if now.redeemed_gross_count > now.claimed_count:
        yield Kept.REDEEMED, Doubt.BEYOND_CLAIMED
    if now.refunded_count > now.redeemed_gross_count:
        yield Kept.REFUNDED, Doubt.BEYOND_REDEEMED
    for kept in _CUMULATIVE:
        count, fen = (getattr(now, name) for name in FIELDS[kept])
        if not limits.face_least_fen * count <= fen <= limits.face_most_fen * count:
            yield kept, Doubt.FACE
    orders = now.orders_count - before.orders_count
    spent = now.direct_spend_fen - before.direct_spend_fen
    if spent > PER_ORDER_MOST * limits.min_spend_most_fen * max(orders, 1):
        yield Kept.SPEND, Doubt.JUMP
