"""The gravest look at what an alert tells of: what the alert is called by once its signal has receded.

Until then its title is the last look's: what is to be seen now. Afterwards nothing is, and the last look before it
receded was the mildest of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.readings import GRAVITY, Level

_AT_ITS_PEAK = "最高时 "


def gravest(before: Mapping[str, Any] | None, *, level: Level, count: int, title: str) -> dict[str, Any]:
    """Of the same level the look that found most, of equals the later. In the form it is kept in."""
    now = {"level": level.value, "count": count, "title": title}
    if before is None or _weight(now) >= _weight(before):
        return now
    return dict(before)


def title_of_receded(peak: Mapping[str, Any] | None, last: str) -> str:
    """`last`: of the last look, which stands where it was the gravest, or nobody knows what was."""
    if peak is None or peak["title"] == last:
        return last
    return f"{_AT_ITS_PEAK}{peak['title']}"


def bare_title(title: str) -> str:
    """Of one that has receded, for whoever says so himself and has few words to spare."""
    return title.removeprefix(_AT_ITS_PEAK)


def _weight(look: Mapping[str, Any]) -> tuple[int, int]:
    return GRAVITY[look["level"]], look["count"]
