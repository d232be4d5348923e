"""Many who ask at one moment: one look, an answer each, and an error to all who waited for that look alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Mapping

import pytest

from dashboard.entry.lookups import Lookups


class Shelf:
    """Finds every key but "none", and stands still until it is let go on."""

    def __init__(self) -> None:
        self.looks: list[set[str]] = []
        self.go_on = threading.Event()
        self.is_broken = False

    def find(self, keys: Collection[str]) -> Mapping[str, str]:
        self.looks.append(set(keys))
        assert self.go_on.wait(10)
        if self.is_broken:
            raise OSError("away")
        return {key: key.upper() for key in keys if key != "none"}


async def _begun(shelf: Shelf, looks: int) -> None:
    while len(shelf.looks) < looks:
        await asyncio.sleep(0.001)


def test_whoever_asks_while_one_looks_shares_the_next():
    async def run() -> None:
        shelf = Shelf()
        lookups = Lookups(shelf.find)
        first = asyncio.create_task(lookups.of("a"))
        await _begun(shelf, 1)
        others = [asyncio.create_task(lookups.of(key)) for key in ("b", "none", "b", "c", "a")]
        await asyncio.sleep(0)
        shelf.go_on.set()
        assert [await task for task in (first, *others)] == ["A", "B", None, "B", "C", "A"]
        assert shelf.looks == [{"a"}, {"b", "none", "c", "a"}]
        assert await lookups.of("d") == "D", "and later ones look again"
        assert shelf.looks[2:] == [{"d"}]

    asyncio.run(run())


def test_an_error_goes_to_those_who_waited_and_to_nobody_after():
    async def run() -> None:
        shelf = Shelf()
        lookups = Lookups(shelf.find)
        shelf.is_broken = True
        shelf.go_on.set()
        for found in await asyncio.gather(lookups.of("a"), lookups.of("b"), return_exceptions=True):
            assert isinstance(found, OSError)
        shelf.is_broken = False
        assert await lookups.of("a") == "A"

    asyncio.run(run())


def test_one_who_gives_up_takes_nothing_from_the_others():
    async def run() -> None:
        shelf = Shelf()
        lookups = Lookups(shelf.find)
        impatient, patient = (asyncio.create_task(lookups.of("a")) for _ in range(2))
        await _begun(shelf, 1)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        shelf.go_on.set()
        assert await patient == "A"

    asyncio.run(run())
