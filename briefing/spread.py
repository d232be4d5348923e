"""The opinion paper's tables: the days' volume, where it was said, what was passed on, which views there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from briefing.paper import Cell, Kind, Table
from briefing.reference import key
from briefing.talk import quote, representative
from briefing.voices import DayTalk, judged, merged, negative
from domain.issues import ISSUES
from domain.measures import ratio
from domain.terms import clock, local, medium, month_day
from store.queries.briefed import Said

VIEWS = "views"
MOST_EVENTS, MOST_VIEWS, MOST_MEDIA = 5, 8, 10
UNPLACED = "县区不明"
K = TypeVar("K", bound=Hashable)
_COUNTED = (("帖文（条）", Kind.COUNT), ("合并转发后（条）", Kind.COUNT), ("负面（条）", Kind.COUNT))


def volume_table(days: Sequence[DayTalk], title: str) -> Table:
    """One row a day, with bars of the volume."""
    columns = (("日期", Kind.TEXT), *_COUNTED, ("可判定（条）", Kind.COUNT), ("负面占比", Kind.RATE))
    rows = tuple((month_day(day.day), *_day(day.said)) for day in days)
    return Table(id="volume", title=title, columns=columns, rows=rows, bars=1)


def _day(said: Sequence[Said] | None) -> tuple[Cell, ...]:
    if said is None:
        return (None,) * 5
    bad, known = negative(said), judged(said)
    return (len(said), merged(said), bad, known, ratio(bad, known))


def media_table(said: Sequence[Said]) -> Table:
    columns = (("媒体类型", Kind.TEXT), *_COUNTED, ("占比", Kind.RATE))
    groups = _grouped(said, lambda post: medium(post.media))
    top = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_MEDIA]
    rows = tuple((name, len(of), merged(of), negative(of), ratio(len(of), len(said))) for name, of in top)
    return Table(id="media", title="媒体分布", columns=columns, rows=rows)


def places_table(said: Sequence[Said], names: Mapping[str, str]) -> Table:
    """`names`: of the counties, in official order. What is of no known county stands apart, last."""
    groups = _grouped(said, lambda post: post.county if post.county in names else None)
    rows = [(names[c], *_counts(groups[c])) for c in names if c in groups]
    rows += [(UNPLACED, *_counts(groups[None]))] if None in groups else []
    return Table(
        id="places",
        title="涉及县区（按区划代码排序）",
        columns=(("县区", Kind.TEXT), *_COUNTED),
        rows=tuple(rows),
    )


def _counts(of: Sequence[Said]) -> tuple[Cell, ...]:
    return (len(of), merged(of), negative(of))


def events_table(said: Sequence[Said]) -> Table:
    """What was passed on most, by the first post of each; what nobody passed on is no event."""
    columns = (
        ("序号", Kind.TEXT), ("首发时间", Kind.TEXT), ("首发媒体", Kind.TEXT), ("帖文（条）", Kind.COUNT),
        ("表述（已去标识）", Kind.TEXT),
    )  # fmt: skip
    groups = {event: of for event, of in _grouped(said, lambda post: post.event_id).items() if len(of) > 1}
    top = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_EVENTS]
    rows, quoted = [], [representative(of) for _, of in top]
    for n, (_, of) in enumerate(top):
        first = min(of, key=lambda post: (post.at, post.post_id))
        rows.append(
            (
                f"{n + 1}",
                clock(first.at),
                medium(first.media),
                len(of),
                quote(quoted[n].text),
            )
        )
    return Table(
        id="events",
        title="转发较多的事件",
        columns=columns,
        rows=tuple(rows),
        posts=tuple(post.post_id for post in quoted),
    )


def views_table(said: Sequence[Said]) -> Table:
    """Clustered by what they ask for; of a post with several, each."""
    columns = (
        ("观点（诉求类别）", Kind.TEXT), ("帖文（条）", Kind.COUNT), ("合并后（条）", Kind.COUNT),
        ("占比", Kind.RATE), ("代表性表述", Kind.TEXT),
    )  # fmt: skip
    found = by_issue(said)
    quoted = [representative(of) for _, of in found]
    rows = tuple(
        (ISSUES[issue].name, len(of), merged(of), ratio(len(of), len(said)), quote(post.text))
        for (issue, of), post in zip(found, quoted, strict=True)
    )
    return Table(
        id=VIEWS,
        title="主要观点（已去标识）",
        columns=columns,
        rows=rows,
        posts=tuple(post.post_id for post in quoted),
        most=MOST_VIEWS,
    )


def view_key(issue: str) -> str:
    """Of the posts on that issue, as the table of views counts them."""
    return key(VIEWS, ISSUES[issue].name, "帖文（条）")


def by_issue(said: Sequence[Said]) -> list[tuple[str, list[Said]]]:
    """The most spoken of first."""
    about: dict[str, list[Said]] = defaultdict(list)
    for post in said:
        for issue in post.issues:
            if issue in ISSUES:
                about[issue].append(post)
    return sorted(about.items(), key=lambda item: (-len(item[1]), item[0]))


def busiest_hour(said: Sequence[Said]) -> tuple[int, int]:
    """(hour of the day, posts in it), the earliest of equals. Of at least one post."""
    hours = Counter(local(post.at).hour for post in said)
    return min(hours.items(), key=lambda item: (-item[1], item[0]))


def _grouped(said: Sequence[Said], key: Callable[[Said], K]) -> dict[K, list[Said]]:
    groups: dict[K, list[Said]] = defaultdict(list)
    for post in said:
        groups[key(post)].append(post)
    return dict(groups)
