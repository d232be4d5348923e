"""A corpus that outgrows one machine is scored on a Dask cluster, by the same function over the same batches.

A worker that dies takes nothing along: its batches are scored by another. Every machine needs this program, the same
jieba, and rjieba on all of them or on none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.records import Score
from sentiment.score import Scorer, Unscored
from sentiment.weights import FILE, MODEL, PIN, read_weights

BATCH = 500
_AHEAD = 64
"""Batches on their way at a time: a corpus larger than memory streams through."""


def score_on(
    address: str,
    campaign: Campaign,
    posts: Iterable[Unscored],
    *,
    model_dir: Path = MODEL,
    merchants: Mapping[str, str] | None = None,
    batch: int = BATCH,
) -> Iterator[Score]:
    """A score per post, in order. `address`: the scheduler, as `tcp://10.0.0.5:8786`.

    Raises ConfigError where `distributed` is missing or nobody answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError("--on needs the package `distributed`: pip install 'quanqing[cluster]'") from None
    try:
        client: Any = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError) as error:
        raise ConfigError(f"{address}: no Dask scheduler answers: {type(error).__name__}") from error
    setup = (
        campaign.model_dump_json(by_alias=True),
        (model_dir / FILE).read_bytes(),
        (model_dir / PIN).read_text(encoding="ascii").strip(),
        tuple(sorted((merchants or {}).items())),
    )
    with client:
        shared = client.scatter(setup, broadcast=True, hash=False)
        waiting: list[Any] = []
        for some in _batches(posts, batch):
            waiting.append(client.submit(score_batch, shared, some, pure=False, retries=3))
            if len(waiting) >= _AHEAD:
                yield from waiting.pop(0).result()
        for future in waiting:
            yield from future.result()


Setup = tuple[str, bytes, str, tuple[tuple[str, str], ...]]
"""The campaign as JSON, the weights file, its pin, the merchants."""


def score_batch(setup: Setup, posts: Sequence[Unscored]) -> list[Score]:
    """What every worker runs. Its scorer is built once per process."""
    return _scorer(setup).score_batch(posts)


@lru_cache(maxsize=2)
def _scorer(setup: Setup) -> Scorer:
    campaign, body, pin, merchants = setup
    return Scorer(Campaign.model_validate_json(campaign), read_weights(body, pin, FILE), dict(merchants))


def _batches(posts: Iterable[Unscored], size: int) -> Iterator[list[Unscored]]:
    each = iter(posts)
    while some := list(islice(each, size)):
        yield some
