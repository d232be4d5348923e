"""What a display says of itself is numbers and our own words, or it is refused; what it is told is in the answer."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE
from dashboard.live.stream import News, Tail, hints
from dashboard.screens.orders import OrderBook
from domain.displays import Screen
from store.engine import read, write
from store.queries.displays import fleet
from store.writes import displays as orders
from tests.dashboard.conftest import ADDRESS, House

REPORT: dict[str, Any] = {
    "build": "b0b0b0b0b0b0",
    "width_px": 1920,
    "height_px": 1080,
    "pixel_ratio": 1,
    "heap_bytes": 24_000_000,
    "scene": "overview",
    "type_px": {"overview": [40, 108], "trust": [40, None]},
}


def display(house: House) -> tuple[TestClient, int]:
    token, number = house.display()
    client = TestClient(house.app(), base_url=ADDRESS, follow_redirects=False)
    client.cookies.set(DISPLAY_COOKIE, token)
    return client, number


def test_a_report_is_kept_and_answered_with_the_orders(house: House):
    client, number = display(house)
    with write(house.engine) as conn:
        by = {"by": "duty", "now": house.now()}
        orders.pin_scene(conn, number, "trust", **by)
        orders.identify(conn, number, **by)
        orders.set_screen(conn, number, Screen(inches=43, metres=4, dim_from=1320, dim_until=390), **by)
    told = client.post("/api/v1/display", json=REPORT).json()["display"]
    assert told == {
        "name": "大厅", "pin": "trust", "reload": 0, "identify_s": 20.0, "revoked": False,
        "day_s": 16 * 3600.0, "inch": 43.0, "metres": 4.0, "dim": [1320, 390],
    }  # fmt: skip
    with read(house.engine) as conn:
        (kept,) = fleet(conn)
    assert kept.report is not None
    assert (kept.report.width_px, kept.report.heap_bytes, kept.report.scene) == (1920, 24_000_000, "overview")
    assert kept.report.type_px == {"overview": (40.0, 108.0), "trust": (40.0, None)}
    assert kept.seen_at == house.now()


HOSTILE = [
    {"build": "<script>"}, {"build": "b0\n"}, {"build": ""}, {"build": "b" * 17}, {"build": None},
    {"width_px": 0}, {"width_px": "1920"}, {"width_px": 1e9}, {"width_px": 19.5}, {"height_px": True},
    {"pixel_ratio": 0}, {"pixel_ratio": -1}, {"pixel_ratio": 1e300},
    {"heap_bytes": -1}, {"heap_bytes": 2**63}, {"heap_bytes": "24 MB"},
    {"scene": "<b>"}, {"scene": "nowhere"}, {"scene": ["overview"]},
    {"type_px": {"nowhere": [40, None]}}, {"type_px": {"overview": [0, None]}}, {"type_px": {"overview": [40]}},
    {"type_px": []}, {"name": "三楼"}, {"display_id": 2},
]  # fmt: skip


@pytest.mark.parametrize("changed", HOSTILE, ids=str)
def test_anything_else_is_refused_and_not_repeated(house: House, changed: dict[str, object]):
    client, _ = display(house)
    answer = client.post("/api/v1/display", json=REPORT | changed)
    assert answer.status_code == 422
    assert answer.json() == {"error": {"code": 422, "message": "not a display's report"}}
    with read(house.engine) as conn:
        assert fleet(conn)[0].report is None


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"\xff", b'{"build": NaN}', b" " * 5000])
def test_what_is_no_report_at_all_is_refused_too(house: House, body: bytes):
    client, _ = display(house)
    assert client.post("/api/v1/display", content=body).status_code == 422


def test_a_display_that_reports_too_often_is_answered_but_not_written_each_time(house: House):
    client, _ = display(house)
    for width in (100, 200):
        assert client.post("/api/v1/display", json=REPORT | {"width_px": width}).status_code == 200
    with read(house.engine) as conn:
        report = fleet(conn)[0].report
    assert report is not None
    assert report.width_px == 100


def test_only_a_display_reports(house: House):
    client, _ = display(house)
    client.cookies.clear()
    assert client.post("/api/v1/display", json=REPORT).status_code == 401
    house.add_user(role="task-force")
    client.cookies.set(SESSION_COOKIE, house.session())
    assert client.post("/api/v1/display", json=REPORT).status_code == 403


def test_the_order_book_asks_again_only_when_something_was_done(house: House):
    _, number = house.display()
    news = [News({}, None, 0)]
    tail = Tail(lambda: news[0], real_now=house.now)
    book = OrderBook(house.engine, tail, real_now=house.now)

    def told() -> dict[str, Any]:
        found: Any = asyncio.run(book.told(number))
        return found["display"]

    assert told()["name"] == "大厅"
    with write(house.engine) as conn:
        orders.rename(conn, number, "一楼", by="duty", now=house.now())
    assert told()["name"] == "大厅", "nobody has told the tail"
    tail.take(News({}, None, 1))
    assert told()["name"] == "一楼"
    assert asyncio.run(book.told(None)) == {}
    assert asyncio.run(book.told(99)) == {}


def test_while_the_store_is_away_the_last_orders_stand(house: House, monkeypatch: pytest.MonkeyPatch):
    _, number = house.display()
    tail = Tail(lambda: News({}, None), real_now=house.now)
    book = OrderBook(house.engine, tail, real_now=house.now)
    before = asyncio.run(book.told(number))
    tail.take(News({}, None, 5))

    def away() -> None:
        raise OperationalError("x", {}, Exception())

    monkeypatch.setattr(book, "_read", away)
    assert asyncio.run(book.told(number)) == before


def test_the_last_hint_of_a_revoked_display_tells_it(house: House):
    stays = [True, False]

    async def may_stay() -> bool:
        return stays.pop(0)

    async def told() -> dict[str, object]:
        return {"display": {"revoked": len(stays) == 0}}

    async def all_hints() -> list[dict[str, Any]]:
        tail = Tail(lambda: News({}, None), real_now=house.now)
        stream = hints(tail, house.city, clock=Clock(), build="b", may_stay=may_stay, told=told)
        found = []
        async for event in stream:
            if event.startswith("data: "):
                found.append(json.loads(event.removeprefix("data: ")))
                tail.take(News({}, None, len(found)))
        return found

    first, last = asyncio.run(all_hints())
    assert first["display"] == {"revoked": False}
    assert first["build"] == "b"
    assert last == {"display": {"revoked": True}}


def test_an_action_wakes_a_stream_that_waits(house: House):
    tail = Tail(lambda: News({}, None), real_now=house.now)

    async def waited() -> None:
        waiting = asyncio.create_task(tail.wait_for_change(house.city, None, 60))
        await asyncio.sleep(0)
        tail.take(News({}, None, 1))
        await asyncio.wait_for(waiting, 5)

    asyncio.run(waited())


def test_time_of_day_is_shanghais(house: House):
    _, number = house.display()
    book = OrderBook(house.engine, Tail(lambda: News({}, None), real_now=house.now), real_now=house.now)
    house.now.moment = datetime.fromisoformat("2026-03-02T16:00:30+00:00")
    found: Any = asyncio.run(book.told(number))
    assert found["display"]["day_s"] == 30.0
    house.now.moment -= timedelta(minutes=1)
    found = asyncio.run(book.told(number))
    assert found["display"]["day_s"] == 86_400 - 30
