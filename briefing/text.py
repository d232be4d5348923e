"""What every page-like format shows alike: numbering, head lines, and text no file chokes on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from briefing.paper import Briefing, Section
from domain.terms import GRADE, business_day_start, clock, day, month_day

NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_UNFIT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Without what XML forbids, what cannot be seen and what turns the writing around."""
    return _UNFIT.sub("", text)


def ems(text: str) -> float:
    """How wide it is set, in its own size."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.65 for c in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A section where it stands: numbered within the body or its annex, a new annex opened by its first section."""

    section: Section
    heading: str  # 一、总体情况; empty where the annex's title says it already
    opens: tuple[str, str] | None = None  # ("附件1", its title)


def placed(sections: Sequence[Section]) -> Iterator[Placed]:
    """The body first, every annex after it (GB/T 9704: an only one has no number)."""
    ordered = sorted(sections, key=lambda s: bool(s.annex))
    groups = [(title, list(of)) for title, of in groupby(ordered, key=lambda s: s.annex)]
    marks = _marks([title for title, _ in groups])
    for title, of in groups:
        alone = bool(title) and len(of) == 1
        for n, section in enumerate(of):
            opened = (marks[title], title) if title and n == 0 else None
            yield Placed(
                section=section,
                heading="" if alone else f"{NUMERALS[n]}、{section.heading}",
                opens=opened,
            )


def annexes(sections: Sequence[Section]) -> list[str]:
    """The list under the body: 附件：1.县区进展表, each of the others a line."""
    titles = [p.opens[1] for p in placed(sections) if p.opens]
    if len(titles) < 2:
        return titles
    return [f"{n}.{title}" for n, title in enumerate(titles, start=1)]


def _marks(titles: Sequence[str]) -> dict[str, str]:
    named = [title for title in titles if title]
    return {title: f"附件{n if len(named) > 1 else ''}" for n, title in enumerate(named, start=1)}


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
