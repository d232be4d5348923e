"""The newest pictures in memory, in a process whose look at the store may lie a moment behind another's."""

from __future__ import annotations

import asyncio
import gzip
import json

from dashboard.live.shelf import EARLIER, Shelf
from dashboard.live.stream import News, Tail
from store.engine import write
from store.writes.snapshots import save_changes
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


def test_a_page_is_told_only_what_changed_since_the_picture_it_shows(house: House):
    async def run() -> None:
        house.picture(3, total="旧", same="一", figure={"figure": {"data": [1]}, "className": "card"})
        shelf = _shelf(house, seen=3)
        await shelf.newest(house.city)
        house.picture(
            4, total="新", same="一", figure={"figure": {"data": [2]}, "className": "card"}, more="多"
        )
        newest = await shelf.newest(house.city, hinted=4)
        assert newest
        body = await shelf.changes(newest, since=3)
        assert body
        changes = json.loads(gzip.decompress(body))
        assert (changes["since"], changes["version"], changes["scope"]) == (3, 4, house.city)
        assert changes["values"] == {
            "total": {"children": "新"},
            "figure": {"figure": {"data": [2]}},
            "more": {"children": "多"},
        }
        assert await shelf.changes(newest, since=3) is body, "worked out once"
        assert await shelf.changes(newest, since=2) is None

    asyncio.run(run())


def test_the_step_the_worker_worked_out_is_handed_on_as_it_is_and_only_with_its_own_picture(house: House):
    async def run() -> None:
        for version in (3, 4):
            house.picture(version, total=str(version))
        with write(house.engine) as conn:
            save_changes(conn, scope=house.city, version=4, since=3, body_gzip=b"the worker's")
        shelf = _shelf(house, seen=4)
        newest = await shelf.newest(house.city)
        assert newest
        assert await shelf.changes(newest, since=3) == b"the worker's"
        house.picture(5, total="5")  # its step is not there: a worker that has just begun
        newest = await shelf.newest(house.city, hinted=5)
        assert newest
        ours = await shelf.changes(newest, since=4)
        assert ours
        assert json.loads(gzip.decompress(ours))["values"] == {"total": {"children": "5"}}

    asyncio.run(run())


def test_a_process_that_did_not_serve_the_last_picture_reads_it_and_one_too_old_is_not_sought(house: House):
    async def run() -> None:
        for version in (3, 60, 61):
            house.picture(version, total=str(version))
        shelf = _shelf(house, seen=61)
        newest = await shelf.newest(house.city)
        assert newest
        assert await shelf.changes(newest, since=60)
        assert await shelf.changes(newest, since=59) is None, "there was none"
        for too_old_or_not_yet in (61 - EARLIER - 1, 61, 62):
            assert await shelf.changes(newest, since=too_old_or_not_yet) is None

    asyncio.run(run())
