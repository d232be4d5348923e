"""A job of the worker that does not get to its end: what it keeps up to date is old, and nobody else would say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from alerts.finding import Finding, Window
from alerts.parameters import Parameters
from domain.jobs import FailingJob, job_words
from domain.readings import Level
from domain.terms import count, local

ID = "failing_job"
_TRIED_AGAIN = 2  # failures in a row: by the hold alone an hourly job's first stumble would be a fall


def findings(window: Window) -> Iterable[Finding]:
    """One that came to its end when it was tried again is none: that, and the hold, tell a stumble from a fall."""
    for job in (job for job in window.jobs if job.failures_in_row >= _TRIED_AGAIN):
        facts = {"minutes": _minutes(job, window.now)}
        yield Finding(
            subject=job.name,
            level=level(facts, window.parameters),
            title=f"系统任务“{job_words(job.name)}”执行失败，{_since(job)}",
            reasons=(
                f"连续失败 {count(job.failures_in_row)} 次",
                f"最近一次: {job.trouble}",
                "数字和帖文停在最后一次成功时；须由运维人员查看系统日志",
            ),
            evidence=(job.name,),
            evidence_count=1,
            facts=facts,
        )


def _minutes(job: FailingJob, now: datetime) -> float | None:
    """Since it last came to its end. None: it never has."""
    return None if job.last_ok_at is None else (now - job.last_ok_at).total_seconds() / 60


def _since(job: FailingJob) -> str:
    return f"上次成功 {local(job.last_ok_at):%m月%d日 %H:%M}" if job.last_ok_at else "尚未成功过"


def level(facts: Mapping[str, Any], parameters: Parameters) -> Level:
    """Yellow, and orange when it has not come to its end for long, or never."""
    minutes = facts["minutes"]
    is_long = minutes is None or minutes >= parameters.failing_job.orange_minutes
    return Level.ORANGE if is_long else Level.YELLOW
