"""Re-scoring on a Dask cluster against the standard library's process pool, and the loss of a worker half-way.

`python -m benchmarks.rescore [--json] [--full]`: 100,000 posts in the full form, 20,000 in the short one. One and two
workers of one thread each, started here; every arm scores the same posts, and all scores must be identical.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from itertools import islice
from typing import Any

from benchmarks.report import Arm, Cost, Goal, Report, arguments
from benchmarks.sentiment_arms import CAMPAIGN, posts
from domain.campaign import load_campaign
from domain.records import Score
from sentiment.cluster import BATCH, Setup, score_batch, score_on
from sentiment.score import Unscored
from sentiment.weights import FILE, MODEL, PIN


def main(argv: Sequence[str] | None = None) -> int:
    args = arguments(__doc__ or "", argv)
    texts: list[Unscored] = [
        ("", f"{text}{no}", None) for no, text in enumerate(posts(100_000 if args.full else 20_000))
    ]
    report = Report(name="rescore", unit="post")
    wall, digests = {}, {}
    for name, arm in _ARMS.items():
        before = _cpu()
        wall[name], digests[name] = arm(texts)
        cost = Cost(units=len(texts), wall_s=wall[name], cpu_s=_cpu() - before)
        report.arms.append(Arm(name=name, passes=(cost,), note=digests[name][:12]))
    pool, dask = wall[_POOL_1] / wall[_POOL_2], wall[_DASK_1] / wall[_DASK_2]
    report.goals = [
        Goal(
            id="C1", what="speed-up of two Dask workers / of the process pool", goal=0.9, stretch=0.97,
            value=dask / pool, note=f"{dask:.2f} / {pool:.2f}",
        ),
        Goal(
            id="C2", what="differing digests, one worker killed half-way among them", goal=0, stretch=0,
            value=len(set(digests.values())) - 1, at_most=True,
        ),
    ]  # fmt: skip
    return report.show(as_json=args.json)


def _cpu() -> float:
    """Seconds of this process and of its children that have ended: an arm's start and end count too."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _digest(scores: Sequence[Score]) -> str:
    return sha256("\n".join(map(repr, scores)).encode()).hexdigest()


def _pooled(workers: int) -> Callable[[Sequence[Unscored]], tuple[float, str]]:
    def run(texts: Sequence[Unscored]) -> tuple[float, str]:
        batches = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
        with ProcessPoolExecutor(workers) as pool:
            list(pool.map(_score, [texts[:1]] * workers * 4))  # every process builds its scorer first
            began = time.perf_counter()
            found = [score for some in pool.map(_score, batches) for score in some]
            return time.perf_counter() - began, _digest(found)

    return run


def _score(some: Sequence[Unscored]) -> list[Score]:
    return score_batch(_setup(), some)


def _setup() -> Setup:
    pin = (MODEL / PIN).read_text(encoding="ascii").strip()
    return load_campaign(CAMPAIGN).model_dump_json(by_alias=True), (MODEL / FILE).read_bytes(), pin, ()


def _clustered(workers: int, *, kill: bool = False) -> Callable[[Sequence[Unscored]], tuple[float, str]]:
    def run(texts: Sequence[Unscored]) -> tuple[float, str]:
        campaign = load_campaign(CAMPAIGN)
        with _cluster(workers) as cluster:
            list(score_on(cluster.scheduler_address, campaign, texts[: BATCH * 4 * workers]))
            began = time.perf_counter()
            scores = iter(score_on(cluster.scheduler_address, campaign, texts))
            found = list(islice(scores, len(texts) // 2))
            if kill:
                os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
            found += scores
            return time.perf_counter() - began, _digest(found)

    return run


@contextmanager
def _cluster(workers: int) -> Iterator[Any]:
    from distributed import LocalCluster

    cluster: Any = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
    )
    with cluster:
        yield cluster


_POOL_1, _POOL_2 = "process pool, one worker", "process pool, two workers"
_DASK_1, _DASK_2 = "Dask, one worker", "Dask, two workers"
_ARMS = {
    _POOL_1: _pooled(1),
    _DASK_1: _clustered(1),
    _POOL_2: _pooled(2),
    _DASK_2: _clustered(2),
    "Dask, two workers, one killed half-way": _clustered(2, kill=True),
}

if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    sys.exit(main())
