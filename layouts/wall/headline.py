"""Six figures that say where the campaign stands. Each with unit, comparison, data time and grade."""

from collections import Counter
from collections.abc import Collection

from dash import html
from dash.development.base_component import Component

from domain.measures import ENOUGH
from domain.readings import AlertBoard, Headline, Level, OpinionPulse, Overview, Stamp
from domain.sanity import Kept
from domain.terms import CHECKING, LEVEL, NO_DATA, UNKNOWN, clock, count, money, percent, times
from layouts.parts import LEVERAGE, NET, RATE, Values, bar, checking, stamp_line

SLOT = "headline"
TILES = {
    "headline-claimed": "已领取",
    "headline-redeemed": "净核销",
    "headline-rate": "核销率(领取)",
    "headline-leverage": "直接带动比",
    "headline-spend": "直接带动消费",
    "headline-alerts": "舆情预警",
}
_STAMP_EMS = 8.5
_MANY_TIMES = 10  # a larger rise is a matter of the base, not of the day
_SHAPE = {Level.RED: "▲", Level.ORANGE: "◆", Level.YELLOW: "■", Level.BLUE: "●"}


def layout() -> Component:
    return html.Section([_tile(slot, title) for slot, title in TILES.items()], id=SLOT, className="tiles")


def update(reading: Overview) -> Values:
    head, alerts = reading.headline, reading.opinion_alerts
    stamp = head.stamp
    tiles: dict[str, tuple[tuple[str, str], list[Component], Collection[Kept]]] = {
        "headline-claimed": (
            money(_counted(head)),
            _claimed(head),
            (Kept.CLAIMED,),
        ),
        "headline-redeemed": (money(_known(head, head.figures.redeemed_net_fen)), _redeemed(head), NET),
        "headline-rate": (_split(percent(_used(head))), _rate(head), RATE),
        "headline-leverage": (_with(times(head.direct_leverage), "倍"), _leverage(reading), LEVERAGE),
        "headline-spend": (money(_spent(head)), _spend(head), LEVERAGE),
    }
    values = _alert_values(alerts, reading.pulse)
    for slot, (figure, more, on) in tiles.items():
        if checking(head.held, *on):
            figure, more = (CHECKING, ""), [_line("见数据场景")]
        values |= _values(slot, figure, more, stamp)
    return values


def _tile(slot: str, title: str) -> Component:
    return html.Div(
        [
            html.H2(title),
            html.Div(
                [
                    html.Span(UNKNOWN, id=f"{slot}-value", className="hero"),
                    html.Span(id=f"{slot}-unit", className="unit"),
                ],
                className="figure",
            ),
            html.Div(id=f"{slot}-more", className="more"),
            html.Div(NO_DATA, id=f"{slot}-stamp", className="stamp"),
        ],
        id=slot,
        className="tile",
    )


def _values(slot: str, figure: tuple[str, str], more: list[Component], stamp: Stamp) -> Values:
    return {
        slot: {"className": "tile stale" if stamp.late else "tile"},
        f"{slot}-value": {
            "children": figure[0],
            "className": "hero checking" if figure[0] == CHECKING else "hero",
        },
        f"{slot}-unit": {"children": figure[1]},
        f"{slot}-more": {"children": more},
        f"{slot}-stamp": {"children": stamp_line(stamp, room=_STAMP_EMS)},
    }


def _known(head: Headline, fen: int) -> int | None:
    """Before the first data a sum of nothing is unknown, not zero."""
    return None if head.stamp.data_time is None else fen


def _counted(head: Headline) -> int | None:
    """Claims that a platform only counts come without a data time."""
    return head.figures.claimed_fen or _known(head, 0)


def _used(head: Headline) -> float | None:
    return None if head.stamp.data_time is None else head.redemption_rate_by_count


def _spent(head: Headline) -> int | None:
    """Without one order whose amount is known the total is not known either."""
    return _known(head, head.figures.direct_spend_fen) if head.figures.orders_count else None


def _split(rate: str) -> tuple[str, str]:
    return (rate, "") if rate == UNKNOWN else (rate.removesuffix("%"), "%")


def _with(figure: str, unit: str) -> tuple[str, str]:
    return figure, "" if figure == UNKNOWN else unit


def _line(*parts: str | Component, tone: str = "") -> Component:
    return html.Div(
        [html.Span(p) if isinstance(p, str) else p for p in parts], className=f"line {tone}".strip()
    )


def _claimed(head: Headline) -> list[Component]:
    if _counted(head) is None or not head.allocation_fen:
        return [_line(NO_DATA)]
    share = head.figures.claimed_fen / head.allocation_fen
    return [
        _line(f"占资金 {' '.join(money(head.allocation_fen))}", html.B(percent(share), className="right")),
        bar(share, tone="cyan"),
    ]


def _redeemed(head: Headline) -> list[Component]:
    if head.stamp.data_time is None:
        return [_line(NO_DATA)]
    use, pace = head.fund_use_rate, head.time_pace
    return [
        _line("资金使用", html.B(percent(use)), _today(head)),
        bar(use, tone="amber" if pace is not None and (use or 0) < pace else "cyan", mark=pace),
    ]


def _today(head: Headline) -> Component:
    """Today's net redemptions against yesterday's by the same time. Of a day nobody has told of there is no saying, and
    few vouchers are no base (glossary 4.2)."""
    today, before = head.told_today_fen, head.redeemed_yesterday_fen
    if today is None or before is None or (head.redeemed_yesterday_count or 0) < ENOUGH:
        figure, unit = money(head.redeemed_today_fen)
        return html.Span(f"今日 {figure} {unit}".rstrip(), className="right")
    if before <= 0:
        return html.Span(f"较昨日 {UNKNOWN}", className="right")
    change = today / before - 1
    if change >= _MANY_TIMES:
        return html.Span(f"较昨日 ▲超{_MANY_TIMES}倍", className="right")
    word = "▲" if change > 0 else "▼" if change < 0 else "＝"
    return html.Span(f"较昨日 {word}{percent(abs(change))}", className="right")


def _vouchers(n: int) -> str:
    """Counts from ten million on are written in 万, or the line would not fit."""
    return count(n) if n < 10_000_000 else f"{n / 10_000:,.1f} 万"


def _rate(head: Headline) -> list[Component]:
    rate, f = _used(head), head.rated
    if rate is None:
        return [_line(NO_DATA)]
    partly = (
        [html.Span("部分未报", className="right")] if f.claimed_count < head.figures.claimed_count else []
    )
    return [
        _line(f"{_vouchers(f.redeemed_gross_count)} / {_vouchers(f.claimed_count)} 张", *partly),
        bar(rate, tone="cyan"),
    ]


def _leverage(reading: Overview) -> list[Component]:
    leverage, floor = reading.headline.direct_leverage, reading.floor
    if leverage is None:
        return [_unpriced(reading)]
    met = leverage >= floor
    words = f"● 高于 {floor:g} 倍底线" if met else f"▼ 低于 {floor:g} 倍底线"
    return [
        _line(words, tone="good" if met else "bad"),
        bar(leverage / (2 * floor), tone="cyan" if met else "red", mark=0.5),
    ]


def _unpriced(reading: Overview) -> Component:
    """Some platforms tell an order's amount in their files alone: until then the plan's ratio is shown, as such."""
    f, design = reading.headline.figures, reading.design_leverage
    missing = f.unpriced_count
    if missing <= 0 or design is None:
        return _line(NO_DATA)
    return _line(f"未报 {count(missing)} 笔", html.Span(f"设计 {times(design)}", className="right"))


def _spend(head: Headline) -> list[Component]:
    f = head.figures
    if head.stamp.data_time is None or not f.orders_count:
        return [_line(NO_DATA)]
    ticket = f.direct_spend_fen // f.orders_count // 100
    return [
        _line(f"{count(f.orders_count)} 笔", html.Span(f"笔均 {count(ticket)} 元", className="right")),
        _line("动销商户", html.B(f"{count(head.merchants_active)} 户", className="right")),
    ]


def _alert_values(board: AlertBoard, pulse: OpinionPulse | None) -> Values:
    slot, known = "headline-alerts", board.as_of is not None
    levels = Counter(a.level for a in board.alerts)
    split = [
        html.Span(f"{_SHAPE[level]}{LEVEL[level][0]} {levels[level]}", className=f"level-{level}")
        for level in _SHAPE
        if levels[level]
    ]
    dead = pulse.dead_sources if pulse else ()
    stamp: list[Component] = [html.Span(f"研判 {clock(board.as_of)}" if known else NO_DATA)]
    if dead:
        stamp.append(html.Span(f"▲{len(dead)} 路缺口", className="late"))
    return {
        slot: {"className": "tile"},
        f"{slot}-value": {"children": count(len(board.alerts)) if known else UNKNOWN, "className": "hero"},
        f"{slot}-unit": {"children": "条未结" if known else ""},
        f"{slot}-more": {
            "children": [
                _line(*split) if split else _line("当前无未结预警" if known else NO_DATA),
                _tone(pulse),
            ]
        },
        f"{slot}-stamp": {"children": stamp},
    }


def _tone(pulse: OpinionPulse | None) -> Component:
    labelled = pulse.negative + pulse.neutral + pulse.positive if pulse else 0
    if pulse is None or not labelled:
        return _line("负面占比 —")
    return _line("负面", html.B(percent(pulse.negative / labelled)), f"共 {count(labelled)} 条")
