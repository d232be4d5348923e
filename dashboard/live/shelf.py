"""The newest picture of every scope in memory: read from the store once a version, served to everyone."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from dashboard.live.drawn import Drawn
from dashboard.live.stream import Tail
from store.engine import read
from store.queries.snapshots import Snapshot, Step, latest_snapshot, latest_step, snapshot_of

ANSWER_WITHIN_S = 3.0
EARLIER = 50
"""How many versions back a page may be and still be told only what changed: one that slept gets the whole."""


@dataclass(frozen=True)
class Picture:
    """A snapshot and its plain bytes, unpacked only for whoever takes no gzip. `step`: what changed with it."""

    snapshot: Snapshot
    step: Step | None = None

    @cached_property
    def body(self) -> bytes:
        return gzip.decompress(self.snapshot.body_gzip)

    @cached_property
    def drawn(self) -> Drawn:
        return Drawn.parsed(json.loads(self.body))


class Shelf:
    """One by process. While the store is away the last picture stays on the shelf; `Tail.verified_s` tells its age."""

    def __init__(self, engine: Engine, tail: Tail) -> None:
        self._engine, self._tail = engine, tail
        self._pictures: dict[str, Picture] = {}
        self._before: dict[str, Picture] = {}  # the one that stood there last
        self._changes: dict[tuple[str, int, int], bytes | None] = {}  # (scope, since, version) -> gzip
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

    async def changes(self, picture: Picture, *, since: int) -> bytes | None:
        """The picture less what stood in that of version `since` already, gzipped; None: that one is forgotten."""
        scope, version = picture.snapshot.scope, picture.snapshot.version
        if picture.step is not None and picture.step.since == since:
            return picture.step.body_gzip
        key = (scope, since, version)
        if key in self._changes:
            return self._changes[key]
        if not 0 < version - since <= EARLIER:
            return None
        async with self._fetching[scope]:  # worked out once for all pages
            if key not in self._changes:
                self._changes[key] = await asyncio.to_thread(self._changed, since, picture)
        return self._changes[key]

    def _changed(self, since: int, picture: Picture) -> bytes | None:
        """None as well where the store is away or has thinned that picture out: the whole is always at hand."""
        scope = picture.snapshot.scope
        base = self._before.get(scope)
        if base is None or base.snapshot.version != since:
            try:
                with read(self._engine) as conn:
                    found = snapshot_of(conn, scope, since)
            except SQLAlchemyError:
                return None
            base = found and Picture(found)
        if base is None or base.snapshot.build != picture.snapshot.build:
            return None
        return picture.drawn.changes(base.drawn)

    async def _fetch(self, scope: str) -> Picture | None:
        try:
            picture = await asyncio.wait_for(asyncio.to_thread(self._read, scope), ANSWER_WITHIN_S)
        except (SQLAlchemyError, TimeoutError):
            return None
        if picture is None:
            return None
        held = self._pictures.get(scope)
        if held is not None and held.snapshot.version == picture.snapshot.version:
            return held
        if held is not None:
            self._before[scope] = held
        self._changes = {key: body for key, body in self._changes.items() if key[0] != scope}
        self._pictures[scope] = picture
        return picture

    def _read(self, scope: str) -> Picture | None:
        with read(self._engine) as conn:
            snapshot, step = latest_snapshot(conn, scope), latest_step(conn, scope)
        if snapshot is None:
            return None
        return Picture(snapshot, step if step and step.version == snapshot.version else None)
