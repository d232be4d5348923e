"""A person's second factor as it is stored: sealed, with the half minute whose code was used last."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.schema import recovery_codes, second_factors


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    user_name: str
    sealed: str = field(repr=False)
    since: datetime
    last_step: int


def find_factor(conn: Connection, user_name: str) -> SecondFactor | None:
    query = select(second_factors).where(second_factors.c.user_name == user_name)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else SecondFactor(**row)


def recovery_codes_left(conn: Connection, user_name: str) -> int:
    query = select(func.count()).where(recovery_codes.c.user_name == user_name)
    left: int = conn.execute(query).scalar_one()
    return left
