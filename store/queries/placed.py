"""Which county a post counts for: what its score says, else the feed's own. Whoever judged it unknown meant it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, case, func

from domain.judgement import PERSON
from store.schema import posts, scores


def county_of(score: FromClause = scores) -> ColumnElement[str | None]:
    """Of `posts` and a score of theirs, which may be missing."""
    else_feeds = func.coalesce(score.c.county, posts.c.county_hint)
    return case((score.c.model == PERSON, score.c.county), else_=else_feeds)


def county_in(row: Row[Any]) -> str | None:
    """The same of a row that has `model`, `county` and `county_hint`."""
    found: str | None = row.county if row.model == PERSON else row.county or row.county_hint
    return found
