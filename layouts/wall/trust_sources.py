"""Can we believe these numbers? Every source against its own cadence, its delays, and what was put aside."""

from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from domain.readings import FeedHealth, SourceReport
from domain.readings_scenes import TrustBoard
from domain.terms import NO_DATA, UNKNOWN, clock, count
from layouts.parts import Values, bar, card, empty, fit
from layouts.wall_words import HEALTH, age, short_span

SLOT = "trust-sources"
MOST = 13
_SIDES = {"payment": "支付", "opinion": "舆情"}
_ORDER = tuple(HEALTH)


def layout() -> Component:
    heads = [html.Span(word) for word in ("来源", "状态", "距今", "占间隔", "p95 时延", "隔离")]
    return card(
        SLOT,
        "各来源时效",
        html.Div(heads, className="source-heads"),
        html.Div(empty(), id="trust-sources-rows", className="source-rows"),
    )


def update(reading: TrustBoard) -> Values:
    if not reading.feeds:
        return {"trust-sources-stamp": {"children": NO_DATA}, "trust-sources-rows": {"children": empty()}}
    ordered = sorted(reading.feeds, key=lambda f: (_ORDER.index(f.health), f.side != "payment", f.source))
    reports = {r.feed.source: r for r in reading.reports}
    rows = [_row(f, reports.get(f.source), reading) for f in ordered[:MOST]]
    more = len(ordered) - MOST
    rest = [html.Span(f"另有 {more} 路")] if more > 0 else []
    since = f"时延算至 {clock(reading.delays_as_of)}" if reading.delays_as_of else "时延待统计"
    return {
        "trust-sources-stamp": {"children": [*rest, html.Span(since)]},
        "trust-sources-rows": {"children": rows},
    }


def _row(feed: FeedHealth, report: SourceReport | None, reading: TrustBoard) -> Component:
    shape, word, tone = HEALTH[feed.health]
    seen = feed.seen_at
    used = None if seen is None else (reading.as_of - seen).total_seconds() / feed.stale_after_s
    p95 = report.delay_p95_s if report else None
    slow = report is not None and report.is_slow
    cells = [
        html.Span(fit(feed.name, width=8.5), className="name"),
        html.Span([html.I(shape), html.Span(word)], className=f"feed {tone}"),
        html.Span(age(seen, reading.as_of) if seen else UNKNOWN, className="num main"),
        bar(used, tone="steel" if tone == "fresh" else "amber", mark=1.0),
        html.Span(
            UNKNOWN if p95 is None else f"{'▲' if slow else ''}{short_span(timedelta(seconds=p95))}",
            className="num behind" if slow else "num",
        ),
        html.Span(count(feed.quarantined_count), className="num behind" if feed.quarantined_count else "num"),
    ]
    return html.Div(cells, className="source-row", key=feed.source)
