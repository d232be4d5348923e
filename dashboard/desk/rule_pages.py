"""规则工作台: every rule with its parameters in force, and what a change would have raised on stored days."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

from alerts.backtest import MOST_DAYS
from alerts.parameters import Parameters
from alerts.red_lines import RED_LINES
from alerts.replay import PLAYED
from alerts.rule_parameters import RuleParameters
from dashboard.desk.parts import desk_page, pill
from dashboard.entry.identity import Visitor
from domain.backtests import AskedBacktest, State
from domain.campaign import Campaign
from domain.cases import RuleInForce
from domain.issues import ISSUES
from domain.readings import Level
from domain.terms import LEVEL, UNKNOWN, day_clock, local, percent, span

_ABOUT = {i.id: i.name for i in ISSUES.values()} | {line.id: line.name for line in RED_LINES}
AGAIN_S = 5
PAIRS_SHOWN = 100
STATE = {State.WAITING: "等待", State.RUNNING: "回放中", State.DONE: "完成", State.FAILED: "未完成"}
_NAMES = {rule: given.name for rule, given in Parameters().each()}
_NOTES = f"""<p class="notes">回放只读已存的帖文，按每一时刻当时已知的内容（收到、研判、互动数、热搜、来源中断）
逐分钟判断，不改动任何预警；一次一条规则，至多 {MOST_DAYS} 天。
互动数每小时留存一次，据此的预警可能晚至多一小时；已删去文字的帖文不能再判红线。
其余规则（{"、".join(name for rule, name in _NAMES.items() if rule not in PLAYED)}）所看的状态不按时刻留存，不能回放。
要采用改动，写入 alerts.toml 后重启后台。</p>"""


def rules_page(
    in_force: Mapping[str, RuleInForce],
    asked: Sequence[AskedBacktest],
    campaign: Campaign,
    visitor: Visitor,
    *,
    fields: Mapping[str, str],
    problem: str | None,
    now: datetime,
    banner: str | None,
) -> str:
    """`fields`: the form as it was sent; `problem`: what was wrong with it."""
    busy = any(one.state(now) in (State.WAITING, State.RUNNING) for one in asked)
    again = AGAIN_S if busy else None
    body = f"{_form(fields, problem, now)}\n{_all_asked(asked, campaign, now, again_s=again)}\n" + "\n".join(
        _rule(rule, given, in_force.get(rule), now) for rule, given in Parameters().each()
    )
    return desk_page("规则工作台", body, visitor, now=now, banner=banner, again_s=again, here="/desk/rules")


def _form(fields: Mapping[str, str], problem: str | None, now: datetime) -> str:
    wrong = f'<p class="late" role="alert">{escape(problem)}</p>' if problem else ""
    begin, end = local(now - timedelta(days=7)), local(now)
    since = fields.get("since") or f"{begin:%Y-%m-%dT%H:%M}"
    until = fields.get("until") or f"{end:%Y-%m-%dT%H:%M}"
    chosen = fields.get("rule", "")
    rules = "".join(
        f'<option value="{rule}"{" selected" * (rule == chosen)}>{escape(_NAMES[rule])}</option>'
        for rule in PLAYED
    )
    return (
        f"<section><h2>回放：换一套参数会有哪些预警</h2>{wrong}"
        '<form method="post" class="replay" action="/desk/rules/backtests">'
        f'<label>规则<select name="rule">{rules}</select></label>'
        f'<label>从<input type="datetime-local" name="since" value="{escape(since)}" required></label>'
        f'<label>到<input type="datetime-local" name="until" value="{escape(until)}" required></label>'
        '<label class="wide">改动，每行一项；不写即只看现行参数<textarea name="changes" rows="4" maxlength="2000" '
        f'placeholder="min_count = 12">{escape(fields.get("changes", ""))}</textarea></label>'
        f"<button>回放</button></form>{_NOTES}</section>"
    )


def _all_asked(
    asked: Sequence[AskedBacktest], campaign: Campaign, now: datetime, *, again_s: int | None
) -> str:
    """The newest open, what came before it folded. `again_s`: one is under way, the script asks for it again."""
    if not asked:
        return ""
    shown = "".join(_asked(one, campaign, now, newest=one is asked[0]) for one in asked)
    busy = "" if again_s is None else f' data-again-s="{again_s}"'
    return f'<div id="backtest" aria-live="polite"{busy}>{shown}</div>'


def _asked(asked: AskedBacktest, campaign: Campaign, now: datetime, *, newest: bool) -> str:
    state, name = asked.state(now), escape(_NAMES.get(asked.rule, asked.rule))
    trouble = f"：{escape(asked.trouble)}" if asked.trouble else ""
    title = f"{'最近一次' if newest else '此前'}回放（{STATE[state]}{trouble}）：{name}"
    about = (
        f'<p class="notes">{local(asked.since):%Y-%m-%d %H:%M} 至 {local(asked.until):%Y-%m-%d %H:%M}，'
        f"{escape(asked.asked_by)} 于 {day_clock(asked.asked_at, now=now)} 提交</p>"
    )
    played = () if asked.result is None else asked.result.get("rules", ())
    result = about + "".join(_sides(one) + _pairs(one, campaign) for one in played)
    if newest:
        return f"<section><h2>{title}</h2>{result}</section>"
    return f"<section><details><summary>{title}</summary>{result}</details></section>"


def _sides(result: Mapping[str, Any]) -> str:
    heads = ("", "参数版本", *(LEVEL[level] for level in reversed(Level)), "命中率", "漏报", "提前量")
    rows = "".join(
        _row([name, *_cells(result[side])])
        for name, side in (("现行", "now"), ("改后", "with"))
        if result[side]
    )
    return _table(heads, rows)


def _cells(side: Mapping[str, Any]) -> list[str]:
    lead = side["lead_s"]
    words = UNKNOWN
    if lead is not None:
        words = f"{'早' if lead >= 0 else '晚'} {span(timedelta(seconds=abs(lead)))}"
    return [
        escape(str(side["parameters"])),
        *(str(side["by_level"][level.value]) for level in reversed(Level)),
        f"{percent(side['precision'])}（{side['real']}/{side['judged']}）",
        str(side["missed"]),
        words,
    ]


def _pairs(result: Mapping[str, Any], campaign: Campaign) -> str:
    pairs = result["alerts"]
    if not pairs:
        return '<p class="nothing">这段时间两套参数都没有预警。</p>'
    rows = "".join(
        _row([_subject(p["subject"], campaign), _one(p["now"]), _one(p["with"]), _title(p)])
        for p in pairs[:PAIRS_SHOWN]
    )
    more = (
        f'<p class="notes">共 {len(pairs)} 条，显示前 {PAIRS_SHOWN} 条</p>'
        if len(pairs) > PAIRS_SHOWN
        else ""
    )
    return _table(("对象", "现行", "改后", "最重时"), rows) + more


def _subject(subject: str, campaign: Campaign) -> str:
    """`140403/refund`, `140403`, or a single post's number."""
    if subject.startswith("post-"):
        return escape(f"帖文 {subject.removeprefix('post-')}")
    county, _, issue = subject.partition("/")
    place = campaign.divisions[county].name if county in campaign.divisions else "全市或不明"
    return escape(f"{place} {_ABOUT.get(issue, issue)}".strip())


def _one(raised: Mapping[str, Any] | None) -> str:
    if raised is None:
        return "无"
    at = datetime.fromisoformat(raised["opened_at"])
    return f"{pill(Level(raised['level']))} {local(at):%m-%d %H:%M}"


def _title(pair: Mapping[str, Any]) -> str:
    return escape(str((pair["with"] or pair["now"])["title"]))


def _rule(rule: str, default: RuleParameters, kept: RuleInForce | None, now: datetime) -> str:
    if kept is None:
        state, content = "后台尚未用过", {}
    else:
        on = "启用" if kept.content.get("on", True) else '<b class="late">已停用</b>'
        since = "" if kept.since is None else f"，{day_clock(kept.since, now=now)} 起"
        state, content = f"{on}，参数版本 {escape(kept.version)}{since}", kept.content
    defaults = default.model_dump(mode="json")
    rows = "".join(
        _row([
            f"<code>{name}</code>", escape(field.description or ""),
            _value(content[name]) if name in content else UNKNOWN,
            _value(defaults[name]),
        ])
        for name, field in type(default).model_fields.items()
    )  # fmt: skip
    table = _table(("参数", "含义", "生效值", "默认值"), rows)
    return (
        f"<section><h2>{escape(default.name)} <small>{rule}　{state}</small></h2><details><summary>参数</summary>"
        f"{table}</details></section>"
    )


def _value(value: object) -> str:
    return escape(json.dumps(value, ensure_ascii=False))


def _table(heads: Sequence[str], rows: str) -> str:
    named = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return f"<table><thead><tr>{named}</tr></thead><tbody>{rows}</tbody></table>"


def _row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
