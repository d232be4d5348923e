"""Each source's turn to be read: by its interval, or at once because a person asked for it. Never two at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from dashboard.live.publishing import IDLE
from ingest.run import Site, run_source
from ingest.source import Source
from store.engine import read, write
from store.queries.reruns import waiting_reruns
from store.queries.sources import paused_until
from store.writes.reruns import take_rerun

log = logging.getLogger(__name__)


class Fetching:
    """Reads sources, each of them by one thread at a time."""

    def __init__(self, sources: tuple[Source, ...], site: Site, clock: Callable[[], datetime]) -> None:
        self._sources = {source.id: source for source in sources}
        self._site, self._clock = site, clock
        self._turns = {source.id: threading.Lock() for source in sources}

    def run(self, source: str) -> object:
        """Read one source, as it is its turn. IDLE where it is left alone for now."""
        with read(self._site.engine) as conn:
            if source in paused_until(conn, now=self._clock()):
                return IDLE
        return self._read(source)

    def _read(self, source: str) -> None:
        """Now; waits while somebody is at it."""
        with self._turns[source]:
            log.debug("%s", run_source(self._sources[source], self._site, self._clock))

    def run_asked(self) -> None:
        """Read every source a person asked for, one that is left alone, too. Taken before it is read: a worker that
        dies in between reads every source when it starts again."""
        with read(self._site.engine) as conn:
            asked = waiting_reruns(conn)
        for request in asked:
            with write(self._site.engine) as conn:
                self._site.fence(conn)
                take_rerun(conn, request.rerun_id, now=self._clock())
            if request.source in self._sources:
                log.info("source %s is read at once, as asked by %r", request.source, request.asked_by)
                self._read(request.source)
            else:
                log.warning("source %s is configured no more and cannot be read", request.source)
