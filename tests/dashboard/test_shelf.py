"""The newest pictures in memory, in a process whose look at the store may lie a moment behind another's."""

from __future__ import annotations

import asyncio

from dashboard.shelf import Shelf
from dashboard.stream import News, Tail
from tests.dashboard.conftest import House


def _shelf(house: House, *, seen: int) -> Shelf:
    tail = Tail(lambda: News({}, None), real_now=house.now)
    tail.take(News({house.city: seen}, None))
    return Shelf(house.engine, tail)


def test_a_page_whose_hint_came_from_a_process_ahead_of_ours_gets_the_picture_it_was_told_of(house: House):
    async def run() -> None:
        house.picture(3, total="旧")
        shelf = _shelf(house, seen=3)
        await shelf.newest(house.city)
        house.picture(4, total="新")  # our tail has not looked again
        held = await shelf.newest(house.city)
        assert held
        assert held.snapshot.version == 3
        ahead = await shelf.newest(house.city, hinted=4)
        assert ahead
        assert ahead.snapshot.version == 4

    asyncio.run(run())


def test_a_version_nobody_has_made_brings_the_newest_there_is(house: House):
    async def run() -> None:
        house.picture(3, total="新")
        found = await _shelf(house, seen=3).newest(house.city, hinted=10**9)
        assert found
        assert found.snapshot.version == 3
        assert await _shelf(house, seen=3).newest("999999", hinted=1) is None

    asyncio.run(run())
