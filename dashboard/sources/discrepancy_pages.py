"""对账差异: where platforms' own totals are not ours, and the form to close one. Plain HTML, all escaped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape

from domain.campaign import Campaign
from domain.statements import Cause, Discrepancy, Pair, ReconciliationBoard, Subject
from domain.terms import METRIC, UNKNOWN, count, local, month_day, span, weekday, yuan
from store.writes.discrepancies import NOTE_CHARACTERS

CAUSES = {
    Cause.ARRIVED_LATE: "迟到数据补齐",
    Cause.CORRECTED: "我方数据更正",
    Cause.RESTATED: "平台更正对账数",
    Cause.PLATFORM_ERROR: "平台确认其数有误",
    Cause.GAP_ACCEPTED: "确认我方缺数",
    Cause.REFUND_TIMING: "退款记账时间不同",
    Cause.OTHER: "其他（须说明）",
}
_BY_HAND = (Cause.PLATFORM_ERROR, Cause.GAP_ACCEPTED, Cause.REFUND_TIMING, Cause.ARRIVED_LATE, Cause.OTHER)
"""What a person may find out; the other causes are the machine's, which sees them in the figures."""
_HEADS = ("发放主体", "日期", "指标", "我方", "平台", "差额（平台−我方）", "平台出具", "已持续", "结案")
_CLOSED_HEADS = (
    "发放主体",
    "日期",
    "指标",
    "结案时我方",
    "结案时平台",
    "差额",
    "结案时间",
    "经办",
    "原因与说明",
)
_FIGURES, _NUM = ("我方", "平台", "差额", "我方）"), ' class="num"'
_NOTES = """<p class="notes">平台自报的总数与我方台账逐日、逐指标比对：当日结束、出数时限已过、来源数据越过当日才比，
来源迟到不算差异。我方台账不因对账改动；差额消失由系统结案，人工结案须选原因，差额再变则另开一项。</p>"""


def discrepancy_section(board: ReconciliationBoard, campaign: Campaign, *, now: datetime) -> str:
    """The open ones with their form, the recently closed folded away under them."""
    tables = _open(board, campaign, now=now) + _closed(board.closed, campaign)
    return f'<section class="reconciliation">\n<h2>对账差异</h2>{_state(board)}\n{tables}</section>\n'


def _state(board: ReconciliationBoard) -> str:
    if board.as_of is None:
        return '<p class="counts">尚未对账。</p>'
    words = f"未结 {count(len(board.still_open))} 项" if board.still_open else "没有未结差异"
    return f'<p class="counts">{words} · 最近对账 <time>{local(board.as_of):%m-%d %H:%M:%S}</time></p>'


def _open(board: ReconciliationBoard, campaign: Campaign, *, now: datetime) -> str:
    if not board.still_open:
        return ""
    rows = "\n".join(_open_row(d, campaign, now=now) for d in board.still_open)
    return f'<table class="discrepancies">\n{_heads(_HEADS)}\n<tbody>\n{rows}\n</tbody>\n</table>\n{_NOTES}\n'


def _closed(closed: Sequence[Discrepancy], campaign: Campaign) -> str:
    if not closed:
        return ""
    rows = "\n".join(_closed_row(d, campaign) for d in closed)
    table = f'<table class="discrepancies">\n{_heads(_CLOSED_HEADS)}\n<tbody>\n{rows}\n</tbody>\n</table>'
    return f"<details>\n<summary>近 7 日已结 {count(len(closed))} 项</summary>\n{table}\n</details>\n"


def _heads(names: Sequence[str]) -> str:
    cells = (f'<th scope="col"{_NUM if name.endswith(_FIGURES) else ""}>{name}</th>' for name in names)
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def _open_row(d: Discrepancy, campaign: Campaign, *, now: datetime) -> str:
    since = f"{span(now - d.opened_at)}<small>{local(d.opened_at):%m-%d %H:%M} 起</small>"
    return f"<tr>{_about(d, campaign)}<td>{local(d.stated_at):%m-%d %H:%M}</td><td>{since}</td><td>{_form(d)}</td></tr>"


def _closed_row(d: Discrepancy, campaign: Campaign) -> str:
    at = f"{local(d.closed_at):%m-%d %H:%M}" if d.closed_at else UNKNOWN
    cause = CAUSES[d.cause] if d.cause else UNKNOWN
    note = f"<small>{escape(d.note)}</small>" if d.note else ""
    who = escape(d.closed_by) if d.closed_by else "系统"
    return f"<tr>{_about(d, campaign)}<td>{at}</td><td>{who}</td><td>{cause}{note}</td></tr>"


def _about(d: Discrepancy, campaign: Campaign) -> str:
    """The first six cells of both tables."""
    return (
        f'<th scope="row">{_owner(d.subject, campaign)}</th><td>{_when(d.subject, campaign)}</td>'
        f"<td>{METRIC[d.subject.metric]}</td>{_cell(d.ours)}{_cell(d.theirs)}{_difference(d.difference)}"
    )


def _owner(subject: Subject, campaign: Campaign) -> str:
    programme, platform = campaign.programmes.get(subject.programme), campaign.platforms.get(subject.platform)
    tranche = next((t.name for t in campaign.tranche if t.id == subject.tranche), subject.tranche)
    name = programme.name if programme else subject.programme
    paid_by = platform.name if platform else subject.platform
    return f"<b>{escape(name)}</b><small>{escape(paid_by)} · {escape(tranche)}</small>"


def _when(subject: Subject, campaign: Campaign) -> str:
    when = f"{month_day(subject.day)}<small>{weekday(subject.day)}</small>" if subject.day else "累计"
    if subject.template is None:
        return when
    template = campaign.templates.get(subject.template)
    name = template.name if template else subject.template
    return f"{when}<small>{escape(name)} 第{subject.round_no}轮</small>"


def _cell(pair: Pair) -> str:
    vouchers, money = _with_unit(count(pair.count), "张"), _with_unit(yuan(pair.fen), "元")
    return f'<td class="num">{vouchers}<small>{money}</small></td>'


def _difference(pair: Pair) -> str:
    """The sign is said, not only coloured; what agrees is not coloured at all."""
    vouchers, money = (
        f'<span class="{"differs" if value else "agrees"}">{_with_unit(_signed(value, write), unit)}</span>'
        for value, write, unit in ((pair.count, count, "张"), (pair.fen, yuan, "元"))
    )
    return f'<td class="num">{vouchers}<small>{money}</small></td>'


def _with_unit(figure: str, unit: str) -> str:
    return figure if figure == UNKNOWN else f"{figure} {unit}"


def _signed(value: int | None, write: Callable[[int | None], str]) -> str:
    if not value:
        return write(value)
    return f"{'+' if value > 0 else '−'}{write(abs(value))}"


def _form(d: Discrepancy) -> str:
    options = "".join(f'<option value="{cause.value}">{CAUSES[cause]}</option>' for cause in _BY_HAND)
    return (
        f'<form method="post" action="/discrepancies/{d.discrepancy_id}/close">'
        f'<input type="hidden" name="shown" value="{d.refreshed_at.isoformat()}">'
        f'<select name="cause" aria-label="结案原因" required><option value="">选择原因…</option>{options}</select>'
        f'<input name="note" aria-label="说明" placeholder="说明" maxlength="{NOTE_CHARACTERS}">'
        f"<button>结案</button></form>"
    )
