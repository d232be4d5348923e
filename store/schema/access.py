"""To whom: users, what proves that it is they, and their sessions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, Text

from store.schema.base import RowId, UtcTime, metadata

users = Table(
    "users",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(32), nullable=False),
    Column("county", String(6)),
    Column("password_hash", Text, nullable=False),
    Column("disabled", Boolean, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
    Column("must_change", Boolean, nullable=False, server_default="0"),  # somebody else knows the password
    Column("password_at", UtcTime),  # NULL: as old as the account
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("user_name", String(64), ForeignKey("users.name", ondelete="CASCADE"), primary_key=True),
    Column("sealed", Text, nullable=False),  # the secret, encrypted with a key that is not in the store
    Column("since", UtcTime, nullable=False),
    Column("last_step", BigInteger, nullable=False),  # the newest half minute whose code was used
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("user_name", String(64), ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
)
Index("ix_recovery_codes_user", recovery_codes.c.user_name)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_name", String(64), ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("address", String(64)),  # where the person signed in from
    Column("verified", Boolean, nullable=False, server_default="0"),  # by the second factor
    Column(
        "vouched", Boolean, nullable=False, server_default="0"
    ),  # by an office's own service: no password was typed
)

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("try_id", RowId, primary_key=True),
    Column("user_name", String(64), nullable=False),
    Column("address", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
)
Index("ix_sign_in_tries_at", sign_in_tries.c.at)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token_id", RowId, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("scope", String(6), nullable=False),
    Column("routes", Text, nullable=False),  # names of `permissions.MACHINES`, separated by spaces
    Column("made_by", String(64), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("seen_at", UtcTime),
)
