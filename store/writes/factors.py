"""Second factors and recovery codes. Each code counts once, whoever else brings it at the same moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, update
from sqlalchemy.exc import IntegrityError

from domain.errors import StoreError
from store.schema import recovery_codes, second_factors
from store.writes.access import close_sessions


def keep_factor(
    conn: Connection, user_name: str, *, sealed: str, step: int, code_hashes: Iterable[str], now: datetime
) -> None:
    """`step`: whose code proved that the person has the secret. Raises StoreError if there is a factor already."""
    row = {"user_name": user_name, "sealed": sealed, "since": now, "last_step": step}
    try:
        with conn.begin_nested():
            conn.execute(insert(second_factors).values(**row))
    except IntegrityError as error:
        raise StoreError(f"user {user_name!r} has a second factor already") from error
    conn.execute(delete(recovery_codes).where(recovery_codes.c.user_name == user_name))
    rows = [{"user_name": user_name, "code_hash": code_hash} for code_hash in code_hashes]
    conn.execute(insert(recovery_codes), rows)


def use_step(conn: Connection, user_name: str, step: int) -> bool:
    """Whether the code of this half minute, or of a later one, was not used before: now it is."""
    mine = second_factors.c.user_name == user_name
    moved = update(second_factors).where(mine, second_factors.c.last_step < step).values(last_step=step)
    return conn.execute(moved).rowcount == 1


def use_recovery_code(conn: Connection, user_name: str, code_hash: str) -> bool:
    """Whether it was one of the person's own, unused: now it is gone."""
    mine = (recovery_codes.c.user_name == user_name) & (recovery_codes.c.code_hash == code_hash)
    return conn.execute(delete(recovery_codes).where(mine)).rowcount == 1


def forget_factor(conn: Connection, user_name: str) -> None:
    """The phone is lost: the person enrols another. Closes every session. StoreError if there was no factor."""
    conn.execute(delete(recovery_codes).where(recovery_codes.c.user_name == user_name))
    gone = delete(second_factors).where(second_factors.c.user_name == user_name)
    if conn.execute(gone).rowcount == 0:
        raise StoreError(f"user {user_name!r} has no second factor")
    close_sessions(conn, user_name)
