"""Random days of events, statements, closings and runs against a model of five lines (promises I12, I21)."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.records import Kind
from domain.statements import Cause, Metric
from store.queries.discrepancies import open_discrepancies
from store.writes.discrepancies import close_discrepancy
from tests.store.events import event
from tests.store.stated_day import DAY, MIDNIGHT, feed, run, save, state

STEPS = 80
LATER = MIDNIGHT + timedelta(days=3)


@pytest.mark.parametrize("seed", range(5))
def test_a_difference_is_open_exactly_while_it_is_there_and_nobody_accepted_it(
    conn: Connection, small_campaign: Campaign, seed: int
) -> None:
    rng = Random(f"reconcile/{seed}")
    ours, theirs, accepted = (
        0,
        None,
        None,
    )  # accepted: the difference a person closed last and that still stands
    feed(conn, LATER)
    now = LATER
    for step in range(STEPS):
        now += timedelta(minutes=1)
        choice = rng.random()
        if choice < 0.35:
            ours += 1
            save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, ours), now=now)
        elif choice < 0.6:
            theirs = max(0, ours + rng.choice((-2, -1, 0, 0, 1, 2)))
            state(conn, small_campaign, Metric.CLAIMED, theirs, None, stated_at=now, sha256=f"{step:064d}")
        elif choice < 0.75:
            for found in open_discrepancies(conn):
                close_discrepancy(
                    conn, found.discrepancy_id, cause=Cause.GAP_ACCEPTED, note="", closed_by="who", now=now
                )
                accepted = found.difference.count
        before = len(open_discrepancies(conn))
        done = run(conn, small_campaign, now)
        differs = theirs is not None and theirs != ours
        if not differs:
            accepted = None
        expected = [theirs - ours] if (differs and theirs - ours != accepted) or (differs and before) else []
        found = [d.difference.count for d in open_discrepancies(conn)]
        assert found == expected, (
            f"step {step} of seed {seed}: ours {ours}, theirs {theirs}, accepted {accepted}"
        )
        assert all(d.subject.day == DAY for d in open_discrepancies(conn))
        assert (done.opened, done.closed) == (
            int(bool(expected) and not before),
            int(bool(before) and not expected),
        )
        assert not run(conn, small_campaign, now).visible
