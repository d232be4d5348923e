"""Posts that have no score of the model in use get one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine

from domain.records import Score
from sentiment.score import Unscored
from store.engine import read, write
from store.queries.posts import posts_after, unscored_posts
from store.writes.intake import move_version
from store.writes.posts import save_scores

ScoreBatch = Callable[[Sequence[Unscored]], Sequence[Score]]


def score_new_posts(
    engine: Engine,
    score_batch: ScoreBatch,
    *,
    model: str,
    clock: Callable[[], datetime],
    limit: int = 500,
    fence: Callable[[Connection], None] = lambda conn: None,
) -> int:
    """Score up to `limit` posts, oldest first; returns how many. Nothing is held while the scorer works."""
    with read(engine) as conn:
        waiting = unscored_posts(conn, model=model, limit=limit)
    if not waiting:
        return 0
    scores = score_batch([(post.title, post.text, post.county_hint) for post in waiting])
    scored = [(post.post_id, score) for post, score in zip(waiting, scores, strict=True)]
    with write(engine) as conn:
        fence(conn)
        now = clock()
        save_scores(conn, scored, now=now)
        move_version(conn, now)
    return len(scored)


def score_all_again(
    engine: Engine,
    score: Callable[[Sequence[Unscored]], Iterable[Score]],
    *,
    clock: Callable[[], datetime],
    page: int = 20_000,
) -> int:
    """Score every stored post with the model in use, page by page; returns how many. Older models' scores stay."""
    done, last = 0, 0
    while True:
        with read(engine) as conn:
            posts = posts_after(conn, last, limit=page)
        if not posts:
            return done
        scores = score([(post.title, post.text, post.county_hint) for post in posts])
        scored = [(post.post_id, found) for post, found in zip(posts, scores, strict=True)]
        with write(engine) as conn:
            now = clock()
            save_scores(conn, scored, now=now)
            move_version(conn, now)
        done, last = done + len(posts), posts[-1].post_id
