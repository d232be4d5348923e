"""Posts as people judged them: what a model learns from."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from domain.judgement import PERSON
from domain.records import Label, Relevance
from store.schema import posts, scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One post as the last person who looked at it left it."""

    title: str
    text: str
    relevance: Relevance
    label: Label | None
    issues: tuple[str, ...]


def judged_posts(conn: Connection) -> list[Judged]:
    """In the order the posts came, so that the same judgements train the same model."""
    query = (
        select(posts.c.title, posts.c.text, scores.c.relevance, scores.c.label, scores.c.issues)
        .join(scores, scores.c.post_id == posts.c.post_id)
        .where(scores.c.current, scores.c.model == PERSON)
        .order_by(posts.c.post_id)
    )
    return [
        Judged(
            title=row.title,
            text=row.text,
            relevance=Relevance(row.relevance),
            label=Label(row.label) if row.label else None,
            issues=tuple(row.issues),
        )
        for row in conn.execute(query)
    ]
