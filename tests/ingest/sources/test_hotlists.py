"""Several hot lists by one call: each list by itself, and no old list passes for one of now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, select

from domain.campaign import Campaign
from domain.errors import ParseError
from domain.records import Parsed, Payload, Post
from ingest.http import Http
from ingest.run import run_source
from ingest.source import Deployment
from ingest.sources.hotlists import Hotlists
from rehearsal.faults import LEVELS, Faults
from rehearsal.feeds.hotlist import HotLists
from store.engine import read
from store.schema import hot_ranks, posts
from tests.ingest.played import port_of
from tests.ingest.scripted import site
from tests.ingest.sources.test_hotlist import NINE, trend

TOLD_MS = int(NINE.timestamp() * 1000)


def source(url: str = "https://newsnow.example", now: datetime = NINE, **changes: Any) -> Hotlists:
    fields = {"id": "hot", "kind": "hotlists", "name": "热榜", "every_s": 120, "stale_after_s": 1800,
              "base_url": url, "list_ids": ["weibo", "douyin"]}  # fmt: skip
    return Hotlists.model_validate(fields | changes, context=Deployment(clock=lambda: now))


def one(list_id: str, *titles: str, **changes: Any) -> dict[str, Any]:
    items = [{"id": title, "title": title} for title in titles]
    return {"status": "cache", "id": list_id, "updatedTime": TOLD_MS, "items": items} | changes


def parsed(*lists: Any, now: datetime = NINE) -> Parsed:
    body = json.dumps(lists).encode()
    return source().parse(
        Payload(name="/api/s/entire", body=body, media_type="application/json", fetched_at=now)
    )


def test_a_title_on_two_lists_is_two_posts_with_their_own_ranks() -> None:
    found = parsed(one("weibo", "冷空气", "消费券秒光"), one("douyin", "消费券秒光"))
    assert [(r.external_id, r.media, r.rank) for r in found.records if isinstance(r, Post)] == [
        ("weibo:冷空气", "weibo", 1), ("weibo:消费券秒光", "weibo", 2), ("douyin:消费券秒光", "douyin", 1),
    ]  # fmt: skip
    assert found.rejects == ()
    assert found.data_time is None


@pytest.mark.parametrize(
    ("douyin", "field"),
    [
        ([], "id"),
        ([one("douyin")], "items"),
        ([one("douyin", "x", status="error")], "items"),
        ([one("douyin", "x", updatedTime=None)], "updatedTime"),
        ([one("douyin", "x", updatedTime=TOLD_MS - 1_801_000)], "updatedTime"),
        ([one("douyin", *map(str, range(201)))], "items"),
    ],
)
def test_a_list_that_cannot_be_used_is_a_reject_and_the_other_is_taken(douyin: list[Any], field: str) -> None:
    found = parsed(one("weibo", "冷空气"), *douyin)
    assert len(found.records) == 1
    assert [(reject.row, reject.field) for reject in found.rejects] == [("douyin", field)]


def test_an_item_without_title_is_a_reject_of_its_list() -> None:
    found = parsed(one("weibo", "冷空气"), one("douyin", "a", "", "c"))
    assert [reject.row for reject in found.rejects] == ["douyin[1]"]
    assert [r.rank for r in found.records if isinstance(r, Post)] == [1, 1, 3]


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"<html>", b"[1, null]", b'[{"id": "weibo"}]', b"[NaN]", b"\xff"]
)
def test_an_answer_without_any_of_the_lists_is_quarantined(body: bytes) -> None:
    with pytest.raises(ParseError):
        source().parse(
            Payload(name="/api/s/entire", body=body, media_type="application/json", fetched_at=NINE)
        )


@pytest.mark.parametrize("list_ids", [[], ["weibo", "weibo"], ["../x"], ["weibo"] * 21])
def test_lists_are_named_once_and_as_the_server_names_them(list_ids: list[str]) -> None:
    with pytest.raises(ValidationError):
        source(list_ids=list_ids)


@pytest.fixture
def lists() -> HotLists:
    steady = [trend(f"t{n}", NINE - timedelta(days=2), hours=96, rank=n) for n in range(1, 9)]
    made = HotLists(steady, faults=Faults(LEVELS["none"], 1))
    made.advance(NINE)
    return made


@pytest.fixture
def port(lists: HotLists) -> Iterator[int]:
    with port_of(lists) as opened:
        yield opened


def test_what_the_server_keeps_is_stored_and_grows_old_by_its_own_word(
    lists: HotLists, port: int, engine: Engine, small_campaign: Campaign
) -> None:
    where = replace(site(engine, small_campaign), http=Http(allow_private=(f"127.0.0.1:{port}",)))

    def run(minutes: int) -> tuple[int, int, str | None]:
        now = NINE + timedelta(minutes=minutes)
        lists.advance(now)
        told = run_source(source(f"http://127.0.0.1:{port}", now, list_ids=["weibo"]), where, lambda: now)
        return told.accepted, told.duplicate, told.trouble

    assert run(0)[2] is not None, "nobody has looked at the list yet: the server keeps none"
    httpx.get(f"http://127.0.0.1:{port}/api/s?id=weibo")
    assert run(1) == (8, 0, None)
    assert run(29) == (0, 8, None)
    assert run(40)[2] is not None, "forty minutes ago is not now"
    with read(engine) as conn:
        assert conn.execute(select(posts.c.media).distinct()).scalars().all() == ["weibo"]
        until = conn.execute(select(hot_ranks.c.until)).scalars().all()
    assert max(until) == datetime(2022, 10, 28, 1, 29, tzinfo=UTC)
