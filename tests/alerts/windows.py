"""Hand-made windows for rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from alerts.finding import Mention, Window
from domain.campaign import Campaign
from domain.measures import Figures
from domain.readings import CountyProgress, FeedHealth, Headline, Health, Pace, Stamp
from domain.records import Grade
from domain.voiced import VoicedPost


def stamp(now: datetime) -> Stamp:
    return Stamp(data_time=now, grade=Grade.FLASH, tranche="第一批省级资金")


def window(campaign: Campaign, now: datetime, **changes: Any) -> Window:
    fields: dict[str, Any] = {
        "now": now,
        "campaign": campaign,
        "headline": Headline(
            stamp=stamp(now),
            allocation_fen=1,
            figures=Figures(),
            rated=Figures(),
            redeemed_today_fen=0,
            told_today_fen=0,
            redeemed_yesterday_fen=None,
            redeemed_yesterday_count=None,
            merchants_active=0,
            time_pace=None,
        ),
        "counties": (),
        "city": None,
        "feeds": (),
        "mentions": (),
        "flags": None,
    }
    return Window(**(fields | changes))


def mention(no: int, at: datetime, **changes: Any) -> Mention:
    fields: dict[str, Any] = {
        "post_id": no,
        "at": at,
        "negative": True,
        "county": "140403",
        "issues": ("system_crash",),
        "author_ref": f"author-{no}",
    }
    return Mention(**(fields | changes))


def feed(now: datetime, **changes: Any) -> FeedHealth:
    fields: dict[str, Any] = {
        "source": "bank-a",
        "name": "银行甲",
        "side": "payment",
        "health": Health.FRESH,
        "data_time": now,
        "last_ok_at": now,
        "seen_at": changes.get("data_time", now),
        "stale_after_s": 600.0,
        "delay_allowed_s": 600.0,
        "quarantined_count": 0,
        "trouble": None,
        "heard_since": now - timedelta(days=30),
    }
    return FeedHealth(**(fields | changes))


def progress(now: datetime, figures: Figures, **changes: Any) -> CountyProgress:
    fields: dict[str, Any] = {
        "code": "140403",
        "name": "潞州区",
        "stamp": stamp(now),
        "launch_at": now,
        "pace": Pace.ON_PACE,
        "time_pace": 0.1,
        "allocation_fen": 1_000_000,
        "figures": figures,
        "city_redeemed_fen": 0,
        "residents": 895_280,
    }
    return CountyProgress(**(fields | changes))


def voiced(no: int, at: datetime, text: str, **changes: Any) -> VoicedPost:
    fields: dict[str, Any] = {
        "post_id": no, "source": "forum", "at": at, "title": "", "text": text, "negative": True, "county": "140403",
        "issues": (), "author_ref": f"author-{no}", "event_id": no, "media": "forum", "on_hot_list": False,
        "engaged_count": 3,
    }  # fmt: skip
    return VoicedPost(**(fields | changes))
