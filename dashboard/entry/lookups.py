"""Looking many up at once: whoever asks while one look is under way shares the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Lookups(Generic[Found]):
    """`find` runs in a thread: keys -> what was found of them. A new picture wakes every display at the same moment.

    One by process and kind of key; not for several event loops.
    """

    def __init__(self, find: Callable[[Collection[str]], Mapping[str, Found]]) -> None:
        self._find = find
        self._waiting: dict[str, asyncio.Future[Found | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def of(self, key: str) -> Found | None:
        """None: there is none. Raises what `find` raised."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        return await asyncio.shield(future)

    async def _look(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            try:
                found = await asyncio.to_thread(self._find, waiting.keys())
            except Exception as error:  # noqa: BLE001 - theirs who asked, not this task's
                _each(waiting, lambda future, _, error=error: future.set_exception(error))
            else:
                _each(waiting, lambda future, key, found=found: future.set_result(found.get(key)))


def _each(
    waiting: Mapping[str, asyncio.Future[Found | None]],
    tell: Callable[[asyncio.Future[Found | None], str], None],
) -> None:
    for key, future in waiting.items():
        if not future.done():
            tell(future, key)
        if not future.cancelled():
            future.exception()  # nobody may be waiting any more
