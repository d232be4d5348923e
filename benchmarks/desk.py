"""How fast the desk's stream answers, and what its index costs: `python -m benchmarks.desk [--json] [--full]`.

100,000 posts of 90 characters (20,000 in the short form) in SQLite and PostgreSQL. Every question is asked again and
again through `post_stream`, as the page asks it, in milliseconds; the goal is the slowest question's 95th percentile.
One post in six is a repost: of texts that three, 250 or 2,000 posts share (the short form: fewer), strewn over weeks.
The index is priced against the same posts stored without it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from statistics import quantiles
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine

from benchmarks import stores
from benchmarks.report import Arm, Cost, Goal, Report, arguments
from benchmarks.sentiment_arms import posts as texts
from benchmarks.workload import rehearsal_campaign
from dashboard.collector import collect_rarely
from domain.issues import ISSUES
from domain.post_stream import Wanted
from domain.records import Label, Post, Relevance, Score
from domain.search import words_sought
from store.engine import read, write
from store.queries.post_stream import post_stream, sources_of_posts
from store.writes import posts as writes
from store.writes.reposts import save_reposts
from tests.postgres import NoPostgres
from tests.store.events import OPENING

PAGE, BATCH, SEED = 50, 500, 7
_LABELS = (Label.NEGATIVE, Label.NEUTRAL, Label.POSITIVE, None)


def main(argv: Sequence[str] | None = None) -> int:
    asked = arguments("How fast the desk's stream of posts answers.", argv)
    collect_rarely()  # as the worker does
    n, rounds = (100_000, 40) if asked.full else (20_000, 20)
    told = _told(n)
    report = Report(name="desk", unit="post")
    engines: list[tuple[str, Callable[[], Any]]] = [
        ("SQLite", stores.sqlite),
        ("PostgreSQL", stores.postgresql),
    ]
    for name, opened in engines:
        try:
            _measure(report, name, opened, told, rounds)
        except NoPostgres as reason:
            report.goals.append(_goal(name, None, note=str(reason)))
    return report.show(as_json=asked.json)


def _told(n: int) -> list[tuple[Post, Score]]:
    """Posts of four weeks, two in three about the campaign; one in a thousand holds a word of its own."""
    rng, campaign = Random(SEED), rehearsal_campaign()
    counties = [None, *(d.code for d in campaign.division)]
    found = []
    composed = texts(3_800)
    for i in range(n):
        text = rng.choice(composed) + rng.choice(composed)
        about = Relevance.CAMPAIGN if i % 3 else Relevance.OTHER
        label = rng.choice(_LABELS)
        post = Post(
            source=f"source-{i % 7}", media=("weibo", "douyin", "forum")[i % 3], external_id=str(i), title="", url=None,
            text=f"{text}{'集装箱码头' if i % 1000 == 0 else ''}",
            published_at=OPENING + timedelta(seconds=rng.random() * 28 * 86_400),
        )  # fmt: skip
        score = Score(
            relevance=about, label=label, probabilities=None, confident=True, counties=(), why=(("抢不到", 1.0),),
            issues=tuple(rng.sample(sorted(ISSUES), i % 3)), county=rng.choice(counties), model="m",
        )  # fmt: skip
        found.append((post, score))
    return found


def _measure(
    report: Report, name: str, opened: Callable[[], Any], told: list[tuple[Post, Score]], rounds: int
) -> None:
    with opened() as fresh:
        with fresh() as engine, patch.multiple(writes, index_posts=_nothing, refresh_post_index=_nothing):
            without = stores.timed(engine, len(told), lambda: _store(engine, told))
        with fresh() as engine:
            indexed = stores.timed(engine, len(told), lambda: _store(engine, told))
            if name == "PostgreSQL":
                _vacuum(engine)
            worst = _ask_all(report, name, engine, rounds)
    report.arms += [_arm(f"{name}: store and score, no index", without), _arm(f"{name}: with it", indexed)]
    extra = (indexed.cpu_s - without.cpu_s) / len(told) * 1e6
    report.goals += [_goal(name, worst), _cost(name, extra)]


def _nothing(*_: object, **__: object) -> None:
    return None


def _vacuum(engine: Engine) -> None:
    """As the server does by itself in service; the benchmark's has that turned off."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("VACUUM ANALYZE")


def _store(engine: Engine, told: list[tuple[Post, Score]]) -> None:
    for start in range(0, len(told), BATCH):
        some = told[start : start + BATCH]
        with write(engine) as conn:
            writes.save_posts(conn, [post for post, _ in some], raw_sha256="0" * 64, now=OPENING)
        with write(engine) as conn, patch.object(writes, "refresh_opinion_hours", _nothing):
            first = start + 1  # hours are counted anew for each: not what is measured here
            writes.save_scores(conn, [(first + i, s) for i, (_, s) in enumerate(some)], now=OPENING)
            save_reposts(conn, _events(range(first, first + len(some))))


def _events(numbers: range) -> list[tuple[int, int]]:
    """The storm that one post in fifty belongs to, forty texts of one in ten, and threes."""
    storm = [(n, 1) for n in numbers if n % 50 == 1]
    texts = [(n, n % 400 or 400) for n in numbers if n % 10 == 0]
    return storm + texts + [(n, n // 60 * 60 + 7) for n in numbers if n % 60 in (7, 8, 9)]


def _questions() -> dict[str, Wanted]:
    since, until = OPENING + timedelta(days=9), OPENING + timedelta(days=12)
    narrow = {"county": "140403", "issue": "refund", "label": "pos", "relevance": "campaign"}
    return {
        "list": Wanted(),
        "last page": Wanted(before=(OPENING + timedelta(minutes=20), 10**9)),
        "one county": Wanted(county="140403"),
        "unknown county, unsure": Wanted(county="", label=""),
        "five filters": Wanted(**narrow, media="forum"),
        "nothing fits": Wanted(county="999999"),
        "a storm, opened": Wanted(event=1),
        "middle page": Wanted(before=(OPENING + timedelta(days=14), 10**9)),
        "three days": Wanted(since=since, until=until, label="neg"),
        "search, common": Wanted(words=words_sought("消费券")),
        "search, rare": Wanted(words=words_sought("集装箱码头")),
        "search, nowhere": Wanted(words=words_sought("消费码头")),
        "search, common and five filters": Wanted(words=words_sought("消费券"), **narrow, media="forum"),
        "search, rare and filters": Wanted(words=words_sought("集装箱"), label="neg", relevance="campaign"),
        "search, two words": Wanted(words=words_sought("消费券 抢不到"), county="140403"),
    }


def _ask_all(report: Report, name: str, engine: Engine, rounds: int) -> float:
    """Each question's p50 and p95 are told; returns the highest p95."""
    worst = 0.0
    questions: dict[str, Callable[[Any], object]] = {"sources": sources_of_posts}
    for words, wanted in _questions().items():
        questions[words] = lambda conn, w=wanted: post_stream(conn, w, limit=PAGE).posts
    for words, ask in questions.items():
        took = []
        for _ in range(rounds):
            began = time.perf_counter()
            with read(engine) as conn:
                found = ask(conn)
            took.append((time.perf_counter() - began) * 1e3)
        cut = quantiles(took, n=20)
        report.told[f"{name}: {words}"] = f"p50 {cut[9]:.1f} ms, p95 {cut[18]:.1f} ms, {len(found)} found"  # type: ignore[arg-type]
        worst = max(worst, cut[18])
    return worst


def _arm(name: str, cost: Cost) -> Arm:
    return Arm(name=name, passes=(cost,))


def _goal(name: str, worst: float | None, note: str = "") -> Goal:
    return Goal(
        id="K1", what=f"{name}: slowest question, p95 ms", value=worst, goal=300, stretch=100, at_most=True, note=note
    )  # fmt: skip


def _cost(name: str, extra: float) -> Goal:
    return Goal(
        id="K2", what=f"{name}: CPU us a post that the index adds", value=extra, goal=400, stretch=150, at_most=True
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
