"""What is shown: versions, snapshots, and the jobs and leases behind them."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, String, Table, Text

from store.schema.base import UtcTime, metadata

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

snapshot_changes = Table(
    "snapshot_changes",  # one row a scope: the step from the picture before to the newest
    metadata,
    Column("scope", String(6), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("body_gzip", LargeBinary, nullable=False),
)

watched_scopes = Table(
    "watched_scopes",  # whose wall somebody has open, and when that was last seen by the real clock
    metadata,
    Column("scope", String(6), primary_key=True),
    Column("seen_at", UtcTime, nullable=False),
)

jobs = Table(
    "jobs",  # the worker's jobs: when each last succeeded, and what keeps it from succeeding
    metadata,
    Column("name", String(80), primary_key=True),
    Column("last_ok_at", UtcTime),
    Column("last_ok_begun_at", UtcTime),  # of that run: what came later it may not have seen
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
