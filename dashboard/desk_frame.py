"""The frame of the desk's pages and the small parts they share. No script; every word from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape

from domain.campaign import Campaign
from domain.cases import Case
from domain.clocks import ClockState, RunningClock
from domain.desk_words import CLOCK, CLOCK_STATE
from domain.readings import Level
from domain.terms import LEVEL, UNKNOWN, day_clock, local, span

_FRAME = """<!DOCTYPE html>
<html lang="zh-CN" class="desk-page">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
{again}<title>{title} · 券情</title>
<link rel="icon" href="/_favicon.ico">
<link rel="stylesheet" href="/assets/fonts/noto-sans-sc.css">
<link rel="stylesheet" href="/assets/quanqing.css">
<link rel="stylesheet" href="/assets/desk.css">
</head>
<body>
<header>
<h1>{title}</h1>{badge}
<p class="as-of">截至 <time>{as_of}</time></p>
<nav>{links}</nav>
</header>
<main>
{body}
</main>
</body>
</html>
"""


def desk_frame(
    title: str, body: str, *, links: str, as_of: datetime, banner: str | None, again_s: int | None = None
) -> str:
    """`title` is escaped here, `body` and `links` are HTML. `again_s`: the page asks anew by itself."""
    badge = f'<span class="badge">{escape(banner)}</span>' if banner else ""
    again = "" if again_s is None else f'<meta http-equiv="refresh" content="{again_s}">\n'
    moment = f"{local(as_of):%Y-%m-%d %H:%M:%S}"
    return _FRAME.format(title=escape(title), badge=badge, as_of=moment, links=links, body=body, again=again)


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
    division = campaign.divisions.get(case.county or "")
    return division.name if division else "全市或不明"


def office_name(office: str | None, campaign: Campaign) -> str:
    if office is None:
        return UNKNOWN
    return next((o.name for o in campaign.office if o.id == office), office)


def options(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f'<option value="{escape(value)}">{escape(word)}</option>' for value, word in pairs)
