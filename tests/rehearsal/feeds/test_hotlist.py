"""The hot lists: newsnow's shape, thirty titles, ranks that rise and fall."""

from datetime import datetime, timedelta

import pytest
from starlette.applications import Starlette

from rehearsal.faults import LEVELS, Faults
from rehearsal.feeds.hotlist import HotLists
from rehearsal.scenario import Trend, Written
from tests.rehearsal.asking import Client


def _trend(title: str, now: datetime, *, minutes: int, rank: int, source: str = "hot-weibo") -> Trend:
    post = Written(
        source=source,
        external_id=title,
        title=title,
        text=title,
        published_at=now,
        label=None,
        issue=None,
        county=None,
        relevance="other",
    )
    return Trend(post=post, until=now + timedelta(minutes=minutes), rank=rank)


def _lists(trends: list[Trend]) -> tuple[HotLists, Client]:
    lists = HotLists(trends, faults=Faults(LEVELS["none"], 1))
    return lists, Client(Starlette(routes=lists.routes()))


def _titles(client: Client) -> list[str]:
    return [i["title"] for i in client.get("/api/s", params={"id": "weibo"}).json()["items"]]


def test_a_list_has_newsnow_s_shape(now: datetime):
    lists, client = _lists([_trend("消费券秒光", now, minutes=60, rank=3)])
    lists.advance(now)
    told = client.get("/api/s?id=weibo&latest").json()
    assert (told["status"], told["id"]) == ("success", "weibo")
    assert told["updatedTime"] == int(now.timestamp() * 1000)
    item = told["items"][0]
    assert item["id"] == item["title"] == "消费券秒光"
    assert item["url"].startswith("https://")
    assert client.get("/api/s?id=douyin").json()["items"] == []


@pytest.mark.parametrize("query", ["?id=elsewhere", ""])
def test_an_unknown_list_is_a_500_as_there(now: datetime, query: str):
    lists, client = _lists([])
    lists.advance(now)
    answer = client.get(f"/api/s{query}")
    assert (answer.status_code, answer.json()["statusCode"]) == (500, 500)


def test_a_title_rises_to_its_place_and_goes(now: datetime):
    steady = [_trend(f"t{n}", now - timedelta(hours=50), minutes=6000, rank=n) for n in range(1, 20)]
    lists, client = _lists([*steady, _trend("消费券", now, minutes=120, rank=1)])
    places = []
    for minutes in (0, 30, 60, 90, 119):
        lists.advance(now + timedelta(minutes=minutes))
        places.append(_titles(client).index("消费券"))
    assert places[0] > places[1] > places[2] < places[3] < places[4]
    lists.advance(now + timedelta(minutes=120))
    assert "消费券" not in _titles(client)


def test_no_more_than_thirty_titles_are_served(now: datetime):
    lists, client = _lists([_trend(f"t{n}", now, minutes=60, rank=n) for n in range(40)])
    lists.advance(now)
    assert len(_titles(client)) == len(lists.served) == 30


def test_what_stood_on_a_list_when_it_was_asked_for_was_served(now: datetime):
    lists, client = _lists(
        [
            _trend("earlier", now - timedelta(hours=3), minutes=60, rank=1),
            _trend("now", now, minutes=60, rank=1),
            _trend("later", now + timedelta(hours=3), minutes=60, rank=1),
        ]
    )
    lists.advance(now + timedelta(minutes=5))
    assert lists.served == [], "nobody has asked"
    _titles(client)
    assert [p.title for p in lists.served] == ["now"]
