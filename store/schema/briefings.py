"""The papers that were published, and the ones asked for. Nothing published changes: a change is a new edition."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import JSON

from store.schema.base import RowId, UtcTime, metadata

briefings = Table(
    "briefings",
    metadata,
    Column("briefing_id", RowId, primary_key=True),
    Column("kind", String(8), nullable=False, server_default="daily"),  # domain.papers
    Column("alert_id", BigInteger, nullable=False, server_default="0"),  # 0: of no alert
    Column("scope", String(6), nullable=False),
    Column("day", UtcTime, nullable=False),  # 00:00 Asia/Shanghai of the day it is of
    Column("edition", Integer, nullable=False),  # of that day, from 1
    Column("title", Text, nullable=False),
    Column("grade", String(8), nullable=False),
    Column("as_of", UtcTime, nullable=False),
    Column("known_by", UtcTime, nullable=False),  # later only in a correction
    Column(
        "freeze_id", String(64), nullable=False
    ),  # over all it says: the same again is not published again
    Column("published_at", UtcTime, nullable=False),
    Column("published_by", String(64), nullable=False),  # a person, or the timetable
    Column("pages", Integer),  # of the PDF; None: published before papers were looked at
    Column("checks", JSON(none_as_null=True)),  # what was looked at before it was published
    Column("withheld_at", UtcTime),  # it quotes what was to be forgotten: kept, and not given out
    UniqueConstraint("kind", "alert_id", "scope", "day", "edition"),
)

briefing_files = Table(
    "briefing_files",
    metadata,
    Column("briefing_id", RowId, ForeignKey("briefings.briefing_id"), primary_key=True),
    Column("form", String(8), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
)

briefings_asked = Table(
    "briefings_asked",  # asking twice is asking once; the worker takes it away when it is done
    metadata,
    Column("kind", String(8), primary_key=True, server_default="daily"),
    Column("alert_id", BigInteger, primary_key=True, autoincrement=False, server_default="0"),
    Column("scope", String(6), primary_key=True),
    Column("day", UtcTime, primary_key=True),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", UtcTime, nullable=False),
)

briefing_troubles = Table(
    "briefing_troubles",  # papers that could not be published; taken away when they are
    metadata,
    Column("kind", String(8), primary_key=True, server_default="daily"),
    Column("alert_id", BigInteger, primary_key=True, autoincrement=False, server_default="0"),
    Column("scope", String(6), primary_key=True),
    Column("day", UtcTime, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("trouble", Text, nullable=False),
)

briefing_deliveries = Table(
    "briefing_deliveries",  # a paper on its way to a channel; sent_at is written after the channel has taken it
    metadata,
    Column("briefing_id", RowId, ForeignKey("briefings.briefing_id"), primary_key=True),
    Column("channel", String(64), primary_key=True),
    Column("recipients", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("not_before", UtcTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("tried_at", UtcTime),  # first
    Column("sent_at", UtcTime),
    Column("dead_at", UtcTime),  # given up
    Column("trouble", Text),  # of the last try, without secrets
)
