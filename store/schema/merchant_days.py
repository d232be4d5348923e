"""What each merchant redeemed by day: what merchant leads are found in. Worked out from the events, day by day."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table

from store.schema.base import UtcTime, fen, metadata

MERCHANT_MEASURES = (
    "redeemed_count", "redeemed_fen",
    "ordered_count",  # redemptions whose order amount is known
    "exact_count",  # of these, exactly at their template's minimum spend
    "refunded_count", "refunded_fen", "quick_count",  # of this day's redemptions, whenever they were refunded
    "night_count",
    "minute_most",  # redemptions within one minute, the most of the day
    "pair_most",  # redemptions of one person here, the most of the day
    "pairs_count",  # persons with PAIR_LEAST or more
)  # fmt: skip

merchant_days = Table(
    "merchant_days",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("tranche", String(32), primary_key=True),
    Column("merchant", String(64), primary_key=True),
    Column("day", UtcTime, primary_key=True),  # 00:00 Asia/Shanghai of the statistical day
    Column("sector", String(32), nullable=False),  # of the vouchers redeemed there; empty: of several
    Column("minute_at", UtcTime, nullable=False),  # of `minute_most`, the first if there are several
    *(fen(name) for name in MERCHANT_MEASURES),
)

Index("ix_merchant_days_day", merchant_days.c.day)

merchant_days_due = Table(
    "merchant_days_due",  # days that a batch has touched since they were worked out; written with the batch
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("day", UtcTime, primary_key=True),
    Column(
        "moves", BigInteger, nullable=False, server_default="0"
    ),  # so that none is lost between look and write
)
