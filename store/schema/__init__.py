"""The tables as they are today (SQLAlchemy Core), a file for each noun. How they came to be: `store/migrations`.

`programme` is part of every key of the ledger tables, so that they can be distributed by it (`store.placement`).
Money is BigInteger fen: the campaign alone exceeds 2^31. Importing any of them knows them all: `metadata` is whole.
"""

from store.schema.access import api_tokens, recovery_codes, second_factors, sessions, sign_in_tries, users
from store.schema.alerts import alert_history, alerts, backtests, channel_tests, outbox, rule_parameters
from store.schema.audit import audit_head, audit_log
from store.schema.base import (
    EVERYWHERE,
    Packed,
    RowId,
    UtcTime,
    fen,
    from_micros,
    metadata,
    to_micros,
    unpacked,
)
from store.schema.briefings import (
    briefing_deliveries,
    briefing_files,
    briefing_troubles,
    briefings,
    briefings_asked,
)
from store.schema.displays import display_actions, display_reports, displays, pairings
from store.schema.eligibility import judgements, merchants, register_loads, sanction_money, sanctions
from store.schema.ledger import (
    MEASURES,
    counters,
    counters_newest,
    events,
    merchants_seen,
    raw_archive,
    rollup_day,
    rollup_minute,
    rollup_total,
    superseded,
)
from store.schema.merchant_days import MERCHANT_MEASURES, merchant_days, merchant_days_due
from store.schema.opinion import (
    corrections,
    hot_ranks,
    post_counts,
    posts,
    reposts,
    rollup_opinion,
    scores,
    tickets,
    tombstones,
)
from store.schema.reconciliation import ALL, EVER, day_grades, discrepancies, statements
from store.schema.search import WORDS, post_index, post_words
from store.schema.shifts import shift_notes
from store.schema.shown import jobs, leases, snapshot_changes, snapshots, versions, watched_scopes
from store.schema.sources import feeds, inbox, quarantine, reruns, source_alive, source_runs, source_state
from store.schema.tranche_minutes import MINUTE_MEASURES, tranche_days, tranche_minutes

__all__ = [
    "ALL",
    "EVER",
    "EVERYWHERE",
    "MEASURES",
    "MERCHANT_MEASURES",
    "MINUTE_MEASURES",
    "WORDS",
    "Packed",
    "RowId",
    "UtcTime",
    "alert_history",
    "alerts",
    "api_tokens",
    "audit_head",
    "audit_log",
    "backtests",
    "briefing_deliveries",
    "briefing_files",
    "briefing_troubles",
    "briefings",
    "briefings_asked",
    "channel_tests",
    "corrections",
    "counters",
    "counters_newest",
    "day_grades",
    "discrepancies",
    "display_actions",
    "display_reports",
    "displays",
    "events",
    "feeds",
    "fen",
    "from_micros",
    "hot_ranks",
    "inbox",
    "jobs",
    "judgements",
    "leases",
    "merchant_days",
    "merchant_days_due",
    "merchants",
    "merchants_seen",
    "metadata",
    "outbox",
    "pairings",
    "post_counts",
    "post_index",
    "post_words",
    "posts",
    "quarantine",
    "raw_archive",
    "recovery_codes",
    "register_loads",
    "reposts",
    "reruns",
    "rollup_day",
    "rollup_minute",
    "rollup_opinion",
    "rollup_total",
    "rule_parameters",
    "sanction_money",
    "sanctions",
    "scores",
    "second_factors",
    "sessions",
    "shift_notes",
    "sign_in_tries",
    "snapshot_changes",
    "snapshots",
    "source_alive",
    "source_runs",
    "source_state",
    "statements",
    "superseded",
    "tickets",
    "to_micros",
    "tombstones",
    "tranche_days",
    "tranche_minutes",
    "unpacked",
    "users",
    "versions",
    "watched_scopes",
]
