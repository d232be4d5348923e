"""Roll-ups again from the events: for a ledger that `verify` does not find clean, or after a change of grain."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert

from store.queries.verify import GRAINS, expected_merchants, recomputed_rows
from store.schema import MEASURES, merchants_seen
from store.writes.ledger import wait_for_others
from store.writes.upsert import chunks


def rebuild_rollups(conn: Connection) -> int:
    """Replace all roll-ups and the merchants' counts; returns the number of cells written."""
    wait_for_others(conn)
    written = 0
    for table, time, size_us in GRAINS:
        names = [*(column.name for column in table.primary_key), *MEASURES]
        rows = [
            dict(zip(names, key + amounts, strict=True))
            for key, amounts in recomputed_rows(conn, table, time, size_us).items()
        ]
        conn.execute(delete(table))
        for some in chunks(rows, 1000):
            conn.execute(insert(table), list(some))
        written += len(rows)
    keys = [column.name for column in merchants_seen.primary_key]
    shops = [
        dict(zip(keys, shop, strict=True)) | {"redeemed_net_count": n}
        for shop, n in expected_merchants(conn).items()
    ]
    conn.execute(delete(merchants_seen))
    for some in chunks(shops, 1000):
        conn.execute(insert(merchants_seen), list(some))
    return written + len(shops)
