"""系统侧证据: did the county's own claims and redemptions break down in the minutes in which people complained?

Yes: ten minutes in a row with less than a fifth of what is usual, the median of all ten minutes of the three hours
before: a rush that is over is no breakdown. No data: the payment feed does not reach that far, or there was too little
trade to compare with. It is a lead, not a cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

WINDOW = timedelta(hours=1)
BEFORE = timedelta(hours=3)
RUN_MINUTES = 10
_BROKEN_SHARE = 0.2
_LEAST_A_MINUTE = 2.0
_MINUTE = timedelta(minutes=1)
_STEPS = (
    (timedelta(hours=6), timedelta(minutes=5)),
    (timedelta(days=2), timedelta(minutes=15)),
    (timedelta(days=8), timedelta(hours=1)),
)
_COARSEST = timedelta(hours=6)


class SystemSide(StrEnum):
    YES = "yes"
    NO = "no"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeMinute:
    at: datetime
    claimed_count: int
    redeemed_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A county's minutes up to `until`; a minute that is missing had no trade. `data_time`: how far the feeds reach.

    Drawn over days, its cells are hours, and stand for the minute they begin with."""

    since: datetime
    until: datetime
    minutes: tuple[TradeMinute, ...]
    data_time: datetime | None
    left_out: tuple[str, ...] = ()  # programmes whose feeds do not tell of these minutes: in no sum here

    @property
    def step(self) -> timedelta:
        """How finely it is drawn: some fifty to two hundred steps, whatever its length."""
        return next((step for most, step in _STEPS if self.until - self.since <= most), _COARSEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemEvidence:
    side: SystemSide
    words: str  # Chinese, one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePost:
    """One post behind an alert: no author."""

    post_id: int
    at: datetime
    media: str
    title: str
    text: str
    url: str | None
    label: str | None
    why: tuple[str, ...]  # the words that decided


def furthest_behind(times: Sequence[datetime | None]) -> datetime | None:
    """How far feeds reach together. None: one never spoke, or there are none."""
    known = [at for at in times if at is not None]
    return min(known) if known and len(known) == len(times) else None


def heard_of(
    reaches: Mapping[str, datetime | None], *, until: datetime
) -> tuple[tuple[str, ...], datetime | None]:
    """The programmes whose feeds tell of the minutes up to `until`, and how far the one furthest behind does.

    A bank that hands in yesterday's file must not hide what twelve others tell. Where none reaches so far, all of them.
    """
    near = until - _MINUTE * RUN_MINUTES
    heard = tuple(p for p, at in reaches.items() if at is not None and at >= near) or tuple(reaches)
    return heard, furthest_behind([reaches[p] for p in heard])


def system_evidence(trade: Trade) -> SystemEvidence:
    """Of the last hour before `until`, held against the three before it."""
    if trade.data_time is None or trade.data_time < trade.until - _MINUTE * RUN_MINUTES:
        return SystemEvidence(side=SystemSide.NO_DATA, words="支付数据尚未到这一时段，无从判断")
    split = trade.until - WINDOW
    usual = _usual(trade, split)
    if usual < _LEAST_A_MINUTE * RUN_MINUTES:
        return SystemEvidence(side=SystemSide.NO_DATA, words="此前交易太少，无从比较")
    counts = _by_minute(trade, split)
    runs = [sum(counts[i : i + RUN_MINUTES]) for i in range(len(counts) - RUN_MINUTES + 1)]
    least = min(runs, default=0)
    if least < _BROKEN_SHARE * usual:
        words = f"有连续 {RUN_MINUTES} 分钟仅 {least} 笔领取和核销，此前通常 {usual:.0f} 笔"
        return SystemEvidence(side=SystemSide.YES, words=words + _left_out(trade))
    words = f"领取和核销未见中断：最少的 {RUN_MINUTES} 分钟 {least} 笔，此前通常 {usual:.0f} 笔"
    return SystemEvidence(side=SystemSide.NO, words=words + _left_out(trade))


def _usual(trade: Trade, split: datetime) -> float:
    """Claims and redemptions of ten minutes."""
    run, first = _MINUTE * RUN_MINUTES, split - BEFORE
    counts = [0] * int(BEFORE / run)
    for minute in trade.minutes:
        if first <= minute.at < split:
            counts[int((minute.at - first) / run)] += _trade(minute)
    return median(counts)


def _left_out(trade: Trade) -> str:
    return f"；{len(trade.left_out)} 个发放主体的数据未到，不在其中" if trade.left_out else ""


def _by_minute(trade: Trade, split: datetime) -> Sequence[int]:
    end = min(trade.until, trade.data_time or trade.until)
    found = {m.at: _trade(m) for m in trade.minutes}
    first = split.replace(second=0, microsecond=0) + _MINUTE
    n = max(0, int((end - first) / _MINUTE))
    return [found.get(first + _MINUTE * i, 0) for i in range(n)]


def _trade(minute: TradeMinute) -> int:
    return minute.claimed_count + minute.redeemed_count
