"""Blue, yellow, orange, red from growth, spread, media tier and subject, each with its words. Never from tone alone.

Growth and spread must both be there: ten times one post is no event, and a hundred posts of every day are none either.
A news site or a hot list that carries it, and a subject of safety or fairness, lift it by one each. `Facts` are kept
with the alert, so that anybody can work the same level out again.

A count of some minutes stands for the voices an hour that there are surely at least at its pace, and is orange at
most by itself: what lasts minutes is no hour yet.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

from domain.issues import ISSUES, IssueKind
from domain.readings import Level


class MediaTier(IntEnum):
    """By reach. A source's medium that nobody has placed is unknown and lifts nothing."""

    UNKNOWN = 0
    HOTLINE = 1  # 问政、热线
    SOCIAL = 2  # 社交平台、论坛
    NEWS = 3  # 新闻网站
    HOT_LIST = 4  # 热搜榜


TIER = {
    MediaTier.UNKNOWN: "来源类型不明",
    MediaTier.HOTLINE: "仅热线问政",
    MediaTier.SOCIAL: "社交平台",
    MediaTier.NEWS: "新闻网站",
    MediaTier.HOT_LIST: "热搜榜",
}
_SURE = 2.326  # standard deviations: 99 to 1
_FAST_MOST = 2  # orange
_TIERS = {
    "hotline": MediaTier.HOTLINE,
    "12345": MediaTier.HOTLINE,
    **dict.fromkeys(("weibo", "xhs", "dy", "ks", "bili", "wb", "tieba", "zhihu", "forum"), MediaTier.SOCIAL),
    **dict.fromkeys(("rss", "news", "web"), MediaTier.NEWS),
}
NEWS_MEDIA = frozenset(medium for medium, tier in _TIERS.items() if tier is MediaTier.NEWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a level was made of. Counts are voices: reposts of one text and posts of one author count once."""

    count: int
    expected: float
    issue: str
    media: tuple[str, ...] = ()
    on_hot_list: bool = False
    fast_minutes: float | None = None  # counted over these minutes; None: over the whole window

    @property
    def voices(self) -> float:
        """How wide it has spread: what was counted, or surely at least in an hour at the pace of some minutes."""
        if self.fast_minutes is None:
            return self.count
        return _surely(self.count) * 60 / self.fast_minutes

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"media": list(self.media)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Facts:
        return cls(**{**kept, "media": tuple(kept["media"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    level: Level
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Least value of yellow, orange and red."""

    growth: tuple[float, float, float] = (2.0, 4.0, 8.0)
    spread: tuple[int, int, int] = (8, 16, 40)
    scale: tuple[Level, ...] = tuple(Level)  # the levels in use: three or four


def grade(facts: Facts, thresholds: Thresholds) -> Grading:
    """The level with every reason that made it, in the words people read."""
    times = facts.count / facts.expected
    growth, spread = _steps(times, thresholds.growth), _steps(facts.voices, thresholds.spread)
    if facts.fast_minutes is not None:
        spread = min(spread, _FAST_MOST)
    tier = _tier(facts)
    kind = ISSUES[facts.issue].kind
    lifts = int(tier >= MediaTier.NEWS) + int(kind is IssueKind.RISK)
    rank = min(min(growth, spread) + lifts, len(Level) - 1)
    level = _in_use(list(Level)[rank], thresholds.scale)
    reasons = (
        f"增速：为预期的 {times:.1f} 倍（{_said(growth)}）",
        f"扩散：{_spread(facts)}（{_said(spread)}）",
        f"媒体：{TIER[tier]}" + ("，升一级" if tier >= MediaTier.NEWS else "，不升级"),
        f"事项：{ISSUES[facts.issue].name}"
        + ("，属次生风险，升一级" if kind is IssueKind.RISK else "，不升级"),
    )
    return Grading(level=level, reasons=reasons)


def _spread(facts: Facts) -> str:
    if facts.fast_minutes is None:
        return f"{facts.count} 个独立声音"
    return f"{facts.fast_minutes:g} 分钟 {facts.count} 个独立声音，折合每小时至少 {facts.voices:.0f} 个"


def _surely(count: int) -> float:
    """The least mean that so many Poisson events still speak for, 99 to 1: the bound by Wilson and Hilferty."""
    return float(count * max(0.0, 1 - 1 / (9 * count) - _SURE / (3 * math.sqrt(count))) ** 3)


def _steps(value: float, least: tuple[float, ...]) -> int:
    return sum(value >= step for step in least)


def _said(step: int) -> str:
    return ("蓝色", "黄色", "橙色", "红色")[step] + "档"


def _tier(facts: Facts) -> MediaTier:
    if facts.on_hot_list:
        return MediaTier.HOT_LIST
    return max((_TIERS.get(medium, MediaTier.UNKNOWN) for medium in facts.media), default=MediaTier.UNKNOWN)


def _in_use(level: Level, scale: tuple[Level, ...]) -> Level:
    """A level that is not in use is the next one above: rather too much than too little."""
    order = list(Level)
    return next(higher for higher in order[order.index(level) :] if higher in scale)
