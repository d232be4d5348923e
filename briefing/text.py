"""What every page-like format shows alike: numbering, head lines, and text no file chokes on."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from briefing.paper import Briefing
from domain.terms import GRADE, business_day_start, clock, day, month_day

NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_UNFIT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Without what XML forbids, what cannot be seen and what turns the writing around."""
    return _UNFIT.sub("", text)


def heading(position: int, text: str) -> str:
    """`position` from 0: 一、总体情况."""
    return f"{NUMERALS[position]}、{text}"


def day_of(as_of: datetime) -> datetime:
    """00:00 of the day a paper is about: midnight ends the day before."""
    return business_day_start(as_of - timedelta(microseconds=1))


def hour_words(as_of: datetime) -> str:
    """18:00; midnight is the end of a day, 24:00."""
    return "24:00" if clock(as_of) == "00:00" else clock(as_of)


def moment_words(as_of: datetime) -> str:
    """10月28日18:00."""
    return f"{month_day(day_of(as_of))}{hour_words(as_of)}"


def subtitle(briefing: Briefing) -> str:
    at = briefing.as_of
    number = f"{briefing.number} " if briefing.number else ""
    return f"{number}（截至{day(day_of(at))}{hour_words(at)} {GRADE[briefing.grade]} {briefing.tranche}）"
