"""Posts worth a person's judgement: those the model is least sure of, and a random sample beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select

from domain.judgement import PERSON
from domain.records import Relevance
from store.schema import posts, scores

_LOOKED_AT = 2_000
"""Of the newest so many posts the least sure are offered: those of last month help nobody today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """One post with its model's score, as the labelling page shows it: no author."""

    post_id: int
    title: str
    text: str
    media: str
    at: datetime
    relevance: str
    label: str | None
    probabilities: tuple[float, float, float] | None  # neg, neu, pos
    issues: tuple[str, ...]
    county: str | None
    why: tuple[str, ...]  # words that decided, strongest first

    @property
    def margin(self) -> float:
        """How far the likeliest tone is ahead of the next, 0 to 1; 0 where there is no evidence at all."""
        if self.probabilities is None:
            return 0.0
        first, second, _ = sorted(self.probabilities, reverse=True)
        return first - second


def uncertain_posts(conn: Connection, *, limit: int) -> list[Unjudged]:
    """Campaign posts nobody has judged, least sure first."""
    newest = _unjudged().where(scores.c.relevance == Relevance.CAMPAIGN.value)
    rows = conn.execute(newest.order_by(posts.c.post_id.desc()).limit(_LOOKED_AT))
    return sorted(map(_read, rows.mappings()), key=lambda p: (p.margin, -p.post_id))[:limit]


def sampled_posts(conn: Connection, *, limit: int) -> list[Unjudged]:
    """Any posts nobody has judged, drawn anew each time: what a model is sure of can be wrong too."""
    return [_read(row) for row in conn.execute(_unjudged().order_by(func.random()).limit(limit)).mappings()]


def judged_count(conn: Connection) -> int:
    """Posts that stand as a person judged them."""
    query = select(func.count()).select_from(scores).where(scores.c.current, scores.c.model == PERSON)
    return int(conn.execute(query).scalar_one())


def _unjudged() -> Select[Any]:
    at = func.coalesce(posts.c.published_at, posts.c.received_at)
    county = func.coalesce(scores.c.county, posts.c.county_hint)
    return (
        select(
            posts.c.post_id, posts.c.title, posts.c.text, posts.c.media, at.label("at"), scores.c.relevance,
            scores.c.label, scores.c.p_neg, scores.c.p_neu, scores.c.p_pos, scores.c.issues, scores.c.why,
            county.label("county"),
        )
        .join(scores, scores.c.post_id == posts.c.post_id)
        .where(scores.c.current, scores.c.model != PERSON, posts.c.forgotten_at.is_(None))
    )  # fmt: skip


def _read(row: RowMapping) -> Unjudged:
    fields = dict(row)
    told = (fields.pop("p_neg"), fields.pop("p_neu"), fields.pop("p_pos"))
    why = tuple(word for word, _ in fields.pop("why"))
    issues = tuple(fields.pop("issues"))
    return Unjudged(probabilities=None if None in told else told, why=why, issues=issues, **fields)
