"""One worker at a time, and a fence against a worker that was asleep while another took over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from domain.errors import StoreError
from store.schema import leases


def take_lease(
    conn: Connection,
    name: str,
    *,
    holder: str,
    now: datetime,
    lasts: timedelta,
    is_dead: Callable[[str], bool] = lambda holder: False,
) -> int | None:
    """The fencing token if the lease is free, run out, ours already or a dead holder's; None while another lives.

    `now` is the real clock: a lease is about processes, not about the campaign.
    """
    row = conn.execute(select(leases).where(leases.c.name == name).with_for_update()).one_or_none()
    if row is None:
        conn.execute(insert(leases).values(name=name, holder=holder, token=1, until=now + lasts))
        return 1
    if row.holder != holder and row.until > now and not is_dead(row.holder):
        return None
    token: int = row.token + (row.holder != holder)
    conn.execute(
        update(leases).where(leases.c.name == name).values(holder=holder, token=token, until=now + lasts)
    )
    return token


def release_lease(conn: Connection, name: str, *, holder: str, now: datetime) -> None:
    """Let the next one in at once. The token stays: it must keep growing."""
    conn.execute(update(leases).where(leases.c.name == name, leases.c.holder == holder).values(until=now))


def check_fence(conn: Connection, name: str, token: int) -> None:
    """Raise StoreError if another worker has taken the lease since. Called first in every write of the worker."""
    held = conn.execute(select(leases.c.token).where(leases.c.name == name)).scalar_one_or_none()
    if held != token:
        raise StoreError(f"lease {name!r} has passed on: token {token} is fenced off by {held}")
