"""The daily paper's body is two pages for the leaders; what has no room there stands in an annex, and they say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Final

from briefing.calendar import TOMORROW
from briefing.corrections import HEADING as CORRECTIONS
from briefing.decisions import DECISIONS
from briefing.funds import GENERAL
from briefing.outlook import RISKS, TALK
from briefing.paper import Section, joined
from briefing.text import ems

UNLISTED: Final = "正文未列事项"
_MORE = "其余见附件。"

_LINES, _EMS = 2 * 22, 28
"""GB/T 9704: lines of two pages, characters of a line."""
_HEAD = 3
"""Lines of title, subtitle and red rule."""
_SPARE = 2
"""A page may end early: a heading stays with its first line, and no line of a paragraph stands alone."""

_GIVES: Final = (
    (RISKS, 2),  # how many there are, and the gravest
    (CORRECTIONS, 1),
    (TOMORROW, 2),
    (TALK, 2),
    (DECISIONS, 3),
    (TOMORROW, 1),
    (TALK, 1),
    (DECISIONS, 1),
    (GENERAL, 1),
)
"""(heading, sentences it keeps), in the order in which sections give up their last ones."""


def two_pages(body: Sequence[Section], *, annexes: int) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    """(the body, what it had no room for). `annexes`: titles listed under it."""
    length = {s.heading: len(s.sentences) for s in body}
    kept = dict(length)
    for heading, least in _GIVES:
        while kept.get(heading, 0) > least and not _fits(body, kept, annexes):
            kept[heading] -= 1
    for heading, _ in reversed(_GIVES):  # what went for a long sentence may have room for a short one
        more = kept | {heading: kept.get(heading, 0) + 1}
        if more[heading] <= length.get(heading, 0) and _fits(body, more, annexes):
            kept = more
    return tuple(_shown(s, kept) for s in body), tuple(_left_out(body, kept))


def _shown(section: Section, kept: Mapping[str, int]) -> Section:
    n = kept[section.heading]
    if n == len(section.sentences):
        return section
    *before, last = section.sentences[:n]
    return replace(section, sentences=(*before, joined(last, _MORE)))


def _left_out(body: Sequence[Section], kept: Mapping[str, int]) -> Iterator[Section]:
    """The sentences alone: their figures are told of with the section."""
    for section in body:
        rest = section.sentences[kept[section.heading] :]
        if rest:
            yield Section(heading=section.heading, sentences=rest, annex=UNLISTED)


def _fits(body: Sequence[Section], kept: Mapping[str, int], annexes: int) -> bool:
    return _lines(body, kept, annexes) <= _LINES - _HEAD - _SPARE


def _lines(body: Sequence[Section], kept: Mapping[str, int], annexes: int) -> int:
    """Headings, sentences two characters in, and the list of annexes a line below them."""
    shown = [_shown(section, kept) for section in body]
    words = sum(ceil((2 + ems(sentence)) / _EMS) for section in shown for sentence in section.sentences)
    is_cut = any(kept[section.heading] < len(section.sentences) for section in body)
    return len(shown) + words + 1 + annexes + is_cut
