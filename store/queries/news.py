"""What a web process looks for several times a second: newer pictures, something done to a display, a worker alive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, true

from store.schema import display_actions, leases, snapshots


@dataclass(frozen=True, slots=True)
class News:
    """What one look at the store found. `versions`: scope -> newest picture."""

    versions: dict[str, int]
    lease_until: datetime | None  # real clock; None: nobody ever held it
    action: int = 0  # the number of the last thing done to any display; 0: nothing ever was


def read_news(conn: Connection, *, lease: str) -> News:
    """One statement: two seeks in the key a scope, no scan."""
    rows = conn.execute(_NEWS, {"lease": lease}).all()
    versions = {row.scope: row.version for row in rows if row.scope is not None}
    return News(versions, rows[0].until, rows[0].action)


def _news() -> Select[Any]:
    until = select(leases.c.until).where(leases.c.name == bindparam("lease")).scalar_subquery()
    action = select(func.coalesce(func.max(display_actions.c.action_id), 0)).scalar_subquery()
    always = select(until.label("until"), action.label("action")).subquery()
    versions = _by_scope().subquery()
    return select(always, versions).select_from(always.outerjoin(versions, true()))


def _by_scope() -> Select[Any]:
    first = select(func.min(snapshots.c.scope).label("scope")).cte("known", recursive=True)
    following = select(func.min(snapshots.c.scope)).where(snapshots.c.scope > first.c.scope).scalar_subquery()
    known = first.union_all(select(following).where(first.c.scope.is_not(None)))
    newest = select(func.max(snapshots.c.version)).where(snapshots.c.scope == known.c.scope).scalar_subquery()
    return select(known.c.scope, newest.label("version")).where(known.c.scope.is_not(None))


_NEWS = _news()  # putting it together takes as long as asking it
