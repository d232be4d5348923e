"""Jobs side by side: four slow answers hold up nobody else. A job that fails is known by name, until it succeeds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from dashboard import worker
from dashboard.backups.plan import Plan
from dashboard.clock import Clock
from dashboard.live.publishing import IDLE
from dashboard.scheduling import AT_ONCE, Job, build_scheduler
from dashboard.worker import jobs_of
from domain.campaign import Campaign
from domain.errors import StoreError
from domain.jobs import FailingJob, job_words
from store.engine import read
from store.queries.jobs import failing_jobs, last_success
from store.writes.jobs import drop_failures_but_of, job_failed

SLOW = 4  # platforms that drip their answers at the same time
PATIENCE_S = 10.0


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_sources_that_drip_hold_up_no_other_job(engine: Engine) -> None:
    assert AT_ONCE >= 2 * SLOW
    dripped, others = threading.Event(), threading.Barrier(AT_ONCE - SLOW + 1)

    def drip() -> Any:
        dripped.wait(PATIENCE_S)

    def run() -> Any:
        others.wait(PATIENCE_S)

    slow = [Job(name=f"slow {n}", every_s=60, run=drip) for n in range(SLOW)]
    quick = [Job(name=f"quick {n}", every_s=60, run=run) for n in range(AT_ONCE - SLOW)]
    scheduler = build_scheduler((*slow, *quick), engine, Clock())
    scheduler.start()
    try:
        others.wait(PATIENCE_S)  # raises BrokenBarrierError if one of them is not let in
    finally:
        dripped.set()
        scheduler.shutdown(wait=True)


def settled(
    engine: Engine, run: Callable[[], object], until: Callable[[tuple[FailingJob, ...]], bool]
) -> bool:
    """Whether the job's record comes to be as wanted, while the scheduler runs it again and again."""
    scheduler = build_scheduler((Job(name="publish papers", every_s=0.02, run=run),), engine, Clock())
    scheduler.start()
    try:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with read(engine) as conn:
                if until(failing_jobs(conn)):
                    return True
        return False
    finally:
        scheduler.shutdown(wait=True)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StoreError("the disk is full"), "StoreError: the disk is full"),
        (ValueError("bad row: 13800138000"), "ValueError"),  # what is not ours may repeat what was read
    ],
)
def test_a_job_that_fails_is_counted_until_a_run_comes_to_its_end(
    engine: Engine, error: Exception, told: str
) -> None:
    is_broken = True

    def run() -> object:
        if is_broken:
            raise error
        return IDLE  # nothing to do is an end, too

    def failed_twice(found: tuple[FailingJob, ...]) -> bool:
        return any(job.trouble == told and job.failures_in_row >= 2 for job in found)

    assert settled(engine, run, failed_twice)
    is_broken = False
    assert settled(engine, run, lambda found: found == ())
    with read(engine) as conn:
        assert last_success(conn, "publish papers") is not None


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_jobs_are_told_of_the_end_before_they_are_waited_for(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, told = threading.Event(), []

    def jobs(bench: Any, fence: Any, ending: threading.Event) -> tuple[Job, ...]:
        def run() -> None:
            begun.set()
            told.append(ending.wait(PATIENCE_S))

        return (Job(name="back up", every_s=60, run=run),)

    monkeypatch.setattr(worker, "jobs_of", jobs)
    stop, bench = threading.Event(), SimpleNamespace(engine=engine, clock=Clock())
    working = threading.Thread(target=worker.work, args=(bench, stop))
    working.start()
    assert begun.wait(PATIENCE_S)
    stop.set()
    working.join(PATIENCE_S)
    assert told == [True]


def test_a_job_that_is_run_no_more_fails_no_more(conn: Connection) -> None:
    for name in ("back up", "publish"):
        job_failed(conn, name, trouble="the disk is full")
    drop_failures_but_of(conn, ["publish", "watch"])
    assert [job.name for job in failing_jobs(conn)] == ["publish"]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_every_job_has_a_name_that_people_understand(
    engine: Engine, small_campaign: Campaign, tmp_path: Path
) -> None:
    about = {"stale_after_s": 60.0, "every_s": 60.0, "kind": "json_api", "files_from": None}
    source = SimpleNamespace(id="pay", name="市民付", side="payment", **about)
    bench: Any = SimpleNamespace(
        engine=engine, campaign=small_campaign, sources=(source,), clock=Clock(), http=None, author_key=b"k",
        build="b", scorer=None, channels=(), base_url="", desk=None, anchors=tmp_path / "a", fonts=None,
        backups=Plan(folder=tmp_path, every=timedelta(minutes=15), days=35),
    )  # fmt: skip
    words = [job_words(job.name) for job in jobs_of(bench, lambda conn: None)]
    assert len(set(words)) == len(words)
