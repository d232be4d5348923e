"""A scope's minutes: what each of them brought, of the tranche in scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, cast, func, select, type_coerce

from domain.campaign import Campaign
from domain.terms import business_day_start
from store.schema import from_micros, rollup_minute


class Minute(NamedTuple):
    claimed_count: int
    redeemed_count: int
    redeemed_net_fen: int


QUIET = Minute(0, 0, 0)

_CELL = rollup_minute.c
_NET = _CELL.redeemed_gross_fen - _CELL.refunded_fen


class Minutes:
    def __init__(self, conn: Connection, campaign: Campaign, programmes: Sequence[str]) -> None:
        self._conn = conn
        self._own = (_CELL.programme.in_(programmes), _CELL.tranche == campaign.in_scope.id)

    def of_day(self, now: datetime) -> dict[datetime, Minute]:
        """The day's minutes with anything in them, the one that has begun among them."""
        # whole numbers: PostgreSQL's own sum is a decimal, and the store's times would be made one by one twice
        sums = [
            cast(func.sum(n), BigInteger) for n in (_CELL.claimed_count, _CELL.redeemed_gross_count, _NET)
        ]
        minute = type_coerce(_CELL.minute, BigInteger)
        of_day = (_CELL.minute >= business_day_start(now), _CELL.minute <= now)
        query = select(minute, *sums).where(*self._own, *of_day).group_by(_CELL.minute)
        return {from_micros(at): Minute(*amounts) for at, *amounts in self._conn.execute(query)}

    def redeemed_between(self, since: datetime, until: datetime) -> int:
        """Net fen of the minutes that begin in [since, until)."""
        total = select(func.coalesce(func.sum(_NET), 0))
        query = total.where(*self._own, _CELL.minute >= since, _CELL.minute < until)
        return int(self._conn.execute(query).scalar_one())
