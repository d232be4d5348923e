"""The small parts that the desk's pages share. Every word from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from starlette.responses import HTMLResponse, Response

from dashboard.entry.identity import Visitor
from dashboard.frame import framed
from dashboard.pages import message_page
from domain.campaign import Campaign
from domain.cases import DECIDED, Case
from domain.casework import Verdict
from domain.clocks import ClockState, RunningClock
from domain.desk_words import CLOCK, CLOCK_STATE, VERDICT
from domain.readings import Level
from domain.terms import LEVEL, UNKNOWN, count, day_clock, local, span
from store.queries.cases import QUEUE_SHOWN

_PAGES = (("/desk", "待办预警"), ("/desk/posts", "帖文"), ("/desk/board", "走势与议题"))
_OF_THE_CITY = (
    ("/desk/shift", "交接班"),
    ("/desk/alerts", "补录事件"),
    ("/desk/rules", "规则"),
    ("/desk/ledger.xlsx", "处置台账 XLSX"),
    ("/desk/ledger.csv", "CSV"),
)


_KEYS = (
    '\n<p class="keys">键盘：<kbd>j</kbd> <kbd>k</kbd> 下一条、上一条，<kbd>回车</kbd> 打开，'
    "<kbd>/</kbd> 检索，<kbd>e</kbd> 更正，<kbd>o</kbd> 展开转发</p>"
)


def links_of(visitor: Visitor, here: str = "") -> str:
    """The desk's pages that are this person's business; `here`: the one that is open."""
    own = visitor.scope is not None
    wall = f"/wall/{visitor.scope}" if own else "/wall"
    pages = (*_PAGES, *(() if own else _OF_THE_CITY), (wall, "大屏"), ("/login?next=/desk", "账号与退出"))
    mark = ' aria-current="page"'
    return "".join(f'<a href="{path}"{mark if path == here else ""}>{name}</a>' for path, name in pages)


def desk_page(
    title: str,
    body: str,
    visitor: Visitor,
    *,
    now: datetime,
    banner: str | None,
    again_s: int | None = None,
    keys: bool = False,
    here: str = "",
) -> str:
    """One of the desk's pages, at `here`. New alerts are said on each. `keys`: it has lines to walk by key."""
    scope = visitor.scope or ""
    news = f'<div id="desk-news" role="status" aria-live="polite" data-scope="{escape(scope)}"></div>\n'
    return framed(
        title,
        news + body + (_KEYS if keys else ""),
        links=links_of(visitor, here),
        as_of=now,
        banner=banner,
        look="desk",
        again_s=again_s,
        script="desk.js",
    )


def desk_message(words: str, status: int, *, path: str = "/desk", name: str = "回到值班台") -> Response:
    """What did not work, and the way back: whoever reads it is signed in already."""
    return HTMLResponse(message_page(words, way=(path, name)), status)


def first_of(cases: Sequence[Case]) -> tuple[Sequence[Case], str]:
    """As many as a page lists, and the words that there are more."""
    left = len(cases) - QUEUE_SHOWN
    words = f'<p class="late">只列前 {count(QUEUE_SHOWN)} 条，另有 {count(left)} 条未列出。</p>'
    return cases[:QUEUE_SHOWN], words if left > 0 else ""


def pill(level: Level) -> str:
    return f'<span class="level {level.value}">{LEVEL[level]}</span>'


def clock_words(clock: RunningClock | None, *, now: datetime) -> str:
    """What it counts to, and how much is left or over: said, not only coloured."""
    if clock is None:
        return "时限均已完成"
    name = CLOCK[clock.kind]
    if clock.stopped_at is not None:
        late = "，超时完成" if clock.state is ClockState.BROKEN else ""
        return f"{name}：{day_clock(clock.stopped_at, now=now)} 完成{late}"
    if clock.state is ClockState.BROKEN:
        return f'<span class="late">{name}已超时 {span(now - clock.due_at)}</span>'
    if clock.state is ClockState.PAUSED:
        return f"{name}{CLOCK_STATE[clock.state]}，余 {span(clock.due_at - now)}"
    return f"{name}余 {span(clock.due_at - now)}"


def place_of(case: Case, campaign: Campaign) -> str:
    if case.county == campaign.campaign.city_code:
        return "市本级"
    division = campaign.divisions.get(case.county or "")
    return division.name if division else "全市或不明"


def office_name(office: str | None, campaign: Campaign) -> str:
    if office is None:
        return UNKNOWN
    division = campaign.divisions.get(office)
    return division.name if division else next((o.name for o in campaign.office if o.id == office), office)


def note_words(note: str | None, campaign: Campaign) -> str:
    """A note of the history: what was decided, kept before it as name=value, in the desk's words."""
    words, rest = [], note or ""
    while found := DECIDED.match(rest):
        name, value = found["name"], found["value"]
        rest = rest[found.end() :]
        try:
            words.append(_decided(name, value, campaign))
        except (KeyError, ValueError, OverflowError):
            words.append(value)
    return "，".join([*words, *([rest] if rest else [])])


def _decided(name: str, value: str, campaign: Campaign) -> str:
    match name:
        case "level":
            return LEVEL[value]
        case "office":
            return f"交{office_name(value, campaign)}"
        case "due":
            return f"限 {local(datetime.fromisoformat(value)):%m-%d %H:%M}"
        case "verdict":
            return VERDICT[Verdict(value)]
        case _:
            return f"{'并入或拆出' if name == 'into' else '来自'}预警 {value}"


def options(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f'<option value="{escape(value)}">{escape(word)}</option>' for value, word in pairs)
