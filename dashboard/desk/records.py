"""证据记录: events, a merchant's days or rows behind an alert that no post caused. All of it from outside, escaped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TypeVar

from domain.alert_records import AlertRecords, RecordedEvent, RecordedLot
from domain.campaign import Campaign
from domain.leads import MerchantDay
from domain.measures import ratio
from domain.readings import QuarantinedRow
from domain.records import Kind
from domain.terms import UNKNOWN, count, local, month_day, percent, span, yuan
from domain.text import excerpt

Line = TypeVar("Line")
_KIND = {Kind.REDEMPTION.value: "核销", Kind.REFUND.value: "退券", Kind.CLAIM.value: "领取"}
_CELL = 60


def records_part(records: AlertRecords, campaign: Campaign) -> str:
    """Empty where figures alone are the evidence: they stand among the reasons."""
    if records.is_empty:
        return ""
    parts = []
    if records.days:
        parts.append(_table("商户逐日核销", _DAYS, records.days, campaign))
    if records.events:
        parts.append(
            _table(f"核销与退券（最近 {len(records.events)} 笔）", _EVENTS, records.events, campaign)
        )
    if records.rows:
        parts.append(_table(f"隔离的数据行（最近 {len(records.rows)} 行）", _ROWS, records.rows, campaign))
    if records.lots:
        parts.append(_table("各轮投放、领取与核销（按已收到的数据）", _LOTS, records.lots, campaign))
    who = f"<p>商户号 {escape(records.merchant)}</p>" if records.merchant else ""
    note = '<p class="notes">线索待核实，不作结论；均已按规则计入或隔离，不因预警改变任何统计。</p>'
    return f"<h2>证据记录</h2>{who}{''.join(parts)}{note}"


def _table(
    title: str,
    columns: Sequence[tuple[str, Callable[[Line, Campaign], str]]],
    lines: Sequence[Line],
    c: Campaign,
) -> str:
    heads = "".join(f'<th scope="col">{head}</th>' for head, _ in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(text(line, c))}</td>" for _, text in columns) + "</tr>"
        for line in lines
    )
    return (
        f'<h3>{title}</h3><table class="records"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _template(e: RecordedEvent | RecordedLot, c: Campaign) -> str:
    template = c.templates.get(e.template)
    return f"{template.name if template else e.template} 第{e.round_no}轮"


def _least(e: RecordedEvent, c: Campaign) -> str:
    template = c.templates.get(e.template)
    return yuan(template.min_spend_fen) if template else UNKNOWN


def _county(e: RecordedEvent, c: Campaign) -> str:
    division = c.divisions.get(e.county)
    return division.name if division else e.county


def _back(e: RecordedEvent, c: Campaign) -> str:
    if e.kind == Kind.REFUND.value:
        return UNKNOWN if e.returned_fen is None else f"退回 {yuan(e.returned_fen)}"
    return f"{span(e.refunded_at - e.occurred_at)}后退款" if e.refunded_at else ""


_EVENTS: tuple[tuple[str, Callable[[RecordedEvent, Campaign], str]], ...] = (
    ("时间", lambda e, c: f"{local(e.occurred_at):%m-%d %H:%M:%S}"),
    ("类别", lambda e, c: _KIND.get(e.kind, e.kind)),
    ("流水号", lambda e, c: excerpt(e.event_no, _CELL)),
    ("券种", _template),
    ("县区", _county),
    ("商户", lambda e, c: excerpt(e.merchant or UNKNOWN, _CELL)),
    ("面额（元）", lambda e, c: yuan(e.face_fen)),
    ("订单（元）", lambda e, c: yuan(e.order_fen)),
    ("最低消费（元）", _least),
    ("退款", _back),
)
_LOTS: tuple[tuple[str, Callable[[RecordedLot, Campaign], str]], ...] = (
    ("券种", _template),
    ("开抢", lambda x, c: f"{local(x.opens_at):%m-%d %H:%M}"),
    ("用券截止", lambda x, c: f"{local(x.use_until):%m-%d %H:%M}"),
    ("投放（张）", lambda x, c: count(x.qty)),
    ("已领（张）", lambda x, c: count(x.claimed_count)),
    ("领取率", lambda x, c: percent(ratio(x.claimed_count, x.qty))),
    ("核销（张）", lambda x, c: count(x.redeemed_count)),
    ("核销率", lambda x, c: percent(ratio(x.redeemed_count, x.claimed_count))),
)
_DAYS: tuple[tuple[str, Callable[[MerchantDay, Campaign], str]], ...] = (
    ("日期", lambda d, c: month_day(d.day)),
    ("核销（笔）", lambda d, c: count(d.redeemed_count)),
    ("金额（元）", lambda d, c: yuan(d.redeemed_fen)),
    ("等于最低消费", lambda d, c: f"{count(d.exact_count)}/{count(d.ordered_count)}"),
    ("30 分钟内退款", lambda d, c: count(d.quick_count)),
    ("退款", lambda d, c: count(d.refunded_count)),
    ("0 至 5 时", lambda d, c: f"{count(d.night_count)}（{percent(d.night_count / d.redeemed_count)}）"),
    ("一分钟最多", lambda d, c: count(d.minute_most)),
    ("一人最多", lambda d, c: count(d.pair_most)),
)
_ROWS: tuple[tuple[str, Callable[[QuarantinedRow, Campaign], str]], ...] = (
    ("收到", lambda r, c: f"{local(r.received_at):%m-%d %H:%M}"),
    ("文件", lambda r, c: excerpt(r.payload or UNKNOWN, _CELL)),
    ("行", lambda r, c: excerpt(r.row, _CELL)),
    ("字段", lambda r, c: excerpt(r.field, _CELL)),
    ("原因", lambda r, c: excerpt(r.reason, 120)),
    ("内容", lambda r, c: excerpt(r.excerpt, _CELL)),
)
