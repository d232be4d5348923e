"""Screens: which are paired, what they were told, what they say of themselves."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from store.schema.base import RowId, UtcTime, metadata

displays = Table(
    "displays",
    metadata,
    Column("display_id", RowId, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("scope", String(6), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("seen_at", UtcTime),
    Column("inches", Float),  # diagonal; unknown: the screen assumes 65 inches, five metres away
    Column("metres", Float),
    Column("dim_from", Integer),  # minutes of the Shanghai day; unknown: never dimmed
    Column("dim_until", Integer),
    Column("pin", String(16)),  # a scene held by hand
    Column("identify_until", UtcTime),
    Column("reload_no", Integer, nullable=False, server_default="0"),  # counts orders to load the page anew
)

display_actions = Table(
    "display_actions",
    metadata,
    Column("action_id", RowId, primary_key=True),
    Column("display_id", RowId),  # unknown: a code that fits none
    Column("action", String(16), nullable=False),
    Column("detail", String(128), nullable=False),
    Column("done_by", String(64), nullable=False),
    Column("done_at", UtcTime, nullable=False),
)
Index("ix_display_actions_by", display_actions.c.done_by, display_actions.c.done_at)

display_reports = Table(
    "display_reports",
    metadata,
    Column("display_id", RowId, ForeignKey("displays.display_id", ondelete="CASCADE"), primary_key=True),
    Column("reported_at", UtcTime, nullable=False),
    Column("build", String(16), nullable=False),
    Column("width_px", Integer, nullable=False),  # CSS pixels
    Column("height_px", Integer, nullable=False),
    Column("pixel_ratio", Float, nullable=False),
    Column("heap_bytes", BigInteger),  # not every browser tells
    Column("scene", String(16)),
    Column("type_px", Text, nullable=False),  # JSON: scene -> [smallest type, smallest headline type or null]
)

pairings = Table(
    "pairings",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("code", String(6), nullable=False, unique=True),
    Column("address", String(64), nullable=False),
    Column("until", UtcTime, nullable=False),
    Column(
        "display_id", RowId, ForeignKey("displays.display_id", ondelete="CASCADE")
    ),  # once the code was used
)
