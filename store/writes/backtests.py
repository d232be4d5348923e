"""Backtests: the desk asks, the worker runs them one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from store.schema import backtests
from store.writes.upsert import insert_new

KEPT = 50


def ask_backtest(
    conn: Connection, rule: str, *, since: datetime, until: datetime, changes: str, who: str, now: datetime
) -> bool:
    """False: one of the rule is waiting already. The oldest are forgotten."""
    row = {"rule": rule, "asked_by": who, "asked_at": now, "since": since, "until": until, "changes": changes}
    new = insert_new(conn, backtests, [row], returning=[backtests.c.backtest_id])
    if new:
        conn.execute(delete(backtests).where(backtests.c.backtest_id <= new[0].backtest_id - KEPT))
    return bool(new)


def take_backtest(conn: Connection, *, now: datetime) -> int | None:
    """The one that waits, taken; None: none does."""
    waiting = select(backtests.c.backtest_id).where(backtests.c.taken_at.is_(None)).limit(1)
    found = conn.execute(waiting).scalar_one_or_none()
    if found is not None:
        conn.execute(update(backtests).where(backtests.c.backtest_id == found).values(taken_at=now))
    return found


def finish_backtest(
    conn: Connection,
    backtest_id: int,
    *,
    result: Mapping[str, Any] | None,
    trouble: str | None,
    now: datetime,
) -> None:
    told = {"done_at": now, "result": result, "trouble": trouble}
    conn.execute(update(backtests).where(backtests.c.backtest_id == backtest_id).values(told))
