"""大屏设备: every paired screen, how it is and what it can be told. Plain HTML; all of it escaped.

What a display reports of itself has been checked to be numbers and our own words before it was stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from dashboard.frame import framed
from dashboard.screens.display_card import card, revoked_row
from domain.displays import ACTION, CODE_LENGTH, NAME_CHARS, Action, DisplayAction, PairedDisplay
from domain.scenes import NAMES, Scene
from domain.terms import local

_LINKS = '<a href="/displays">刷新</a><a href="/sources">来源</a><a href="/flags">合规线索</a><a href="/wall">大屏</a>'
_NOTES = """<p class="notes">屏幕每 30 秒报到一次，90 秒没有报到即为失联。“撤销”后屏幕约一秒内变暗，并显示新的配对码。
字号按对角线与观看距离折算成视角：文字不小于 20′，大数字不小于 40′。所有操作记录操作人与时间。</p>"""
_EMPTY = """<div class="nothing"><p>{none}</p>
<p>在大屏上打开 <b>{wall}</b>，屏幕会显示六位配对码；在右侧输入即可。</p></div>"""
NONE_YET, NONE_LEFT = "还没有配对任何屏幕。", "没有在用的屏幕。"
_FORM = """<section class="pairing">
<h2>配对新屏幕</h2>
{trouble}<form method="post" action="/displays">
<label for="code">配对码<small>屏幕上显示的六位</small></label>
<input id="code" name="code" class="code" value="{code}" maxlength="16" autocomplete="off" autocapitalize="characters"
 spellcheck="false" required placeholder="{places}"{focus}>
<label for="name">名称<small>挂在哪里，人人认得</small></label>
<input id="name" name="name" value="{name}" maxlength="{longest}" required placeholder="三楼指挥大厅">
<label for="scope">范围</label>
<select id="scope" name="scope">{scopes}</select>
<div class="pair"><div><label for="inches">对角线（英寸）</label>
<input id="inches" name="inches" inputmode="decimal" value="{inches}" required></div>
<div><label for="metres">观看距离（米）</label>
<input id="metres" name="metres" inputmode="decimal" value="{metres}" required></div></div>
<button class="main">配对</button>
</form>
</section>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPage:
    """What the page is made of. `scopes`: division code -> its name, the city first."""

    displays: Sequence[PairedDisplay]
    actions: Sequence[DisplayAction]
    scopes: Mapping[str, str]
    build: str
    wall: str  # its address
    now: datetime
    banner: str | None


def displays_page(
    found: FleetPage, *, trouble: str | None = None, given: Mapping[str, str] | None = None
) -> str:
    """`trouble`: why what was just asked for was not done; `given`: what had been typed into the pairing form."""
    paired = [d for d in found.displays if d.revoked_at is None]
    revoked = [d for d in found.displays if d.revoked_at is not None]
    cards = "\n".join(card(d, scopes=found.scopes, build=found.build, now=found.now) for d in paired)
    nothing = _EMPTY.format(none=NONE_LEFT if revoked else NONE_YET, wall=escape(found.wall))
    body = (
        '<div class="columns"><div class="fleet" id="fleet">\n'
        f"{_counts(paired, now=found.now) if paired else nothing}\n{cards}\n"
        f"{_revoked(revoked, found.scopes)}{_NOTES if paired else ''}\n</div>\n"
        f"<aside>{_form(found, trouble, given or {})}\n{_log(found.actions)}</aside></div>\n"
        '<script src="/assets/fleet.js" defer></script>'
    )
    return framed("大屏设备", body, links=_LINKS, as_of=found.now, banner=found.banner, look="displays")


def _counts(paired: Sequence[PairedDisplay], *, now: datetime) -> str:
    online = sum(d.is_online(now) for d in paired)
    lost = len(paired) - online
    words = f'共 {len(paired)} 块屏幕：<b class="online">● 在线 {online}</b>'
    if lost:
        words += f'<b class="lost">▼ 不在线 {lost}</b>'
    return f'<p class="counts">{words}</p>'


def _form(found: FleetPage, trouble: str | None, given: Mapping[str, str]) -> str:
    def value(name: str, usual: str = "") -> str:
        return escape(given.get(name, usual))

    chosen = given.get("scope")
    scopes = "".join(
        f'<option value="{code}"{" selected" if code == chosen else ""}>{escape(name)}</option>'
        for code, name in found.scopes.items()
    )
    return _FORM.format(
        trouble=f'<p class="trouble" role="alert">▲ {escape(trouble)}</p>\n' if trouble else "",
        code=value("code"),
        places="·" * CODE_LENGTH,
        focus=" autofocus" if not found.displays or given else "",
        name=value("name"),
        longest=NAME_CHARS,
        scopes=scopes,
        inches=value("inches", "65"),
        metres=value("metres", "5"),
    )


def _revoked(revoked: Sequence[PairedDisplay], scopes: Mapping[str, str]) -> str:
    if not revoked:
        return ""
    rows = "\n".join(revoked_row(d, scopes) for d in revoked)
    return (
        f'<details class="revoked"><summary>已撤销 {len(revoked)} 块</summary>\n<ul>{rows}</ul></details>\n'
    )


def _log(actions: Sequence[DisplayAction]) -> str:
    if not actions:
        return ""
    rows = "\n".join(_line(action) for action in actions)
    return f'<section class="log"><h2>操作记录</h2>\n<ol>{rows}</ol></section>'


def _line(action: DisplayAction) -> str:
    detail = NAMES[Scene(action.detail)][0] if action.action is Action.PIN else action.detail
    on = f"<b>{escape(action.name)}</b> " if action.name else ""
    about = f" {escape(detail)}" if detail and detail != action.name else ""
    return (
        f"<li><time>{local(action.done_at):%m-%d %H:%M:%S}</time> {escape(action.done_by)}"
        f"<span>{on}{ACTION[action.action]}{about}</span></li>"
    )
