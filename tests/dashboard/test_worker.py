"""Jobs side by side: none waits for another's slow answer."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from dashboard.clock import Clock
from dashboard.worker import Bench, Job, build_scheduler

JOBS = 20  # more than any default would run at once
PATIENCE_S = 10.0


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_every_job_has_its_turn_while_all_the_others_are_held_up(engine: Engine) -> None:
    together = threading.Barrier(JOBS + 1)
    bench = cast(Bench, SimpleNamespace(engine=engine, clock=Clock()))

    def wait_for_the_others() -> Any:
        together.wait(PATIENCE_S)

    jobs = tuple(Job(name=f"source {n}", every_s=60, run=wait_for_the_others) for n in range(JOBS))
    scheduler = build_scheduler(jobs, bench)
    scheduler.start()
    try:
        together.wait(PATIENCE_S)  # raises BrokenBarrierError if one of them is not let in
    finally:
        scheduler.shutdown(wait=True)
