"""Alerts and what became of each."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)
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
    Column("signal", String(12), nullable=False, server_default="firing"),  # domain.signals
    Column("signal_since", UtcTime),
    Column("computed_level", String(8)),  # the rule's own; `level` may have been set by a person
    Column("by_hand", Boolean, nullable=False, server_default="0"),
    Column("lower_since", UtcTime),  # the rule finds a lower level since then
    Column(
        "facts", JSON(none_as_null=True)
    ),  # what the level was made of; None: the rule has no grading of its own
    Column("parameters", String(16)),  # `rule_parameters.version`; None: from before they were kept
    Column("sources", JSON(none_as_null=True)),  # whose silence makes it invisible
    Column("began_at", UtcTime),  # the first post of the evidence
    Column("stage", String(12), nullable=False, server_default="found"),  # domain.casework
    Column("office", String(64)),
    Column("urgent_since", UtcTime),
    Column("due_at", UtcTime),
    Column("reported_at", UtcTime),
    Column("responded_at", UtcTime),
    Column("briefed_at", UtcTime),
    Column("paused_at", UtcTime),
    Column("paused_s", BigInteger, nullable=False, server_default="0"),
    Column("done_at", UtcTime),  # by a person; `closed_at` is the end of the signal
    Column("verdict", String(8)),
    Column("known_at", UtcTime),  # when others told of it, as the person who closed it knows
    Column("merged_into", RowId),
    Column("split_from", RowId),  # the alert whose evidence it was taken out of
    Column("peak", JSON(none_as_null=True)),  # domain.peaks; None: from before it was kept, or no rule's
    Column("volume", BigInteger),  # at the last look; None: no rule's
    Column("noted_level", String(8)),  # domain.noted; None: no rule's
    Column("noted_volume", BigInteger),
)
Index("ix_alerts_split_from", alerts.c.split_from)
Index("ix_alerts_stage", alerts.c.stage, alerts.c.raised_at)
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
    Column("change", String(16), nullable=False),  # opened, raised, lowered, closed, a signal, an act
    Column("level", String(8), nullable=False),
    Column("title", Text, nullable=False),
    Column("who", String(64)),  # None: the program
    Column("stage", String(12)),
    Column("note", Text),
    Column("county", String(6)),  # where it was then
)
Index("ix_alert_history_alert_id", alert_history.c.alert_id)

rule_parameters = Table(
    "rule_parameters",  # what each rule was told, a row at each change: levels can be worked out again
    metadata,
    Column("entry_id", RowId, primary_key=True),
    Column("rule", String(48), nullable=False),
    Column("version", String(16), nullable=False),
    Column("content", JSON, nullable=False),
    Column("since", UtcTime, nullable=False),
)
Index("ix_rule_parameters_rule", rule_parameters.c.rule, rule_parameters.c.version)

outbox = Table(
    "outbox",  # written with the alert it tells of, sent afterwards, marked when the channel has taken it
    metadata,
    Column("message_id", RowId, primary_key=True),
    Column("alert_id", RowId, ForeignKey("alerts.alert_id"), nullable=False),
    Column("occasion", String(32), nullable=False),  # domain.delivery.Occasion
    Column("channel", String(64), nullable=False),
    Column("level", String(8), nullable=False),
    Column("title", Text, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("tried_at", UtcTime),  # the first time
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("not_before", UtcTime, nullable=False),
    Column("trouble", Text),
    Column("sent_at", UtcTime),
    Column("dead_at", UtcTime),
    Column("batch", String(40)),  # messages that went out as one
    UniqueConstraint("alert_id", "occasion", "channel"),
)
Index("ix_outbox_waiting", outbox.c.channel, outbox.c.sent_at, outbox.c.dead_at, outbox.c.not_before)

channel_tests = Table(
    "channel_tests",  # messages sent to see whether a channel takes one
    metadata,
    Column("test_id", RowId, primary_key=True),
    Column("channel", String(64), nullable=False),
    Column("tested_at", UtcTime, nullable=False),
    Column("tested_by", String(64), nullable=False),
    Column("trouble", Text),  # None: it was taken
)
Index("ix_channel_tests_channel", channel_tests.c.channel, channel_tests.c.tested_at)

backtests = Table(
    "backtests",  # asked for at the desk, run by the worker in a process of their own
    metadata,
    Column("backtest_id", RowId, primary_key=True),
    Column("rule", String(48), nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("changes", Text, nullable=False),
    Column("taken_at", UtcTime),
    Column("done_at", UtcTime),
    Column("trouble", Text),
    Column("result", JSON(none_as_null=True)),
)
Index(
    "uq_backtests_waiting",  # one at a time: asking again is asking once
    backtests.c.rule,
    unique=True,
    sqlite_where=backtests.c.taken_at.is_(None),
    postgresql_where=backtests.c.taken_at.is_(None),
)
