"""商户线索: what rules found at merchants, for the offices that check them and have no desk. Plain HTML, escaped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from dashboard.desk.curve import curve
from dashboard.desk.parts import first_of, pill
from dashboard.desk.records import records_part
from dashboard.frame import framed
from domain.alert_records import AlertRecords
from domain.campaign import Campaign
from domain.cases import Case
from domain.desk_words import SIGNAL, STAGE
from domain.evidence import Trade
from domain.terms import count, day_clock

_HEADS = ("等级", "线索", "核销（笔）", "状态", "环节", "发现")
_NOTES = """<p class="notes">均为待核实的线索，不作结论：只列数量和证据，不改变任何统计，不等于商户违规。
按商户与日汇总，约每分钟更新一次；每条规则至多列出若干户，其余只计数。结论在值班台填写。</p>"""


def leads_page(cases: Sequence[Case], *, now: datetime, banner: str | None) -> str:
    links = '<a href="/flags/leads">刷新</a><a href="/flags">合规线索</a><a href="/wall">大屏</a>'
    if not cases:
        body = f'<p class="nothing">当前没有商户线索。</p>\n{_NOTES}'
        return framed("商户线索", body, links=links, as_of=now, banner=banner, look="desk")
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    listed, more = first_of(cases)
    rows = "\n".join(_row(case, now) for case in listed)
    table = f'<table class="queue">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>'
    body = f"<section>{table}{more}\n{_NOTES}</section>"
    return framed("商户线索", body, links=links, as_of=now, banner=banner, look="desk")


def lead_page(
    case: Case, records: AlertRecords, trade: Trade, campaign: Campaign, *, now: datetime, banner: str | None
) -> str:
    """Why it was found, and its evidence beside the county's money of the same hours."""
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in case.reasons)
    body = (
        f"<section><h2>{pill(case.level)} {escape(case.title)}</h2><ul>{reasons}</ul></section>"
        f"{records_part(records, campaign)}"
        f"<section><h2>同一县区同一时段的领取与核销</h2>{curve(trade, [])}"
        f'<p class="notes">快报，数据时间 {day_clock(trade.data_time, now=now)}。</p></section>{_NOTES}'
    )
    here = f"/flags/leads/{case.alert_id}"
    links = f'<a href="{here}">刷新</a><a href="/flags/leads">全部商户线索</a>'
    return framed(f"商户线索 {case.alert_id}", body, links=links, as_of=now, banner=banner, look="desk")


def _row(case: Case, now: datetime) -> str:
    return (
        f'<tr><td>{pill(case.level)}</td><td><a href="/flags/leads/{case.alert_id}">{escape(case.title)}</a></td>'
        f"<td>{count(case.evidence_count)}</td><td>{SIGNAL[case.signal]}</td>"
        f"<td>{STAGE[case.stage]}</td><td>{day_clock(case.raised_at, now=now)}</td></tr>"
    )
