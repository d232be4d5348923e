"""走势与议题: volume and tone over time with releases and gaps, the campaign's phases, issues by county."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from urllib.parse import urlencode

from dashboard.desk.asked import NONE
from dashboard.desk.asked import PAGE as POSTS
from dashboard.desk.parts import desk_page
from dashboard.desk.trend import trend
from dashboard.entry.identity import Visitor
from domain.campaign import Campaign
from domain.issues import ISSUES
from domain.records import Grade
from domain.terms import GRADE, NO_DATA, UNKNOWN, count, local, percent
from domain.trend_board import Phase, Tones, TrendBoard

PAGE = "/desk/board"
SPANS = {"48h": "近48小时（逐时）", "30d": "近30天（逐日）", "all": "活动前后（逐日）"}


def board_page(
    board: TrendBoard,
    campaign: Campaign,
    visitor: Visitor,
    *,
    span: str,
    sources_known: bool,
    now: datetime,
    banner: str | None,
) -> str:
    """`sources_known` False: which sources there should be is not known, so that no gap can be told."""
    choose = "".join(
        f'<a href="{PAGE}?span={key}"{" aria-current=page" * (key == span)}>{words}</a>'
        for key, words in SPANS.items()
    )
    total = _sum(board)
    if total.said or any(b.silent for b in board.buckets):
        drawn = trend(board)
    else:
        drawn = f'<p class="nothing">这段时间{NO_DATA}：没有已研判的相关帖文。</p>'
    notes = (
        f'<p class="notes">口径：{GRADE[Grade.FLASH]}，只计与政府消费券相关的帖文，转发计入；截至 '
        f"{local(now):%Y-%m-%d %H:%M}。"
        "负面占比不含无法判断的帖文，竖线为95%区间。斜线底纹为有来源中断的时段，不代表平静。</p>"
    )
    if not sources_known:
        notes += '<p class="late">来源配置读不出来，来源中断无法标示。</p>'
    body = (
        f'<nav class="spans" aria-label="时间范围">{choose}</nav>'
        f"<section><h2>声量与倾向</h2>{drawn}{notes}{_table(board)}</section>"
        f'<div class="columns even"><section><h2>活动前、中、后</h2>{_phases(board)}</section>'
        f"<section><h2>本时段合计</h2>{_total(total)}</section></div>"
        f"<section><h2>议题与县区</h2>{_issues(board, campaign, visitor)}</section>"
    )
    return desk_page("走势与议题", body, visitor, now=now, banner=banner, here=PAGE)


def share_words(tones: Tones) -> str:
    """The share of negative ones with its n and its interval; a dash where nothing was judged."""
    if tones.negative_share is None or tones.interval is None:
        return UNKNOWN
    low, high = tones.interval
    return (
        f"{percent(tones.negative_share)}（n={count(tones.judged)}，95%区间 {percent(low)}–{percent(high)}）"
    )


def _sum(board: TrendBoard) -> Tones:
    every = [b.tones for b in board.buckets]
    names = ("negative", "neutral", "positive", "unsure")
    return Tones(**{name: sum(getattr(t, name) for t in every) for name in names})


def _total(tones: Tones) -> str:
    return (
        f"<p>帖文 <b>{count(tones.said)}</b> 条：负面 {count(tones.negative)}，中性 {count(tones.neutral)}，"
        f"正面 {count(tones.positive)}，无法判断 {count(tones.unsure)}</p><p>负面占比 {share_words(tones)}</p>"
    )


def _phases(board: TrendBoard) -> str:
    rows = "".join(
        f'<tr><th scope="row">{phase.name}</th><td>{_when(phase)}</td><td>{count(phase.tones.said)}</td>'
        f"<td>{share_words(phase.tones)}</td></tr>"
        for phase in board.phases
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("阶段", "时间", "帖文（条）", "负面占比"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _when(phase: Phase) -> str:
    since = "" if phase.since is None else f"{local(phase.since):%Y-%m-%d %H:%M}"
    until = "今" if phase.until is None else f"{local(phase.until):%Y-%m-%d %H:%M}"
    return f"{since} 至 {until}"


def _issues(board: TrendBoard, campaign: Campaign, visitor: Visitor) -> str:
    if not board.issues:
        return f'<p class="nothing">这段时间{NO_DATA}：没有带议题的帖文。</p>'
    own = visitor.scope
    counted = Counter[tuple[str, str]]()
    for (issue, county), n in board.issues.items():
        counted[issue, county if county in campaign.divisions else ""] += n
    places = [(d.code, d.name) for d in campaign.division if own in (None, d.code)]
    places += [] if own else [("", "未知")]
    places = [(code, name) for code, name in places if any(c == code for _, c in counted)]
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for _, name in places)
    sums = {issue: sum(n for (i, _), n in board.issues.items() if i == issue) for issue in ISSUES}
    ranked = sorted((i for i in sums if sums[i]), key=lambda issue: -sums[issue])
    most = max(counted.values())
    rows = "".join(
        f'<tr><th scope="row">{ISSUES[issue].name}</th><td>{count(sums[issue])}</td>'
        + "".join(_cell(board, counted, issue, code, most) for code, _ in places)
        + "</tr>"
        for issue in ranked
    )
    return (
        f'<div class="scroll" tabindex="0"><table class="heat"><thead><tr><th scope="col">议题</th>'
        f'<th scope="col">合计</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        '<p class="notes">单位：条；一条帖文有多个议题时各计一次。点数字看帖文。</p>'
    )


def _cell(
    board: TrendBoard, counted: Mapping[tuple[str, str], int], issue: str, county: str, most: int
) -> str:
    n = counted.get((issue, county), 0)
    if not n:
        return "<td>0</td>"
    last = local(board.until - timedelta(microseconds=1))
    asked = {
        "issue": issue,
        "county": county or NONE,
        "since": f"{local(board.since):%Y-%m-%d}",
        "until": f"{last:%Y-%m-%d}",
    }
    shade = 1 + min(4, 4 * n // most)
    return f'<td class="h{shade}"><a href="{POSTS}?{escape(urlencode(asked))}">{count(n)}</a></td>'


def _table(board: TrendBoard) -> str:
    """The picture in figures, for whoever cannot see it."""
    heads = ("时段", "帖文", "负面", "中性", "正面", "无法判断", "负面占比", "来源中断")
    rows = "".join(
        f'<tr><th scope="row">{local(b.since):%m-%d %H:%M}</th>'
        + "".join(
            f"<td>{count(n)}</td>"
            for n in (b.tones.said, b.tones.negative, b.tones.neutral, b.tones.positive, b.tones.unsure)
        )
        + f"<td>{share_words(b.tones)}</td><td>{escape('、'.join(b.silent))}</td></tr>"
        for b in reversed(board.buckets)
    )
    columns = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f'<details><summary>看数字</summary><div class="scroll" tabindex="0"><table><thead><tr>{columns}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )
