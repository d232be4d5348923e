"""The source an alert is about, and where a platform's totals are not ours: each as it was known at the moment."""

from __future__ import annotations

from datetime import timedelta

from briefing.draft import Question
from briefing.event_facts import at_words
from briefing.matter_words import Matter
from briefing.paper import Cell, Figure, Kind, Section, Table, tell
from briefing.reference import key
from domain.statements import Discrepancy
from domain.terms import METRIC, NO_DATA, count, day_clock, month_day, span
from store.queries.briefed import FeedThen, feeds_then
from store.queries.discrepancies import discrepancies_then
from store.queries.gaps import Gap, source_gaps
from store.queries.sources import Expected

SOURCE, DIFFERENCES = "来源情况", "差异情况"
BROKEN = "中断（次）"
SILENT, PUT_ASIDE, OPEN = "中断时长（小时）", "隔离记录（条）", "未关闭差异（项）"
_SHOWN = 6
_HOUR, _BEFORE = timedelta(hours=1), timedelta(days=1)


def source_of_matter(asked: Question, matter: Matter) -> tuple[Section, ...]:
    """Nothing where it is of no configured source."""
    e = matter.source
    if e is None:
        return ()
    feed = feeds_then(asked.conn, known_by=asked.as_of).get(e.source, FeedThen())
    fresh = feed.freshness(e, now=asked.as_of)
    gaps = _gaps(asked, matter, e)
    lost = sum((gap.until - gap.since for gap in gaps), timedelta()) / _HOUR
    since = at_words(gaps[0].since) if gaps else ""
    broken = (
        f"自{since}起应答中断{{}}，合计{{}}小时" if gaps else "应答{}超时中断（合计{}小时），为数据时间滞后"
    )
    reach = NO_DATA if fresh.seen_at is None else day_clock(fresh.seen_at, now=asked.as_of)
    said = tell(
        f"{e.name}的数据停在{reach}，允许间隔{span(fresh.allowed)}；{broken}；累计隔离记录{{}}。",
        (f"{len(gaps)}次" if gaps else "无", key(SOURCE, BROKEN)),
        (f"{lost:.2f}", key(SOURCE, SILENT)),
        (f"{count(feed.quarantined)}条", key(SOURCE, PUT_ASIDE)),
    )
    figures = (
        Figure(name=BROKEN, kind=Kind.COUNT, cell=len(gaps)),
        Figure(name=SILENT, kind=Kind.TIMES, cell=lost),
        Figure(name=PUT_ASIDE, kind=Kind.COUNT, cell=feed.quarantined),
    )
    return (Section(heading=SOURCE, sentences=(said,), figures=figures),)


def _gaps(asked: Question, matter: Matter, e: Expected) -> list[Gap]:
    """The silence the alert was raised in, and those since; what lies before it is not its matter."""
    raised, patience = matter.story.raised_at, timedelta(seconds=e.stale_after_s)
    found = source_gaps(
        asked.conn, e.source, since=raised - _BEFORE, until=asked.as_of, stale_after_s=e.stale_after_s
    )
    return [gap for gap in found if gap.until > raised - patience]


def differences_of_matter(asked: Question, matter: Matter) -> tuple[Section, ...]:
    """Of an alert on them alone. What was worked out anew since is not known as it was."""
    if matter.story.rule != "unreconciled":
        return ()
    found = discrepancies_then(asked.conn, [p.id for p in matter.programmes], known_by=asked.as_of)
    columns = (
        ("序号", Kind.TEXT), ("日期", Kind.TEXT), ("项目", Kind.TEXT), ("台账（张）", Kind.COUNT),
        ("平台（张）", Kind.COUNT), ("台账（万元）", Kind.WAN), ("平台（万元）", Kind.WAN),
    )  # fmt: skip
    rows = tuple((f"{n}", *_row(d, asked)) for n, d in enumerate(found, start=1))
    table = Table(id="differences", title="未关闭差异", columns=columns, rows=rows, most=_SHOWN)
    said = tell("与平台汇总数不一致未关闭{}。", (f"{count(len(found))}项", key(DIFFERENCES, OPEN)))
    figures = (Figure(name=OPEN, kind=Kind.COUNT, cell=len(found)),)
    tables = (table,) if rows else ()
    return (Section(heading=DIFFERENCES, sentences=(said,), figures=figures, tables=tables),)


def _row(d: Discrepancy, asked: Question) -> tuple[Cell, ...]:
    when = month_day(d.subject.day) if d.subject.day else "累计"
    if d.refreshed_at > asked.known_by:
        return (when, METRIC[d.subject.metric], None, None, None, None)
    return (
        when, METRIC[d.subject.metric], d.ours.count, d.theirs.count, d.ours.fen, d.theirs.fen,
    )  # fmt: skip
