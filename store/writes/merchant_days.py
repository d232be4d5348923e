"""Keeps `merchant_days` in step with the events: days that batches have touched are worked out again, once a minute.

Not within a batch: the minimum spend is the campaign's, and of a day's minutes and persons no sum can be moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, literal, select

from domain.campaign import Campaign
from store.engine import read, write
from store.queries.merchant_days_again import MerchantRow, merchants_of_day
from store.schema import merchant_days, merchant_days_due, rollup_day
from store.writes.ledger import wait_for_others

_Due = tuple[str, datetime, int]
_KEY = len(merchant_days.primary_key)


def bring_up_to_date(
    engine: Engine, campaign: Campaign, *, fence: Callable[[Connection], None] = lambda conn: None
) -> int:
    """Work out the newest of the touched days and one other; returns how many rows changed. Nobody waits for the walk.

    Refunds touch days of weeks ago, each minute others: these take turns, so that a run never walks more than two.
    A day that a batch touches meanwhile stays due: what was read is right as of then, and is worked out once more.
    """
    with read(engine) as conn:
        due = _due(conn)
        found = {day: list(merchants_of_day(conn, campaign, day)) for day in _next(due)}
    if not found:
        return 0
    with write(engine) as conn:
        fence(conn)
        wait_for_others(conn)
        waiting = {day for _, day, _ in _due(conn)}  # a rebuild may have been quicker, and knows more
        changed = sum(_replace_day(conn, day, rows) for day, rows in found.items() if day in waiting)
        for programme, day, moves in due:
            if day in found:
                _done(conn, programme, day, moves)
    return changed


def rebuild_merchant_days(conn: Connection, campaign: Campaign) -> int:
    """Every day from the events; returns the number of rows."""
    wait_for_others(conn)
    mark_every_day(conn)
    days = sorted({day for _, day, _ in _due(conn)})
    rows = [row for day in days for row in merchants_of_day(conn, campaign, day)]
    _insert(conn, rows)
    conn.execute(delete(merchant_days_due))
    return len(rows)


def mark_every_day(conn: Connection) -> None:
    """Nothing is known any more, and every day with a redemption is due."""
    conn.execute(delete(merchant_days))
    conn.execute(delete(merchant_days_due))
    keys = (rollup_day.c.programme, rollup_day.c.day)
    query = select(*keys, literal(1)).where(rollup_day.c.redeemed_gross_count != 0).group_by(*keys)
    conn.execute(insert(merchant_days_due).from_select(["programme", "day", "moves"], query))


def _due(conn: Connection) -> list[_Due]:
    return [(row.programme, row.day, row.moves) for row in conn.execute(select(merchant_days_due))]


def _next(due: Sequence[_Due]) -> list[datetime]:
    """The newest day, and of the others the one that was touched most often since it was worked out."""
    touched: Counter[datetime] = Counter()
    for _, day, moves in due:
        touched[day] += moves
    newest = max(touched, default=None)
    others = sorted((-moves, day) for day, moves in touched.items() if day != newest)
    return [day for day in (newest, *(day for _, day in others[:1])) if day is not None]


def _replace_day(conn: Connection, day: datetime, rows: Sequence[MerchantRow]) -> int:
    """Only what differs is written."""
    columns = [merchant_days.c[name] for name in MerchantRow._fields]
    query = select(*columns).where(merchant_days.c.day == day)
    stored = {tuple(row[:_KEY]): tuple(row) for row in conn.execute(query)}
    wanted = {tuple(row[:_KEY]): row for row in rows}
    gone = [key for key, row in stored.items() if wanted.get(key) != row]
    come = [row for key, row in wanted.items() if stored.get(key) != row]
    for programme, tranche, merchant, _ in gone:
        conn.execute(
            delete(merchant_days).where(
                merchant_days.c.programme == programme,
                merchant_days.c.tranche == tranche,
                merchant_days.c.merchant == merchant,
                merchant_days.c.day == day,
            )
        )
    _insert(conn, come)
    return len({*gone, *(row[:_KEY] for row in come)})


def _insert(conn: Connection, rows: Sequence[MerchantRow]) -> None:
    if rows:
        conn.execute(insert(merchant_days), [row._asdict() for row in rows])


def _done(conn: Connection, programme: str, day: datetime, moves: int) -> None:
    due = merchant_days_due.c
    conn.execute(
        delete(merchant_days_due).where(due.programme == programme, due.day == day, due.moves == moves)
    )
