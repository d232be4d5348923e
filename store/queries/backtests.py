"""Backtests that were asked for."""

from __future__ import annotations

from sqlalchemy import Connection, select

from domain.backtests import AskedBacktest
from store.schema import backtests


def latest_backtests(conn: Connection, *, limit: int) -> tuple[AskedBacktest, ...]:
    """Newest first."""
    query = select(backtests).order_by(backtests.c.backtest_id.desc()).limit(limit)
    return tuple(AskedBacktest(**row._mapping) for row in conn.execute(query))


def find_backtest(conn: Connection, backtest_id: int) -> AskedBacktest | None:
    row = conn.execute(select(backtests).where(backtests.c.backtest_id == backtest_id)).one_or_none()
    return None if row is None else AskedBacktest(**row._mapping)
