"""值班台: the alerts that wait for somebody, by level and clock, and how good they were. A script keeps it live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from dashboard.desk.parts import clock_words, desk_page, first_of, office_name, options, pill, place_of
from dashboard.desk.shift import waiting_part
from dashboard.entry.identity import Visitor
from domain.campaign import Campaign
from domain.cases import Case, Record
from domain.clocks import clocks, next_due
from domain.delivery import ChannelHealth
from domain.desk_words import SIGNAL, STAGE
from domain.readings import Level
from domain.shifts import ShiftNote
from domain.terms import LEVEL, UNKNOWN, count, day_clock, percent, span
from domain.topics import is_about_posts

AGAIN_S = 30
Queue = tuple[Sequence[Case], Record, Sequence[ChannelHealth], Sequence[ShiftNote], Campaign, Sequence[str]]
_HEADS = ("等级", "预警", "县区", "环节", "承办", "时限", "发现")
_NOTES = """<p class="notes">新预警即时出现，无需刷新。先按等级、再按最早到期的时限排序，
同等级中未定时限的和商户线索在后。命中率只按已下结论的预警计算；漏报为人工补录的事件。</p>"""


def queue_page(
    cases: Sequence[Case],
    record: Record,
    channels: Sequence[ChannelHealth],
    notes: Sequence[ShiftNote],
    campaign: Campaign,
    off: Sequence[str],
    visitor: Visitor,
    *,
    now: datetime,
    banner: str | None,
) -> str:
    live = queue_part(cases, record, channels, notes, campaign, off, now=now)
    return desk_page(
        "值班台", live, visitor, now=now, banner=banner, again_s=AGAIN_S, keys=True, here="/desk"
    )


def queue_part(
    cases: Sequence[Case],
    record: Record,
    channels: Sequence[ChannelHealth],
    notes: Sequence[ShiftNote],
    campaign: Campaign,
    off: Sequence[str],
    *,
    now: datetime,
) -> str:
    """`off`: the rules that are switched off, by name. `assets/desk.js` puts it in the place of what the page shows."""
    listed, more = first_of(cases)
    if cases:
        heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
        rows = "\n".join(_row(case, campaign, now) for case in listed)
        table = f'<table class="queue">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>{more}'
    else:
        table = '<p class="nothing">当前没有待办预警。</p>'
    return (
        f'<div id="desk-live">{_off(off)}{_figures(cases, record, now)}\n{waiting_part(notes, now)}'
        f"<section><h2>待办预警</h2>\n{table}\n{_NOTES}</section>\n{_channels(channels, now)}</div>"
    )


def _off(names: Sequence[str]) -> str:
    """Nobody should take the silence of a rule that does not run for calm."""
    return (
        f'<p class="late" role="status">已停用的预警规则：{escape("、".join(names))}</p>\n' if names else ""
    )


def _figures(cases: Sequence[Case], record: Record, now: datetime) -> str:
    shown = [
        (level.value, str(sum(c.level is level for c in cases)), LEVEL[level]) for level in reversed(Level)
    ]
    late = sum((clock := next_due(c.timing, now=now)) is not None and clock.due_at < now for c in cases)
    lead = UNKNOWN if record.lead is None else _lead(record)
    shown += [
        ("late" if late else "", str(late), "时限已超"),
        ("", percent(record.precision), f"命中率（{record.real_count}/{record.judged_count} 条已下结论）"),
        ("", lead, f"提前量中位数（{record.led_count} 条）"),
        ("", count(record.missed_count), "漏报（人工补录）"),
    ]
    parts = "".join(
        f'<div class="{kind}"><b>{value}</b><span>{name}</span></div>' for kind, value, name in shown
    )
    return f'<div class="figures">{parts}</div>'


def _lead(record: Record) -> str:
    assert record.lead is not None
    return f"早 {span(record.lead)}" if record.lead.total_seconds() >= 0 else f"晚 {span(-record.lead)}"


def _row(case: Case, campaign: Campaign, now: datetime) -> str:
    bound = clocks(case.timing, now=now)
    clock = clock_words(next_due(case.timing, now=now), now=now) if bound else UNKNOWN
    return (
        f'<tr data-alert="{case.alert_id}" data-level="{case.level.value}" '
        f'data-words="{escape(f"{LEVEL[case.level]}：{case.title}")}"><td>{pill(case.level)}</td><td>'
        f'<a href="/desk/alerts/{case.alert_id}">{escape(case.title)}</a>'
        f"<small>{SIGNAL[case.signal]}{_evidence(case)}</small></td>"
        f"<td>{escape(place_of(case, campaign))}</td><td>{STAGE[case.stage]}</td>"
        f"<td>{escape(office_name(case.office, campaign))}</td><td>{clock}</td>"
        f"<td>{day_clock(case.raised_at, now=now)}</td></tr>"
    )


def _evidence(case: Case) -> str:
    """How many posts; what else a rule counted stands in the title."""
    return f" · 证据 {count(case.evidence_count)} 条" if is_about_posts(case.rule) else ""


def _channels(channels: Sequence[ChannelHealth], now: datetime) -> str:
    """What was not delivered stands where everybody looks, the channels in trouble first."""
    if not channels:
        return ""
    items = "".join(_channel(c, now) for c in sorted(channels, key=lambda c: not _is_bad(c)))
    title = "通知通道故障" if any(map(_is_bad, channels)) else "通知通道"
    return f"<section><h2>{title}</h2><ul>{items}</ul></section>\n"


def _is_bad(channel: ChannelHealth) -> bool:
    return bool(channel.dead_count or channel.failures_in_row or (channel.test and channel.test.trouble))


def _channel(c: ChannelHealth, now: datetime) -> str:
    said = f"待发 {count(c.waiting_count)} 条；最近成功 {day_clock(c.last_sent_at, now=now)}"
    if c.dead_count or c.failures_in_row:
        said += (
            f"；连续失败 {count(c.failures_in_row)} 次，近一日放弃 {count(c.dead_count)} 条："
            f"{escape(c.trouble or UNKNOWN)}"
        )
    test = "未自检"
    if c.test is not None:
        outcome = "正常" if c.test.trouble is None else f"失败，{escape(c.test.trouble)}"
        test = f"自检 {day_clock(c.test.tested_at, now=now)} {outcome}"
    name = f'<b class="late">{escape(c.channel)}</b>' if _is_bad(c) else f"<b>{escape(c.channel)}</b>"
    return f"<li>{name} {said}；{test}</li>"


def by_hand_page(campaign: Campaign, visitor: Visitor, *, now: datetime, banner: str | None) -> str:
    """A page of its own: without script the queue asks anew by itself, and would take half a sentence with it."""
    levels = options((level.value, LEVEL[level]) for level in Level)
    places = options([("", "全市或不明"), *((d.code, d.name) for d in campaign.division)])
    body = (
        '<section><form method="post" action="/desk/alerts">'
        '<label>事件<input name="title" maxlength="200" required autofocus></label>'
        f'<label>等级<select name="level">{levels}</select></label>'
        f'<label>县区<select name="county">{places}</select></label>'
        '<label>情况说明<textarea name="note" maxlength="500" rows="3"></textarea></label>'
        "<button>补录</button></form>"
        '<p class="notes">系统未发现、由人工发现的事件。计入漏报，按同样的环节和时限办理。</p></section>'
    )
    return desk_page("补录事件", body, visitor, now=now, banner=banner, here="/desk/alerts")
