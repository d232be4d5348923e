"""D1 of the domain's alert list: a source that has been silent for longer than its own cadence allows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from alerts.finding import Finding, Window
from domain.readings import FeedHealth, Health, Level
from domain.terms import day_clock, span

ID = "stale_feed"


def findings(window: Window) -> Iterable[Finding]:
    for feed in window.feeds:
        if feed.health in (Health.LATE, Health.DOWN):
            yield Finding(
                subject=feed.source,
                level=_level(feed, window),
                title=_title(feed, window),
                reasons=tuple(_reasons(feed)),
                evidence=(feed.source,),
                evidence_count=1,
            )


def _level(feed: FeedHealth, window: Window) -> Level:
    """Yellow once it is late; orange where money has been unseen for three times what is allowed."""
    seen = feed.data_time or feed.last_ok_at
    long = seen is not None and (window.now - seen).total_seconds() > 3 * feed.stale_after_s
    return Level.ORANGE if long and feed.side == "payment" else Level.YELLOW


def _title(feed: FeedHealth, window: Window) -> str:
    what = "中断" if feed.health is Health.DOWN else "延迟"
    return f"{feed.name}数据{what}，数据停在 {day_clock(feed.data_time or feed.last_ok_at, now=window.now)}"


def _reasons(feed: FeedHealth) -> Iterable[str]:
    yield f"允许间隔 {span(timedelta(seconds=feed.stale_after_s))}"
    if feed.trouble:
        yield f"最近一次: {feed.trouble}"
