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
from functools import partial
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Connection, Engine

from alerts.channel import Channel
from alerts.judge import judge
from alerts.parameters import Parameters
from alerts.rules import RULES
from alerts.watch import watch
from dashboard.anchoring import ANCHOR_EVERY_S, ANCHOR_JOB, Anchoring
from dashboard.backups.jobs import BACKUP_JOB, BACKUP_LOOK_EVERY_S, DRILL_JOB, DRILL_LOOK_EVERY_S, BackingUp
from dashboard.backups.plan import Plan
from dashboard.clock import Clock, real_now
from dashboard.collector import collect_rarely
from dashboard.desk.backtesting import BACKTEST_EVERY_S, BACKTEST_JOB, Backtesting, in_a_process
from dashboard.fetching import Fetching
from dashboard.lease import LEASE, RENEW_EVERY_S, renew, still_ours
from dashboard.live.publishing import LOOK_EVERY_S, MEASURE_EVERY_S, Publishing
from dashboard.live.shared import SCORE_JOB, WATCH_JOB
from dashboard.live.snapshot import Press
from dashboard.papers.delivering import DELIVER_EVERY_S, DELIVER_JOB, Delivering
from dashboard.papers.papers import PAPERS_EVERY_S, PAPERS_JOB, Papers
from dashboard.privacy.retention import FORGET_EVERY, forget
from dashboard.reconciling import RECONCILE_EVERY_S, RECONCILE_JOB, Reconciling
from dashboard.scheduling import Job, build_scheduler, recorded
from dashboard.scoring import Scoring
from dashboard.telling import TELL_EVERY_S, TELL_JOB, Telling
from dashboard.turns import take_short_turns
from domain.campaign import Campaign
from domain.sources_file import COUNTING
from ingest.drain import drain
from ingest.http import Http
from ingest.run import Site
from ingest.source import Source
from sentiment.grouping import Grouping
from sentiment.score_child import ScoreChild
from store.engine import write
from store.queries.sources import Expected
from store.writes.jobs import drop_failures_but_of
from store.writes.leases import check_fence, release_lease

log = logging.getLogger(__name__)

FASTEST_S = 0.5  # real: however fast the rehearsal's clock runs, no job is asked more often
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
    backups: Plan | None = None  # None: nobody said where to


def expected_of(sources: tuple[Source, ...]) -> tuple[Expected, ...]:
    """What the configuration promises of each source."""
    return tuple(
        Expected(
            source=s.id,
            name=s.name,
            side=s.side,
            stale_after_s=s.stale_after_s,
            platform=getattr(s, "platform", None),
            every_s=s.every_s,
            counts=s.kind in COUNTING,
            files_from=s.files_from,
        )
        for s in sources
    )


def jobs_of(
    bench: Bench, fence: Callable[[Connection], None], ending: threading.Event | None = None
) -> tuple[Job, ...]:
    """Every job of the worker. Intervals of sources are campaign time: a rehearsal's clock shortens them.

    `ending`: set when no job may go on for long.
    """
    expected, now, ending = expected_of(bench.sources), bench.clock.now, ending or threading.Event()
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
    backtesting = Backtesting(engine, clock=now, run=partial(in_a_process, ending=ending))
    fetching = Fetching(bench.sources, site, now)
    anchoring = Anchoring(engine, bench.anchors, now=real_now)
    return (
        *(
            Job(name=f"source {s.id}", every_s=real(s.every_s), run=lambda s=s: fetching.run(s.id))
            for s in bench.sources
        ),
        Job(name="drain the inbox", every_s=DRAIN_EVERY_S, run=lambda: drain(bench.sources, site, now)),
        Job(name="asked sources", every_s=ASKED_EVERY_S, run=fetching.run_asked),
        Job(name=SCORE_JOB, every_s=real(SCORE_EVERY_S), run=lambda: scoring.run(fence)),
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
                clock=now,
                channels=bench.channels,
                parameters=bench.parameters,
                fence=fence,
            ),
        ),
        Job(name=BACKTEST_JOB, every_s=BACKTEST_EVERY_S, run=lambda: backtesting.run(fence)),
        Job(name=TELL_JOB, every_s=TELL_EVERY_S, run=lambda: telling.run(fence)),
        Job(name=PAPERS_JOB, every_s=real(PAPERS_EVERY_S), run=lambda: papers.run(fence)),
        Job(name=ANCHOR_JOB, every_s=ANCHOR_EVERY_S, run=lambda: anchoring.run(fence)),
        *_backup_jobs(bench.backups, ending),
        Job(name=DELIVER_JOB, every_s=DELIVER_EVERY_S, run=lambda: delivering.run(fence)),
        Job(name="measure delays", every_s=MEASURE_EVERY_S, run=publishing.measure),
        Job(name="publish", every_s=LOOK_EVERY_S, run=publishing.run),
        Job(
            name="forget what is old",
            every_s=real(FORGET_EVERY.total_seconds()),
            run=lambda: forget(bench.engine, bench.campaign, now=now(), fence=fence),
        ),
    )


def _backup_jobs(plan: Plan | None, ending: threading.Event) -> Iterator[Job]:
    if plan is not None:
        backing_up = BackingUp(plan, now=real_now, ending=ending)
        yield Job(name=BACKUP_JOB, every_s=BACKUP_LOOK_EVERY_S, run=backing_up.make)
        yield Job(name=DRILL_JOB, every_s=DRILL_LOOK_EVERY_S, run=backing_up.drill)


def run_once(bench: Bench) -> None:
    """Every job once, in order, in this thread: `quanqing ingest --once`, and a rehearsal's last pass."""
    for job in jobs_of(bench, lambda conn: None):
        recorded(job, bench.engine, bench.clock)()


def work(bench: Bench, stop: threading.Event) -> None:
    """Work until `stop`, whenever the lease is ours. Another worker's lease is waited for, not fought for."""
    collect_rarely()
    take_short_turns()
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

    ending = threading.Event()
    jobs = jobs_of(bench, fence, ending)
    with write(bench.engine) as conn:
        fence(conn)
        drop_failures_but_of(conn, [job.name for job in jobs])
    scheduler = build_scheduler(jobs, bench.engine, bench.clock)
    scheduler.start()
    try:
        yield scheduler
    finally:
        ending.set()
        scheduler.shutdown(wait=True)
