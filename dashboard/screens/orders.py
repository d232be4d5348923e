"""What each display is told: in memory, read from the store whenever something was done to one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from dashboard.live.stream import Tail
from domain.displays import Orders, Screen
from domain.terms import local
from store.engine import read
from store.queries.displays import all_orders

ANSWER_WITHIN_S = 3.0


class OrderBook:
    """One by process. While the store is away the last orders stand."""

    def __init__(self, engine: Engine, tail: Tail, *, real_now: Callable[[], datetime]) -> None:
        self._engine, self._tail, self._real_now = engine, tail, real_now
        self._orders: dict[int, Orders] = {}
        self._action: int | None = None
        self._fetching = asyncio.Lock()

    async def told(self, display_id: int | None) -> dict[str, object]:
        """What goes to that display beside a hint; nothing to a page that is no display, or one not known yet."""
        if display_id is None:
            return {}
        orders = await self._of(display_id)
        return {} if orders is None else {"display": _packed(orders, self._real_now())}

    async def _of(self, display_id: int) -> Orders | None:
        async with self._fetching:  # one action wakes every stream at once
            action = self._tail.action
            if self._action != action or display_id not in self._orders:
                await self._fetch(action)
        return self._orders.get(display_id)

    async def _fetch(self, action: int) -> None:
        try:
            found = await asyncio.wait_for(asyncio.to_thread(self._read), ANSWER_WITHIN_S)
        except (SQLAlchemyError, TimeoutError):
            return
        self._orders, self._action = found, action

    def _read(self) -> dict[int, Orders]:
        with read(self._engine) as conn:
            return {orders.display_id: orders for orders in all_orders(conn)}


def _packed(orders: Orders, now: datetime) -> dict[str, object]:
    """`day_s`: seconds of Shanghai's day, by the real clock. The device's own is believed in nothing."""
    here = local(now)
    day_s = (here - here.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    until = orders.identify_until
    return {
        "name": orders.name,
        "pin": orders.pin,
        "reload": orders.reload_no,
        "identify_s": max(0.0, (until - now).total_seconds()) if until else 0.0,
        "revoked": orders.is_revoked,
        "day_s": round(day_s, 1),
        **_of_screen(orders.screen),
    }


def _of_screen(screen: Screen) -> dict[str, object]:
    both = None not in (screen.dim_from, screen.dim_until)
    return {
        "inch": screen.inches,
        "metres": screen.metres,
        "dim": [screen.dim_from, screen.dim_until] if both else None,
    }
