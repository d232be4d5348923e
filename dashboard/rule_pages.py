"""规则工作台: every rule with its parameters in force, and what a change would have raised on stored days."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

from alerts.backtest import MOST_DAYS
from alerts.parameters import Parameters
from alerts.rule_parameters import RuleParameters
from dashboard.desk_parts import pill
from dashboard.frame import framed
from domain.backtests import AskedBacktest, State
from domain.campaign import Campaign
from domain.cases import RuleInForce
from domain.issues import ISSUES
from domain.readings import Level
from domain.terms import LEVEL, UNKNOWN, day_clock, local, percent, span

AGAIN_S = 5
PAIRS_SHOWN = 100
STATE = {State.WAITING: "等待", State.RUNNING: "回放中", State.DONE: "完成", State.FAILED: "未完成"}
_NOTES = f"""<p class="notes">回放只读已存的帖文，按每一时刻当时已知的内容逐分钟判断，不改动任何预警；
一次至多 {MOST_DAYS} 天。目前可回放“舆情突增”；其余规则所看的状态不按时刻留存，不能回放。
要采用改动，写入 alerts.toml 后重启后台。</p>"""


def rules_page(
    in_force: Mapping[str, RuleInForce],
    asked: Sequence[AskedBacktest],
    campaign: Campaign,
    *,
    problem: str | None,
    now: datetime,
    banner: str | None,
) -> str:
    """`problem`: what was wrong with the form that was just sent."""
    newest = asked[0] if asked else None
    busy = newest is not None and newest.state(now) in (State.WAITING, State.RUNNING)
    body = f"{_form(problem, now)}\n{_asked(newest, campaign, now) if newest else ''}\n" + "\n".join(
        _rule(rule, given, in_force.get(rule), now) for rule, given in Parameters().each()
    )
    links = '<a href="/desk/rules">刷新</a><a href="/desk">值班台</a><a href="/wall">大屏</a>'
    again = AGAIN_S if busy else None
    return framed("规则工作台", body, links=links, as_of=now, banner=banner, look="desk", again_s=again)


def _form(problem: str | None, now: datetime) -> str:
    wrong = f'<p class="late" role="alert">{escape(problem)}</p>' if problem else ""
    begin, end = local(now - timedelta(days=7)), local(now)
    return (
        f'<section><h2>回放：换一套参数会有哪些预警</h2>{wrong}<form method="post" action="/desk/rules/backtests">'
        f'<label>从<input type="datetime-local" name="since" value="{begin:%Y-%m-%dT%H:%M}" required></label>'
        f'<label>到<input type="datetime-local" name="until" value="{end:%Y-%m-%dT%H:%M}" required></label>'
        '<label>对“舆情突增”的改动，每行一项<textarea name="changes" rows="4" maxlength="2000" '
        'placeholder="min_count = 12"></textarea></label><button>回放</button></form>'
        f"{_NOTES}</section>"
    )


def _asked(asked: AskedBacktest, campaign: Campaign, now: datetime) -> str:
    state = asked.state(now)
    trouble = f"：{escape(asked.trouble)}" if asked.trouble else ""
    head = (
        f"<h2>最近一次回放（{STATE[state]}{trouble}）</h2>"
        f'<p class="notes">{local(asked.since):%Y-%m-%d %H:%M} 至 {local(asked.until):%Y-%m-%d %H:%M}，'
        f"{escape(asked.asked_by)} 于 {day_clock(asked.asked_at, now=now)} 提交</p>"
    )
    result = "" if asked.result is None else _sides(asked.result) + _pairs(asked.result, campaign)
    return f'<section id="backtest">{head}{result}</section>'


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
    county, _, issue = subject.partition("/")
    place = campaign.divisions[county].name if county in campaign.divisions else "全市或不明"
    return escape(f"{place} {ISSUES[issue].name if issue in ISSUES else issue}")


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
