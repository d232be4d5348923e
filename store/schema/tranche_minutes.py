"""A tranche's minutes, all its programmes together: what the city's curve is drawn from at every version."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, String, Table

from store.schema.base import UtcTime, fen, metadata

MINUTE_MEASURES = ("claimed_count", "redeemed_count", "redeemed_net_fen")

tranche_minutes = Table(
    "tranche_minutes",
    metadata,
    Column("tranche", String(32), primary_key=True),
    Column("minute", UtcTime, primary_key=True),
    *(fen(name) for name in MINUTE_MEASURES),
)

tranche_days = Table(
    "tranche_days",  # each that the ledger has anything of
    metadata,
    Column("tranche", String(32), primary_key=True),
    Column("day", UtcTime, primary_key=True),  # 00:00 Asia/Shanghai of the statistical day
    Column("is_kept", Boolean, nullable=False),  # whether its minutes stand in tranche_minutes; else in none
)
