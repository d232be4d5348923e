"""Claims and redemptions in even steps with the posts under them, drawn as SVG: no browser script needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from domain.evidence import Trade
from domain.terms import clock, local, span

WIDTH, HEIGHT = 900, 250
_LEFT, _RIGHT, _TOP, _BASE, _FOOT = 46, 10, 22, 165, 222
_POST_HEIGHT = 36
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_TICKS = (
    (timedelta(hours=6), _HOUR), (_DAY, 4 * _HOUR), (2 * _DAY, 6 * _HOUR), (8 * _DAY, _DAY), (20 * _DAY, 2 * _DAY)
)  # fmt: skip
_WIDEST_TICK = 7 * _DAY


def curve(trade: Trade, posts: Sequence[datetime]) -> str:
    """An axis of time under all; what the feeds do not reach yet is grey, never zero."""
    n, every = _steps(trade), span(trade.step)
    claims, redemptions = Counter[int](), Counter[int]()
    for minute in trade.minutes:
        i = _bucket(trade, minute.at)
        claims[i] += minute.claimed_count
        redemptions[i] += minute.redeemed_count
    said = Counter(_bucket(trade, at) for at in posts if trade.since <= at <= trade.until)
    known = 0 if trade.data_time is None else _reached(trade)
    top = max([*claims.values(), *redemptions.values(), 1])
    lines = "".join(
        f'<polyline class="{name}" points="{_points(counts, known, n, top)}"/>'
        for name, counts in (("claim", claims), ("redeem", redemptions))
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="领取、核销与帖文，每 {every}">'
        f"{_unknown(known, n)}{_axis(trade, n, top)}{_bars(said, n)}{lines}</svg>"
        f'<p class="key"><span><i class="claim">━</i> 领取（笔/{every}）</span><span>'
        f'<i class="redeem">╍</i> 核销（笔/{every}）'
        f"</span>{_key_of(said, every)}<span>灰底：暂无数据</span></p>"
    )


def _key_of(said: Counter[int], every: str) -> str:
    return f"<span>▮ 证据帖文，最多 {max(said.values())} 条/{every}</span>" if said else ""


def _steps(trade: Trade) -> int:
    return ceil((trade.until - trade.since) / trade.step)


def _reached(trade: Trade) -> int:
    """Steps that the feeds have told in full; the running one too, where they reach the end."""
    assert trade.data_time is not None
    if trade.data_time >= trade.until:
        return _steps(trade)
    return max(0, int((trade.data_time - trade.since) / trade.step))


def _bucket(trade: Trade, at: datetime) -> int:
    return min(
        int((at - trade.since) / trade.step), _steps(trade) - 1
    )  # the very end belongs to the last step


def _x(i: float, n: int) -> float:
    return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * i / max(n, 1), 1)


def _points(counts: Counter[int], known: int, n: int, top: int) -> str:
    height = _BASE - _TOP
    return " ".join(f"{_x(i + 0.5, n)},{round(_BASE - height * counts[i] / top, 1)}" for i in range(known))


def _unknown(known: int, n: int) -> str:
    if known >= n:
        return ""
    x = _x(known, n)
    return f'<rect class="unknown" x="{x}" y="{_TOP}" width="{_x(n, n) - x:.1f}" height="{_BASE - _TOP}"/>'


def _bars(said: Counter[int], n: int) -> str:
    most = max(said.values(), default=1)
    width = _x(1, n) - _x(0, n) - 1
    return "".join(
        f'<rect class="posts" x="{_x(i, n)}" y="{_FOOT - _POST_HEIGHT * k / most:.1f}" width="{width:.1f}" '
        f'height="{_POST_HEIGHT * k / most:.1f}"/>'
        for i, k in sorted(said.items())
    )


def _axis(trade: Trade, n: int, top: int) -> str:
    whole = trade.until - trade.since
    tick = next((tick for most, tick in _TICKS if whole <= most), _WIDEST_TICK)
    each = int(tick / trade.step)
    ticks = "".join(
        f'<text x="{_x(i, n)}" y="{HEIGHT - 8}" text-anchor="{_anchor(i, n, each)}">'
        f"{_when(trade.since + trade.step * i, whole)}</text>"
        for i in range(0, n + 1, each)
    )
    base = f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{_BASE}" y2="{_BASE}"/>'
    return f'{base}<text x="4" y="{_TOP + 10}">{top}</text><text x="4" y="{_BASE}">0</text>{ticks}'


def _anchor(i: int, n: int, each: int) -> str:
    """A label near an end grows inwards, so that nothing of it is cut off."""
    return "start" if i == 0 else "end" if n - i < each / 2 else "middle"


def _when(at: datetime, whole: timedelta) -> str:
    """The day is told where the curve holds more than one, the time where a tick is not a day."""
    if whole <= 6 * _HOUR:
        return clock(at)
    return f"{local(at):%m-%d}" if whole > 2 * _DAY else f"{local(at):%m-%d %H:%M}"
