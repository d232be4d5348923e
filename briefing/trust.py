"""The sections on whether to believe it: alerts, data quality, and what every word means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from briefing.paper import Briefing, Cell, Figure, Kind, Section, Table, tell
from briefing.reference import key, short_address
from domain.papers import PaperKind
from domain.personal import mask_personal
from domain.terms import GRADE, LEVEL, NO_DATA, UNKNOWN, clock, count, day, day_clock, span
from domain.topics import LEADS
from store.queries.briefed import FeedThen
from store.queries.open_then import AlertThen
from store.queries.sources import Expected

QUALITY, SOURCES = "数据质量与提示", "sources"
OPEN_ALERTS, LEADS_OPEN = "未关闭预警（项）", "待核实商户线索（条）"
DIFFERENT = "与平台汇总数不一致（项）"


def without_leads(found: Sequence[AlertThen]) -> list[AlertThen]:
    """What counts as an alert in a paper: merchant leads that nobody has verified are none."""
    return [a for a in found if a.rule not in LEADS]


def alert_section(found: Sequence[AlertThen], *, as_of: datetime, heading: str = "预警") -> Section:
    """Merchant leads are counted apart, never listed, and titles name nobody: a paper goes far."""
    listed = without_leads(found)
    leads = len(found) - len(listed)
    others = (
        (tell("另有待核实的商户线索{}条，不列出。", (count(leads), key(heading, LEADS_OPEN))),)
        if leads
        else ()
    )
    figures = (
        Figure(name=OPEN_ALERTS, kind=Kind.COUNT, cell=len(listed)),
        Figure(name=LEADS_OPEN, kind=Kind.COUNT, cell=leads),
    )
    if not listed:
        return Section(heading=heading, sentences=("无未关闭预警。", *others), figures=figures)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (LEVEL[a.level], mask_personal(a.title), day_clock(a.raised_at, now=as_of), lasted(a, as_of=as_of))
        for a in listed
    )
    columns = (("级别", Kind.TEXT), ("事项", Kind.TEXT), ("发出", Kind.TEXT), ("现状", Kind.TEXT))
    table = Table(id="alerts", title="未关闭预警", columns=columns, rows=rows)
    said = tell("未关闭预警{}。", (f"{count(len(listed))}项", key(heading, OPEN_ALERTS)))
    return Section(heading=heading, sentences=(said, *others), figures=figures, tables=(table,))


def lasted(alert: AlertThen, *, as_of: datetime) -> str:
    return "已回落，待办结" if alert.receded else f"已持续{span(as_of - alert.raised_at)}"


def stale_sources(
    expected: Sequence[Expected], feeds: Mapping[str, FeedThen], *, as_of: datetime
) -> tuple[str, ...]:
    """Names of those that were late, or never heard."""
    return tuple(e.name for e in expected if _is_late(e, feeds.get(e.source, FeedThen()), as_of))


def _is_late(e: Expected, feed: FeedThen, as_of: datetime) -> bool:
    fresh = feed.freshness(e, now=as_of)
    return fresh.seen_at is None or fresh.is_late(as_of)


def quality_section(
    expected: Sequence[Expected], feeds: Mapping[str, FeedThen], differences: int | None, *, as_of: datetime
) -> Section:
    rows: list[tuple[Cell, ...]] = []
    stale = stale_sources(expected, feeds, as_of=as_of)
    for e in expected:
        feed = feeds.get(e.source, FeedThen())
        at = feed.data_time if e.side == "payment" else feed.last_ok_at
        state = (
            NO_DATA if feed.freshness(e, now=as_of).seen_at is None else "滞后" if e.name in stale else "正常"
        )
        rows.append((e.name, state, day_clock(at, now=as_of), feed.quarantined))
    columns = (
        ("数据来源", Kind.TEXT),
        ("状态", Kind.TEXT),
        ("数据时间", Kind.TEXT),
        ("隔离记录（条）", Kind.COUNT),
    )
    named = (
        f"以下来源滞后或暂无数据：{'、'.join(stale)}，相关数字可能偏低。"
        if stale
        else "各来源数据均在时限内。"
    )
    matched = UNKNOWN if differences is None else f"{count(differences)}项"
    said = (
        named if expected else "未配置数据来源。",
        tell("与平台汇总数不一致未关闭：{}。", (matched, key(QUALITY, DIFFERENT))),
    )
    open_ = Figure(name=DIFFERENT, kind=Kind.COUNT, cell=differences)
    tables = (Table(id=SOURCES, title="数据来源", columns=columns, rows=tuple(rows)),) if rows else ()
    return Section(heading=QUALITY, sentences=said, figures=(open_,), tables=tables)


DEFINED = "口径说明"
DEFINITIONS = (
    "核销率=核销（毛）张数÷领取张数，核销未报的不计；资金使用率=（净核销+已付审核补贴）÷分配额度；"
    "直接带动消费为净核销订单的订单总金额，直接带动比=直接带动消费÷净核销金额，不代表消费增量。",
    "结余=分配额度-净核销-已通过审核补贴+已追回；较前日同时按各主体当日已报到的时刻比较；金额由分汇总后四舍五入，分项之和可能不等于合计。",
)
"""Of the money's figures."""


def definitions_section(b: Briefing, definitions: tuple[str, ...]) -> Section:
    """The mandatory box: as-of, grade, tranche, freeze id, and what the paper's own figures mean."""
    return Section(
        heading=DEFINED,
        sentences=(
            f"数据时间：{UNKNOWN if b.data_time is None else day(b.data_time) + clock(b.data_time)}；"
            f"口径：{GRADE[b.grade]}；资金批次：{b.tranche}；冻结号：{b.freeze_id}。",
            *_opened_at(b),
            *_learnt_since(b),
            *definitions,
        ),
    )


def _opened_at(b: Briefing) -> tuple[str, ...]:
    """Where all figures of the paper are listed; the one page of an event has no room for an address to type."""
    if b.kind is PaperKind.EVENT:
        return ()
    return (tell("各数字、引文的出处在值班台{}逐项查看。", (short_address(b), "")),)


def _learnt_since(b: Briefing) -> tuple[str, ...]:
    if not b.corrects:
        return ()
    return (f"本期为更正，含{day(b.known_by)}{clock(b.known_by)}前到达的迟到与更正数据；原专报保留。",)
