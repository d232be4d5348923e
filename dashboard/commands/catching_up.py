"""The end of a rehearsal: what is published stands, everybody catches up, and the ledger is held against the truth."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dashboard.commands.house import open_bench, say
from dashboard.settings import Settings
from dashboard.worker import Bench, run_once
from domain.measures import FIGURES, Figures
from domain.terms import count, wan
from ingest.configured import load_sources
from ingest.run import Site, run_source
from ingest.source import Source
from rehearsal.stage import Stage
from store.engine import read
from store.queries.totals import total_of, totals

BAD_LINE_PASSES, PASSES = 3, 30
LOOK_AGAIN_AFTER = timedelta(seconds=601)
"""Connectors ask for a file that was refused again after ten minutes of their clock."""
PATIENCE_S = 0.3


class _Steps:
    """The time that connectors and servers go by while everybody catches up, each source in its turn.

    It moves from one look to the next, so that whoever waits before asking again has waited, and stands in between,
    so that no signature is too old. What is published stands where the stage was frozen.
    """

    def __init__(self, as_of: datetime) -> None:
        self._as_of, self._source = as_of, ""
        self._reached: dict[str, datetime] = {}

    def now(self) -> datetime:
        return self._reached.get(self._source, self._as_of)

    def turn_to(self, source: str) -> None:
        self._source = source

    def step(self) -> None:
        self._reached[self._source] = self.now() + LOOK_AGAIN_AFTER


def catch_up(stage: Stage, settings: Settings, as_of: datetime) -> Bench:
    """Ask every source until it answers with nothing new, twice running; then drain, score, watch, publish.

    First on the lines as they are; whoever is not heard out on bad ones is asked again on good ones.
    """
    steps = _Steps(as_of)
    stage.clock = steps.now
    bench = replace(
        open_bench(settings), sources=load_sources(settings.sources, settings.environ, clock=steps.now)
    )
    unheard = [
        source for source in bench.sources if not _hear_out(source, bench, steps, passes=BAD_LINE_PASSES)
    ]
    stage.faults.mend()
    for source in unheard:
        if not _hear_out(source, bench, steps, passes=PASSES):
            say(f"{source.name} 尚未取完，原因见信息源页")
    run_once(bench)
    return bench


def _hear_out(source: Source, bench: Bench, steps: _Steps, *, passes: int) -> bool:
    """Whether the source, in so many looks, came to say nothing new twice running."""
    site = Site(engine=bench.engine, http=bench.http, campaign=bench.campaign, author_key=bench.author_key)
    quiet, known = 0, _figures(bench)
    steps.turn_to(source.id)
    for _ in range(passes):
        outcome = run_source(source, site, bench.clock.now)
        before, known = known, _figures(bench)
        posts = outcome.accepted if source.side == "opinion" else 0
        quiet = 0 if outcome.trouble or posts or known != before else quiet + 1
        if quiet == 2:
            return True
        if outcome.trouble:
            time.sleep(PATIENCE_S)  # a server that asked for patience gets it
        steps.step()
    return False


def _figures(bench: Bench) -> Figures:
    with read(bench.engine) as conn:
        return total_of(totals(conn, bench.campaign, by=("programme",), now=bench.clock.now()))


def compare(bench: Bench, truth: dict[str, Any], folder: Path) -> int:
    """Exit status 0 if the ledger equals the truth in every figure of every row."""
    with read(bench.engine) as conn:
        rows = totals(conn, bench.campaign, by=("programme", "tranche", "sector"), now=bench.clock.now())
    ours = {row.key: {name: getattr(row.figures, name) for name in FIGURES} for row in rows}
    theirs = {
        (row["programme"], row["tranche"], row["sector"]): {name: row[name] for name in FIGURES}
        for row in truth["published"]["rows"]
    }
    wrong = [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)]
    for key in sorted(wrong)[:10]:
        say(f"不一致 {'/'.join(key)}: 本系统 {ours.get(key)}，真值 {theirs.get(key)}")
    figures = total_of(rows)
    say(
        f"演练结束: 领取 {count(figures.claimed_count)} 张，净核销 {wan(figures.redeemed_net_fen)} 万元；"
        + ("与真值逐分一致" if not wrong else f"{len(wrong)} 处与真值不一致")
        + f"；真值 {folder / 'truth.json'}"
    )
    return 1 if wrong else 0
