"""Reconciliation as the worker and the command line run it; a new version if there is anything to see."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from domain.campaign import Campaign
from store.engine import read, write
from store.queries.compared import comparisons
from store.writes.intake import move_version
from store.writes.ledger import known_at
from store.writes.reconcile import Reconciled, reconcile

log = logging.getLogger(__name__)

RECONCILE_JOB = "reconcile"
RECONCILE_EVERY_S = 60.0


class Reconciling:
    """Compares while reading, settles while writing: comparing a month takes half a second."""

    def __init__(self, engine: Engine, campaign: Campaign, *, clock: Callable[[], datetime]) -> None:
        self._engine, self._campaign, self._clock = engine, campaign, clock

    def run(self, fence: Callable[[Connection], None] = lambda conn: None) -> Reconciled:
        with read(self._engine) as conn:
            compared = comparisons(conn, self._campaign, now=self._clock())
        with write(self._engine) as conn:
            fence(conn)
            now = known_at(conn, self._clock)
            done = reconcile(conn, self._campaign, now=now, compared=compared)
            if done.visible:
                move_version(conn, now)
        if done.opened or done.closed:
            log.info("reconciled: %s opened, %s closed, %s waiting", done.opened, done.closed, done.waiting)
        return done
