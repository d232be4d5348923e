"""The worker: every job and its interval, behind one lease. It alone fetches, scores, watches and publishes."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from alerts.channel import Channel
from alerts.judge import judge
from alerts.parameters import Parameters
from alerts.rules import RULES
from alerts.watch import watch
from dashboard.anchoring import ANCHOR_EVERY_S, ANCHOR_JOB, Anchoring
from dashboard.clock import Clock, real_now
from dashboard.collector import collect_rarely
from dashboard.desk.backtesting import BACKTEST_EVERY_S, BACKTEST_JOB, Backtesting
from dashboard.fetching import Fetching
from dashboard.lease import LEASE, RENEW_EVERY_S, renew, still_ours
from dashboard.live.publishing import IDLE, LOOK_EVERY_S, Publishing
from dashboard.live.shared import SCORE_JOB, WATCH_JOB
from dashboard.live.snapshot import Press
from dashboard.papers.delivering import DELIVER_EVERY_S, DELIVER_JOB, Delivering
from dashboard.papers.papers import PAPERS_EVERY_S, PAPERS_JOB, Papers
from dashboard.privacy.retention import FORGET_EVERY, forget
from dashboard.reconciling import RECONCILE_EVERY_S, RECONCILE_JOB, Reconciling
from dashboard.scoring import Scoring
from dashboard.telling import TELL_EVERY_S, TELL_JOB, Telling
from domain.campaign import Campaign
from domain.errors import WatchError
from ingest.drain import drain
from ingest.http import Http
from ingest.run import Site
from ingest.source import Source
from sentiment.grouping import Grouping
from sentiment.score_child import ScoreChild
from store.engine import write
from store.queries.sources import Expected
from store.writes.jobs import job_failed, job_succeeded
from store.writes.leases import check_fence, release_lease

log = logging.getLogger(__name__)

FASTEST_S = 0.5  # real: however fast the rehearsal's clock runs, no job is asked more often
AT_ONCE = 8  # jobs: four that drip hold up no other, and more would only queue for SQLite's one writer
SCORE_EVERY_S = 5.0
WATCH_EVERY_S = 30.0
JUDGE_EVERY_S = 60.0
JUDGE_FASTEST_S = 10.0  # real: it walks all redemptions
DRAIN_EVERY_S = 1.0  # real
ASKED_EVERY_S = 2.0  # real: a person waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a worker works on and with. One by process."""

    engine: Engine
    campaign: Campaign
    sources: tuple[Source, ...]
    clock: Clock
    http: Http
    scorer: ScoreChild
    author_key: bytes
    build: str
    channels: tuple[Channel, ...] = ()
    parameters: Parameters = field(default_factory=Parameters)
    base_url: str = ""  # as people open it: messages lead there
    anchors: Path  # where the audit log's head is written down
    fonts: Path | None = None  # the office's own, for its papers
    desk: str | None = None  # where the figures of papers lead


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing done again and again. `every_s` in real seconds."""

    name: str
    every_s: float
    run: Callable[[], object]


def expected_of(sources: tuple[Source, ...]) -> tuple[Expected, ...]:
    """What the configuration promises of each source."""
    return tuple(
        Expected(source=s.id, name=s.name, side=s.side, stale_after_s=s.stale_after_s) for s in sources
    )


def jobs_of(bench: Bench, fence: Callable[[Connection], None]) -> tuple[Job, ...]:
    """Every job of the worker. Intervals of sources are campaign time: a rehearsal's clock shortens them."""
    expected, now = expected_of(bench.sources), bench.clock.now
    engine, campaign, http = bench.engine, bench.campaign, bench.http
    site = Site(engine=engine, http=http, campaign=campaign, author_key=bench.author_key, fence=fence)
    press = Press(engine=engine, campaign=campaign, expected=expected, build=bench.build, fence=fence)
    publishing = Publishing(press, now)

    def real(every_s: float, fastest_s: float = FASTEST_S) -> float:
        return max(bench.clock.real_s(timedelta(seconds=every_s)), fastest_s)

    scoring = Scoring(engine, campaign, bench.scorer, clock=now)
    grouping = Grouping(bench.engine, clock=now)
    reconciling = Reconciling(bench.engine, bench.campaign, clock=now)
    papers = Papers(
        engine, campaign, expected, clock=now, channels=bench.channels, fonts=bench.fonts, desk=bench.desk
    )
    delivering = Delivering(engine, bench.channels, http, clock=now, base_url=bench.base_url)
    telling = Telling(engine, bench.channels, http, clock=now, base_url=bench.base_url)
    backtesting = Backtesting(engine, clock=now)
    fetching = Fetching(bench.sources, site, now)
    anchoring = Anchoring(engine, bench.anchors, now=real_now)
    return (
        *(
            Job(name=f"source {s.id}", every_s=real(s.every_s), run=lambda s=s: fetching.run(s.id))
            for s in bench.sources
        ),
        Job(name="drain the inbox", every_s=DRAIN_EVERY_S, run=lambda: drain(bench.sources, site, now)),
        Job(name="asked sources", every_s=ASKED_EVERY_S, run=fetching.run_asked),
        Job(
            name=SCORE_JOB,
            every_s=real(SCORE_EVERY_S),
            run=lambda: scoring.run(fence),
        ),
        Job(name="group reposts", every_s=real(SCORE_EVERY_S), run=lambda: grouping.run(fence)),
        Job(
            name="judge",
            every_s=real(JUDGE_EVERY_S, JUDGE_FASTEST_S),
            run=lambda: judge(engine, campaign, now=now(), fence=fence),
        ),
        Job(name=RECONCILE_JOB, every_s=real(RECONCILE_EVERY_S), run=lambda: reconciling.run(fence)),
        Job(
            name=WATCH_JOB,
            every_s=real(WATCH_EVERY_S),
            run=lambda: watch(
                engine,
                RULES,
                campaign,
                expected,
                now=now(),
                channels=bench.channels,
                parameters=bench.parameters,
                fence=fence,
            ),
        ),
        Job(name=BACKTEST_JOB, every_s=BACKTEST_EVERY_S, run=lambda: backtesting.run(fence)),
        Job(name=TELL_JOB, every_s=TELL_EVERY_S, run=lambda: telling.run(fence)),
        Job(name=PAPERS_JOB, every_s=real(PAPERS_EVERY_S), run=lambda: papers.run(fence)),
        Job(name=ANCHOR_JOB, every_s=ANCHOR_EVERY_S, run=lambda: anchoring.run(fence)),
        Job(name=DELIVER_JOB, every_s=DELIVER_EVERY_S, run=lambda: delivering.run(fence)),
        Job(name="publish", every_s=LOOK_EVERY_S, run=publishing.run),
        Job(
            name="forget what is old",
            every_s=real(FORGET_EVERY.total_seconds()),
            run=lambda: forget(bench.engine, bench.campaign, now=now(), fence=fence),
        ),
    )


def run_once(bench: Bench) -> None:
    """Every job once, in order, in this thread: `quanqing ingest --once`, and a rehearsal's last pass."""
    for job in jobs_of(bench, lambda conn: None):
        _recorded(job, bench)()


def work(bench: Bench, stop: threading.Event) -> None:
    """Work until `stop`, whenever the lease is ours. Another worker's lease is waited for, not fought for."""
    collect_rarely()
    holder = f"{socket.gethostname()}:{os.getpid()}"
    while not stop.is_set():
        token = renew(bench.engine, holder)
        if token is None:
            log.info("another worker holds the lease; waiting")
            stop.wait(RENEW_EVERY_S)
            continue
        log.info("working with lease token %s", token)
        with _scheduler(bench, token):
            while not stop.wait(RENEW_EVERY_S) and still_ours(bench.engine, holder, token):
                pass
    with write(bench.engine) as conn:
        release_lease(conn, LEASE, holder=holder, now=datetime.now(UTC))


@contextmanager
def _scheduler(bench: Bench, token: int) -> Iterator[BackgroundScheduler]:
    def fence(conn: Connection) -> None:
        check_fence(conn, LEASE, token)

    scheduler = build_scheduler(jobs_of(bench, fence), bench)
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.shutdown(wait=True)


def build_scheduler(jobs: tuple[Job, ...], bench: Bench) -> BackgroundScheduler:
    """A scheduler with every job due at once: missed runs are made up for once, never piled up."""
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(max_workers=AT_ONCE)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    for job in jobs:
        scheduler.add_job(
            _recorded(job, bench),
            "interval",
            seconds=job.every_s,
            id=job.name,
            next_run_time=datetime.now(UTC),
        )
    scheduler.add_listener(
        lambda event: _note_trouble(event, bench.engine),
        EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES,
    )
    return scheduler


def _recorded(job: Job, bench: Bench) -> Callable[[], None]:
    """A run that found nothing to do is worth a write only where the one before it may have failed."""
    is_well = False

    def run() -> None:
        nonlocal is_well
        was_well, is_well = is_well, False
        begun_at = bench.clock.now()
        if job.run() is not IDLE or not was_well:
            with write(bench.engine) as conn:
                job_succeeded(conn, job.name, now=bench.clock.now(), begun_at=begun_at)
        is_well = True

    return run


def _told(exception: BaseException) -> str:
    """For the desk. What is not ours may repeat a row or an address: its kind alone, the rest is in the log."""
    kind = type(exception).__name__
    return f"{kind}: {exception}"[:500] if isinstance(exception, WatchError) else kind


def _note_trouble(event: JobEvent, engine: Engine) -> None:
    """A job that dies is logged, counted and runs again; a run skipped because the last one still runs is normal."""
    exception = getattr(event, "exception", None)
    if exception is None:
        return
    log.error("job %s failed", event.job_id, exc_info=exception)
    try:
        with write(engine) as conn:
            job_failed(conn, event.job_id, trouble=_told(exception))
    except SQLAlchemyError:
        log.exception("the failure of job %s could not be recorded", event.job_id)
