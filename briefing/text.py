"""What every page-like format shows alike: numbering, head lines, and text no file chokes on."""

from __future__ import annotations

import re

from briefing.paper import Briefing
from domain.terms import GRADE, clock, day

NUMERALS = "一二三四五六七八九十"
_UNFIT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Without what XML forbids, what cannot be seen and what turns the writing around."""
    return _UNFIT.sub("", text)


def heading(position: int, text: str) -> str:
    """`position` from 0: 一、总体情况."""
    return f"{NUMERALS[position]}、{text}"


def subtitle(briefing: Briefing) -> str:
    return f"(截至{day(briefing.as_of)}{clock(briefing.as_of)} {GRADE[briefing.grade]} {briefing.tranche})"
