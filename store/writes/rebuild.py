"""Roll-ups again from the events: for a ledger that `verify` does not find clean, or after a change of grain."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, Table, delete, insert

from store.queries.verify import GRAINS, recomputed_merchants, recomputed_rollup
from store.schema import measures_of, merchants_seen
from store.writes.ledger import wait_for_others
from store.writes.merchant_days import mark_every_day
from store.writes.tranche_minutes import rebuild_minutes


def rebuild_rollups(conn: Connection) -> int:
    """Replace all roll-ups and the merchants' counts; returns the number of cells written.

    The merchants' days are emptied and due: `rebuild_merchant_days` or the worker's next minute works them out.
    """
    wait_for_others(conn)
    written = sum(
        _replace(conn, table, recomputed_rollup(table, time, size_us), measures_of(table))
        for table, time, size_us in GRAINS
    )
    written += rebuild_minutes(conn)
    written += _replace(conn, merchants_seen, recomputed_merchants(), ("redeemed_net_count",))
    mark_every_day(conn)
    return written


def _replace(conn: Connection, table: Table, rows: Select[Any], measures: tuple[str, ...]) -> int:
    """Inside the server: a month's cells do not travel. In the key's order: a day's minutes lie together."""
    conn.execute(delete(table))
    names = [*(column.name for column in table.primary_key), *measures]
    in_order = rows.order_by(*list(rows.selected_columns)[: len(table.primary_key)])
    moved = insert(table).from_select(names, in_order)
    return conn.execute(moved, execution_options={"preserve_rowcount": True}).rowcount
