"""What is known bears the moment it can be seen from: what is read as of then is the same later."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event as Signal

import pytest
from sqlalchemy import Connection, Engine, select

from domain.campaign import Campaign
from domain.records import Grade, Kind, Parsed
from ingest.run import run_source
from store import schema
from store.engine import read, write
from store.queries.totals import total_of, totals
from store.writes.ledger import all_known, known_at, save_batch
from tests.ingest.scripted import scripted, site
from tests.store.events import OPENING, entries, event

NOON = OPENING + timedelta(hours=3)
PATIENCE_S = 10
A_MOMENT_S = 0.3


@contextmanager
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=2) as threads:
        yield threads


def save(conn: Connection, campaign: Campaign, now: datetime) -> None:
    batch = entries(campaign, event(campaign, "city", Kind.CLAIM, 1))
    save_batch(conn, batch, source="t", grade=Grade.FLASH, raw_sha256="0" * 64, now=now)


def claimed(engine: Engine, campaign: Campaign, as_of: datetime) -> int:
    with read(engine) as conn:
        return total_of(totals(conn, campaign, by=("programme",), now=as_of, known_by=as_of)).claimed_count


def test_what_is_being_written_is_waited_for_and_is_in_the_figures_of_its_moment(
    engine: Engine, small_campaign: Campaign
) -> None:
    writing, go_on = Signal(), Signal()

    def write_slowly() -> None:
        with write(engine) as conn:
            save(conn, small_campaign, known_at(conn, lambda: NOON))
            writing.set()
            assert go_on.wait(PATIENCE_S)

    def figure_of_then() -> int:
        all_known(engine)
        return claimed(engine, small_campaign, NOON)

    with beside() as threads:
        written = threads.submit(write_slowly)
        assert writing.wait(PATIENCE_S)
        told = threads.submit(figure_of_then)
        with pytest.raises(TimeoutError):
            told.result(A_MOMENT_S)
        go_on.set()
        written.result(PATIENCE_S)
        assert told.result(PATIENCE_S) == claimed(engine, small_campaign, NOON) == 1


def test_a_payload_that_waits_for_another_is_known_from_when_it_no_longer_waits(
    engine: Engine, small_campaign: Campaign
) -> None:
    time = [NOON]
    one = Parsed(records=(event(small_campaign, "city", Kind.CLAIM, 1),))
    with beside() as threads:
        with write(engine) as conn:
            known_at(conn, lambda: NOON)
            done = threads.submit(run_source, scripted(one), site(engine, small_campaign), lambda: time[0])
            with pytest.raises(TimeoutError):
                done.result(A_MOMENT_S)
            time[0] = NOON + timedelta(minutes=1)
        assert done.result(PATIENCE_S).accepted == 1
    with read(engine) as conn:
        assert conn.scalars(select(schema.events.c.known_at)).all() == [time[0]]
    assert (claimed(engine, small_campaign, NOON), claimed(engine, small_campaign, time[0])) == (0, 1)
