"""One arm of the scoring benchmark in a process of its own: `python -m benchmarks.sentiment_arms ARM`."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

STOCK, BAYES, PIPELINE, FAST, LEGACY = "stock", "bayes", "pipeline", "pipeline-rjieba", "legacy"
POSTS = {STOCK: 150, BAYES: 3_000, PIPELINE: 3_000, FAST: 3_000, LEGACY: 2_000}
CAMPAIGN = Path(__file__).parents[1] / "rehearsal" / "campaign.toml"


def posts(count: int) -> list[str]:
    """Composed posts of 45 characters on average: two short ones each, as no public text is shipped."""
    from sentiment.samples import pattern_posts

    texts = [text for text, _ in pattern_posts(12_000)]
    found: dict[str, None] = {}
    for step in range(1, len(texts)):  # each beside its neighbour, then beside the one after that, and so on
        pairs = (f"{a}。{b}" for a, b in zip(texts, texts[step:], strict=False))
        found |= dict.fromkeys(pair for pair in pairs if 38 <= len(pair) <= 52)
        if len(found) >= count:
            return list(islice(found, count))
    raise ValueError(f"only {len(found)} posts, and none may be there twice")


def _stock() -> Callable[[Sequence[str]], object]:
    from snownlp import SnowNLP

    return lambda texts: [SnowNLP(text).sentiments for text in texts]


def _bayes() -> Callable[[Sequence[str]], object]:
    """Clean, cut by jieba, retrained Bayes: no linear model, no issues, no places."""
    from sentiment.polarity import together
    from sentiment.weights import load_weights
    from sentiment.words import campaign_words

    cut, classify = campaign_words().cut, load_weights().bayes.classify
    return lambda texts: [classify(cut(together("", text))) for text in texts]


def _pipeline() -> Callable[[Sequence[str]], object]:
    from domain.campaign import load_campaign
    from sentiment.score import Scorer

    scorer = Scorer(load_campaign(CAMPAIGN))
    return lambda texts: scorer.score_batch([("", text, None) for text in texts])


def _legacy() -> Callable[[Sequence[str]], object]:
    from sentiment.legacy import Legacy

    legacy = Legacy()
    return lambda texts: [legacy.scores(texts[i : i + 500]) for i in range(0, len(texts), 500)]


_ARMS = {STOCK: _stock, BAYES: _bayes, PIPELINE: _pipeline, FAST: _pipeline, LEGACY: _legacy}


def run(arm: str) -> dict[str, float]:
    before = _held()
    began = time.perf_counter()
    score = _ARMS[arm]()
    ready, held = time.perf_counter() - began, _held() - before
    texts = posts(POSTS[arm])
    gc.collect()
    gc.freeze()
    gc.disable()  # as the worker's child does; for every arm alike
    wall, cpu = time.perf_counter(), time.process_time()
    score(texts)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"units": len(texts), "wall_s": wall, "cpu_s": cpu, "ready_s": ready, "held_mb": held / 1e6}


def _held() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1])))
