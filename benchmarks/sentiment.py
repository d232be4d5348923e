"""Scoring side by side: stock SnowNLP, retrained Bayes alone, the whole pipeline with jieba and with rjieba.

`python -m benchmarks.sentiment [--json]`. Every pass of every arm is a process of its own, and the arms take turns, so
that they share whatever else the machine does. Stock SnowNLP scores 150 posts a pass: it takes its time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from benchmarks.report import Arm, Cost, Goal, Report, arguments
from benchmarks.sentiment_arms import BAYES, FAST, LEGACY, PIPELINE, STOCK
from sentiment.accelerate import SWITCH

_NAMES = {
    STOCK: "stock SnowNLP(text).sentiments",
    BAYES: "retrained Bayes over jieba words alone",
    PIPELINE: "whole pipeline, jieba",
    FAST: "whole pipeline, rjieba",
    LEGACY: "stock SnowNLP's score, exact fast form (cold)",
}


def main(argv: Sequence[str] | None = None) -> int:
    args = arguments(__doc__ or "", argv)
    arms = [arm for arm in _NAMES if arm != FAST or find_spec("rjieba") is not None]
    runs: dict[str, list[dict[str, float]]] = {arm: [] for arm in arms}
    for _ in range(9 if args.full else 3):
        for arm in arms:
            runs[arm].append(_pass(arm))
    report = Report(name="sentiment", unit="post")
    report.arms = [
        Arm(name=_NAMES[arm], passes=tuple(_cost(found) for found in passes), note=_note(passes))
        for arm, passes in runs.items()
    ]
    report.goals = _goals(runs)
    return report.show(as_json=args.json)


def _pass(arm: str) -> dict[str, float]:
    environment = os.environ | {SWITCH: "1" if arm == FAST else "0", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sentiment_arms", arm],
        env=environment, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _cost(found: dict[str, float]) -> Cost:
    return Cost(units=int(found["units"]), wall_s=found["wall_s"], cpu_s=found["cpu_s"])


def _note(passes: Sequence[dict[str, float]]) -> str:
    """Medians: posts a second of one core, seconds until the first can be scored, memory that takes."""
    rate = median(p["units"] / p["cpu_s"] for p in passes)
    ready, held = (median(p[name] for p in passes) for name in ("ready_s", "held_mb"))
    return f"{rate:9,.0f} posts/s a core, ready in {ready:.2f} s, {held:.0f} MB"


def _goals(runs: dict[str, list[dict[str, float]]]) -> list[Goal]:
    rate = {arm: median(p["units"] / p["cpu_s"] for p in passes) for arm, passes in runs.items()}
    missing = "" if FAST in rate else "rjieba is not installed"
    fast = rate.get(FAST)

    def held(name: str) -> float:
        return median(found[name] for found in runs[PIPELINE])

    return [
        Goal(id="S1", what="pipeline with jieba / stock", value=rate[PIPELINE] / rate[STOCK], goal=25, stretch=50),
        Goal(
            id="S2", what="pipeline with rjieba / stock", goal=60, stretch=120, note=missing,
            value=None if fast is None else fast / rate[STOCK],
        ),
        Goal(id="S3", what="posts/s a core, jieba", value=rate[PIPELINE], goal=4_000, stretch=8_000),
        Goal(id="S4", what="posts/s a core, rjieba", value=fast, goal=10_000, stretch=20_000, note=missing),
        Goal(id="S5", what="seconds until ready", value=held("ready_s"), goal=1.2, stretch=0.4, at_most=True),
        Goal(id="S6", what="megabytes added", value=held("held_mb"), goal=120, stretch=60, at_most=True),
        Goal(id="S7", what="exact stock score, posts/s cold", value=rate[LEGACY], goal=2_500, stretch=5_000),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
