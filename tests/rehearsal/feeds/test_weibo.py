"""The search of Weibo: cards as its page gets them, ten at a time, and every way it says no."""

import re
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from starlette.applications import Starlette

from rehearsal.faults import LEVELS, Faults
from rehearsal.feeds.weibo import PATH, REFUSALS, WeiboSearch, number, shown_time
from rehearsal.scenario import Written
from tests.rehearsal.asking import Client

ASKED = {"X-Requested-With": "XMLHttpRequest", "Cookie": "SUB=secret"}


def _post(now: datetime, n: int) -> Written:
    return Written(source="weibo", external_id=f"w{n:05d}", title="", text=f"消费券<{n}>\n[泪]",
                   published_at=now - timedelta(hours=n),
                   label="neg", issue=None, county=None, relevance="campaign")  # fmt: skip


@pytest.fixture
def search(now: datetime) -> WeiboSearch:
    made = WeiboSearch([_post(now, n) for n in range(25)], faults=Faults(LEVELS["none"], 1), cookie="secret")
    made.advance(now)
    return made


def _page(search: WeiboSearch, n: int = 1, keyword: str = "消费券", **headers: str):
    container = quote(f"100103type=61&q={keyword}", safe="")
    client = Client(Starlette(routes=search.routes()))
    return client.get(
        f"{PATH}?containerid={container}&page_type=searchall&page={n}", headers=headers or ASKED
    )


def _blogs(cards: list) -> list[dict]:
    found = []
    for card in cards:
        found += [card["mblog"]] if card["card_type"] == 9 else _blogs(card.get("card_group", []))
    return found


def test_a_page_has_ten_posts_some_of_them_in_a_group_newest_first(search: WeiboSearch, now: datetime):
    told = _page(search).json()
    assert (told["ok"], told["data"]["cardlistInfo"]["total"]) == (1, 25)
    assert any(card["card_type"] == 11 for card in told["data"]["cards"])
    blogs = _blogs(told["data"]["cards"])
    assert [blog["id"] for blog in blogs] == [number(_post(now, n)) for n in range(10)]
    assert len(_blogs(_page(search, 3).json()["data"]["cards"])) == 5
    assert _page(search, 4).json()["ok"] == 0


def test_a_post_is_written_as_weibo_writes_it(search: WeiboSearch):
    blog = _blogs(_page(search).json()["data"]["cards"])[0]
    assert re.fullmatch(r"\d{16}", blog["id"])
    assert blog["text"].startswith("消费券&lt;0&gt;<br />")
    assert '<img alt="[泪]"' in blog["text"]
    assert set(blog) >= {
        "mid",
        "bid",
        "created_at",
        "isLongText",
        "reposts_count",
        "comments_count",
        "attitudes_count",
        "user",
    }


def test_times_are_shown_as_the_page_shows_them(now: datetime):
    ago = [
        timedelta(seconds=5),
        timedelta(minutes=7),
        timedelta(hours=3),
        timedelta(hours=20),
        timedelta(days=9),
        timedelta(days=400),
    ]
    assert [shown_time(now - gone, now) for gone in ago] == [
        "刚刚", "7分钟前", "3小时前", "昨天 14:00", "10-19", "Thu Sep 23 10:00:00 +0800 2021",
    ]  # fmt: skip


def test_without_cookie_or_as_a_page_it_wants_a_sign_in(search: WeiboSearch):
    for headers in ({"X-Requested-With": "XMLHttpRequest"}, {"Cookie": "SUB=secret"}):
        told = _page(search, **headers).json()
        assert told["ok"] == -100
        assert "passport" in told["url"]


def test_every_refusal_looks_different(search: WeiboSearch):
    seen = set()
    for refusal in REFUSALS:
        search.refusal = refusal
        answer = _page(search)
        seen.add((answer.status_code, answer.text))
    assert len(seen) == len(REFUSALS)
