"""Posts that have no score of the model in use get one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from domain.records import Score
from store.engine import read, write
from store.queries.posts import unscored_posts
from store.writes.intake import move_version
from store.writes.posts import save_scores


def score_new_posts(
    engine: Engine,
    score: Callable[[str, str], Score],
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
    scored = [(post.post_id, score(post.title, post.text)) for post in waiting]
    with write(engine) as conn:
        fence(conn)
        now = clock()
        save_scores(conn, scored, now=now)
        move_version(conn, now)
    return len(scored)
