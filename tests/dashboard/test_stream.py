"""The tail that watches the store, and the events of one open page."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from dashboard.clock import Clock
from dashboard.live.stream import Lookout, News, Tail, hints
from tests.dashboard.conftest import BUILD, House

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PATIENCE_S = 30.0
CITY, COUNTY = "140400", "140403"


def _tail(look=lambda: News({}, None)) -> Tail:
    return Tail(look, real_now=lambda: NOW)


async def _always() -> bool:
    return True


async def _next_hint(events) -> dict[str, object]:
    while True:
        event = await asyncio.wait_for(anext(events), PATIENCE_S)
        if event.startswith("data: "):
            return json.loads(event.removeprefix("data: "))


def test_a_lookout_whose_connection_is_lost_says_so_once_and_looks_again(engine: Engine):
    connections: list[Any] = []
    event.listen(engine, "connect", lambda connection, _: connections.append(connection))
    lookout = Lookout(engine)
    lookout()
    connections[-1].close()
    with pytest.raises(SQLAlchemyError):
        lookout()
    assert lookout() == News({}, None)
    lookout.close()


def test_the_first_event_comes_at_once_and_says_what_there_is():
    async def run() -> None:
        tail = _tail()
        tail.take(News({CITY: 7}, NOW + timedelta(seconds=5)))
        clock = Clock.rehearsal(datetime(2022, 10, 28, tzinfo=UTC), speed=60)
        first = await _next_hint(hints(tail, CITY, clock=clock, build=BUILD, may_stay=_always))
        assert (first["version"], first["build"], first["speed"], first["worker"]) == (7, BUILD, 60, True)
        assert str(first["server_time"]).startswith("2022-10-28T00:0")
        assert first["verified_s"] < 1

    asyncio.run(run())


def test_a_new_version_wakes_the_pages_of_its_scope_only():
    async def run() -> None:
        tail = _tail()
        tail.take(News({CITY: 1, COUNTY: 1}, None))
        city, county = (
            hints(tail, scope, clock=Clock(), build=BUILD, may_stay=_always) for scope in (CITY, COUNTY)
        )
        await _next_hint(city)
        await _next_hint(county)
        waiting = [asyncio.create_task(_next_hint(events)) for events in (city, county)]
        await asyncio.sleep(0)
        tail.take(News({CITY: 2, COUNTY: 1}, None))
        done, still = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result()["version"] for task in done] == [2], "who was woken with it is as far"
        assert tail.open_streams == {CITY: 1, COUNTY: 1}
        for task in still:
            task.cancel()
        await asyncio.wait(still)

    asyncio.run(run())


def test_an_event_comes_even_when_nothing_happens(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dashboard.live.stream.BEAT_S", 0.02)

    async def run() -> None:
        events = hints(_tail(), CITY, clock=Clock(), build=BUILD, may_stay=_always)
        beats = [await _next_hint(events) for _ in range(3)]
        assert [beat["version"] for beat in beats] == [None] * 3
        assert beats[0]["verified_s"] is None  # the store was never heard: nothing may pass for checked
        assert beats[0]["worker"] is False

    asyncio.run(run())


def test_a_page_that_may_not_stay_hears_no_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dashboard.live.stream.BEAT_S", 0.01)
    answers = [True, True, False]

    async def may_stay() -> bool:
        return answers.pop(0)

    async def run() -> None:
        tail = _tail()
        heard = [event async for event in hints(tail, CITY, clock=Clock(), build=BUILD, may_stay=may_stay)]
        assert len([event for event in heard if event.startswith("data:")]) == 2
        assert not tail.open_streams

    asyncio.run(run())


def test_the_tail_survives_the_store():
    answers = [News({CITY: 1}, None), OperationalError("x", {}, Exception()), News({CITY: 2}, None)]

    def look() -> News:
        answer = answers.pop(0) if answers else News({CITY: 3}, None)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def run() -> None:
        tail = _tail(look)
        task = asyncio.create_task(tail.run(every_s=0.001))
        await tail.wait_for_change(CITY, None, PATIENCE_S)
        await tail.wait_for_change(CITY, 1, PATIENCE_S)
        await tail.wait_for_change(CITY, 2, PATIENCE_S)
        assert tail.versions == {CITY: 3}
        assert not answers
        task.cancel()

    asyncio.run(run())


def test_a_slow_store_does_not_hold_up_the_loop():
    async def run() -> None:
        begun, goes_on = threading.Event(), threading.Event()
        slow: list[bool] = []

        def look() -> News:
            begun.set()
            slow.append(goes_on.wait(PATIENCE_S))
            return News({}, None)

        task = asyncio.create_task(_tail(look).run(every_s=0))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        assert slow == [], "the loop goes on while the store is looked at"
        goes_on.set()
        task.cancel()

    asyncio.run(run())


def test_a_worker_whose_lease_ran_out_counts_as_gone():
    tail = _tail()
    tail.take(News({}, NOW))
    assert not tail.is_worker_alive
    tail.take(News({}, NOW + timedelta(seconds=1)))
    assert tail.is_worker_alive


def test_a_real_look_finds_versions_and_lease(house: House):
    from dashboard.live.stream import WORKER_LEASE
    from store.engine import write
    from store.writes.leases import take_lease

    house.picture(4)
    with write(house.engine) as conn:
        take_lease(conn, WORKER_LEASE, holder="w", now=NOW, lasts=timedelta(seconds=10))
    assert Lookout(house.engine)() == News({house.city: 4}, NOW + timedelta(seconds=10))
