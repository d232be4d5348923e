"""Which walls are open: written down soon after the first page, then seldom, and the store's absence stops nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from dashboard.live import watching
from dashboard.live.stream import News, Tail
from dashboard.live.watching import Watching
from store.engine import read
from store.queries.snapshots import watched
from tests.dashboard.conftest import House

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def _open(house: House, *scopes: str) -> Tail:
    tail = Tail(lambda: News({}, None), real_now=house.now)
    tail.open_streams.update(scopes)
    return tail


def _seen(house: House, since: datetime) -> frozenset[str]:
    with read(house.engine) as conn:
        return watched(conn, since=since)


def test_every_open_wall_is_noted_once_for_all_its_pages(house: House, monkeypatch: pytest.MonkeyPatch):
    tail, now = _open(house, house.city, house.city), [AT]
    watch = Watching(house.engine, tail, real_now=lambda: now[0])
    asyncio.run(watch.look())
    tail.open_streams.update([house.county])
    now[0] += timedelta(seconds=2)
    asyncio.run(watch.look())
    assert _seen(house, AT + timedelta(seconds=1)) == {house.county}, "the city's was noted a moment ago"
    assert _seen(house, AT - timedelta(seconds=1)) == {house.city, house.county}
    monkeypatch.setattr(watching, "NOTE_EVERY_S", 0.0)
    asyncio.run(watch.look())
    assert _seen(house, AT + timedelta(seconds=1)) == {house.city, house.county}


def test_nothing_open_is_nothing_written_and_an_absent_store_is_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    asyncio.run(Watching(house.engine, _open(house), real_now=lambda: AT).look())
    assert _seen(house, AT - timedelta(days=1)) == frozenset()

    def away(*_: object) -> None:
        raise OperationalError("", {}, OSError())

    watch = Watching(house.engine, _open(house, house.city), real_now=lambda: AT)
    with monkeypatch.context() as broken:
        broken.setattr(watching, "saw_scope", away)
        asyncio.run(watch.look())
    assert _seen(house, AT - timedelta(days=1)) == frozenset()
