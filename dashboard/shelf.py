"""The newest picture of every scope in memory: read from the store once a version, served to everyone."""

from __future__ import annotations

import asyncio
import gzip
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from dashboard.stream import Tail
from store.engine import read
from store.queries.snapshots import Snapshot, latest_snapshot

ANSWER_WITHIN_S = 3.0


@dataclass(frozen=True)
class Picture:
    """A snapshot and its plain bytes, unpacked only for whoever takes no gzip."""

    snapshot: Snapshot

    @cached_property
    def body(self) -> bytes:
        return gzip.decompress(self.snapshot.body_gzip)


class Shelf:
    """One by process. While the store is away the last picture stays on the shelf; `Tail.verified_s` tells its age."""

    def __init__(self, engine: Engine, tail: Tail) -> None:
        self._engine, self._tail = engine, tail
        self._pictures: dict[str, Picture] = {}
        self._fetching: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def newest(self, scope: str, *, hinted: int = 0) -> Picture | None:
        """None: there is no picture of this scope, or none was ever read and the store is away.

        `hinted`: a version that another process has seen already. Ours may be a look behind, and a page that got its
        hint there must not go away empty-handed.
        """
        async with self._fetching[scope]:  # many pages ask for a new version at the same moment
            held = self._pictures.get(scope)
            if held is None or held.snapshot.version != max(self._tail.versions.get(scope, 0), hinted):
                held = await self._fetch(scope) or held
        return held

    async def _fetch(self, scope: str) -> Picture | None:
        try:
            snapshot = await asyncio.wait_for(asyncio.to_thread(self._read, scope), ANSWER_WITHIN_S)
        except (SQLAlchemyError, TimeoutError):
            return None
        if snapshot is None:
            return None
        self._pictures[scope] = picture = Picture(snapshot)
        return picture

    def _read(self, scope: str) -> Snapshot | None:
        with read(self._engine) as conn:
            return latest_snapshot(conn, scope)
