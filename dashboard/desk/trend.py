"""Volume by tone and the share of negative posts with its interval, drawn as SVG: no browser script needed."""

from __future__ import annotations

from datetime import timedelta
from html import escape

from domain.terms import count, local, percent
from domain.trend_board import Bucket, TrendBoard

WIDTH, HEIGHT = 1200, 330
_LEFT, _RIGHT, _TOP, _BASE = 48, 12, 26, 190  # the columns
_SHARE_TOP, _SHARE_BASE = 214, 296  # the shares under them
_TONES = ("negative", "neutral", "positive", "unsure")
_LABELS = 12


def trend(board: TrendBoard) -> str:
    n = len(board.buckets)
    top = max(max((b.tones.said for b in board.buckets), default=0), 1)
    drawn = "".join(_bucket(b, i, n, top) for i, b in enumerate(board.buckets))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" class="trend" aria-label="帖文数量与负面占比，数字见下表">'
        '<defs><pattern id="gap" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="gap-ground" width="8" height="8"/><rect class="gap-line" width="3" height="8"/></pattern></defs>'
        f"{_frame(top)}{drawn}{_releases(board)}{_times(board)}</svg>{_key()}"
    )


def _x(i: float, n: int) -> float:
    return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * i / max(n, 1), 1)


def _bucket(bucket: Bucket, i: int, n: int, top: int) -> str:
    x, width = _x(i, n), round(max(_x(i + 1, n) - _x(i, n) - 1, 0.8), 1)
    parts = [f"<title>{escape(_words(bucket))}</title>"]
    if bucket.silent:
        parts.append(
            f'<rect class="gap" x="{x}" y="{_TOP}" width="{width + 1:.1f}" height="{_SHARE_BASE - _TOP}"/>'
        )
    at = float(_BASE)
    for tone in _TONES:
        height = (_BASE - _TOP) * getattr(bucket.tones, tone) / top
        if height:
            at -= height
            parts.append(f'<rect class="{tone}" x="{x}" y="{at:.1f}" width="{width}" height="{height:.1f}"/>')
    return f"<g>{''.join(parts)}{_share(bucket, x + width / 2)}</g>"


def _share(bucket: Bucket, x: float) -> str:
    share, interval = bucket.tones.negative_share, bucket.tones.interval
    if share is None or interval is None:
        return ""
    low, middle, high = (
        _SHARE_BASE - (_SHARE_BASE - _SHARE_TOP) * p for p in (interval[0], share, interval[1])
    )
    return (
        f'<line class="reach" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
        f'<circle class="share" cx="{x:.1f}" cy="{middle:.1f}" r="3"/>'
    )


def _words(bucket: Bucket) -> str:
    tones = bucket.tones
    words = f"{local(bucket.since):%m-%d %H:%M} 帖文 {count(tones.said)} 条"
    if tones.negative_share is not None and tones.interval is not None:
        low, high = tones.interval
        words += f"，负面 {percent(tones.negative_share)}（n={tones.judged}，{percent(low)}–{percent(high)}）"
    return words + (f"；来源中断：{'、'.join(bucket.silent)}" if bucket.silent else "")


def _frame(top: int) -> str:
    base = "".join(
        f'<line class="axis" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        for y in (_BASE, _SHARE_BASE)
    )
    texts = ((_TOP + 10, str(top)), (_BASE, "0"), (_SHARE_TOP + 10, "100%"), (_SHARE_BASE, "0%"))
    return base + "".join(f'<text x="2" y="{y}">{words}</text>' for y, words in texts)


def _releases(board: TrendBoard) -> str:
    whole = (board.until - board.since) / timedelta(seconds=1)
    size = board.buckets[0].until - board.buckets[0].since if board.buckets else timedelta(0)
    whole = max(whole, len(board.buckets) * (size / timedelta(seconds=1)))
    marks = []
    for at, names in board.releases:
        x = _x((at - board.since) / timedelta(seconds=1) / whole, 1)
        marks.append(
            f"<g><title>{local(at):%m-%d %H:%M} 发放：{escape(names)}</title>"
            f'<line class="release" x1="{x}" x2="{x}" y1="{_TOP - 8}" y2="{_SHARE_BASE}"/>'
            f'<path class="release-mark" d="M{x - 6} {_TOP - 16}h12l-6 9z"/></g>'
        )
    return "".join(marks)


def _times(board: TrendBoard) -> str:
    n = len(board.buckets)
    step = max(1, -(-n // _LABELS))
    hourly = n > 1 and board.buckets[0].until - board.buckets[0].since <= timedelta(hours=1)
    form = "%d日%H时" if hourly else "%m-%d"
    return "".join(
        f'<text x="{_x(i, n)}" y="{HEIGHT - 8}">{local(b.since).strftime(form)}</text>'
        for i, b in enumerate(board.buckets)
        if i % step == 0
    )


def _key() -> str:
    words = (("negative", "负面"), ("neutral", "中性"), ("positive", "正面"), ("unsure", "无法判断"))
    tones = "".join(f'<span><i class="{tone}">■</i> {name}</span>' for tone, name in words)
    return f'<p class="key">{tones}<span>● 负面占比</span><span>▼ 发放</span><span>▨ 有来源中断</span></p>'
