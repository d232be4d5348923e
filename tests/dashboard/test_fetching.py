"""A source a person asked for is read at once, and never by two threads at a time."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select

from dashboard import fetching
from dashboard.fetching import Fetching
from domain.campaign import Campaign
from domain.records import Kind, Parsed
from store import schema
from store.engine import read, write
from store.queries.reruns import waiting_reruns
from store.writes.reruns import ask_rerun
from tests.ingest.scripted import scripted, site
from tests.store.events import event as made


def test_what_was_asked_for_is_read_once_and_the_rest_is_left_alone(
    engine: Engine, small_campaign: Campaign, now: datetime
):
    said = made(small_campaign, small_campaign.city.id, Kind.CLAIM, 1)
    source = scripted(Parsed(records=(said,)))
    sources = Fetching((source,), site(engine, small_campaign), lambda: now)
    sources.run_asked()
    with read(engine) as conn:
        assert conn.execute(select(schema.source_runs)).all() == []
    with write(engine) as conn:
        ask_rerun(conn, source.id, asked_by="li", now=now)
    sources.run_asked()
    sources.run_asked()
    with read(engine) as conn:
        assert waiting_reruns(conn) == ()
        assert [run.accepted for run in conn.execute(select(schema.source_runs))] == [1]


def test_a_source_that_is_configured_no_more_keeps_nobody_waiting(
    engine: Engine, small_campaign: Campaign, now: datetime
):
    source = scripted(Parsed(records=(made(small_campaign, small_campaign.city.id, Kind.CLAIM, 1),)))
    with write(engine) as conn:
        ask_rerun(conn, "gone", asked_by="li", now=now)
        ask_rerun(conn, source.id, asked_by="li", now=now)
    Fetching((source,), site(engine, small_campaign), lambda: now).run_asked()
    with read(engine) as conn:
        assert waiting_reruns(conn) == ()
        assert [run.source for run in conn.execute(select(schema.source_runs))] == [source.id]


def test_one_source_is_never_read_by_two_threads_at_a_time(
    engine: Engine, small_campaign: Campaign, now: datetime, monkeypatch: pytest.MonkeyPatch
):
    source = scripted(Parsed(records=()))
    inside, overlaps, release = [], [], threading.Event()

    def slow(*_: Any) -> None:
        overlaps.append(len(inside))
        inside.append(1)
        release.wait(0.05)
        inside.pop()

    monkeypatch.setattr(fetching, "run_source", slow)
    sources = Fetching((source,), site(engine, small_campaign), lambda: now)
    threads = [threading.Thread(target=sources.run, args=(source.id,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == [0, 0, 0, 0]
