"""What was done: an append-only chain, and where it ends.

Rows are never changed or deleted: triggers of the database refuse it (revision 0023), whoever asks.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from store.schema.base import RowId, UtcTime, metadata

audit_log = Table(
    "audit_log",
    metadata,
    Column("number", RowId, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("who", String(64), nullable=False),
    Column("role", String(32), nullable=False),
    Column("address", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("detail", Text, nullable=False),  # JSON as it was hashed: an engine's own type would write it anew
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
Index("ix_audit_log_at", audit_log.c.at)
Index("ix_audit_log_who", audit_log.c.who, audit_log.c.number)
Index("ix_audit_log_action", audit_log.c.action, audit_log.c.number)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # the only row is 1
    Column("number", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
