"""Where opinion was listened to: each source with its last answer, what it brought and how long it was silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.draft import Question
from briefing.paper import Cell, Figure, Kind, Section, Table, tell
from briefing.reference import key
from briefing.text import day_of
from domain.terms import NO_DATA, day_clock
from store.queries.briefed import FeedThen, Said, feeds_then
from store.queries.gaps import source_gaps

HEADING = "监测来源与覆盖"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    section: Section
    silent: tuple[str, ...]  # names of sources that were not heard for some of the day
    data_time: datetime | None  # the newest answer of any


def coverage_of(asked: Question, posts: Sequence[Said]) -> Coverage:
    """Of the paper's day up to its moment. `posts`: that day's."""
    since, brought = day_of(asked.as_of), Counter(post.source for post in posts)
    then = feeds_then(asked.conn, known_by=asked.as_of)
    rows: list[tuple[Cell, ...]] = []
    silent, answers = [], []
    for e in (e for e in asked.expected if e.side == "opinion"):
        feed = then.get(e.source, FeedThen())
        gaps = source_gaps(
            asked.conn, e.source, since=since, until=asked.as_of, stale_after_s=e.stale_after_s
        )
        lost = sum((gap.until - gap.since for gap in gaps), timedelta())
        silent += [e.name] if gaps else []
        answers += [feed.alive_at] if feed.alive_at else []
        state = NO_DATA if feed.alive_at is None else "有中断" if gaps else "正常"
        posts_count = None if feed.alive_at is None and not brought[e.source] else brought[e.source]
        rows.append((e.name, state, day_clock(feed.alive_at, now=asked.as_of), posts_count, lost / _HOUR))
    return Coverage(
        section=_section(rows, silent), silent=tuple(silent), data_time=max(answers, default=None)
    )


def _section(rows: Sequence[tuple[Cell, ...]], silent: Sequence[str]) -> Section:
    columns = (
        ("来源", Kind.TEXT), ("状态", Kind.TEXT), ("最近应答", Kind.TEXT), ("相关帖文（条）", Kind.COUNT),
        ("当日中断（小时）", Kind.TIMES),
    )  # fmt: skip
    if not rows:
        return Section(heading=HEADING, sentences=("未配置舆情来源，监测覆盖情况不明。",))
    watched, broken = (
        Figure(name=name, kind=Kind.COUNT, cell=n)
        for name, n in (("监测来源（个）", len(rows)), ("当日有中断（个）", len(silent)))
    )
    every = (f"{len(rows)}个", key(HEADING, watched.name))
    said = (
        tell(
            f"监测来源{{}}，其中{{}}当日有中断：{'、'.join(silent)}；中断时段无帖文不代表无舆情。",
            every,
            (f"{len(silent)}个", key(HEADING, broken.name)),
        )
        if silent
        else tell("监测来源{}，当日均无超时中断。", every)
    )
    return Section(
        heading=HEADING,
        sentences=(said,),
        figures=(watched, broken),
        tables=(Table(id="coverage", title="监测来源", columns=columns, rows=tuple(rows)),),
    )
