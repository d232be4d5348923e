"""The newest picture of every scope in memory: read from the store once a version, served to everyone."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from dashboard.stream import Tail
from store.engine import read
from store.queries.snapshots import Snapshot, latest_snapshot, snapshot_of

ANSWER_WITHIN_S = 3.0
EARLIER = 50
"""How many versions back a page may be and still be told only what changed: one that slept gets the whole."""


@dataclass(frozen=True)
class Picture:
    """A snapshot and its plain bytes, unpacked only for whoever takes no gzip."""

    snapshot: Snapshot

    @cached_property
    def body(self) -> bytes:
        return gzip.decompress(self.snapshot.body_gzip)

    @cached_property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


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
        return changed(base, picture)

    async def _fetch(self, scope: str) -> Picture | None:
        try:
            snapshot = await asyncio.wait_for(asyncio.to_thread(self._read, scope), ANSWER_WITHIN_S)
        except (SQLAlchemyError, TimeoutError):
            return None
        if snapshot is None:
            return None
        held = self._pictures.get(scope)
        if held is not None and held.snapshot.version == snapshot.version:
            return held
        if held is not None:
            self._before[scope] = held
        self._changes = {key: body for key, body in self._changes.items() if key[0] != scope}
        self._pictures[scope] = picture = Picture(snapshot)
        return picture

    def _read(self, scope: str) -> Snapshot | None:
        with read(self._engine) as conn:
            return latest_snapshot(conn, scope)


def changed(base: Picture, picture: Picture) -> bytes:
    """`since`, and of every component only the properties that are not as they were. Gzipped JSON."""
    before, now = base.document["values"], picture.document["values"]
    values = {
        component: {
            name: value for name, value in properties.items() if before.get(component, {}).get(name) != value
        }
        for component, properties in now.items()
        if before.get(component) != properties
    }
    named = {
        name: picture.document[name] for name in ("version", "build", "scope", "made_at", "illustrative")
    }
    document = named | {"since": base.snapshot.version, "values": values}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)
