"""Reconciliation as the worker and the command line run it: one transaction, a new version if anybody can see it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from domain.campaign import Campaign
from store.engine import write
from store.writes.intake import move_version
from store.writes.reconcile import Reconciled, reconcile

log = logging.getLogger(__name__)

RECONCILE_JOB = "reconcile"
RECONCILE_EVERY_S = 60.0


def reconcile_now(
    engine: Engine,
    campaign: Campaign,
    *,
    now: datetime,
    fence: Callable[[Connection], None] = lambda conn: None,
) -> Reconciled:
    with write(engine) as conn:
        fence(conn)
        done = reconcile(conn, campaign, now=now)
        if done.visible:
            move_version(conn, now)
    if done.opened or done.closed:
        log.info("reconciled: %s opened, %s closed, %s waiting", done.opened, done.closed, done.waiting)
    return done
