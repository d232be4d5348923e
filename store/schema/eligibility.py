"""Who may redeem, and what is flagged."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, String, Table, Text
from sqlalchemy.types import JSON

from store.schema.base import EVERYWHERE, RowId, UtcTime, metadata

register_loads = Table(
    "register_loads",  # which version of a list counts since when: the newest load of its kind
    metadata,
    Column("load_id", RowId, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("version", String(64), nullable=False),  # sha256 of the file
    Column("rows_count", BigInteger, nullable=False),
    Column("loaded_at", UtcTime, nullable=False),
    CheckConstraint("kind IN ('merchants', 'sanctions')", name="kind"),
)

merchants = Table(
    "merchants",  # every version stays: flags as of an earlier one can be worked out again
    metadata,
    Column("no", String(64), primary_key=True),  # first in the key: looked up a million times a minute
    Column("platform", String(64), primary_key=True),  # empty: this number on every platform
    Column("version", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("division", String(6), nullable=False),
    Column("sector", String(32)),
    Column("basis", String(16), nullable=False),
    Column("approval_no", Text),
    Column("approved_on", String(10)),  # ISO 8601
    Column("listed_from", UtcTime),
    Column("listed_until", UtcTime),
    info=EVERYWHERE,
)

sanctions = Table(
    "sanctions",
    metadata,
    Column("no", String(64), primary_key=True),
    Column("platform", String(64), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("starts_at", UtcTime, primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("document", Text, nullable=False),
    info=EVERYWHERE,
)

sanction_money = Table(
    "sanction_money",  # append-only: what merchants under sanction were not paid, and what was got back from them
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("entry_no", String(64), primary_key=True),  # the office's own voucher number
    Column("tranche", String(32), nullable=False),
    Column("merchant", String(64), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),  # below zero: takes back what was booked before
    Column("booked_on", UtcTime, nullable=False),
    Column("document", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    CheckConstraint("kind IN ('withheld', 'recovered')", name="kind"),
    CheckConstraint("amount_fen <> 0", name="amount"),
)

judgements = Table(
    "judgements",  # one row: the flags as last worked out, for whoever cannot wait for it; never a source of figures
    metadata,
    Column("id", Integer, primary_key=True),
    Column("judged_at", UtcTime, nullable=False),
    Column("merchants_version", String(64)),  # None: no list was loaded
    Column("sanctions_version", String(64)),
    Column("counts", JSON, nullable=False),
    CheckConstraint("id = 1", name="single"),
)
