"""Posts that belong to no event yet join one, or begin one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from sentiment.reposts import Events, Told
from store.engine import read, write
from store.queries.opinion_events import Ungrouped, known_events, last_forgotten, ungrouped_posts
from store.writes.intake import move_version
from store.writes.reposts import save_reposts

KEPT = timedelta(days=7)
"""A text nobody passed on for so long begins a new event when it comes again."""
BATCH = 1_000


class Grouping:
    """Keeps the events of the last days in memory; what is stored is enough to begin anew. For one thread."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock
        self._events: Events | None = None
        self._forgotten: datetime | None = None

    def run(self, fence: Callable[[Connection], None] = lambda conn: None) -> int:
        """Group up to `BATCH` posts, in the order they came; returns how many."""
        now = self._clock()
        with read(self._engine) as conn:
            forgotten = last_forgotten(conn, since=now - KEPT)
            if forgotten != self._forgotten:  # what was deleted is not remembered here, either
                self._events, self._forgotten = None, forgotten
            if self._events is None:
                self._events = Events(_told(e) for e in known_events(conn, since=now - KEPT))
            waiting = ungrouped_posts(conn, limit=BATCH)
        if not waiting:
            return 0
        self._events.forget(before=now - KEPT)
        found = [(post.post_id, self._events.join(_told(post))) for post in waiting]
        with write(self._engine) as conn:
            fence(conn)
            save_reposts(conn, found)
            move_version(conn, now)
        return len(found)


def _told(post: Ungrouped) -> Told:
    return Told(post_id=post.post_id, text=post.text, label=post.label, county=post.county, at=post.at)
