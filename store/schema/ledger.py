"""The money: the archive, events and their roll-ups, platforms' counters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from store.schema.base import GROWING, Packed, UtcTime, fen, metadata

CURVE_MEASURES = ("claimed_count", "redeemed_gross_count", "redeemed_gross_fen", "refunded_fen")
"""What is drawn and watched by the minute. A back-fill has a minute's cell for nearly each event: it is kept small."""

MEASURES = (
    *CURVE_MEASURES,  # first, so that a measure has one place in cells of either width
    "claimed_fen", "refunded_count", "pool_returned_fen",
    "direct_spend_fen", "orders_count", "orphaned_count",
    "subsidy_applied_count", "subsidy_applied_fen", "subsidy_approved_count", "subsidy_approved_fen",
    "subsidy_rejected_count", "subsidy_paid_count", "subsidy_paid_fen",
)  # fmt: skip
"""What a roll-up cell adds up. Issued, expired and outstanding follow from these and the campaign's calendar."""


def measures_of(table: Table) -> tuple[str, ...]:
    """Those of MEASURES that a roll-up adds up."""
    return tuple(name for name in MEASURES if name in table.c)


def _cell_measures() -> list[Column[int]]:
    return [fen(name) for name in MEASURES]


_MOVED_AGAIN: dict[str, Any] = {"postgresql_with": {"fillfactor": 50}}
"""Each batch moves these cells again: with room on its page, a row's next version needs no entry in the index."""

raw_archive = Table(
    "raw_archive",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", String(120), nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("body", Packed, nullable=False),  # unchanged, as it came
    Column("forget_at", UtcTime),  # what people wrote is not kept for ever (promises P3); None: money is
)
Index("ix_raw_archive_forget_at", raw_archive.c.forget_at)

events = Table(
    "events",
    metadata,
    # on PostgreSQL the key's index begins with the number, here as of `superseded`: neighbours are compared by one
    # column, not by four
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
    events.c.origin_event_no,
    events.c.programme,
    events.c.platform,
    events.c.sub_project,
    sqlite_where=events.c.origin_event_no.is_not(None),  # only what follows another event has one
    postgresql_where=events.c.origin_event_no.is_not(None),
)
Index(  # BRIN costs a batch nothing: events come nearly in the order of their time
    "ix_events_occurred_at", events.c.occurred_at, postgresql_using="brin"
)
Index(  # a voucher's claim from its redemption; covering, so that a million of them cost half a second
    "ix_events_voucher",
    events.c.voucher_no,
    events.c.programme,
    events.c.kind,
    events.c.cancelled,
    events.c.occurred_at,
    # a query must have the kind in its text to use it
    sqlite_where=text("kind = 'claim'"),
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
    *(fen(name) for name in CURVE_MEASURES),
    info=GROWING,
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
    **_MOVED_AGAIN,
)

rollup_total = Table(
    "rollup_total",  # what a figure that asks for no day reads: its cells stay as many, however long a campaign goes
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("tranche", String(32), primary_key=True),
    Column("county", String(6), primary_key=True),
    Column("sector", String(32), primary_key=True),
    Column("template", String(64), primary_key=True),
    Column("round_no", Integer, primary_key=True),
    *_cell_measures(),
    **_MOVED_AGAIN,
)

merchants_seen = Table(
    "merchants_seen",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("tranche", String(32), primary_key=True),
    Column("county", String(6), primary_key=True),
    Column("merchant", String(64), primary_key=True),
    Column("redeemed_net_count", BigInteger, nullable=False, server_default="0"),
    **_MOVED_AGAIN,
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
