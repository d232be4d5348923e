"""One display on the fleet page: how it is, whether it can be read, what it can be told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from dashboard.screens.legibility import SceneType, legibility
from domain.displays import NAME_CHARS, PairedDisplay, pairing_stands
from domain.scenes import NAMES, Scene
from domain.terms import UNKNOWN, local, span
from layouts.theme import HEADLINE_MINUTES, INCHES, LABEL_MINUTES, METRES

_MEGA = 1_000_000
_CARD = """<article class="display {state}" id="display-{id}">
<header><h2>{name}</h2><span class="scope">{scope}</span>{state_words}</header>
<dl>
<div><dt>最近报到</dt><dd>{seen}</dd></div>
<div><dt>版本</dt><dd>{build}</dd></div>
<div><dt>分辨率</dt><dd>{resolution}</dd></div>
<div><dt>内存</dt><dd>{heap}</dd></div>
<div><dt>屏幕</dt><dd>{screen}</dd></div>
<div><dt>正在显示</dt><dd>{showing}</dd></div>
</dl>
{type}
<div class="orders">
{identify}{reload}
<form method="post" action="/displays/{id}/pin" class="pin">
<select name="scene" aria-label="要固定的场景">{scenes}</select><button>固定场景</button></form>
{unpin}
<details><summary>修改</summary>
<form method="post" action="/displays/{id}/rename">
<label>名称<input name="name" value="{name}" maxlength="{longest}" required></label><button>改名</button></form>
<form method="post" action="/displays/{id}/screen">
<label>对角线（英寸）<input name="inches" inputmode="decimal" value="{inches}" required></label>
<label>观看距离（米）<input name="metres" inputmode="decimal" value="{metres}" required></label>
<label>夜间调暗 自<input name="dim_from" value="{dim_from}" placeholder="22:00"></label>
<label>至<input name="dim_until" value="{dim_until}" placeholder="06:30"></label><button>保存</button></form>
</details>
<details class="last"><summary>撤销</summary>
<form method="post" action="/displays/{id}/revoke">
<span>屏幕立即变暗，再用须重新配对。</span><button class="danger">确认撤销</button></form>
</details>
</div>
</article>"""
_TELL = '<form method="post" action="/displays/{id}/{action}"><button title="{why}">{word}</button></form>\n'


def card(display: PairedDisplay, *, scopes: Mapping[str, str], build: str, now: datetime) -> str:
    """`build`: the server's own, to tell an old page by."""
    number, screen = display.display_id, display.screen
    state, words = _state(display, now)

    def tell(action: str, word: str, why: str) -> str:
        return _TELL.format(id=number, action=action, word=word, why=why)

    return _CARD.format(
        id=number,
        state=state,
        name=escape(display.name),
        longest=NAME_CHARS,
        scope=escape(scopes.get(display.scope, display.scope)),
        state_words=f'<span class="state">{words}</span>',
        seen=_ago(display.seen_at, now),
        build=_build(display, build),
        resolution=_resolution(display),
        heap=_heap(display),
        screen=_screen(display),
        showing=_showing(display),
        type=_type(display),
        identify=tell("identify", "点名", "屏幕用大字显示自己的名称二十秒"),
        reload=tell("reload", "重新载入", "屏幕重新打开自己的页面"),
        unpin=tell("unpin", "取消固定", "恢复场景轮播") if display.pin else "",
        scenes=_scenes(display, scopes),
        inches=f"{screen.inches or INCHES:g}",
        metres=f"{screen.metres or METRES:g}",
        dim_from=_clock(screen.dim_from),
        dim_until=_clock(screen.dim_until),
    )


def revoked_row(display: PairedDisplay, scopes: Mapping[str, str]) -> str:
    at = f"{local(display.revoked_at):%Y-%m-%d %H:%M}" if display.revoked_at else UNKNOWN
    scope = escape(scopes.get(display.scope, display.scope))
    return f"<li>{escape(display.name)}<small>{scope} · 撤销于 {at}</small></li>"


def _state(display: PairedDisplay, now: datetime) -> tuple[str, str]:
    if not pairing_stands(display.created_at, display.seen_at, now=now):
        return "lost", "▼ 配对已到期，须重新配对"
    if display.seen_at is None:
        return "never", "○ 从未连接"
    if display.is_online(now):
        return "online", "● 在线"
    return "lost", f"▼ 失联 自 {local(display.seen_at):%m-%d %H:%M}"


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return UNKNOWN
    return f"{local(at):%m-%d %H:%M:%S}" + (f"<small>{span(now - at)}前</small>" if at <= now else "")


def _build(display: PairedDisplay, build: str) -> str:
    if display.report is None:
        return UNKNOWN
    theirs = f"<code>{escape(display.report.build)}</code>"
    return theirs + (
        "<small>最新</small>" if display.report.build == build else '<small class="bad">▲ 旧版本</small>'
    )


def _resolution(display: PairedDisplay) -> str:
    report = display.report
    if report is None:
        return UNKNOWN
    width, height = (round(px * report.pixel_ratio) for px in (report.width_px, report.height_px))
    return f"{width} × {height}<small>像素比 {report.pixel_ratio:g}</small>"


def _heap(display: PairedDisplay) -> str:
    heap = display.report.heap_bytes if display.report else None
    return UNKNOWN if heap is None else f"{heap / _MEGA:.0f} MB"


def _screen(display: PairedDisplay) -> str:
    screen = display.screen
    if screen.inches is None or screen.metres is None:
        return f"未填<small>按 {INCHES:g} 英寸、{METRES:g} 米计</small>"
    dim = (
        ""
        if screen.dim_from is None
        else f"<small>{_clock(screen.dim_from)}–{_clock(screen.dim_until)} 调暗</small>"
    )
    return f"{screen.inches:g} 英寸 · {screen.metres:g} 米{dim}"


def _showing(display: PairedDisplay) -> str:
    scene = display.report.scene if display.report else None
    word = UNKNOWN if scene is None else NAMES[Scene(scene)][0]
    return word + (
        f'<small class="pinned">■ 已固定 {NAMES[Scene(display.pin)][0]}</small>' if display.pin else ""
    )


def _type(display: PairedDisplay) -> str:
    """Says which scene cannot be read, and what would help."""
    found = legibility(display)
    if found is None:
        return '<p class="type unknown">○ 字号：等待屏幕测量</p>'
    label = min(scene.label for scene in found.scenes)
    if not found.short:
        digits = [scene.headline for scene in found.scenes if scene.headline is not None]
        headline = f"，大数字最小 {min(digits):.1f}′" if digits else ""
        return f'<p class="type good">✓ 字号合格：文字最小 {label:.1f}′{headline}</p>'
    scenes = "、".join(f"{NAMES[Scene(s.scene)][0]} {_worst(s)}" for s in found.short)
    assumed = "（未填尺寸，按假定值计）" if found.is_assumed else ""
    return (
        f'<p class="type bad">▲ 字号不足{assumed}：{scenes}。'
        f"请移近到 {_down(found.metres)} 米以内，或换 {_up(found.inches)} 英寸以上的屏。</p>"
    )


def _worst(scene: SceneType) -> str:
    if scene.headline is not None and scene.headline / HEADLINE_MINUTES < scene.label / LABEL_MINUTES:
        return f"大数字 {scene.headline:.1f}′"
    return f"文字 {scene.label:.1f}′"


def _down(metres: float) -> str:
    return f"{int(metres * 10) / 10:g}"


def _up(inches: float) -> str:
    return f"{-int(-inches // 1)}"


def _scenes(display: PairedDisplay, scopes: Mapping[str, str]) -> str:
    """A county's wall has no scene that compares counties; the city is the first of `scopes`."""
    is_city = display.scope == next(iter(scopes), None)
    return "".join(
        f'<option value="{scene}"{" selected" if scene == display.pin else ""}>{NAMES[scene][0]}</option>'
        for scene in Scene
        if is_city or scene is not Scene.COUNTIES
    )


def _clock(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}"
