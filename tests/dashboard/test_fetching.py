"""A source a person asked for is read at once, and never by two threads at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from dashboard import fetching
from dashboard.fetching import Fetching
from dashboard.live.publishing import IDLE
from domain.campaign import Campaign
from domain.errors import FetchError
from domain.records import Kind, Parsed, Payload
from ingest.http import Http
from store import schema
from store.engine import read, write
from store.queries.reruns import waiting_reruns
from store.writes import intake
from store.writes.reruns import ask_rerun
from tests.ingest.scripted import Scripted, scripted, site
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


class Ending(Scripted):
    """Does not answer until `back_at`."""

    clock: Any
    back_at: datetime
    asked_at: list[datetime] = []  # noqa: RUF012 (pydantic copies it)

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        self.asked_at.append(self.clock())
        if self.clock() < self.back_at:
            raise FetchError(self.id, "connection refused", after_s=self.after_s)
        yield from ()


@dataclass(kw_only=True)
class Minutes:
    """A source whose turn comes every `every_s`, by a clock the test moves. Every turn finds a new worker."""

    engine: Engine
    campaign: Campaign
    now: datetime
    source: Ending = field(init=False)

    def silent(self, lasting: timedelta, **changes: Any) -> Minutes:
        usual = {"id": "ending", "kind": "scripted", "name": "脚本", "every_s": 60, "stale_after_s": 180}
        with write(self.engine) as conn:
            intake.source_succeeded(conn, "ending", cursor=None, data_time=None, now=self.now)
        back_at = self.now + lasting
        self.source = Ending(**(usual | changes), clock=lambda: self.now, back_at=back_at)
        return self

    def pass_by(self, lasting: timedelta) -> list[float]:
        """The seconds, from now, at which the source is asked meanwhile."""
        begun, known = self.now, len(self.source.asked_at)
        while self.now < begun + lasting:
            self.now += timedelta(seconds=self.source.every_s)
            self.worker().run(self.source.id)
        return [(at - begun).total_seconds() for at in self.source.asked_at[known:]]

    def worker(self) -> Fetching:
        return Fetching((self.source,), site(self.engine, self.campaign), lambda: self.now)


@pytest.fixture
def minutes(engine: Engine, small_campaign: Campaign, now: datetime) -> Minutes:
    return Minutes(engine=engine, campaign=small_campaign, now=now)


def test_a_source_that_failed_five_times_is_asked_every_five_minutes_until_it_answers(minutes: Minutes):
    asked = minutes.silent(timedelta(minutes=18)).pass_by(timedelta(minutes=23))
    assert [at / 60 for at in asked] == [1, 2, 3, 4, 5, 10, 15, 20, 21, 22, 23]


def test_a_short_outage_of_a_source_asked_often_is_not_made_longer_than_twice(minutes: Minutes):
    asked = minutes.silent(timedelta(seconds=75), every_s=10).pass_by(timedelta(seconds=130))
    assert asked == [10, 20, 30, 40, 50, 100, 110, 120, 130]


def test_a_source_that_is_seldom_asked_is_never_passed_over(minutes: Minutes):
    asked = minutes.silent(timedelta(hours=9), every_s=3600).pass_by(timedelta(hours=9))
    assert [at / 3600 for at in asked] == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_source_that_asks_for_patience_is_left_alone_by_the_next_worker_too(minutes: Minutes):
    asked = minutes.silent(timedelta(minutes=2), after_s=600.0).pass_by(timedelta(minutes=12))
    assert [at / 60 for at in asked] == [1, 11, 12]


def test_whoever_asks_for_it_does_not_wait_for_the_pause_to_end(minutes: Minutes):
    minutes.silent(timedelta(minutes=6)).pass_by(timedelta(minutes=6))
    assert minutes.worker().run("ending") is IDLE
    with write(minutes.engine) as conn:
        ask_rerun(conn, "ending", asked_by="li", now=minutes.now)
    minutes.worker().run_asked()
    assert minutes.source.asked_at[-1] == minutes.now
    assert minutes.pass_by(timedelta(minutes=1)) == [60]


def test_a_clock_that_is_set_back_silences_no_source(minutes: Minutes):
    minutes.silent(timedelta(hours=3), after_s=3600.0).pass_by(timedelta(minutes=6))
    minutes.now -= timedelta(hours=2)
    assert minutes.pass_by(timedelta(minutes=1)) == [60]
