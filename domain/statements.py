"""What platforms say their own totals are, and where the ledger says something else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Metric(StrEnum):
    """What totals are stated of. Each in vouchers and in fen: one missing event moves both, and is one difference."""

    CLAIMED = "claimed"
    REDEEMED_GROSS = "redeemed_gross"
    REFUNDED = "refunded"  # in fen: what went back to the pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A total as the platform states it: no event; it checks the ledger and never feeds it.

    `day` is 00:00 Asia/Shanghai of the statistical day; None: all there ever was, of a lot that has ended.
    Without `template` and `round_no` it speaks for the whole sub-project. At least one of the values is known.
    """

    platform: str
    sub_project: str
    metric: Metric
    stated_at: datetime  # when the platform drew it up: of one total the newest holds
    value_count: int | None = None
    value_fen: int | None = None
    day: datetime | None = None
    template: str | None = None
    round_no: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementEntry:
    """A statement with its programme and tranche resolved."""

    statement: Statement
    programme: str
    tranche: str


class Cause(StrEnum):
    """Why a difference was closed: the closed list, since "closed" alone explains nothing to an auditor."""

    ARRIVED_LATE = "arrived_late"  # our figures grew until they agreed
    CORRECTED = "corrected"  # our figures shrank until they agreed: the platform took events back
    RESTATED = "restated"  # the platform stated another total
    PLATFORM_ERROR = "platform_error"  # the platform confirms that its statement is wrong
    GAP_ACCEPTED = "gap_accepted"  # events are missing here and will not come
    REFUND_TIMING = "refund_timing"  # booked on another day, or in parts
    OTHER = "other"  # with a note


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One total in both units; None: not stated."""

    count: int | None
    fen: int | None

    def less(self, other: Pair) -> Pair:
        """The difference, where both are known."""
        return Pair(count=_less(self.count, other.count), fen=_less(self.fen, other.fen))

    @property
    def is_zero(self) -> bool:
        return not self.count and not self.fen


def _less(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a - b


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a difference is about. `day` None: all there ever was of the lot; no lot: the whole programme."""

    programme: str
    platform: str
    tranche: str
    metric: Metric
    day: datetime | None = None
    template: str | None = None
    round_no: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """One difference between a platform's statement and the ledger, open or closed. Ours is never overwritten."""

    discrepancy_id: int
    subject: Subject
    ours: Pair
    theirs: Pair
    stated_at: datetime
    opened_at: datetime
    refreshed_at: datetime  # when the figures last changed
    closed_at: datetime | None = None
    closed_by: str | None = None  # None on a closed one: the machine, since the figures agree
    cause: Cause | None = None
    note: str | None = None

    @property
    def difference(self) -> Pair:
        """Platform less ours."""
        return self.theirs.less(self.ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationBoard:
    """What is open and what was closed lately. `as_of`: when totals were last compared; None: they never were."""

    as_of: datetime | None
    still_open: tuple[Discrepancy, ...]
    closed: tuple[Discrepancy, ...]
