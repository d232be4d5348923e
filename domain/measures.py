"""Arithmetic of the glossary (rates, leverage, pace) and nothing else. Always from sums, never averaged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from fractions import Fraction
from math import sqrt
from operator import attrgetter


def ratio(numerator: int, denominator: int) -> float | None:
    """numerator / denominator; None for 0/0 and n/0: a rate without a base is unknown, not zero."""
    return numerator / denominator if denominator else None


def time_pace(now: datetime, *, start: datetime, end: datetime | None) -> float | None:
    """Share of the programme's time that has passed, 0 to 1; None where the end is not known."""
    if end is None:
        return None
    return min(1.0, max(0.0, (now - start) / (end - start)))


def expired(*, claimed: int, redeemed_gross: int, use_until: datetime, as_of: datetime) -> int:
    """Claimed, past its last day and not used (glossary: expired). Counts or fen of one template and round.

    Below zero where claims have not come yet: shown as it is, since clamping would hide that they are missing.
    """
    return claimed - redeemed_gross if as_of > use_until else 0


def shares(parts: Sequence[int]) -> list[float | None]:
    """Each part of the sum, to a tenth of a percent, together exactly 1 (promises I18); None where the sum is zero.

    Below zero (refunds of a day that sold nothing) there is nothing to apportion: plain ratios then.
    """
    if any(part < 0 for part in parts):
        return [ratio(part, sum(parts)) for part in parts]
    return [n / 1000 for n in apportion(1000, parts)] if sum(parts) else [None] * len(parts)


def apportion(whole: int, parts: Sequence[int]) -> list[int]:
    """`whole` split in proportion to `parts` by largest remainders: sums to it exactly; nothing where all are 0."""
    total = sum(parts)
    if total == 0:
        return [0] * len(parts)
    split = [whole * part // total for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(whole * parts[i] % total), i))
    for i in by_remainder[: whole - sum(split)]:
        split[i] += 1
    return split


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The additive quantities of one cell or of any sum of cells. Fen and counts; see the glossary.

    A sum of cells is the field-wise sum; ratios are worked out from the sum afterwards.
    """

    issued_count: int = 0
    issued_fen: int = 0
    claimed_count: int = 0
    claimed_fen: int = 0
    redeemed_gross_count: int = 0
    redeemed_gross_fen: int = 0
    refunded_count: int = 0
    refunded_fen: int = 0  # face of refunded vouchers
    pool_returned_fen: int = 0  # what the platforms say they put back
    expired_count: int = 0
    expired_fen: int = 0
    outstanding_count: int = 0
    outstanding_fen: int = 0
    direct_spend_fen: int = 0  # order totals of net redeemed orders
    orders_count: int = 0  # net redeemed orders whose amount is known
    orphaned_count: int = 0  # refunded vouchers whose redemption has not come
    subsidy_applied_count: int = 0
    subsidy_applied_fen: int = 0
    subsidy_approved_count: int = 0  # applications whose first decision was an approval
    subsidy_approved_fen: int = 0  # as approved, which may be less than applied for
    subsidy_rejected_count: int = 0
    subsidy_paid_count: int = 0  # payments
    subsidy_paid_fen: int = 0

    @property
    def redeemed_net_count(self) -> int:
        return self.redeemed_gross_count - self.refunded_count

    @property
    def redeemed_net_fen(self) -> int:
        return self.redeemed_gross_fen - self.refunded_fen

    @property
    def unpriced_count(self) -> int:
        """Net redeemed orders whose amount is missing. A refund without its redemption takes none of them away."""
        return self.redeemed_gross_count - (self.refunded_count - self.orphaned_count) - self.orders_count

    @property
    def subsidy_pending_count(self) -> int:
        """Applied for and not decided. Below zero where applications have not come yet: not hidden."""
        return self.subsidy_applied_count - self.subsidy_approved_count - self.subsidy_rejected_count

    @property
    def approval_rate(self) -> float | None:
        """Approved / decided."""
        return ratio(self.subsidy_approved_count, self.subsidy_approved_count + self.subsidy_rejected_count)

    @property
    def fund_used_fen(self) -> int:
        """What has left the fund: net redeemed and subsidies paid (glossary 4.2)."""
        return self.redeemed_net_fen + self.subsidy_paid_fen

    def fund_use_rate(self, allocation_fen: int) -> float | None:
        return ratio(self.fund_used_fen, allocation_fen)

    def balance_fen(self, allocation_fen: int, *, recovered_fen: int = 0) -> int:
        """What is still free: an approved subsidy is spoken for before it is paid (glossary 4.1).

        `recovered_fen`: what merchants under sanction paid back, once booked (I4 of the domain paper).
        """
        return allocation_fen - self.redeemed_net_fen - self.subsidy_approved_fen + recovered_fen

    # The price of a subsidised car is no direct spend: glossary 4.1 counts orders of net redeemed vouchers, and 4.2
    # divides by what was redeemed, so a car would stand above the line without its subsidy below it. The 9.75 "with
    # car subsidies" of domain.md section 2 is design leverage: configuration, not an outcome.
    @property
    def direct_leverage(self) -> float | None:
        """Direct spend / net subsidy; None while an order's amount is still missing: it would read too low."""
        if self.unpriced_count > 0:
            return None
        return ratio(self.direct_spend_fen, self.redeemed_net_fen)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures.total((self, other))

    @staticmethod
    def total(parts: "Iterable[Figures]") -> "Figures":
        """The field-wise sum of all of them; of none, nothing but zeros."""
        sums = map(sum, zip(*map(_AMOUNTS, parts), strict=True))
        return Figures(**dict(zip(_NAMES, sums, strict=False)))


_NAMES = tuple(field.name for field in fields(Figures))
_AMOUNTS = attrgetter(*_NAMES)

FIGURES = (
    "issued_count", "issued_fen", "claimed_count", "claimed_fen",
    "redeemed_gross_count", "redeemed_gross_fen", "refunded_count", "refunded_fen",
    "redeemed_net_count", "redeemed_net_fen", "pool_returned_fen",
    "expired_count", "expired_fen", "outstanding_count", "outstanding_fen",
    "direct_spend_fen", "orders_count", "orphaned_count",
    "subsidy_applied_count", "subsidy_applied_fen", "subsidy_approved_count", "subsidy_approved_fen",
    "subsidy_rejected_count", "subsidy_paid_count", "subsidy_paid_fen",
)  # fmt: skip
"""Names and order in which `quanqing totals`, the API and truth.json print them."""

ENOUGH = 30
"""Fewer vouchers than this say too little to project from (glossary, edge rules)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unredeemed:
    """Money that will not have been redeemed at a programme's end. `low_fen` None: only the most is known so far."""

    low_fen: int | None
    high_fen: int


def matured_rate(*, claimed_count: int, redeemed_count: int) -> Fraction | None:
    """Used / claimed of a round past its last day (glossary: redemption_rate_matured); None under ENOUGH claimed."""
    if claimed_count < ENOUGH:
        return None
    return min(Fraction(1), max(Fraction(0), Fraction(redeemed_count, claimed_count)))


def expected_clawback(
    *,
    allocation_fen: int,
    redeemed_net_fen: int,
    usable_fen: int,
    matured: Sequence[Fraction],
    claimed_count: int,
    subsidy_fen: int = 0,
) -> Unredeemed | None:
    """Allocation - net redeemed - approved subsidy - expected use of what can still be used (glossary 4.2).

    `usable_fen`: outstanding vouchers and those still to be claimed; the glossary's words name the outstanding alone,
    which before the last round has opened would write off money nobody has been offered yet. The band is that of the
    lowest and highest `matured` rate; before any round has matured only the most is known. None under ENOUGH claimed.
    """
    if claimed_count < ENOUGH:
        return None
    left = max(0, allocation_fen - redeemed_net_fen - subsidy_fen)
    if usable_fen <= 0:
        return Unredeemed(low_fen=left, high_fen=left)
    if not matured:
        return Unredeemed(low_fen=None, high_fen=left)
    low, high = (max(0, left - int(usable_fen * rate)) for rate in (max(matured), min(matured)))
    return Unredeemed(low_fen=low, high_fen=high)


def usual_band(counts: Sequence[int]) -> tuple[float, float] | None:
    """(low, high) of what is usual: the mean of earlier counts and twice its Poisson deviation; None under three."""
    if len(counts) < 3:
        return None
    mean = sum(counts) / len(counts)
    reach = 2 * sqrt(mean)
    return max(0.0, mean - reach), mean + reach


def wilson(hits: int, n: int, *, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share: holds for small n and at 0 and 1, where the usual one does not."""
    p, z2 = hits / n, z * z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    reach = z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - reach), min(1.0, middle + reach)
