"""Users, sessions, sign-in tries, a display's token. Taking a right away also closes the sessions that had it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, text, update
from sqlalchemy.exc import IntegrityError

from domain.errors import StoreError
from store.queries.access import tries_since
from store.queries.accounts import HANDLE
from store.schema import displays, sessions, sign_in_tries, users


def add_user(
    conn: Connection,
    name: str,
    *,
    role: str,
    county: str | None,
    password_hash: str,
    now: datetime,
    must_change: bool = False,
) -> None:
    """`must_change`: somebody else knows the password. Raises StoreError if the name is taken."""
    row = {"name": name, "role": role, "county": county, "password_hash": password_hash, "created_at": now}
    try:
        with conn.begin_nested():
            conn.execute(
                insert(users).values(**row, disabled=False, must_change=must_change, password_at=now)
            )
    except IntegrityError as error:
        raise StoreError(f"user {name!r} exists already") from error


def change_role(conn: Connection, name: str, *, role: str, county: str | None) -> None:
    """Closes every session of the user: who may do something else signs in for it. StoreError for an unknown name."""
    _change_user(conn, name, {"role": role, "county": county})
    close_sessions(conn, name)


def change_password(
    conn: Connection, name: str, password_hash: str, *, now: datetime, must_change: bool
) -> None:
    """Closes every session of the user. Raises StoreError for an unknown name."""
    _change_user(conn, name, {"password_hash": password_hash, "password_at": now, "must_change": must_change})
    close_sessions(conn, name)


def disable_user(conn: Connection, name: str) -> None:
    """Closes every session of the user. Raises StoreError for an unknown name."""
    _change_user(conn, name, {"disabled": True})
    close_sessions(conn, name)


def enable_user(conn: Connection, name: str) -> None:
    _change_user(conn, name, {"disabled": False})


def open_session(
    conn: Connection,
    token_hash: str,
    *,
    user_name: str,
    now: datetime,
    until: datetime,
    address: str = "",
    verified: bool = False,
    vouched: bool = False,
) -> None:
    """`until` is the absolute end; sessions past theirs are removed on the way.

    `verified`: by the second factor. `vouched`: by an office's own service.
    """
    conn.execute(delete(sessions).where(sessions.c.until <= now))
    row = {"user_name": user_name, "created_at": now, "seen_at": now, "until": until, "address": address}
    conn.execute(insert(sessions).values(token_hash=token_hash, verified=verified, vouched=vouched, **row))


def rotate_session(conn: Connection, old_hash: str, new_hash: str) -> None:
    """The second factor was shown: the session goes on under another token. StoreError if it has ended meanwhile."""
    mine = update(sessions).where(sessions.c.token_hash == old_hash)
    if conn.execute(mine.values(token_hash=new_hash, verified=True)).rowcount == 0:
        raise StoreError("no such session")


def touch_session(conn: Connection, token_hash: str, now: datetime) -> None:
    conn.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now))


def close_session(conn: Connection, token_hash: str) -> None:
    conn.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def close_session_named(conn: Connection, handle: str) -> str:
    """By the digits that name it on a page; returns whose it was. Raises StoreError if it has ended already."""
    named = func.substr(sessions.c.token_hash, 1, HANDLE) == handle
    whose = conn.execute(delete(sessions).where(named).returning(sessions.c.user_name)).scalars().all()
    if not whose:
        raise StoreError("no such session")
    return str(whose[0])


def close_sessions(conn: Connection, user_name: str) -> None:
    conn.execute(delete(sessions).where(sessions.c.user_name == user_name))


def count_try(
    conn: Connection,
    *,
    user_name: str,
    address: str,
    now: datetime,
    window: timedelta,
    per_account: int,
    per_address: int,
) -> bool:
    """Record a try to sign in and say whether it may go on. A refused try is not recorded, or waiting would not help.

    Per account and address together: a stranger's tries never lock the owner out elsewhere.
    """
    if conn.dialect.name == "postgresql":  # many at once must not all read the same count
        conn.execute(text("LOCK TABLE sign_in_tries IN SHARE ROW EXCLUSIVE MODE"))
    conn.execute(delete(sign_in_tries).where(sign_in_tries.c.at <= now - window))
    mark = _mark(user_name)
    by_account, by_address = tries_since(conn, now - window, user_name=mark, address=address)
    if by_account >= per_account or by_address >= per_address:
        return False
    conn.execute(insert(sign_in_tries).values(user_name=mark, address=address, at=now))
    return True


def forget_tries(conn: Connection, *, user_name: str, address: str) -> None:
    """After the right password."""
    mine = (sign_in_tries.c.user_name == _mark(user_name)) & (sign_in_tries.c.address == address)
    conn.execute(delete(sign_in_tries).where(mine))


def _mark(user_name: str) -> str:
    """Stands for what was typed as a name, now and then a password: tells the names tried from one address apart,
    and is too short to find out from it what they were."""
    return hashlib.sha256(user_name.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_CHARS]


_MARK_CHARS = 5


def pair_display(conn: Connection, name: str, *, scope: str, token_hash: str, now: datetime) -> int:
    """Returns the display's id."""
    row = {"name": name, "scope": scope, "token_hash": token_hash, "created_at": now}
    done = conn.execute(insert(displays).values(**row).returning(displays.c.display_id))
    display_id: int = done.scalar_one()
    return display_id


def saw_display(conn: Connection, display_id: int, now: datetime) -> None:
    conn.execute(update(displays).where(displays.c.display_id == display_id).values(seen_at=now))


def _change_user(conn: Connection, name: str, values: dict[str, object]) -> None:
    if conn.execute(update(users).where(users.c.name == name).values(**values)).rowcount == 0:
        raise StoreError(f"no user {name!r}")
