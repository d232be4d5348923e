"""Two feeds of two keywords bring the same post: it was said once, and counts once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from sqlalchemy import Engine, select

from domain.campaign import Campaign
from domain.records import Parsed, Post
from ingest.run import run_source
from store import schema
from store.engine import read, write
from store.writes.forgetting import forget_old_posts
from tests.ingest.scripted import Scripted, site

ADDRESS = "https://m.weibo.cn/status/MbCdEfGh1"
Row = tuple[str, str, int | None]


class Feed(Scripted):
    side: ClassVar[Literal["payment", "opinion"]] = "opinion"


def tell(engine: Engine, campaign: Campaign, name: str, said: Post, at: datetime) -> None:
    fields: dict[str, Any] = {"kind": "scripted", "name": name, "every_s": 60, "stale_after_s": 180}
    feed = Feed(id=name, answers=(Parsed(records=(replace(said, source=name),)),), **fields)
    run_source(feed, site(engine, campaign), lambda: at)


def stored(engine: Engine) -> list[Row]:
    columns = schema.posts.c
    with read(engine) as conn:
        rows = conn.execute(select(columns.source, columns.text, columns.likes).order_by(columns.post_id))
        return [(row.source, row.text, row.likes) for row in rows]


def post(**changes: Any) -> Post:
    fields: dict[str, Any] = {
        "source": "", "media": "weibo", "external_id": ADDRESS, "title": "", "text": "消费券抢不到", "url": ADDRESS,
        "published_at": None, "likes": 3,
    }  # fmt: skip
    return Post(**(fields | changes))


def test_a_post_of_two_feeds_is_one_whose_counts_grow(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    tell(engine, small_campaign, "one", post(), now)
    tell(engine, small_campaign, "two", post(likes=5), now)
    assert stored(engine) == [("one", "消费券抢不到", 5)]


def test_other_words_another_county_and_a_bare_number_are_told_apart(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    tell(engine, small_campaign, "one", post(), now)
    tell(engine, small_campaign, "two", post(text="退券"), now)
    tell(engine, small_campaign, "three", post(county_hint="140403"), now)
    for name in ("four", "five"):
        tell(engine, small_campaign, name, post(external_id="17", url=None), now)
    tell(engine, small_campaign, "list", post(rank=1), now)
    assert [source for source, _, _ in stored(engine)] == ["one", "two", "three", "four", "five", "list"]


def test_what_was_forgotten_of_one_feed_does_not_come_in_by_the_other(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    tell(engine, small_campaign, "one", post(url=None), now)
    later = now + timedelta(days=200)
    with write(engine) as conn:
        forget_old_posts(conn, before=now, now=later)
    tell(engine, small_campaign, "two", post(url=None), later)
    assert [text for _, text, _ in stored(engine)] == [""]
