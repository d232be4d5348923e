"""Is the release going well? Every round of the day: opened, claimed, and how long it took to sell out."""

from collections.abc import Sequence
from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from domain.readings_scenes import LaunchBoard, RoundProgress, RoundState
from domain.terms import CHECKING, NO_DATA, UNKNOWN, clock, count, local, percent
from layouts.parts import Values, bar, card, empty, fit, joined, number, stamp_line

SLOT = "launch-rounds"
TITLE = "各主体本轮发放"
MOST = 14
_SHAPE = {RoundState.WAITING: "○", RoundState.OPEN: "●", RoundState.SOLD_OUT: "■", RoundState.CLOSED: "◇"}
_WORD = {
    RoundState.WAITING: "待发放",
    RoundState.OPEN: "发放中",
    RoundState.SOLD_OUT: "领完",
    RoundState.CLOSED: "已截止",
}
_LONG = 100_000


def layout() -> Component:
    heads = [html.Span(word) for word in ("主体", "开始", "已领 / 总量", "", "领取率", "状态")]
    return card(
        SLOT,
        TITLE,
        html.Div(heads, className="round-heads"),
        html.Div(empty(), id="launch-rounds-rows", className="round-rows"),
    )


def update(reading: LaunchBoard) -> Values:
    stamp = joined(r.stamp for r in reading.rounds)
    if stamp is None:
        return {
            SLOT: {"className": "card"},
            "launch-rounds-stamp": {"children": NO_DATA},
            "launch-rounds-rows": {"children": empty("没有发放轮次")},
        }
    days = {local(r.opens_at).date() for r in reading.rounds}
    day = min(days)
    date = [html.Span(f"{day.month}月{day.day}日")] if len(days) == 1 else []
    kept = reading.rounds[:MOST]
    more = [html.Span(f"另有 {len(reading.rounds) - MOST} 项")] if len(reading.rounds) > MOST else []
    head = [*date, *more, *stamp_line(stamp, room=12.0)]
    return {
        SLOT: {"className": "card"},
        "launch-rounds-stamp": {"children": head},
        "launch-rounds-rows": {"children": [_row(r, dated=len(days) > 1) for r in _ordered(kept)]},
    }


def _ordered(rounds: Sequence[RoundProgress]) -> list[RoundProgress]:
    return sorted(rounds, key=lambda r: (r.opens_at, r.name != "市级"))


def _row(round_: RoundProgress, *, dated: bool) -> Component:
    at = local(round_.opens_at)
    waiting = round_.state is RoundState.WAITING
    shape, word, tone_of_state = _state(round_)
    claimed = UNKNOWN if waiting or round_.claimed_count is None else _short(round_.claimed_count)
    tone = "steel" if round_.stamp.late else "green" if round_.state is RoundState.SOLD_OUT else "cyan"
    cells = [
        html.Span(fit(round_.name, width=4), className="name"),
        html.Span(f"{at.month}/{at.day}" if dated else clock(at), className="num"),
        html.Span(
            [html.Span(claimed), html.Small(f" / {_short(round_.qty)}")],
            className="num main",
        ),
        bar(None if waiting else round_.claim_rate, tone=tone),
        number(UNKNOWN if waiting else percent(round_.claim_rate), tone="main"),
        html.Span(
            [html.I(shape), html.Span(word)],
            className=f"state {tone_of_state}",
        ),
    ]
    late = " stale" if round_.stamp.late else ""
    return html.Div(cells, className=f"round-row{late}", key=f"{round_.name}-{round_.round_no}")


def _state(round_: RoundProgress) -> tuple[str, str, str]:
    """Shape, word and CSS class. A round that is open by the clock alone is not called open."""
    if round_.state is None:
        return ("▲", CHECKING, "checking") if round_.held else ("○", NO_DATA, "waiting")
    shape, word, tone = _SHAPE[round_.state], _WORD[round_.state], round_.state.value
    if round_.state is RoundState.WAITING:
        return shape, word, tone
    if round_.stamp.late:
        return "▲", "数据迟到", "late"
    if round_.state is RoundState.SOLD_OUT and round_.sold_out_s is not None:
        word = f"领完 {_short_span(round_.sold_out_s)}"
    return shape, word, tone


def _short_span(seconds: float) -> str:
    """45秒, 12分, 3.3时, 2天."""
    s = int(timedelta(seconds=seconds).total_seconds())
    if s < 60:
        return f"{s}秒"
    if s < 3600:
        return f"{s // 60}分"
    return f"{s / 3600:.1f}时" if s < 172_800 else f"{s // 86_400}天"


def _short(n: int) -> str:
    return count(n) if n < _LONG else f"{n / 10_000:,.1f}万"
