"""Claims and redemptions in five-minute steps with the posts under them, drawn as SVG: no browser script needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.evidence import Trade
from domain.terms import clock

WIDTH, HEIGHT = 900, 250
_LEFT, _RIGHT, _TOP, _BASE, _FOOT = 46, 10, 22, 165, 222
_STEP = timedelta(minutes=5)
_POST_HEIGHT = 36


def curve(trade: Trade, posts: Sequence[datetime]) -> str:
    """An axis of time under all; what the feeds do not reach yet is grey, never zero."""
    n = int((trade.until - trade.since) / _STEP)
    claims, redemptions = Counter[int](), Counter[int]()
    for minute in trade.minutes:
        i = _bucket(trade, minute.at)
        claims[i] += minute.claimed_count
        redemptions[i] += minute.redeemed_count
    said = Counter(_bucket(trade, at) for at in posts if trade.since <= at <= trade.until)
    known = 0 if trade.data_time is None else min(n, int((trade.data_time - trade.since) / _STEP))
    top = max([*claims.values(), *redemptions.values(), 1])
    lines = "".join(
        f'<polyline class="{name}" points="{_points(counts, known, n, top)}"/>'
        for name, counts in (("claim", claims), ("redeem", redemptions))
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="领取、核销与帖文，每五分钟">'
        f"{_unknown(known, n)}{_axis(trade, n, top)}{_bars(said, n)}{lines}</svg>"
        '<p class="key"><span><i class="claim">━</i> 领取（笔/5分钟）</span><span>'
        '<i class="redeem">╍</i> 核销（笔/5分钟）'
        f"</span>{_key_of(said)}<span>灰底：暂无数据</span></p>"
    )


def _key_of(said: Counter[int]) -> str:
    return f"<span>▮ 证据帖文，最多 {max(said.values())} 条/5分钟</span>" if said else ""


def _bucket(trade: Trade, at: datetime) -> int:
    last = int((trade.until - trade.since) / _STEP) - 1
    return min(int((at - trade.since) / _STEP), last)  # the very end belongs to the last step


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
    ticks = "".join(
        f'<text x="{_x(i, n)}" y="{HEIGHT - 8}" text-anchor="{"start" if i == 0 else "end" if i == n else "middle"}">'
        f"{clock(trade.since + _STEP * i)}</text>"
        for i in range(0, n + 1, 12)
    )
    base = f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{_BASE}" y2="{_BASE}"/>'
    return f'{base}<text x="4" y="{_TOP + 10}">{top}</text><text x="4" y="{_BASE}">0</text>{ticks}'
