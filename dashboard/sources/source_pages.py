"""来源: each source's state, delays and rows, and what was put aside. Plain HTML without script; all of it escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape

from dashboard.frame import framed
from dashboard.spreadsheet import csv_bytes
from domain.readings import Health, QuarantinedRow, QuarantinePage, RowCounts, SourceBoard, SourceReport
from domain.terms import UNKNOWN, count, local, span
from store.queries.sources import Expected

_SHAPE = {Health.FRESH: "●", Health.LATE: "▲", Health.DOWN: "▼", Health.NEVER: "○"}
_WORD = {Health.FRESH: "正常", Health.LATE: "迟到", Health.DOWN: "中断", Health.NEVER: "从未"}
_SIDE = {"payment": "支付", "opinion": "舆情"}
_SHORT_SHA = 12
_COLUMNS = 17
_HEADS = ("接收时间", "行", "字段", "原因", "摘录", "报文", "sha256")

_TABLE_HEAD = """<thead>
<tr><th rowspan="2" scope="col">来源</th><th rowspan="2" scope="col">状态</th><th rowspan="2" scope="col">最近成功</th>
<th rowspan="2" scope="col">数据时间</th><th colspan="2" scope="colgroup">近 24 小时延迟</th>
<th colspan="2" scope="colgroup">间隔</th>
<th colspan="4" scope="colgroup">近 24 小时行数</th><th colspan="4" scope="colgroup">累计行数</th>
<th rowspan="2" scope="col">隔离区</th></tr>
<tr><th scope="col">p50</th><th scope="col">p95</th><th scope="col">读取</th><th scope="col">允许</th>
<th scope="col">入库</th><th scope="col">重复</th><th scope="col">更正</th><th scope="col">隔离</th>
<th scope="col">入库</th><th scope="col">重复</th><th scope="col">更正</th><th scope="col">隔离</th></tr>
</thead>"""

_NOTES = """<p class="notes">延迟为到达时间减事件时间（舆情为发布时间），按最近秩取值；“—”为暂无数据。
读取间隔为本系统多久读取一次该来源：随时可读的，延迟一般在一个读取间隔以内；推送的随到随收，不受它影响；按文件报送的，延迟还含平台多久出一次文件。
允许间隔为该来源最长多久须有新数据（舆情为读取成功），超过即“迟到”；p95 超过它，标“▲ 超允许间隔”。
明细次日成文件的（支付宝、云闪付），平时以计数读取成功为准；文件过了 10:00 加允许间隔仍未到，才算“迟到”，延迟也按此算。
行数按每次读取累计，同一报文再读一次会再计一次；隔离区内同一报文的同一行只存一次。“重新读取”让采集进程立即再读一次该来源，记录操作人与时间。
连续五次读取失败的来源，中断了多久就隔多久再读，至多五分钟；对方要求稍后再读的，照其要求，至多一小时。“重新读取”不等。页面不自动刷新。</p>"""


def sources_page(board: SourceBoard, *, banner: str | None, reconciliation: str = "") -> str:
    """Every source in one table, under the section of `discrepancy_pages`. `banner`: 演示数据, if any."""
    if board.reports:
        rows = "\n".join(_report(report, now=board.as_of) for report in board.reports)
        body = f'{_counts(board.reports)}\n<table class="sources">\n{_TABLE_HEAD}\n{rows}\n</table>\n{_NOTES}'
    else:
        body = '<p class="nothing">尚未配置任何来源。</p>'
    links = '<a href="/sources">刷新</a><a href="/flags">合规线索</a><a href="/wall">大屏</a>'
    return framed("来源", reconciliation + body, links=links, as_of=board.as_of, banner=banner)


def quarantine_view(source: Expected, found: QuarantinePage, *, as_of: datetime, banner: str | None) -> str:
    """One page of a source's quarantine."""
    here = f"/sources/{escape(source.source)}/quarantine"
    links = f'<a href="{here}?page={found.page}">刷新</a><a href="/sources">全部来源</a>'
    if found.rows:
        links += f'<a href="{here}.csv">下载 CSV</a>'
        heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
        rows = "\n".join(_quarantined(row) for row in found.rows)
        table = f'<table class="quarantine">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>'
        body = f"{_turning(found, here)}\n{table}"
    else:
        body = '<p class="nothing">该来源没有被隔离的行。</p>'
    return framed(f"隔离区：{source.name}", body, links=links, as_of=as_of, banner=banner)


def quarantine_csv(rows: Iterable[QuarantinedRow]) -> bytes:
    """All of a source's quarantine, as a spreadsheet takes it."""
    return csv_bytes(_HEADS, map(_cells, rows))


def _cells(r: QuarantinedRow) -> tuple[str, ...]:
    at = local(r.received_at).isoformat(timespec="seconds")
    return at, r.row, r.field, r.reason, r.excerpt, r.payload or "", r.sha256


def _counts(reports: Sequence[SourceReport]) -> str:
    parts = [
        f"{_state(health)} {sum(r.feed.health is health for r in reports)}"
        for health in _SHAPE
        if any(r.feed.health is health for r in reports)
    ]
    return f'<p class="counts">共 {len(reports)} 路：{"　".join(parts)}</p>'


def _report(report: SourceReport, *, now: datetime) -> str:
    feed = report.feed
    side = _SIDE.get(feed.side, feed.side)
    named = f"<b>{escape(feed.name)}</b><small>{escape(side)} · <code>{escape(feed.source)}</code></small>"
    cells = (
        f'<th scope="row">{named}</th><td>{_state(feed.health)}</td>'
        f"<td>{_moment(feed.last_ok_at, now=now)}{_again(report)}</td><td>{_moment(feed.data_time, now=now)}</td>"
        f"{_delays(report)}{_rows(report.day)}{_rows(report.total)}<td>{_aside(report)}</td>"
    )
    lines = f"<tr>{cells}</tr>"
    if feed.trouble:
        words = f"故障：{escape(feed.trouble)}{_pause(report.paused_until)}"
        lines += f'\n<tr class="trouble"><td colspan="{_COLUMNS}">{words}</td></tr>'
    return f"<tbody>\n{lines}\n</tbody>"


def _pause(until: datetime | None) -> str:
    return "" if until is None else f"（{local(until):%H:%M:%S} 以后再读取）"


def _again(report: SourceReport) -> str:
    """The button to read it at once, or who pressed it."""
    if report.asked is not None:
        at = f"{local(report.asked.asked_at):%H:%M:%S}"
        return f'<small class="asked">{escape(report.asked.asked_by)} {at} 要求重新读取，等待中</small>'
    action = f"/sources/{escape(report.feed.source)}/rerun"
    return f'<form method="post" action="{action}"><button>重新读取</button></form>'


def _state(health: Health) -> str:
    return f'<span class="state {health}"><i aria-hidden="true">{_SHAPE[health]}</i>{_WORD[health]}</span>'


def _delays(report: SourceReport) -> str:
    slow = '<small class="slow">▲ 超允许间隔</small>' if report.is_slow else ""
    asked, allowed = _seconds(report.every_s), _seconds(report.feed.stale_after_s)
    return (
        f'<td class="num">{_seconds(report.delay_p50_s)}</td><td class="num">{_seconds(report.delay_p95_s)}{slow}'
        f'</td><td class="num">{asked}</td><td class="num">{allowed}</td>'
    )


def _seconds(s: float | None) -> str:
    """Below zero where the source's clock runs ahead of ours: worth seeing, so not hidden."""
    if s is None:
        return UNKNOWN
    return f"−{span(timedelta(seconds=-s))}" if s <= -1 else span(timedelta(seconds=s))


def _rows(counts: RowCounts | None) -> str:
    found = (
        (None,) * 4
        if counts is None
        else (counts.accepted, counts.duplicate, counts.superseded, counts.quarantined)
    )
    return "".join(f'<td class="num">{count(n)}</td>' for n in found)


def _aside(report: SourceReport) -> str:
    n = report.feed.quarantined_count
    return f'<a href="/sources/{escape(report.feed.source)}/quarantine">{count(n)} 行</a>'


def _moment(at: datetime | None, *, now: datetime) -> str:
    """To the second; how long ago under it."""
    if at is None:
        return UNKNOWN
    ago = f"<small>{span(now - at)}前</small>" if at <= now else ""
    return f"{local(at):%m-%d %H:%M:%S}{ago}"


def _quarantined(r: QuarantinedRow) -> str:
    at = f"{local(r.received_at):%Y-%m-%d %H:%M:%S}"
    words = "".join(f"<td>{escape(text)}</td>" for text in (r.row, r.field, r.reason, r.excerpt))
    name = UNKNOWN if r.payload is None else escape(r.payload)
    sha = f'<code title="{escape(r.sha256)}">{escape(r.sha256[:_SHORT_SHA])}</code>'
    return f'<tr><td class="at">{at}</td>{words}<td>{name}</td><td>{sha}</td></tr>'


def _turning(found: QuarantinePage, here: str) -> str:
    newer = f'<a href="{here}?page={found.page - 1}">较新</a>' if found.page > 1 else ""
    older = f'<a href="{here}?page={found.page + 1}">较早</a>' if found.page < found.pages else ""
    words = f"共 {count(found.total)} 行，新的在前，第 {found.page} / {found.pages} 页"
    return f'<p class="counts">{words} {newer} {older}</p>'
