"""Jobs side by side: four slow answers hold up nobody else."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from dashboard.clock import Clock
from dashboard.worker import AT_ONCE, Bench, Job, build_scheduler

SLOW = 4  # platforms that drip their answers at the same time
PATIENCE_S = 10.0


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_sources_that_drip_hold_up_no_other_job(engine: Engine) -> None:
    assert AT_ONCE >= 2 * SLOW
    dripped, others = threading.Event(), threading.Barrier(AT_ONCE - SLOW + 1)
    bench = cast(Bench, SimpleNamespace(engine=engine, clock=Clock()))

    def drip() -> Any:
        dripped.wait(PATIENCE_S)

    def run() -> Any:
        others.wait(PATIENCE_S)

    slow = [Job(name=f"slow {n}", every_s=60, run=drip) for n in range(SLOW)]
    quick = [Job(name=f"quick {n}", every_s=60, run=run) for n in range(AT_ONCE - SLOW)]
    scheduler = build_scheduler((*slow, *quick), bench)
    scheduler.start()
    try:
        others.wait(PATIENCE_S)  # raises BrokenBarrierError if one of them is not let in
    finally:
        dripped.set()
        scheduler.shutdown(wait=True)
