"""Alerts and what became of each."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text
from sqlalchemy.types import JSON

from store.schema.base import RowId, UtcTime, metadata

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", RowId, primary_key=True),
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
    Column("entry_id", RowId, primary_key=True),
    Column("alert_id", RowId, ForeignKey("alerts.alert_id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("change", String(16), nullable=False),  # opened, raised, lowered, closed
    Column("level", String(8), nullable=False),
    Column("title", Text, nullable=False),
)
