"""Who may see what, as it is stored. Tokens are looked up by their SHA-256: the store never holds one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.schema import displays, second_factors, sessions, sign_in_tries, users


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    name: str
    role: str
    county: str | None  # six-digit code: sees this county alone; None: the whole city
    password_hash: str = field(repr=False)
    disabled: bool
    created_at: datetime
    must_change: bool  # somebody else knows the password
    password_at: datetime | None

    @property
    def password_since(self) -> datetime:
        return self.password_at or self.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An open session with what its user may do at this moment, not at sign-in."""

    user_name: str
    role: str
    county: str | None
    disabled: bool
    created_at: datetime
    seen_at: datetime
    until: datetime
    verified: bool  # by the second factor
    vouched: bool  # by an office's own service
    has_factor: bool
    must_change: bool
    password_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    display_id: int
    name: str
    scope: str
    created_at: datetime
    revoked_at: datetime | None
    seen_at: datetime | None


def find_user(conn: Connection, name: str) -> User | None:
    row = conn.execute(select(users).where(users.c.name == name)).mappings().one_or_none()
    return None if row is None else User(**row)


def all_users(conn: Connection) -> tuple[User, ...]:
    rows = conn.execute(select(users).order_by(users.c.name)).mappings()
    return tuple(User(**row) for row in rows)


def find_session(conn: Connection, token_hash: str) -> Session | None:
    """Past its time or not: the caller decides by the clock."""
    return find_sessions(conn, [token_hash]).get(token_hash)


def find_sessions(conn: Connection, token_hashes: Collection[str]) -> dict[str, Session]:
    """By token hash."""
    query = (
        select(
            sessions.c.token_hash,
            sessions.c.user_name,
            users.c.role,
            users.c.county,
            users.c.disabled,
            sessions.c.created_at,
            sessions.c.seen_at,
            sessions.c.until,
            sessions.c.verified,
            sessions.c.vouched,
            second_factors.c.user_name.is_not(None).label("has_factor"),
            users.c.must_change,
            func.coalesce(users.c.password_at, users.c.created_at).label("password_since"),
        )
        .join(users, users.c.name == sessions.c.user_name)
        .outerjoin(second_factors, second_factors.c.user_name == users.c.name)
        .where(sessions.c.token_hash.in_(list(token_hashes)))
    )
    rows = (dict(row) for row in conn.execute(query).mappings())
    return {row.pop("token_hash"): Session(**row) for row in rows}


def find_displays(conn: Connection, token_hashes: Collection[str]) -> dict[str, Display]:
    """By token hash. Revoked ones too: the caller looks at `revoked_at`."""
    query = select(displays.c.token_hash, *_DISPLAY).where(displays.c.token_hash.in_(list(token_hashes)))
    rows = (dict(row) for row in conn.execute(query).mappings())
    return {row.pop("token_hash"): Display(**row) for row in rows}


def all_displays(conn: Connection) -> tuple[Display, ...]:
    rows = conn.execute(select(*_DISPLAY).order_by(displays.c.display_id)).mappings()
    return tuple(Display(**row) for row in rows)


def tries_since(conn: Connection, since: datetime, *, user_name: str, address: str) -> tuple[int, int]:
    """(tries on this account from this address, tries from this address) after `since`."""
    at_account = func.count().filter(sign_in_tries.c.user_name == user_name)
    query = select(at_account, func.count()).where(
        sign_in_tries.c.address == address, sign_in_tries.c.at > since
    )
    by_account, by_address = conn.execute(query).one()
    return by_account, by_address


_DISPLAY = tuple(displays.c[field.name] for field in fields(Display))
