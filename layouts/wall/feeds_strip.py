"""The foot of the wall: can these figures be believed? Every source with shape, word and lag; troubled ones first."""

from collections.abc import Sequence
from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from domain.readings import FeedBoard, FeedHealth, Health
from domain.terms import NO_DATA, span
from layouts.parts import Values, ems, fit

SLOT = "feeds-strip"
_SHAPE = {Health.DOWN: "▼", Health.LATE: "▲", Health.NEVER: "○", Health.FRESH: "●"}
_WORD = {Health.DOWN: "中断", Health.LATE: "迟到", Health.NEVER: "未接入", Health.FRESH: "正常"}
_ORDER = tuple(_SHAPE)
_SIDES = {"payment": "支付", "opinion": "舆情"}
_ROOM_EMS = 69.0  # what the strip holds beside its counts, at its type size
_GAP_EMS = 2.9  # shape and space between two sources


def layout() -> Component:
    return html.Footer(
        [
            html.Div(NO_DATA, id="feeds-strip-counts", className="feeds-counts"),
            html.Div(id="feeds-strip-rows", className="feeds-rows"),
            html.Div(id="wall-version"),
        ],
        id=SLOT,
        className="feeds",
    )


def update(reading: FeedBoard) -> Values:
    if not reading.feeds:
        return {"feeds-strip-counts": {"children": NO_DATA}, "feeds-strip-rows": {"children": []}}
    return {
        "feeds-strip-counts": {"children": _counts(reading.feeds)},
        "feeds-strip-rows": {"children": _shown(reading)},
    }


def _counts(feeds: Sequence[FeedHealth]) -> list[Component]:
    counts = []
    for side, word in _SIDES.items():
        of_side = [f for f in feeds if f.side == side]
        if not of_side:
            continue
        fresh = sum(f.health is Health.FRESH for f in of_side)
        tone = "good" if fresh == len(of_side) else "behind"
        counts.append(html.Span([f"{word} ", html.B(f"{fresh}/{len(of_side)}", className=tone), " 正常"]))
    return counts


def _shown(reading: FeedBoard) -> list[Component]:
    """As many sources as fit on one line; the rest are counted, never scrolled."""
    ordered = sorted(reading.feeds, key=lambda f: (_ORDER.index(f.health), f.side != "payment", f.source))
    room, shown = _ROOM_EMS, []
    for feed in ordered:
        words = f"{fit(feed.name, width=9)} {_words(feed, reading)}"
        room -= ems(words) + _GAP_EMS
        if room < 0:
            break
        shown.append(_item(feed, reading))
    return [*shown, *_rest(ordered[len(shown) :])]


def _rest(feeds: Sequence[FeedHealth]) -> list[Component]:
    if not feeds:
        return []
    bad = sum(f.health is not Health.FRESH for f in feeds)
    words = f"另有 {len(feeds)} 路，{bad} 路异常" if bad else f"另有 {len(feeds)} 路正常"
    return [html.Span(words, className="feed")]


def _item(feed: FeedHealth, reading: FeedBoard) -> Component:
    return html.Span(
        [
            html.I(_SHAPE[feed.health]),
            html.Span(fit(feed.name, width=9), className="name"),
            html.Span(_words(feed, reading)),
        ],
        className=f"feed {feed.health}",
        key=feed.source,
    )


def _words(feed: FeedHealth, reading: FeedBoard) -> str:
    """正常 2 分: how old its newest data is. Under a minute is said so, or the line would change every second."""
    if feed.data_time is None:
        return _WORD[feed.health]
    gone = max(timedelta(0), reading.as_of - feed.data_time)
    lag = "1 分内" if gone < timedelta(minutes=1) else span(gone).replace("分钟", "分").replace("小时", "时")
    return f"{_WORD[feed.health]} {lag}"
