"""Jobs done again and again side by side, and what became of each run: written down, so that a failing one is known."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from dashboard.clock import Clock
from dashboard.live.publishing import IDLE
from domain.errors import WatchError
from store.engine import write
from store.writes.jobs import job_failed, job_succeeded

log = logging.getLogger(__name__)

AT_ONCE = 8  # jobs: four that drip hold up no other, and more would only queue for SQLite's one writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing done again and again. `every_s` in real seconds."""

    name: str
    every_s: float
    run: Callable[[], object]


def build_scheduler(jobs: tuple[Job, ...], engine: Engine, clock: Clock) -> BackgroundScheduler:
    """A scheduler with every job due at once: missed runs are made up for once, never piled up."""
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(max_workers=AT_ONCE)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    for job in jobs:
        scheduler.add_job(
            recorded(job, engine, clock),
            "interval",
            seconds=job.every_s,
            id=job.name,
            next_run_time=datetime.now(UTC),
        )
    scheduler.add_listener(
        lambda event: _note_trouble(event, engine),
        EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES,
    )
    return scheduler


def recorded(job: Job, engine: Engine, clock: Clock) -> Callable[[], None]:
    """A run that found nothing to do is worth a write only where the one before it may have failed."""
    is_well = False

    def run() -> None:
        nonlocal is_well
        was_well, is_well = is_well, False
        begun_at = clock.now()
        if job.run() is not IDLE or not was_well:
            with write(engine) as conn:
                job_succeeded(conn, job.name, now=clock.now(), begun_at=begun_at)
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
