"""Weibo's search: what is a post, what is a refusal and which one, and where to go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, select

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError
from domain.records import Payload, Post
from ingest.http import Http
from ingest.run import run_source
from ingest.source import Deployment
from ingest.sources.weibo_search import WeiboSearch
from ingest.weibo import told_time
from rehearsal.faults import LEVELS, Faults
from rehearsal.feeds.weibo import WeiboSearch as Server
from rehearsal.feeds.weibo import number
from rehearsal.scenario import Written
from store import schema
from store.engine import read
from store.queries.sources import cursor_of
from tests.ingest.faults import serving, status
from tests.ingest.played import port_of
from tests.ingest.scripted import site

PAGE = (Path(__file__).parents[2] / "data" / "weibo_search" / "page.json").read_bytes()
NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)
COOKIE = "_2A25geheim"


def source(url: str = "https://m.weibo.example", **changes: Any) -> WeiboSearch:
    fields = {"id": "weibo", "kind": "weibo_search", "name": "微博搜索", "every_s": 300, "stale_after_s": 1800,
              "keywords": ["消费券"], "base_url": url, "pause_s": 0, "cookie_env": "WEIBO_COOKIE"}  # fmt: skip
    where = Deployment(environ={"WEIBO_COOKIE": f"SUB={COOKIE}"}, clock=lambda: NOW)
    return WeiboSearch.model_validate(fields | changes, context=where)


def parsed(body: bytes) -> Any:
    return source().parse(Payload(name="?page=1", body=body, media_type="application/json", fetched_at=NOW))


# ---------------------------------------------------------------- one page


def test_every_card_becomes_a_post_also_inside_groups() -> None:
    found = parsed(PAGE)
    first, long, cut, gone, repost, last = (r for r in found.records if isinstance(r, Post))
    assert first == Post(
        source="weibo", media="weibo", external_id="4829000000000001", title="",
        text="九点抢券，系统崩了[泪]\n一张都没抢到 @小张", url="https://m.weibo.cn/detail/4829000000000001",
        published_at=datetime(2022, 10, 28, 1, 2, 3, tzinfo=UTC), author_ref="1000000001",
        likes=12_000, comments=34, reposts=12,
    )  # fmt: skip
    assert (long.text, long.is_cut, long.likes) == (
        "消费券攻略：第一步打开云闪付。\n第二步九点准时抢。",
        False,
        None,
    )
    assert long.published_at == NOW - timedelta(minutes=5)
    assert (cut.text, cut.is_cut) == ("一篇很长的抱怨 …", True)
    assert cut.published_at == datetime(2022, 10, 28, 0, 5, tzinfo=UTC)
    assert (gone.text, gone.repost_of) == ("转发微博\n//[原微博已被删除]", "4828000000000009")
    assert gone.published_at == datetime(2022, 10, 27, 15, 59, tzinfo=UTC)
    assert (repost.text, repost.repost_of) == ("就是\n//市里发消费券了", "4828000000000008")
    assert (last.external_id, last.author_ref) == ("4829000000000006", None)
    assert last.published_at == datetime(2021, 12, 30, 16, 0, tzinfo=UTC), "no year, so the last 31 December"


def test_what_is_no_post_is_a_reject_and_the_others_stay() -> None:
    assert [(reject.row, reject.field) for reject in parsed(PAGE).rejects] == [
        ("cards[6]", "id"), ("cards[7]", "text"), ("cards[8]", "mblog"),
    ]  # fmt: skip


def test_a_number_a_browser_has_rounded_is_no_id() -> None:
    mblog = {"id": 48290000000000061, "created_at": "刚刚", "text": "x"}
    body = json.dumps({"ok": 1, "data": {"cards": [{"card_type": 9, "mblog": mblog}]}}).encode()
    assert [reject.field for reject in parsed(body).rejects] == ["id"]


@pytest.mark.parametrize(
    ("shown", "at"),
    [
        ("刚刚", NOW), ("30秒前", NOW - timedelta(seconds=30)), ("59分钟前", NOW - timedelta(minutes=59)),
        ("3小时前", NOW - timedelta(hours=3)), ("今天 12:30", datetime(2022, 10, 28, 4, 30, tzinfo=UTC)),
        ("昨天 0:01", datetime(2022, 10, 26, 16, 1, tzinfo=UTC)), ("前天 08:00", datetime(2022, 10, 26, 0, tzinfo=UTC)),
        ("10-28", datetime(2022, 10, 27, 16, tzinfo=UTC)), ("10-30", datetime(2021, 10, 29, 16, tzinfo=UTC)),
        ("2021-10-28", datetime(2021, 10, 27, 16, tzinfo=UTC)),
        ("10-27 09:30", datetime(2022, 10, 27, 1, 30, tzinfo=UTC)),
        ("Wed Aug 26 18:35:15 +0800 2026", datetime(2026, 8, 26, 10, 35, 15, tzinfo=UTC)),
        ("2022-10-28 09:00:00", datetime(2022, 10, 28, 1, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_time_is_told_from_when_it_was_seen(shown: str, at: datetime) -> None:
    assert told_time(shown, NOW) == at


def test_around_midnight_today_is_shanghais() -> None:
    late = datetime(2022, 10, 27, 16, 30, tzinfo=UTC)  # 00:30 on the 28th there
    assert told_time("今天 00:10", late) == datetime(2022, 10, 27, 16, 10, tzinfo=UTC)
    assert told_time("昨天 23:50", late) == datetime(2022, 10, 27, 15, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    "shown",
    ["", "02-30", "13-01", "今天 25:00", "下周", "1分前", "Wed Foo 26 18:35:15 +0800 2026", "1970-01-01", "0001-01-01",
     "Thu Jan 01 08:00:00 +0800 1970", "Mon Jan 01 00:00:00 +0800 0001"],
)  # fmt: skip
def test_a_time_nobody_knows_is_none(shown: str) -> None:
    with pytest.raises(ValueError):
        told_time(shown, NOW)


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"ok": 1}', b'{"ok": 1, "data": {"cards": 5}}', b"x", b'{"ok": NaN}', b"\xff"]
)
def test_an_answer_of_another_shape_is_quarantined(body: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(body)


def test_times_that_are_relative_to_nothing_are_not_guessed() -> None:
    with pytest.raises(ParseError, match="relative"):
        source().parse(Payload(name="?page=1", body=PAGE, media_type="application/json"))


# ---------------------------------------------------------------- against a server


def written(n: int) -> Written:
    return Written(
        source="weibo", external_id=f"w{n:05d}", title="", text=f"消费券第{n}条 [泪]\n用不了",
        published_at=NOW - timedelta(minutes=90 - 3 * n), label="neg", issue=None, county=None, relevance="campaign",
    )  # fmt: skip


@pytest.fixture
def server() -> Server:
    made = Server([written(n) for n in range(25)], faults=Faults(LEVELS["none"], 1), cookie=COOKIE)
    made.advance(NOW)
    return made


Fetch = Callable[..., list[Payload]]


@pytest.fixture
def fetch(server: Server) -> Iterator[Fetch]:
    with port_of(server) as port:
        http = Http(allow_private=(f"127.0.0.1:{port}",), sleep=lambda _: None)

        def fetched(cursor: str | None = None, **changes: Any) -> list[Payload]:
            return list(source(f"http://127.0.0.1:{port}", **changes).fetch(http, cursor))

        yield fetched
        http.close()


def ids(payloads: list[Payload]) -> list[str]:
    return [r.external_id for p in payloads for r in source().parse(p).records if isinstance(r, Post)]


def test_all_pages_are_read_once_and_then_only_what_is_new(server: Server, fetch: Fetch) -> None:
    first = fetch()
    assert ids(first) == [number(written(n)) for n in reversed(range(25))]
    assert [p.cursor is None for p in first] == [True, True, False]
    assert server.asked == [("消费券", n) for n in (1, 2, 3, 4)]
    server.asked.clear()
    again = fetch(first[-1].cursor)
    assert server.asked == [("消费券", 1)], "counts grow, so the newest page is read again"
    assert again[-1].cursor == first[-1].cursor


def test_an_old_post_among_the_newest_does_not_end_the_reading(server: Server, fetch: Fetch) -> None:
    server.pinned = (written(0),)
    known = json.dumps({"消费券": number(written(3))})
    payloads = fetch(known)
    assert set(ids(payloads)) >= {number(written(n)) for n in range(4, 25)}
    assert server.asked == [("消费券", n) for n in (1, 2, 3)]
    fetch(payloads[-1].cursor)
    assert server.asked[3:] == [("消费券", 1)]


def test_the_times_of_the_page_come_out_within_what_it_shows(server: Server, fetch: Fetch) -> None:
    posts = [r for p in fetch() for r in source().parse(p).records if isinstance(r, Post)]
    for post, n in zip(posts, reversed(range(25)), strict=True):
        assert post.published_at is not None
        assert abs(post.published_at - written(n).published_at) < timedelta(hours=1)


def test_each_keyword_has_its_own_place(server: Server, fetch: Fetch) -> None:
    payloads = fetch(keywords=["消费券第1", "核销", "用不了"], max_pages=2)
    known = json.loads(payloads[-1].cursor or "")
    assert known == {"消费券第1": number(written(19)), "用不了": number(written(24))}


def test_pages_are_asked_for_slowly(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("ingest.sources.weibo_search.time.sleep", slept.append)
    fetch(pause_s=4)
    assert slept == [4, 4, 4]


@pytest.mark.parametrize(
    ("refusal", "cause"),
    [("432", "blocked"), ("418", "blocked"), ("403", "blocked"), ("bare -100", "blocked"), ("slow down", "blocked"),
     ("captcha", "captcha"), ("sign-in", "expired"), ("sign-in page", "expired")],
)  # fmt: skip
def test_a_refusal_is_told_by_its_cause(server: Server, fetch: Fetch, refusal: str, cause: str) -> None:
    server.refusal = refusal
    with pytest.raises(FetchError) as caught:
        fetch()
    assert caught.value.cause == cause
    assert COOKIE not in str(caught.value)


def test_a_server_that_is_down_is_down() -> None:
    with (
        serving({"/api/container/getIndex": status("502 Bad Gateway")}) as broken,
        pytest.raises(FetchError) as caught,
    ):
        list(source(broken.url("")).fetch(Http(allow_private=broken.allow, sleep=lambda _: None), None))
    assert caught.value.cause == "down"


def test_without_the_cookie_it_wants_a_sign_in(fetch: Fetch) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(cookie_env=None)
    assert caught.value.cause == "expired"


def test_a_first_page_that_is_empty_for_a_moment_is_asked_for_once_more(server: Server, fetch: Fetch) -> None:
    server.empty_first = 1
    assert len(ids(fetch())) == 25


def test_nothing_where_there_were_posts_is_trouble_and_nothing_where_never_were_is_an_answer(
    server: Server, fetch: Fetch
) -> None:
    server.refusal = "nothing"
    assert fetch() == []
    with pytest.raises(FetchError) as caught:
        fetch(json.dumps({"消费券": "4829000000000001"}))
    assert caught.value.cause == "empty"


def test_a_refusal_on_the_second_page_keeps_the_first_and_does_not_move_on(
    server: Server, fetch: Fetch
) -> None:
    found: list[Payload] = []
    with port_of(server) as port:
        http = Http(allow_private=(f"127.0.0.1:{port}",), sleep=lambda _: None)
        fetching = source(f"http://127.0.0.1:{port}", pause_s=0).fetch(http, None)
        found.append(next(fetching))  # its second page has been asked for by now
        server.refusal = "captcha"
        with pytest.raises(FetchError) as caught:
            found.extend(fetching)
    assert caught.value.cause == "captcha"
    assert [p.cursor for p in found] == [None, None]
    assert len(ids(found)) == 20


@pytest.mark.parametrize("cursor", ["x", "[]", '{"消费券": 5}', '{"消费券": "abc"}', "null"])
def test_a_cursor_that_is_not_ours_reads_the_newest_again(fetch: Fetch, cursor: str) -> None:
    assert len(ids(fetch(cursor))) == 25


def test_a_cookie_is_named_and_never_written_down() -> None:
    assert COOKIE not in repr(source())
    with pytest.raises(ValidationError, match="WEIBO_COOKIE is not set"):
        WeiboSearch.model_validate(source().model_dump(), context=Deployment(environ={}))


def test_the_cause_is_kept_with_the_run(server: Server, engine: Engine, small_campaign: Campaign) -> None:
    with port_of(server) as port:
        of = source(f"http://127.0.0.1:{port}")
        where = replace(site(engine, small_campaign), http=Http(allow_private=(f"127.0.0.1:{port}",)))
        run_source(of, where, lambda: NOW)
        server.refusal = "captcha"
        run_source(of, where, lambda: NOW + timedelta(minutes=5))
    with read(engine) as conn:
        runs = conn.execute(select(schema.source_runs).order_by(schema.source_runs.c.run_id)).all()
        cursor = cursor_of(conn, "weibo")
    assert [run.outcome for run in runs] == ["ok", "ok", "ok", "fetch_error"]
    assert [run.cause for run in runs] == [None, None, None, "captcha"]
    assert sum(run.accepted for run in runs) == 25
    assert cursor is not None, "and the place is kept"
