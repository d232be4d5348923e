"""Posts, tickets, scores, reposts, hourly counts, corrections."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import JSON

from store.schema.base import RowId, UtcTime, metadata

posts = Table(
    "posts",
    metadata,
    Column("post_id", RowId, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("media", String(32), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("url", Text),
    Column("published_at", UtcTime),
    Column("received_at", UtcTime, nullable=False),
    Column("author_ref", String(64)),
    Column("county_hint", String(6)),
    Column("rank", Integer),
    Column("likes", BigInteger),
    Column("comments", BigInteger),
    Column("reposts", BigInteger),
    Column("repost_of", String(200)),
    Column("in_reply_to", String(200)),
    Column("is_cut", Boolean, nullable=False, server_default="0"),
    Column("raw_sha256", String(64), nullable=False),
    Column("forgotten_at", UtcTime),  # since then it has neither words nor link nor id, and is only counted
    UniqueConstraint("source", "external_id"),
)
Index("ix_posts_published_at", posts.c.published_at)
Index(
    "ix_posts_with_words",
    posts.c.received_at,
    sqlite_where=posts.c.forgotten_at.is_(None),
    postgresql_where=posts.c.forgotten_at.is_(None),
)
Index("ix_posts_author_ref", posts.c.author_ref)

tombstones = Table(
    "tombstones",  # what must not come in again, by SHA-256: of a post's source and id, its link, its author's hash
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("since", UtcTime, nullable=False),
)

post_counts = Table(
    "post_counts",  # what a source said of a post, once an hour and only when it changed; posts hold the highest
    metadata,
    Column("post_id", RowId, ForeignKey("posts.post_id", ondelete="CASCADE"), primary_key=True),
    Column("hour", UtcTime, primary_key=True),
    Column("seen_at", UtcTime, nullable=False),
    Column("likes", BigInteger),
    Column("comments", BigInteger),
    Column("reposts", BigInteger),
)

hot_ranks = Table(
    "hot_ranks",  # a stay on one place of a hot list, from the first look that saw it to the last without a break
    metadata,
    Column("post_id", RowId, ForeignKey("posts.post_id", ondelete="CASCADE"), primary_key=True),
    Column("since", UtcTime, primary_key=True),
    Column("until", UtcTime, nullable=False),
    Column("source", String(64), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("heat", BigInteger),  # the highest of the stay
)
Index("ix_hot_ranks_until", hot_ranks.c.source, hot_ranks.c.until)

tickets = Table(
    "tickets",  # the state of a citizen's ticket; the words are its post
    metadata,
    Column("post_id", RowId, ForeignKey("posts.post_id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(12)),  # None: a word no one has mapped
    Column("told_state", String(64), nullable=False),
    Column("told_at", UtcTime),
    Column("changed_at", UtcTime, nullable=False),  # when we saw it
    Column("unit", String(120)),
    Column("category", String(120)),
    Column("channel", String(64)),
)

scores = Table(
    "scores",
    metadata,
    Column("post_id", RowId, ForeignKey("posts.post_id", ondelete="CASCADE"), primary_key=True),
    Column("model", String(64), primary_key=True),
    Column("scored_at", UtcTime, nullable=False),
    Column("relevance", String(12), nullable=False),  # campaign, commerce, other
    Column("label", String(3)),  # None: no evidence
    Column("confident", Boolean, nullable=False),
    Column("p_neg", Float),
    Column("p_neu", Float),
    Column("p_pos", Float),
    Column("issues", JSON, nullable=False),
    Column("counties", JSON, nullable=False),
    Column("county", String(6)),  # the one county it is about; None: unknown or several
    Column("placed_by", String(12)),  # what the county was read from; None: nothing, or a person says so
    Column("why", JSON, nullable=False),
    Column("current", Boolean, nullable=False),
)
Index("ix_scores_current", scores.c.current, scores.c.relevance)

reposts = Table(
    "reposts",  # relevant posts by the event they belong to: one text, passed on, cut or commented
    metadata,
    Column("post_id", RowId, ForeignKey("posts.post_id", ondelete="CASCADE"), primary_key=True),
    Column("event_id", RowId, nullable=False),  # its first post's; outlives that post
)
Index("ix_reposts_event_id", reposts.c.event_id)

rollup_opinion = Table(
    "rollup_opinion",  # posts by hour and what they are; stays when the posts themselves are forgotten
    metadata,
    Column("hour", UtcTime, primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("relevance", String(12), primary_key=True),
    Column("county", String(6), primary_key=True),  # empty: unknown
    Column(
        "issue", String(32), primary_key=True
    ),  # empty: every post once; else each post under each of its issues
    Column("label", String(3), primary_key=True),  # empty: no evidence
    Column("posts_count", BigInteger, nullable=False),
)

corrections = Table(
    "corrections",  # what a person changed of a post's score: trained on later, never overwritten
    metadata,
    Column("correction_id", RowId, primary_key=True),
    Column("post_id", RowId, ForeignKey("posts.post_id", ondelete="CASCADE"), nullable=False),
    Column("field", String(12), nullable=False),  # relevance, label, issues, county
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("corrected_by", String(64), nullable=False),
    Column("corrected_at", UtcTime, nullable=False),
)
Index("ix_corrections_post_id", corrections.c.post_id)
