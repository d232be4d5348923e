"""Accounts and open sessions as those who run the system see them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.schema import second_factors, sessions, users

HANDLE = 16
"""Digits of a session's hash that name it on a page: enough to tell it apart, of no use to sign in with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    name: str
    role: str
    county: str | None
    disabled: bool
    created_at: datetime
    must_change: bool
    password_since: datetime
    factor_since: datetime | None
    seen_at: datetime | None  # by its open sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    handle: str
    user_name: str
    role: str
    county: str | None
    created_at: datetime
    seen_at: datetime
    until: datetime
    address: str | None
    verified: bool


def accounts(conn: Connection) -> tuple[Account, ...]:
    seen = select(func.max(sessions.c.seen_at)).where(sessions.c.user_name == users.c.name).scalar_subquery()
    query = (
        select(
            *(users.c[name] for name in ("name", "role", "county", "disabled", "created_at", "must_change")),
            func.coalesce(users.c.password_at, users.c.created_at).label("password_since"),
            second_factors.c.since.label("factor_since"),
            seen.label("seen_at"),
        )
        .outerjoin(second_factors, second_factors.c.user_name == users.c.name)
        .order_by(users.c.disabled, users.c.name)
    )
    return tuple(Account(**row) for row in conn.execute(query).mappings())


def open_sessions(conn: Connection, *, now: datetime) -> tuple[OpenSession, ...]:
    """Those that have not come to their end, the one seen last first."""
    handle = func.substr(sessions.c.token_hash, 1, HANDLE).label("handle")
    mine = {field.name for field in fields(OpenSession)} - {"handle", "role", "county"}
    query = (
        select(handle, users.c.role, users.c.county, *(sessions.c[name] for name in sorted(mine)))
        .join(users, users.c.name == sessions.c.user_name)
        .where(sessions.c.until > now)
        .order_by(sessions.c.seen_at.desc(), sessions.c.user_name)
    )
    return tuple(OpenSession(**row) for row in conn.execute(query).mappings())


def enabled_in_role(conn: Connection, role: str) -> tuple[str, ...]:
    query = select(users.c.name).where(users.c.role == role, users.c.disabled.is_(False))
    return tuple(conn.execute(query.order_by(users.c.name)).scalars())
