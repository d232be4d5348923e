"""The worker's turn at a backtest: a process of its own, lowered, with an end, so that no feed waits for it."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.backtest import MOST_SECONDS
from dashboard.apart import CutShort, run_apart
from domain.backtests import AskedBacktest
from domain.text import excerpt
from store.engine import write
from store.queries.backtests import find_backtest
from store.writes.backtests import finish_backtest, take_backtest

log = logging.getLogger(__name__)

BACKTEST_JOB = "asked backtests"
BACKTEST_EVERY_S = 2.0  # real: a person waits
WITHIN_S = MOST_SECONDS + 60
NICE = 10
_TROUBLE_CHARACTERS = 300

Run = Callable[[Sequence[str]], tuple[int, str, str]]
"""Arguments of `quanqing` -> exit status, what it printed, what it said."""


class Backtesting:
    """One at a time: the scheduler runs a job once."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime], run: Run) -> None:
        self._engine, self._clock, self._run = engine, clock, run

    def run(self, fence: Callable[[Connection], None]) -> bool:
        """Whether there was one to run."""
        with write(self._engine) as conn:
            fence(conn)
            taken = take_backtest(conn, now=self._clock())
            asked = None if taken is None else find_backtest(conn, taken)
        if asked is None:
            return False
        result, trouble = self._result(asked)
        with write(self._engine) as conn:
            fence(conn)
            now = self._clock()
            finish_backtest(conn, asked.backtest_id, result=result, trouble=trouble, now=now)
        log.info("backtest %s of %r: %s", asked.backtest_id, asked.asked_by, trouble or "done")
        return True

    def _result(self, asked: AskedBacktest) -> tuple[dict[str, Any] | None, str | None]:
        with tempfile.TemporaryDirectory() as folder:
            other = Path(folder) / "other.toml"
            other.write_text(asked.changes, encoding="utf-8")
            span = ["--from", asked.since.isoformat(), "--to", asked.until.isoformat()]
            try:
                chosen = ["--rule", asked.rule, "--with", str(other)]
                status, printed, said = self._run(["rules", "backtest", *span, *chosen, "--json"])
            except CutShort as reason:
                return None, str(reason)
        if status:
            lines = said.replace(folder, "").strip().splitlines()
            return None, excerpt(lines[-1] if lines else f"ended with {status}", _TROUBLE_CHARACTERS)
        return json.loads(printed), None


def in_a_process(arguments: Sequence[str], *, ending: threading.Event) -> tuple[int, str, str]:
    """Raises CutShort where it takes too long, or the worker ends; the process is dead by then."""
    command = [sys.executable, "-m", "dashboard", *arguments]
    return run_apart(command, within_s=WITHIN_S, ending=ending, nice=NICE)
