from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError
from domain.records import Parsed, Payload, Post
from ingest.http import Http
from ingest.run import run_source
from ingest.sources.hotlist import Hotlist
from rehearsal.faults import LEVELS, Faults
from rehearsal.feeds.hotlist import HotLists
from rehearsal.scenario import Trend, Written
from store.engine import read
from store.queries.sightings import rank_history
from store.schema import posts
from tests.ingest.faults import serving, status
from tests.ingest.played import port_of
from tests.ingest.scripted import site

BODY = (Path(__file__).parents[2] / "data" / "hotlist" / "weibo.json").read_bytes()
NINE = datetime(2022, 10, 28, 1, tzinfo=UTC)


def source(base_url: str = "https://newsnow.example") -> Hotlist:
    return Hotlist.model_validate(
        {"id": "hot-weibo", "kind": "hotlist", "name": "微博热搜", "every_s": 120, "stale_after_s": 1800,
         "base_url": base_url, "list_id": "weibo"}
    )  # fmt: skip


def parsed(body: bytes) -> Parsed:
    return source().parse(Payload(name="/api/s", body=body, media_type="application/json"))


def listed(*items: Any, **changes: Any) -> bytes:
    return json.dumps({"status": "success", "id": "weibo", "items": items, **changes}).encode()


def test_a_place_on_the_list_becomes_a_post_with_its_rank() -> None:
    first, second, fourth, fifth = (r for r in parsed(BODY).records if isinstance(r, Post))
    assert first == Post(
        source="hot-weibo", media="weibo", external_id="消费券系统崩了", title="消费券系统崩了", text="",
        url="https://s.weibo.example/weibo?q=%23消费券%23", published_at=None, rank=1, heat=12_000_000,
    )  # fmt: skip
    assert (second.external_id, second.title, second.text) == ("7301", "冷空气来了", "多地降温")
    assert (second.url, second.published_at) == (None, NINE)
    assert (fourth.external_id, fourth.url, fourth.published_at) == (
        "没有编号",
        "https://m.weibo.example/4",
        NINE,
    )
    assert (fifth.rank, fifth.published_at) == (5, NINE)


def test_an_item_without_title_is_a_reject_and_the_ranks_of_the_others_stay() -> None:
    found = parsed(BODY)
    assert [(reject.row, reject.field) for reject in found.rejects] == [("items[2]", "title")]
    assert [r.rank for r in found.records if isinstance(r, Post)] == [1, 2, 4, 5]


def test_the_servers_own_time_is_no_proof_of_freshness() -> None:
    assert parsed(BODY).data_time is None


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b"{}", listed(), listed({"title": "x"}, status="error"), listed({"title": "x"}, id="zhihu"),
     listed(*[{"title": "x"}] * 201), listed({"title": "x"}).replace(b'"x"', b"NaN")],
)  # fmt: skip
def test_an_answer_that_is_no_list_of_ours_is_quarantined(body: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(body)


@pytest.mark.parametrize("item", [None, "x", [], {"title": None}, {"title": {"a": 1}}, {"title": "<b></b>"}])
def test_a_strange_item_is_a_reject(item: Any) -> None:
    assert len(parsed(listed(item)).rejects) == 1


@pytest.mark.parametrize("date", [0, -1, 1e18, True, None, [], "昨天", "", 5])
def test_a_date_that_is_none_is_none(date: Any) -> None:
    (post,) = parsed(listed({"title": "x", "pubDate": date})).records
    assert isinstance(post, Post)
    assert post.published_at is None


def test_the_list_is_asked_for_by_its_id() -> None:
    with serving({"/api/s": lambda call: call.answer(BODY)}) as server:
        (payload,) = source(server.url("")).fetch(Http(allow_private=server.allow), None)
        assert server.calls[0].target == "/api/s?id=weibo&latest"
    assert (payload.body, payload.cursor) == (BODY, None)


def test_an_upstream_failure_is_a_source_that_is_down() -> None:
    with serving({"/api/s": status("500 Internal Server Error")}) as server:
        http = Http(allow_private=server.allow, sleep=lambda _: None)
        with pytest.raises(FetchError) as caught:
            list(source(server.url("")).fetch(http, None))
        assert caught.value.cause == "down"


def test_the_places_of_a_title_are_kept_over_time(engine: Engine, small_campaign: Campaign) -> None:
    """Against the rehearsal's lists: what is stored is what stood there at every look, and no look is invented."""
    steady = [trend(f"t{n}", NINE - timedelta(days=2), hours=96, rank=n) for n in range(1, 20)]
    lists = HotLists([*steady, trend("消费券", NINE, hours=2, rank=1)], faults=Faults(LEVELS["none"], 1))
    stood: dict[datetime, int] = {}
    with port_of(lists) as port:
        where = replace(site(engine, small_campaign), http=Http(allow_private=(f"127.0.0.1:{port}",)))
        for minute in (*range(0, 60, 5), *range(105, 130, 5)):  # for three quarters of an hour nobody looks
            now = NINE + timedelta(minutes=minute)
            lists.advance(now)
            run_source(source(f"http://127.0.0.1:{port}"), where, lambda now=now: now)
            titles = [
                item["title"] for item in httpx.get(f"http://127.0.0.1:{port}/api/s?id=weibo").json()["items"]
            ]
            if "消费券" in titles:
                stood[now] = titles.index("消费券") + 1
    with read(engine) as conn:
        query = select(posts.c.post_id).where(posts.c.external_id == "消费券")
        stays = rank_history(conn, conn.execute(query).scalar_one())
    assert len(stays) > 5
    for at, rank in stood.items():
        assert [stay.rank for stay in stays if stay.since <= at <= stay.until] == [rank]
    assert not any(stay.since <= NINE + timedelta(minutes=80) <= stay.until for stay in stays)
    assert all(stay.heat and stay.heat >= 30_000 for stay in stays)


def trend(title: str, since: datetime, *, hours: int, rank: int) -> Trend:
    post = Written(source="hot-weibo", external_id=title, title=title, text=title, published_at=since,
                   label=None, issue=None,
                   county=None, relevance="other")  # fmt: skip
    return Trend(post=post, until=since + timedelta(hours=hours), rank=rank)
