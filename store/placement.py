"""Where tables stand past one server, on Citus.

The ledger's are distributed by programme and co-located: what a batch does, each node does on its own rows. What is
joined with them is small and stands on every node. The others stay with the coordinator: nothing distributed is joined
with them, and they are what distribution only makes slower, single rows that many write (leases, versions, cursors),
queues and lists with numbers of their own (discrepancies too), bytes that are fetched one by one, and the opinion
side, which knows no programme.
"""

from __future__ import annotations

from sqlalchemy import Table

from store.schema import events, metadata

DISTRIBUTION_COLUMN = "programme"


def ledger_tables() -> list[Table]:
    """`events` first: the others are put beside it."""
    found = [table for table in metadata.sorted_tables if DISTRIBUTION_COLUMN in table.primary_key.columns]
    return sorted(found, key=lambda table: table is not events)


def reference_tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.info.get("everywhere")]
