"""The figures of opinion taken apart: which posts they count, by medium."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from briefing.paper import Kind
from briefing.talk import HEADING, ISSUE_TABLE, SHARE, TONES, UNJUDGED
from briefing.terms import Term, Terms
from domain.issues import ISSUES
from domain.measures import wilson
from domain.records import Label
from domain.terms import LABEL, percent
from store.queries.briefed import Said


def posts_of(place: tuple[str, ...], said: Sequence[Said]) -> list[Said]:
    """The day's posts that the figure counts; none where it is about something else."""
    if place[0] == HEADING:
        of_tone = place[1].startswith(("可判定", SHARE))
        return [post for post in said if post.label or not of_tone]
    if place[0] == TONES:
        named = {name: label for label, name in LABEL.items()} | {UNJUDGED: None}
        return [post for post in said if place[1] in named and post.label == named[place[1]]]
    if place[0] == ISSUE_TABLE:
        ids = {issue.id for issue in ISSUES.values() if issue.name == place[1]}
        return [post for post in said if ids & set(post.issues)]
    return []


def opinion_terms(place: tuple[str, ...], posts: Sequence[Said]) -> Terms | None:
    if not posts:
        return None
    if place[-1] != SHARE:
        is_merged = place[-1].startswith("合并转发后")
        n = len({post.event_id for post in posts}) if is_merged else len(posts)
        words = "转发合并为一件后计数" if is_merged else "逐条计数，含转发"
        return Terms(words=words, above=Term(name=place[-1], kind=Kind.COUNT, cell=n))
    negative = sum(post.label == Label.NEGATIVE.value for post in posts)
    low, high = wilson(negative, len(posts))
    return Terms(
        words=f"负面占比=负面帖文÷可判定情感的帖文；95%区间（Wilson）{percent(low)}至{percent(high)}",
        above=Term(name="负面帖文（条）", kind=Kind.COUNT, cell=negative),
        below=Term(name="可判定情感的帖文（条）", kind=Kind.COUNT, cell=len(posts)),
    )


def media_of(posts: Sequence[Said]) -> tuple[tuple[str, int], ...]:
    """Most first."""
    found = Counter(post.media for post in posts)
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))
