"""The tables as they are today (SQLAlchemy Core). How they came to be: `store/migrations`.

`programme` is part of every key of the ledger tables, so that they can be distributed by it (`store.placement`).
Money is BigInteger fen: the campaign alone exceeds 2^31.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import JSON, TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC in and out, stored as whole microseconds since 1970: the same, sortable value on every engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime at the store's door")
        return to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(at: datetime) -> int:
    """Aware time -> stored microseconds, exactly (no float)."""
    gone = at - _EPOCH
    return (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds


def from_micros(value: int) -> datetime:
    """Stored microseconds -> aware UTC, exactly."""
    return _EPOCH + timedelta(microseconds=value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

EVERYWHERE = {"everywhere": True}
"""Past one server (Citus), the whole table on every node: for what is joined with the ledger's tables."""

_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER


def _fen(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


def _cell_measures() -> list[Column[int]]:
    return [_fen(name) for name in MEASURES]


MEASURES = (
    "claimed_count", "claimed_fen",
    "redeemed_gross_count", "redeemed_gross_fen",
    "refunded_count", "refunded_fen", "pool_returned_fen",
    "direct_spend_fen", "orders_count",
    "subsidy_applied_count", "subsidy_applied_fen", "subsidy_approved_count", "subsidy_approved_fen",
    "subsidy_rejected_count", "subsidy_paid_count", "subsidy_paid_fen",
)  # fmt: skip
"""What a roll-up cell adds up. Issued, expired and outstanding follow from these and the campaign's calendar."""

# ---------------------------------------------------------------- money: archive, events, roll-ups

raw_archive = Table(
    "raw_archive",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", String(120), nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("body", LargeBinary, nullable=False),  # unchanged, as it came
    Column("forget_at", UtcTime),  # what people wrote is not kept for ever (promises P3); None: money is
)
Index("ix_raw_archive_forget_at", raw_archive.c.forget_at)

events = Table(
    "events",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("platform", String(64), primary_key=True),
    Column("sub_project", String(64), primary_key=True),
    Column("event_no", String(64), primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("tranche", String(32), nullable=False),
    Column("template", String(64), nullable=False),
    Column("round_no", Integer, nullable=False),
    Column("sector", String(32), nullable=False),
    Column(
        "county", String(6), nullable=False
    ),  # redemption, refund: where it was used; claim: the programme's own
    Column("voucher_no", String(64), nullable=False),
    Column("user_ref", String(64)),
    Column("merchant", String(64)),
    Column("order_no", String(64)),
    Column("origin_event_no", String(64)),
    Column("face_fen", BigInteger, nullable=False),
    Column("order_fen", BigInteger),
    Column("paid_fen", BigInteger),
    Column("returned_fen", BigInteger),
    Column("occurred_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("source", String(64), nullable=False),
    Column("grade", String(8), nullable=False),
    Column("raw_sha256", String(64), nullable=False),
    Column("known_at", UtcTime, nullable=False),  # since when it is known as it stands here
    Column("revision", Integer, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    CheckConstraint(
        "kind IN ('claim', 'redemption', 'refund', 'application', 'approval', 'rejection', 'payment')",
        name="kind",
    ),
    CheckConstraint("face_fen > 0", name="face"),
    CheckConstraint("kind <> 'refund' OR origin_event_no IS NOT NULL", name="refund_origin"),
    CheckConstraint(
        "kind NOT IN ('approval', 'rejection', 'payment') OR origin_event_no IS NOT NULL",
        name="subsidy_origin",
    ),
)
Index(  # the whole key of a redemption: with less, SQLite prefers the primary key's prefix and walks a programme
    "ix_events_origin",
    events.c.programme,
    events.c.platform,
    events.c.sub_project,
    events.c.origin_event_no,
    sqlite_where=events.c.origin_event_no.is_not(None),  # only what follows another event has one
    postgresql_where=events.c.origin_event_no.is_not(None),
)
Index(  # BRIN costs a batch nothing: events come nearly in the order of their time
    "ix_events_occurred_at", events.c.occurred_at, postgresql_using="brin"
)
Index(  # a voucher's claim from its redemption; covering, so that a million of them cost half a second
    "ix_events_voucher",
    events.c.programme,
    events.c.voucher_no,
    events.c.kind,
    events.c.cancelled,
    events.c.occurred_at,
    # not on SQLite: with a value in an index's condition it prepares a statement with parameters anew at each run.
    # a query must have the kind in its text to use it
    postgresql_where=text("kind = 'claim'"),
)

superseded = Table(
    "superseded",  # events as they stood before a payload completed, corrected or cancelled them
    metadata,
    *(Column(c.name, c.type, primary_key=True) for c in events.primary_key),
    Column("superseded_by", String(64), primary_key=True),  # sha256 of that payload
    *(Column(c.name, c.type, nullable=c.nullable) for c in events.columns if not c.primary_key),
    Column("superseded_at", UtcTime, nullable=False),  # known as it stands here until then
)

rollup_minute = Table(
    "rollup_minute",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column(
        "minute", UtcTime, primary_key=True
    ),  # before the tranche: a day's curve is one stretch of the key
    Column("tranche", String(32), primary_key=True),
    *_cell_measures(),
)

rollup_hour = Table(
    "rollup_hour",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("tranche", String(32), primary_key=True),
    Column("county", String(6), primary_key=True),
    Column("sector", String(32), primary_key=True),
    Column("hour", UtcTime, primary_key=True),
    *_cell_measures(),
)

rollup_day = Table(
    "rollup_day",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("tranche", String(32), primary_key=True),
    Column("county", String(6), primary_key=True),
    Column("sector", String(32), primary_key=True),
    Column("template", String(64), primary_key=True),
    Column("round_no", Integer, primary_key=True),
    Column("day", UtcTime, primary_key=True),  # 00:00 Asia/Shanghai of the statistical day
    *_cell_measures(),
)

merchants_seen = Table(
    "merchants_seen",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("tranche", String(32), primary_key=True),
    Column("county", String(6), primary_key=True),
    Column("merchant", String(64), primary_key=True),
    Column("redeemed_net_count", BigInteger, nullable=False, server_default="0"),
)

counters = Table(
    "counters",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("platform", String(64), primary_key=True),
    Column("sub_project", String(64), primary_key=True),
    Column("template", String(64), primary_key=True),
    Column("round_no", Integer, primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("counted_at", UtcTime, primary_key=True),
    Column("value_count", BigInteger, nullable=False),
    Column("received_at", UtcTime, nullable=False),
)

counters_newest = Table(
    "counters_newest",  # the newest of each, so that nobody has to look for it among all polls of a month
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("platform", String(64), primary_key=True),
    Column("sub_project", String(64), primary_key=True),
    Column("template", String(64), primary_key=True),
    Column("round_no", Integer, primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("counted_at", UtcTime, nullable=False),
    Column("value_count", BigInteger, nullable=False),
)

# ---------------------------------------------------------------- reconciliation: what platforms state, where we differ

ALL, EVER = "", from_micros(0)
"""In the keys below: every template (and round 0), every day; in a unique index NULL equals nothing."""


def _total_key(*, primary_key: bool) -> list[Column[Any]]:
    """What a total is of; `programme` first, as everywhere."""
    return [
        Column("programme", String(64), primary_key=primary_key, nullable=False),
        Column("platform", String(64), primary_key=primary_key, nullable=False),
        Column("tranche", String(32), primary_key=primary_key, nullable=False),
        Column("metric", String(16), primary_key=primary_key, nullable=False),
        Column("template", String(64), primary_key=primary_key, nullable=False),  # ALL: the whole programme
        Column("round_no", Integer, primary_key=primary_key, nullable=False),
        Column("day", UtcTime, primary_key=primary_key, nullable=False),  # EVER: all there was of a lot
    ]


statements = Table(
    "statements",  # append-only: of one total the newest holds
    metadata,
    *_total_key(primary_key=True),
    Column("sub_project", String(64), primary_key=True),
    Column("stated_at", UtcTime, primary_key=True),
    Column("raw_sha256", String(64), primary_key=True),
    Column("value_count", BigInteger),
    Column("value_fen", BigInteger),
    Column("source", String(64), nullable=False),
    Column("received_at", UtcTime, nullable=False),
    CheckConstraint("value_count IS NOT NULL OR value_fen IS NOT NULL", name="stated"),
)

discrepancies = Table(
    "discrepancies",  # where a platform's total is not ours; rows are closed, never deleted
    metadata,
    Column("discrepancy_id", _Id, primary_key=True),
    *_total_key(primary_key=False),
    Column("ours_count", BigInteger),
    Column("ours_fen", BigInteger),
    Column("theirs_count", BigInteger),
    Column("theirs_fen", BigInteger),
    Column("stated_at", UtcTime, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("refreshed_at", UtcTime, nullable=False),  # when its figures last changed
    Column("closed_at", UtcTime),
    Column("closed_by", String(64)),  # None on a closed row: the machine, since the figures agree
    Column("cause", String(16)),
    Column("note", Text),
    Column("agreed_at", UtcTime),  # of one a person closed: since when the figures agree after all
    CheckConstraint("(closed_at IS NULL) = (cause IS NULL)", name="cause"),
)
Index(
    "uq_discrepancies_open",  # exactly one open row while ours and theirs differ
    *(discrepancies.c[column.name] for column in _total_key(primary_key=False)),
    unique=True,
    sqlite_where=discrepancies.c.closed_at.is_(None),
    postgresql_where=discrepancies.c.closed_at.is_(None),
)

day_grades = Table(
    "day_grades",  # append-only: how far a day that is over could be trusted, and since when
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("day", UtcTime, primary_key=True),
    Column("graded_at", UtcTime, primary_key=True),
    Column("grade", String(8), nullable=False),
)

# ---------------------------------------------------------------- sources: where each stands, what each run did

feeds = Table(
    "feeds",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("data_time", UtcTime),  # complete up to here, by the source's own word
    Column("grade", String(8), nullable=False),
    Column("daily_until", UtcTime),  # complete up to here in files of daily grade
)

source_state = Table(
    "source_state",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("cursor", Text),
    Column("last_try_at", UtcTime),
    Column("last_ok_at", UtcTime),
    Column("data_time", UtcTime),
    Column("failures_in_row", Integer, nullable=False, server_default="0"),
    Column("trouble", Text),  # None: the last try succeeded
)

source_runs = Table(
    "source_runs",
    metadata,
    Column("run_id", _Id, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime, nullable=False),
    Column("raw_sha256", String(64)),
    Column("outcome", String(16), nullable=False),  # ok, unchanged, fetch_error, parse_error
    Column("rows_in", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("duplicate", BigInteger, nullable=False),
    Column("superseded", BigInteger, nullable=False, server_default="0"),
    Column("quarantined", BigInteger, nullable=False),
    Column("message", Text),
    Column(
        "data_time", UtcTime
    ),  # what the payload said of its programmes: `feeds` as of earlier follows from it
    Column("grade", String(8)),
    Column("cause", String(12)),  # of a fetch_error, as FetchError tells them apart
    CheckConstraint("rows_in = accepted + duplicate + superseded + quarantined", name="conserved"),
)
Index("ix_source_runs_source", source_runs.c.source, source_runs.c.started_at)

source_alive = Table(
    "source_alive",  # stretches in which a source answered look after look: what lies between them is a gap
    metadata,
    Column("source", String(64), primary_key=True),
    Column("since", UtcTime, primary_key=True),
    Column("until", UtcTime, nullable=False),
)

reruns = Table(
    "reruns",  # asked for by a person, taken by the worker; the rows stay and say who asked
    metadata,
    Column("rerun_id", _Id, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("taken_at", UtcTime),
)
Index(
    "uq_reruns_waiting",  # asking twice is asking once
    reruns.c.source,
    unique=True,
    sqlite_where=reruns.c.taken_at.is_(None),
    postgresql_where=reruns.c.taken_at.is_(None),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", _Id, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("raw_sha256", String(64), nullable=False),
    Column("row", String(64), nullable=False),
    Column("field", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    UniqueConstraint("source", "raw_sha256", "row", "field"),  # the same bytes again add nothing
)

inbox = Table(
    "inbox",  # posts to /hooks/..., stored before they are answered; the worker drains it
    metadata,
    Column("inbox_id", _Id, primary_key=True),
    Column("source", String(64), nullable=False),
    Column("message_id", String(64), nullable=False),  # the platform's own: the same for every repetition
    Column("received_at", UtcTime, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("drained_at", UtcTime),
    UniqueConstraint("source", "message_id"),
)
Index(
    "ix_inbox_undrained",
    inbox.c.inbox_id,
    sqlite_where=inbox.c.drained_at.is_(None),
    postgresql_where=inbox.c.drained_at.is_(None),
)
Index("ix_inbox_drained_at", inbox.c.drained_at)

# ---------------------------------------------------------------- eligibility: who may redeem, and what is flagged

register_loads = Table(
    "register_loads",  # which version of a list counts since when: the newest load of its kind
    metadata,
    Column("load_id", _Id, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("version", String(64), nullable=False),  # sha256 of the file
    Column("rows_count", BigInteger, nullable=False),
    Column("loaded_at", UtcTime, nullable=False),
    CheckConstraint("kind IN ('merchants', 'sanctions')", name="kind"),
)

merchants = Table(
    "merchants",  # every version stays: flags as of an earlier one can be worked out again
    metadata,
    Column("no", String(64), primary_key=True),  # first in the key: looked up a million times a minute
    Column("platform", String(64), primary_key=True),  # empty: this number on every platform
    Column("version", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("division", String(6), nullable=False),
    Column("sector", String(32)),
    Column("basis", String(16), nullable=False),
    Column("approval_no", Text),
    Column("approved_on", String(10)),  # ISO 8601
    Column("listed_from", UtcTime),
    Column("listed_until", UtcTime),
    info=EVERYWHERE,
)

sanctions = Table(
    "sanctions",
    metadata,
    Column("no", String(64), primary_key=True),
    Column("platform", String(64), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("starts_at", UtcTime, primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("document", Text, nullable=False),
    info=EVERYWHERE,
)

judgements = Table(
    "judgements",  # one row: the flags as last worked out, for whoever cannot wait for it; never a source of figures
    metadata,
    Column("id", Integer, primary_key=True),
    Column("judged_at", UtcTime, nullable=False),
    Column("merchants_version", String(64)),  # None: no list was loaded
    Column("sanctions_version", String(64)),
    Column("counts", JSON, nullable=False),
    CheckConstraint("id = 1", name="single"),
)

# ---------------------------------------------------------------- opinion: posts, scores, alerts

posts = Table(
    "posts",
    metadata,
    Column("post_id", _Id, primary_key=True),
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
    UniqueConstraint("source", "external_id"),
)
Index("ix_posts_published_at", posts.c.published_at)

post_counts = Table(
    "post_counts",  # what a source said of a post, once an hour and only when it changed; posts hold the highest
    metadata,
    Column("post_id", _Id, ForeignKey("posts.post_id", ondelete="CASCADE"), primary_key=True),
    Column("hour", UtcTime, primary_key=True),
    Column("seen_at", UtcTime, nullable=False),
    Column("likes", BigInteger),
    Column("comments", BigInteger),
    Column("reposts", BigInteger),
)

hot_ranks = Table(
    "hot_ranks",  # a stay on one place of a hot list, from the first look that saw it to the last without a break
    metadata,
    Column("post_id", _Id, ForeignKey("posts.post_id", ondelete="CASCADE"), primary_key=True),
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
    Column("post_id", _Id, ForeignKey("posts.post_id", ondelete="CASCADE"), primary_key=True),
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
    Column("post_id", _Id, ForeignKey("posts.post_id", ondelete="CASCADE"), primary_key=True),
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
    Column("why", JSON, nullable=False),
    Column("current", Boolean, nullable=False),
)
Index("ix_scores_current", scores.c.current, scores.c.relevance)

reposts = Table(
    "reposts",  # relevant posts by the event they belong to: one text, passed on, cut or commented
    metadata,
    Column("post_id", _Id, ForeignKey("posts.post_id", ondelete="CASCADE"), primary_key=True),
    Column("event_id", _Id, nullable=False),  # its first post's; outlives that post
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
    Column("correction_id", _Id, primary_key=True),
    Column("post_id", _Id, ForeignKey("posts.post_id", ondelete="CASCADE"), nullable=False),
    Column("field", String(12), nullable=False),  # relevance, label, issues, county
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("corrected_by", String(64), nullable=False),
    Column("corrected_at", UtcTime, nullable=False),
)
Index("ix_corrections_post_id", corrections.c.post_id)

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", _Id, primary_key=True),
    Column("rule", String(48), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("level", String(8), nullable=False),
    Column("title", Text, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("evidence_count", BigInteger, nullable=False),
    Column("county", String(6)),
    Column("raised_at", UtcTime, nullable=False),
    Column("refreshed_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Column("closed_why", Text),
)
Index(
    "uq_alerts_open",  # at most one open alert by (rule, subject)
    alerts.c.rule,
    alerts.c.subject,
    unique=True,
    sqlite_where=alerts.c.closed_at.is_(None),
    postgresql_where=alerts.c.closed_at.is_(None),
)

alert_history = Table(
    "alert_history",
    metadata,
    Column("entry_id", _Id, primary_key=True),
    Column("alert_id", _Id, ForeignKey("alerts.alert_id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("change", String(16), nullable=False),  # opened, raised, lowered, closed
    Column("level", String(8), nullable=False),
    Column("title", Text, nullable=False),
)

# ---------------------------------------------------------------- what is shown, and to whom

versions = Table(
    "versions",  # one row: the number every write that people can see moves on
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    CheckConstraint("id = 1", name="single"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("scope", String(6), primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("build", String(40), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("etag", String(64), nullable=False),
    Column("body_gzip", LargeBinary, nullable=False),  # the bytes as served, compressed once
)
Index("ix_snapshots_made_at", snapshots.c.scope, snapshots.c.made_at)

jobs = Table(
    "jobs",  # the worker's jobs: when each last succeeded, and what keeps it from succeeding
    metadata,
    Column("name", String(80), primary_key=True),
    Column("last_ok_at", UtcTime),
    Column("failures_in_row", Integer, nullable=False, server_default="0"),
    Column("trouble", Text),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("token", BigInteger, nullable=False),  # grows at every change of hands: the fence
    Column("until", UtcTime, nullable=False),  # by the database host's real clock, never the rehearsal's
)

users = Table(
    "users",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(32), nullable=False),
    Column("county", String(6)),
    Column("password_hash", Text, nullable=False),
    Column("disabled", Boolean, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_name", String(64), ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
)

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("try_id", _Id, primary_key=True),
    Column("user_name", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
)
Index("ix_sign_in_tries_at", sign_in_tries.c.at)

displays = Table(
    "displays",
    metadata,
    Column("display_id", _Id, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("scope", String(6), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("seen_at", UtcTime),
)
