"""The kinds of paper, and which one of them is meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PaperKind(StrEnum):
    DAILY = "daily"
    OPINION = "opinion"
    EVENT = "event"  # one alert
    WEEKLY = "weekly"
    FINAL = "final"  # after the campaign's end


PAPER = {
    PaperKind.DAILY: "运行日报",
    PaperKind.OPINION: "舆情日报",
    PaperKind.EVENT: "快报",
    PaperKind.WEEKLY: "周报",
    PaperKind.FINAL: "数据统计与分析报告",
}
"""Their names, as the papers' titles and the office say them."""

WITHOUT_LEDGER = frozenset({PaperKind.OPINION, PaperKind.EVENT})
"""Kinds that carry no programme's figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPaper:
    """One paper among all: editions and corrections are counted within it."""

    scope: str  # division code
    day: datetime  # 00:00 Asia/Shanghai of the day it is of; a week's is its Monday
    kind: PaperKind = PaperKind.DAILY
    alert_id: int = 0  # of an event's paper; 0 of all others
