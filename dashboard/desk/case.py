"""One alert: why it has its level, the posts with the words that decided, the county's money of the same minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from dashboard.desk.acts import act_forms
from dashboard.desk.curve import curve
from dashboard.desk.evidence import evidence_section
from dashboard.desk.parts import clock_words, desk_page, note_words, office_name, pill, place_of
from dashboard.entry.identity import Visitor
from domain.alert_records import NO_RECORDS, AlertRecords
from domain.campaign import Campaign
from domain.cases import Case, HistoryLine
from domain.clocks import clocks
from domain.delivery import Occasion
from domain.desk_words import BY_PROGRAM, CHANGE, CLOCK, SIGNAL, STAGE, SYSTEM_SIDE, VERDICT
from domain.evidence import EvidencePost, SystemEvidence, Trade
from domain.papers import PaperKind
from domain.terms import LEVEL, day_clock, local
from domain.topics import is_about_posts

STANDS = {
    True: "现等级由人工确定。",
    False: "现等级是此前达到的：回落满一刻钟才下调，信号已消失的不再自动下调。",
}
"""Why an alert is of another level than its newest reasons. By whether a person said so."""


def case_page(
    case: Case,
    history: Sequence[HistoryLine],
    posts: Sequence[EvidencePost],
    trade: Trade,
    side: SystemEvidence | None,
    told: Sequence[tuple[str, str, datetime, datetime | None, bool]],
    campaign: Campaign,
    visitor: Visitor,
    *,
    records: AlertRecords = NO_RECORDS,
    again: tuple[bool, str] | None,
    split_off: Sequence[tuple[int, int]],
    shown: int,
    now: datetime,
    banner: str | None,
) -> str:
    """`side`: of what people said, whether the system broke down; None: what the ledger shows asks no such thing.

    `split_off`: alerts made of this one's evidence, with how many posts. `shown`: its newest move.

    `again`: whether the level's reasons give the same level once more, in words; None: no grading of its own."""
    evidence = evidence_section(case, posts, records, campaign, visitor, split_off)
    left = _head(case, campaign, again, now) + _money(case, posts, trade, side, campaign, now) + evidence
    right = (
        _clocks(case, now)
        + act_forms(case, campaign, shown=shown, now=now, within=visitor.scope)
        + _paper(case, visitor)
        + _history(history, campaign)
        + _told(told, now)
    )
    body = f'<div class="columns case"><div>{left}</div><div>{right}</div></div>'
    return desk_page(f"预警 {case.alert_id}", body, visitor, now=now, banner=banner)


def _head(case: Case, campaign: Campaign, again: tuple[bool, str] | None, now: datetime) -> str:
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in case.reasons)
    by = "人工定级" if case.by_hand else "系统定级"
    check = ""
    if again is not None:
        same, words = again
        version = f"（参数版本 {escape(case.parameters)}）" if case.parameters else ""
        stands = "" if case.level is case.computed_level else STANDS[case.by_hand]
        check = (
            f'<p class="notes">按最近一次留存的依据重算{version}：{words}'
            f"{'，一致' if same else '，不一致'}。{stands}</p>"
        )
    merged = (
        f'<p class="notes">已并入 <a href="/desk/alerts/{case.merged_into}">预警 {case.merged_into}</a></p>'
        if case.merged_into
        else ""
    )
    first = "首帖" if is_about_posts(case.rule) else "起于"
    began = f"{first} {day_clock(case.began_at, now=now)}，" if case.began_at else ""
    verdict = f"　结论：{VERDICT[case.verdict]}" if case.verdict else ""
    return (
        f'<section><h2 class="what">{pill(case.level)} {escape(case.title)}</h2>'
        f"<p>{escape(place_of(case, campaign))} · {STAGE[case.stage]} · {SIGNAL[case.signal]} · 承办 "
        f"{escape(office_name(case.office, campaign))}{verdict}</p>"
        f'<p class="notes">{began}发现 {day_clock(case.raised_at, now=now)}，'
        f"最近一次 {day_clock(case.refreshed_at, now=now)}；{by}</p>{merged}"
        f"<h2>定级依据</h2><ul>{reasons}</ul>{check}</section>"
    )


def _money(
    case: Case,
    posts: Sequence[EvidencePost],
    trade: Trade,
    side: SystemEvidence | None,
    campaign: Campaign,
    now: datetime,
) -> str:
    system = ""
    if side is not None:
        name = SYSTEM_SIDE[side.side]
        system = f'<p class="system">系统侧证据：<b class="{side.side.value}">{name}</b> {side.words}</p>'
    where = "同一县区" if case.county else "全市"
    return (
        f"<section><h2>{where}同一时段的领取与核销</h2>{system}{curve(trade, [p.at for p in posts])}"
        f'<p class="notes">快报，数据时间 {day_clock(trade.data_time, now=now)}；{_left_out(trade, campaign)}'
        "仅为线索，不作因果结论。</p></section>"
    )


def _left_out(trade: Trade, campaign: Campaign) -> str:
    names = "、".join(escape(campaign.programmes[p].name) for p in trade.left_out)
    return f"数据未到这一时段、不在其中的：{names}；" if names else ""


def _paper(case: Case, visitor: Visitor) -> str:
    """One page about it, for whose it is: a county that only helps with another's alert has no paper of it."""
    if visitor.scope not in (None, case.county):
        return ""
    return (
        '<section><h2>快报</h2><form method="post" action="/briefings">'
        f'<input type="hidden" name="kind" value="{PaperKind.EVENT.value}">'
        f'<input type="hidden" name="alert" value="{case.alert_id}"><button>生成快报</button>'
        '<p class="notes">一页，按生成时刻的数据；约一分钟后见专报页。</p></form></section>'
    )


def _clocks(case: Case, now: datetime) -> str:
    items = "".join(
        f"<li>{clock_words(clock, now=now)}<small>至 {local(clock.due_at):%m-%d %H:%M}</small></li>"
        for clock in clocks(case.timing, now=now)
    )
    none = '<p class="notes">未定。法定回应时限只对舆情；交办时可定办理时限。</p>'
    return f"<section><h2>时限</h2>{f'<ul>{items}</ul>' if items else none}</section>"


def _history(history: Sequence[HistoryLine], campaign: Campaign) -> str:
    rows = "\n".join(_line(line, campaign) for line in reversed(history))
    return f'<section><h2>经过</h2><table class="history"><tbody>{rows}</tbody></table></section>'


def _line(line: HistoryLine, campaign: Campaign) -> str:
    word = CHANGE.get(line.change, line.change)
    note = note_words(line.note, campaign)
    if line.change == "clock":
        word, note = "超时", next((name for kind, name in CLOCK.items() if kind.value == line.note), note)
    return (
        f"<tr><td>{local(line.at):%m-%d %H:%M:%S}</td><td>{escape(word)}（{LEVEL[line.level]}）"
        f"<small>{escape(line.who or BY_PROGRAM)}　{escape(note)}</small></td></tr>"
    )


def _told(told: Sequence[tuple[str, str, datetime, datetime | None, bool]], now: datetime) -> str:
    if not told:
        return ""
    rows = "".join(
        f"<li>{escape(channel)} {escape(_occasion(occasion))}："
        + ("已放弃" if dead else "待发" if sent is None else f"{day_clock(sent, now=now)} 已送达")
        + "</li>"
        for channel, occasion, _, sent, dead in told
    )
    return f"<section><h2>通知</h2><ul>{rows}</ul></section>"


def _occasion(text: str) -> str:
    occasion = Occasion.read(text)
    what = occasion.what
    if occasion.kind == "grown":
        return LEVEL.get(what, what) + "（证据翻倍）"
    if occasion.kind == "level":
        return LEVEL.get(what, what) + ("（再次出现）" if occasion.again else "")
    return "超时：" + next((name for clock, name in CLOCK.items() if clock.value == what), what)
