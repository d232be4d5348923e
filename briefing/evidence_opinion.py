"""The figures of opinion taken apart: which posts they count, by medium."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from briefing.evidence_reach import Talk
from briefing.paper import Kind
from briefing.spread import UNPLACED, VIEWS
from briefing.talk import ISSUE_TABLE, JUDGED, MERGED, NEGATIVE, SAID, SHARE, TONES, UNJUDGED
from briefing.terms import Term, Terms
from domain.issues import ISSUES
from domain.measures import wilson
from domain.records import Label
from domain.terms import LABEL, medium, percent
from store.queries.briefed import Said

_OF_ALL = frozenset({SAID, MERGED, JUDGED, NEGATIVE, SHARE, "同类帖文（条）"})
"""Figures of sentences that count all the posts a paper speaks of, under whatever heading."""


def posts_of(place: tuple[str, ...], talk: Talk) -> list[Said] | None:
    """The posts that the figure is of; None where it is about something else."""
    if len(place) == 2 and place[1] in _OF_ALL:
        return list(talk.said)
    within = _ROWS.get(place[0])
    if within is None:
        return None
    return [post for post in (talk.days.get(place[1], ()) if place[0] == "volume" else talk.said)
            if within(post, place[1], talk)]  # fmt: skip


def _tone(post: Said, row: str, _: Talk) -> bool:
    named: dict[str, str | None] = {name: label for label, name in LABEL.items()}
    return row in (*named, UNJUDGED) and post.label == (named | {UNJUDGED: None})[row]


def _issue(post: Said, row: str, _: Talk) -> bool:
    return any(ISSUES[issue].name == row for issue in post.issues if issue in ISSUES)


def _place(post: Said, row: str, talk: Talk) -> bool:
    return talk.counties.get(post.county or "", UNPLACED) == row


_ROWS: dict[str, Callable[[Said, str, Talk], bool]] = {
    "volume": lambda post, row, talk: True,
    "media": lambda post, row, talk: medium(post.media) == row,
    "places": _place,
    VIEWS: _issue,
    ISSUE_TABLE: _issue,
    TONES: _tone,
}
"""By table: whether the post is counted in the row of that name."""


def opinion_terms(place: tuple[str, ...], posts: Sequence[Said], every: Sequence[Said]) -> Terms | None:
    """`every`: all posts of the paper, of which a share is a part."""
    column = place[-1]
    if not posts:
        return None
    if column == SHARE:
        return _share(posts)
    if column == "占比":
        return Terms(
            words="占比=本类帖文÷全部相关帖文",
            above=_count("本类帖文（条）", len(posts)),
            below=_count("全部相关帖文（条）", len(every)),
        )
    counted = {
        NEGATIVE: ("情感为负面的帖文", sum(post.label == Label.NEGATIVE.value for post in posts)),
        JUDGED: ("能判定情感的帖文", sum(post.label is not None for post in posts)),
        "可判定（条）": ("能判定情感的帖文", sum(post.label is not None for post in posts)),
    }
    if column.startswith("合并"):
        words, n = "转发合并为一件后计数", len({post.event_id for post in posts})
    else:
        words, n = counted.get(column, ("逐条计数，含转发", len(posts)))
    return Terms(words=words, above=_count(column, n))


def _share(posts: Sequence[Said]) -> Terms | None:
    known = [post for post in posts if post.label]
    if not known:
        return None
    negative = sum(post.label == Label.NEGATIVE.value for post in known)
    low, high = wilson(negative, len(known))
    return Terms(
        words=f"负面占比=负面帖文÷可判定情感的帖文；95%区间（Wilson）{percent(low)}至{percent(high)}",
        above=_count("负面帖文（条）", negative),
        below=_count("可判定情感的帖文（条）", len(known)),
    )


def _count(name: str, n: int) -> Term:
    return Term(name=name, kind=Kind.COUNT, cell=n)


def media_of(posts: Sequence[Said]) -> tuple[tuple[str, int], ...]:
    """Most first."""
    found = Counter(post.media for post in posts)
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))
