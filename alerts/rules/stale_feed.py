"""D1 of the domain's alert list: a source that has been silent for longer than its own cadence allows.

One that tells of a single county's money is that county's alert: its office sees the figures stand still.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from domain.readings import FeedHealth, Health, Level
from domain.terms import day_clock, span

ID = "stale_feed"


def findings(window: Window) -> Iterable[Finding]:
    for feed in window.feeds:
        if feed.health in (Health.LATE, Health.DOWN):
            facts = _facts(feed, window)
            yield Finding(
                subject=feed.source,
                level=level(facts, window.parameters),
                title=_title(feed, window),
                reasons=tuple(_reasons(feed)),
                evidence=(feed.source,),
                evidence_count=1,
                county=window.campaign.county_of_platform(feed.platform),
                facts=facts,
                began_at=feed.seen_at or feed.last_ok_at,
            )


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    """Yellow once it is late; orange where money has been unseen for some times what is allowed."""
    silent_s, most = facts["silent_s"], parameters.stale_feed.orange_after
    long = silent_s is not None and silent_s > most * facts["stale_after_s"]
    return Level.ORANGE if long and facts["side"] == "payment" else Level.YELLOW


def _facts(feed: FeedHealth, window: Window) -> dict[str, Any]:
    seen = feed.seen_at or feed.last_ok_at
    silent_s = None if seen is None else (window.now - seen).total_seconds()
    return {"silent_s": silent_s, "stale_after_s": feed.stale_after_s, "side": feed.side}


def _title(feed: FeedHealth, window: Window) -> str:
    what = "中断" if feed.health is Health.DOWN else "延迟"
    return f"{feed.name}数据{what}，数据停在 {day_clock(feed.seen_at or feed.last_ok_at, now=window.now)}"


def _reasons(feed: FeedHealth) -> Iterable[str]:
    yield f"允许间隔 {span(timedelta(seconds=feed.stale_after_s))}"
    if feed.trouble:
        yield f"最近一次: {feed.trouble}"
