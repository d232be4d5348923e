"""Comments under Weibo's posts: which posts are asked about, page by page, and what each comment answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError
from domain.records import Parsed, Payload, Post
from ingest.http import Http
from ingest.run import run_source
from ingest.weibo_comments import PATH, next_place
from rehearsal.faults import LEVELS, Faults
from rehearsal.feeds.weibo import WeiboSearch as Server
from rehearsal.feeds.weibo import number
from rehearsal.feeds.weibo_comments import Thread
from store import schema
from store.engine import read
from store.queries.sources import cursor_of
from tests.ingest.played import port_of
from tests.ingest.scripted import site
from tests.ingest.sources.test_weibo_search import COOKIE, NOW, source, written

MOST, SOME, NONE = (number(written(n)) for n in (3, 7, 9))


def thread(no: int, text: str = "也没抢到[泪]", replies: Sequence[Thread] = ()) -> Thread:
    return Thread(no=no, text=text, said_at=NOW - timedelta(minutes=5), replies=tuple(replies))


@pytest.fixture
def server() -> Server:
    under_most = [thread(n) for n in range(44)] + [thread(50, "我抢到了", [thread(51, "<b>假的</b>吧")])]
    threads = {number(written(n)): [] for n in range(25)} | {MOST: under_most, SOME: [thread(60), thread(61)]}
    made = Server(
        [written(n) for n in range(25)], faults=Faults(LEVELS["none"], 1), cookie=COOKIE, threads=threads
    )
    made.advance(NOW)
    return made


Fetch = Callable[..., list[Payload]]


@pytest.fixture
def fetch(server: Server) -> Iterator[Fetch]:
    with port_of(server) as port:
        http = Http(allow_private=(f"127.0.0.1:{port}",), sleep=lambda _: None)
        yield lambda **changes: list(
            source(f"http://127.0.0.1:{port}", comments_of=5, **changes).fetch(http, None)
        )
        http.close()


def said(payloads: Sequence[Payload]) -> list[Post]:
    found = [source().parse(p) for p in payloads if p.name.startswith(PATH)]
    return [r for parsed in found for r in parsed.records if isinstance(r, Post)]


def page(*items: Any, **changes: Any) -> Parsed:
    told = {"ok": 1, "data": {"data": list(items), "max_id": 0}} | changes
    name = f"{PATH}?id={MOST}&mid={MOST}&max_id_type=0"
    return source().parse(
        Payload(name=name, body=json.dumps(told).encode(), media_type="application/json", fetched_at=NOW)
    )


def test_the_posts_most_talked_about_are_asked_about_until_their_last_page(
    server: Server, fetch: Fetch
) -> None:
    found = said(fetch(comment_pages=10))
    assert [post for post, _ in server.comments_asked] == [MOST] * 3 + [SOME]
    assert len(found) == 46 + 2
    assert {p.in_reply_to for p in found} == {MOST, SOME, "c:4900000000000050"}
    first, last = found[0], found[45]
    assert (first.external_id, first.text, first.published_at, first.url) == (
        "c:4900000000000000", "也没抢到[泪]", NOW - timedelta(minutes=5), None,
    )  # fmt: skip
    assert (last.external_id, last.text, last.author_ref) == (
        "c:4900000000000051",
        "<b>假的</b>吧",
        "2000000051",
    )


def test_no_more_pages_than_the_deployment_allows(server: Server, fetch: Fetch) -> None:
    assert len(said(fetch(comment_pages=2))) == 40 + 2
    assert len(server.comments_asked) == 3


def test_without_the_wish_nobody_is_asked_for_comments(server: Server, fetch: Fetch) -> None:
    with port_of(server) as port:
        http = Http(allow_private=(f"127.0.0.1:{port}",), sleep=lambda _: None)
        list(source(f"http://127.0.0.1:{port}").fetch(http, None))
    assert server.comments_asked == []


def test_comments_are_asked_for_slowly(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("ingest.sources.weibo_search.time.sleep", slept.append)
    fetch(pause_s=4)
    assert slept == [4] * 6, "three pauses between pages of posts, one before each page of comments"


def test_a_post_whose_comments_are_gone_is_an_answer_and_the_next_is_asked(
    server: Server, engine: Engine, small_campaign: Campaign
) -> None:
    server.hidden.add(MOST)
    with port_of(server) as port:
        where = replace(site(engine, small_campaign), http=Http(allow_private=(f"127.0.0.1:{port}",)))
        outcome = run_source(source(f"http://127.0.0.1:{port}", comments_of=2), where, lambda: NOW)
    assert (outcome.trouble, outcome.accepted) == (None, 25 + 2)


@pytest.mark.parametrize(
    ("refusal", "cause"), [("432", "blocked"), ("captcha", "captcha"), ("sign-in page", "expired")]
)
def test_a_refusal_among_comments_is_trouble_and_the_posts_before_it_are_kept(
    server: Server, engine: Engine, small_campaign: Campaign, refusal: str, cause: str
) -> None:
    server.comments_refusal = refusal
    with port_of(server) as port:
        http = Http(allow_private=(f"127.0.0.1:{port}",), sleep=lambda _: None)
        where = replace(site(engine, small_campaign), http=http)
        run_source(source(f"http://127.0.0.1:{port}", comments_of=2), where, lambda: NOW)
    with read(engine) as conn:
        runs = conn.execute(select(schema.source_runs).order_by(schema.source_runs.c.run_id)).all()
        assert cursor_of(conn, "weibo") is not None, "the keyword's place is kept"
    assert (runs[-1].outcome, runs[-1].cause) == ("fetch_error", cause)
    assert sum(run.accepted for run in runs) == 25


def test_what_is_no_comment_is_a_reject_and_the_others_stay() -> None:
    good = {"id": "4900000000000001", "text": "好", "created_at": "刚刚", "comments": [None], "user": None}
    found = page(good, "x", {"id": "4900000000000002", "text": "<img>"}, {"text": "没有编号"})
    assert [r.external_id for r in found.records if isinstance(r, Post)] == ["c:4900000000000001"]
    assert [(reject.row, reject.field) for reject in found.rejects] == [
        ("data[1]", "comment"), ("data[2]", "comment"), ("data[3]", "text"), ("data[4]", "id"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [{"data": []}, {"data": {"data": {}}}, {"data": None}, {"ok": -100}, {"data": {"data": [{}] * 401}}],
)
def test_an_answer_of_another_shape_is_quarantined(told: dict[str, Any]) -> None:
    with pytest.raises(ParseError):
        page(**told)


def test_a_page_nobody_says_of_which_post_is_quarantined() -> None:
    with pytest.raises(ParseError, match="which post"):
        source().parse(Payload(name=f"{PATH}?id=x", body=b'{"ok":1,"data":{"data":[]}}', media_type="application/json",
                               fetched_at=NOW))  # fmt: skip


@pytest.mark.parametrize("max_id", [0, "0", None, -1, True, "x", [], 1.5, "9" * 21])
def test_a_place_that_is_none_ends_the_pages(max_id: object) -> None:
    assert next_place({"data": {"max_id": max_id, "max_id_type": 0}}) is None


def test_the_kind_of_place_goes_along() -> None:
    assert next_place({"data": {"max_id": 139000000000020, "max_id_type": 1}}) == ("139000000000020", "1")


def test_without_the_cookie_comments_want_a_sign_in(server: Server, fetch: Fetch) -> None:
    server.comments_refusal = "sign-in"
    with pytest.raises(FetchError) as caught:
        fetch()
    assert caught.value.cause == "expired"
