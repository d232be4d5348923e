from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.errors import FetchError, ParseError
from domain.records import Parsed, Payload, Post
from ingest.http import Http
from ingest.sources.hotlist import Hotlist
from tests.ingest.faults import serving, status

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
