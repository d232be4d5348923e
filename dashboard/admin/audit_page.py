"""审计日志: who did what, found by person, act and day, and whether the chain holds. All of it escaped, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape
from urllib.parse import urlencode

from dashboard.admin.audit_words import detail_words, subject_words
from dashboard.anchors import Anchors
from dashboard.frame import framed
from domain.audit import ACTION, OUTCOME, Action, Entry, Outcome
from domain.audit_chain import Head
from domain.terms import UNKNOWN, count, local

STALE_AFTER = timedelta(hours=36)
"""The worker looks once a day: later than this it does not run."""
_HEADS = ("编号", "时间", "操作人", "地址", "行为", "对象", "结果", "详情", "哈希")
_SHORT_HASH = 12
_SHAPE: Mapping[str, str] = {Outcome.DONE: "✓", Outcome.REFUSED: "▲", Outcome.FAILED: "▼"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, as it was typed and understood."""

    who: str = ""
    action: str = ""
    day: date | None = None
    before: int | None = None

    def address(self, path: str = "/admin/audit", **changed: object) -> str:
        told = {
            "who": self.who,
            "action": self.action,
            "day": self.day or "",
            "before": self.before or "",
        } | changed
        query = urlencode({name: value for name, value in told.items() if value})
        return path + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What is known of the chain without walking it: the worker does that once a day."""

    head: Head
    verified: Entry | None  # the newest entry about it
    anchors: Anchors
    is_anchor_there: bool  # whether the newest anchor's hash is still the one the store has under its number


def audit_log_page(
    entries: Sequence[Entry],
    chain: Chain,
    asked: Asked,
    *,
    more: bool,
    names: Mapping[str, str],
    now: datetime,
    banner: str | None,
) -> str:
    """`more`: there are older ones. `names`: of roles and offices by id, of divisions by code."""
    body = f"{_state(chain, now)}{_form(asked)}{_table(entries, names)}{_turning(entries, asked, more)}"
    links = f'<a href="{escape(asked.address())}">刷新</a><a href="/login">我的账号</a>'
    return framed("审计日志", body, links=links, as_of=now, banner=banner, look="desk")


def _state(chain: Chain, now: datetime) -> str:
    kind, words = chain_state(chain, now)
    newest = chain.anchors.newest
    if newest is None:
        anchor = "库外锚点：暂无"
    else:
        since = chain.head.number - newest.number
        anchor = (
            f"库外锚点：{local(newest.at):%Y-%m-%d %H:%M:%S} 第 {count(newest.number)} 条 "
            f"<code>{escape(newest.hash[:_SHORT_HASH])}</code>；其后 {count(max(since, 0))} 条尚无锚点佐证"
        )
    return (
        f'<section class="chain {kind}"><h2>{words}</h2><p>共 {count(chain.head.number)} 条，链尾 '
        f"<code>{escape(chain.head.hash[:_SHORT_HASH])}</code>。{anchor}。</p>"
        '<p class="notes">后台每日逐条校验并写下锚点；'
        "随时逐条核对用命令 <code>quanqing audit verify</code>。</p></section>"
    )


def chain_state(chain: Chain, now: datetime) -> tuple[str, str]:
    """Worst first: (class, words)."""
    verified, newest = chain.verified, chain.anchors.newest
    if verified is not None and verified.outcome != Outcome.DONE:
        return (
            "bad",
            f"▼ 日志不可信：{escape(detail_words(verified, {}))}（{local(verified.at):%m-%d %H:%M} 校验）",
        )
    if newest is not None and not chain.is_anchor_there:
        return "bad", f"▼ 日志不可信：库内第 {newest.number} 条与锚点不符"
    if chain.anchors.unreadable:
        return "warn", f"▲ 锚点文件有 {chain.anchors.unreadable} 行读不出来"
    if verified is None:
        return "warn", "○ 尚未校验"
    if now - verified.at > STALE_AFTER:
        return "warn", f"▲ 超过一天没有校验，最近一次 {local(verified.at):%Y-%m-%d %H:%M}"
    return (
        "good",
        f"✓ 日志链完好（{local(verified.at):%m-%d %H:%M:%S} 校验至第 {count(verified.number - 1)} 条）",
    )


def _form(asked: Asked) -> str:
    downloads = "".join(
        f'<a href="{escape(asked.address(f"/admin/audit.{form}", before=None))}">下载 {word}</a>'
        for form, word in (("csv", "CSV"), ("jsonl", "JSON 行"))
    )
    offered = [("", "全部行为"), *((action.value, ACTION[action]) for action in Action)]
    acts = "".join(
        f'<option value="{value}"{" selected" if value == asked.action else ""}>{word}</option>'
        for value, word in offered
    )
    return (
        '<section><form method="get" action="/admin/audit" class="filter">'
        f'<label>操作人<input name="who" value="{escape(asked.who)}" maxlength="64"></label>'
        f'<label>行为<select name="action">{acts}</select></label>'
        f'<label>日期<input type="date" name="day" value="{asked.day or ""}"></label>'
        f'<button>查询</button><a href="/admin/audit">清除条件</a>{downloads}</form></section>'
    )


def _table(entries: Sequence[Entry], names: Mapping[str, str]) -> str:
    if not entries:
        return '<p class="nothing">没有符合条件的记录。</p>'
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    rows = "\n".join(_row(entry, names) for entry in entries)
    table = f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>"
    return f'<section><table class="log">\n{table}\n</table></section>'


def _row(entry: Entry, names: Mapping[str, str]) -> str:
    who = (
        f"{escape(entry.who) or '未知'}<small>{escape(names.get(entry.role, entry.role)) or UNKNOWN}</small>"
    )
    outcome = f"{_SHAPE.get(entry.outcome, '')} {escape(OUTCOME.get(entry.outcome, entry.outcome))}"
    return (
        f'<tr class="{entry.outcome if entry.outcome in _SHAPE else ""}"><td class="num">{entry.number}</td>'
        f"<td>{local(entry.at):%Y-%m-%d %H:%M:%S}</td><td>{who}</td><td>{escape(entry.address) or UNKNOWN}</td>"
        f"<td>{escape(ACTION.get(entry.action, entry.action))}</td><td>{escape(subject_words(entry)) or UNKNOWN}</td>"
        f"<td>{outcome}</td><td>{escape(detail_words(entry, names)) or UNKNOWN}</td>"
        f'<td><code title="{escape(entry.hash)}">{escape(entry.hash[:_SHORT_HASH])}</code></td></tr>'
    )


def _turning(entries: Sequence[Entry], asked: Asked, more: bool) -> str:
    newest = f'<a href="{escape(asked.address(before=None))}">最新</a>' if asked.before else ""
    older = f'<a href="{escape(asked.address(before=entries[-1].number))}">较早</a>' if more else ""
    return f'<p class="turning">{newest} {older}</p>' if newest or older else ""
