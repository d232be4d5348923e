"""Where each source stands, what each run did, what was put aside, what was called in."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import JSON

from store.schema.base import RowId, UtcTime, metadata

feeds = Table(
    "feeds",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("data_time", UtcTime),  # complete up to here, by the source's own word
    Column("grade", String(8), nullable=False),
)

feed_spans = Table(
    "feed_spans",  # append-only: the time that files of daily grade told whole; a file that is missing is a hole
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("since", UtcTime, primary_key=True),
    Column("until", UtcTime, primary_key=True),  # not part of it
    Column("known_at", UtcTime, nullable=False),  # when the first file that tells it came
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
    Column("not_before", UtcTime),  # when the server wants to be asked again; None: it did not say
)

source_runs = Table(
    "source_runs",
    metadata,
    Column("run_id", RowId, primary_key=True),
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
    Column("rerun_id", RowId, primary_key=True),
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
    Column("quarantine_id", RowId, primary_key=True),
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
    Column("inbox_id", RowId, primary_key=True),
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
