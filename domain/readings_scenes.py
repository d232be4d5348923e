"""What the scenes beyond the overview show: pace and projection, releases, talk, and whether to believe it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.measures import Unredeemed, ratio
from domain.readings import (
    AlertBoard,
    CountyProgress,
    FeedHealth,
    MinuteCurve,
    OpinionPulse,
    SourceReport,
    Stamp,
)
from domain.sanity import Doubt, Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyPace:
    """One programme's money against its time. `used_fen` is net and cumulative, at the moments of `at`."""

    progress: CountyProgress
    end_at: datetime | None
    at: tuple[datetime, ...]
    used_fen: tuple[int, ...]
    unredeemed: Unredeemed | None  # None: too little data to project from

    @property
    def finish(self) -> tuple[float, float] | None:
        """(low, high) share of the allocation used at the end; None without a band."""
        u, whole = self.unredeemed, self.progress.allocation_fen
        if u is None or u.low_fen is None or not whole:
            return None
        return 1 - u.high_fen / whole, 1 - u.low_fen / whole


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceBoard:
    """All programmes on one scale, in official order. The axis runs from the first launch to the last end."""

    as_of: datetime
    start: datetime
    end: datetime | None
    rows: tuple[CountyPace, ...]


class RoundState(StrEnum):
    WAITING = "waiting"  # not open yet
    OPEN = "open"
    SOLD_OUT = "sold_out"
    CLOSED = "closed"  # claiming ended with vouchers left


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundProgress:
    """One round of one programme while it is being claimed."""

    name: str  # of the programme's division
    round_no: int
    opens_at: datetime
    qty: int
    claimed_count: int | None  # None: no data yet, or under check
    state: RoundState | None  # None: it has opened, and its claims are unknown
    sold_out_s: float | None  # opening to the last claim; to within a minute, or the counter's interval
    stamp: Stamp
    held: frozenset[Kept] = frozenset()

    @property
    def claim_rate(self) -> float | None:
        return None if self.claimed_count is None else ratio(self.claimed_count, self.qty)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCount:
    """How often one complaint was made in a window, and in the equally long one before it."""

    name: str
    count: int
    before: int | None  # None: the earlier window is not covered


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchBoard:
    """The release of today, or the next one."""

    as_of: datetime
    curve: MinuteCurve
    rounds: tuple[RoundProgress, ...]
    payment_feeds: tuple[FeedHealth, ...]
    complaints: (
        tuple[IssueCount, ...] | None
    )  # of the last 10 minutes, most first; None: nothing was ever scored
    next_opens_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyIssues:
    """One row of the table county by issue. `counts` follows `OpinionBoard.table_issues`."""

    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionBoard:
    """What was said in 24 hours, against what is usual, about what, where, and what became of it."""

    pulse: OpinionPulse
    usual: tuple[
        tuple[float, float] | None, ...
    ]  # for each hour of `pulse`: the band of the same hour of earlier days
    issues: tuple[IssueCount, ...]
    table_issues: tuple[str, ...]
    table: tuple[CountyIssues, ...]
    alerts: AlertBoard
    feeds: tuple[FeedHealth, ...]  # opinion side


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFigure:
    """A figure that is kept off the screens, and why."""

    name: str  # of the programme
    kept: Kept
    doubt: Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancies:
    """Open differences between the ledger and what the platforms state themselves."""

    open_count: int
    open_fen: int  # sum of the absolute differences


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport:
    """A report the work plan asks for. `due_at` None: the end, or the number of days, is not set."""

    name: str
    who: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustBoard:
    """Whether the figures can be believed."""

    as_of: datetime
    feeds: tuple[FeedHealth, ...]
    reports: tuple[SourceReport, ...]
    delays_as_of: datetime | None  # when delays and row counts were last worked out
    held: tuple[HeldFigure, ...]
    corrected: tuple[str, ...]  # names of programmes whose figures were corrected downwards today
    discrepancies: Discrepancies | None  # None: reconciliation has not run
    due: tuple[DueReport, ...]
