"""What a PostgreSQL with the `citus` extension is told of our tables, in the transaction that migrates them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, text
from sqlalchemy.schema import CreateTable, DropTable

from store.placement import DISTRIBUTION_COLUMN, ledger_tables, reference_tables
from store.writes.bulk_citus import stages


def is_citus(conn: Connection) -> bool:
    if conn.dialect.name != "postgresql":
        return False
    found = conn.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'citus'"))
    return found.first() is not None


def is_lacking(conn: Connection) -> bool:
    """Whether there is Citus, and a table that does not stand where it should."""
    wanted = (*ledger_tables(), *reference_tables(), *stages())
    return is_citus(conn) and not {table.name for table in wanted} <= placed(conn)


def prepare(conn: Connection) -> None:
    """Before the tables change: the stages, empty outside a transaction, are made anew after it.

    Citus refuses to change tables that are everywhere after it worked on several connections.
    """
    conn.execute(text("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'"))
    for stage in stages():
        conn.execute(DropTable(stage, if_exists=True))


def make_stages(conn: Connection) -> None:
    """Those that `prepare` dropped, and any that a newer program has."""
    for stage in stages():
        conn.execute(CreateTable(stage, if_not_exists=True))


def distribute(conn: Connection) -> None:
    """Place whatever is not placed yet; running it again changes nothing."""
    for table in _missing(conn, reference_tables()):
        conn.execute(text("SELECT create_reference_table(:name)"), {"name": table.name})
    first, *others = (*ledger_tables(), *stages())
    for table in _missing(conn, [first, *others]):
        conn.execute(
            text("SELECT create_distributed_table(:name, :column, colocate_with => :beside)"),
            {
                "name": table.name,
                "column": DISTRIBUTION_COLUMN,
                "beside": "none" if table is first else first.name,
            },
        )


def _missing(conn: Connection, tables: list[Table]) -> Iterator[Table]:
    there = placed(conn)
    return (table for table in tables if table.name not in there)


def placed(conn: Connection) -> set[str]:
    """The tables that Citus knows of."""
    return set(conn.scalars(text("SELECT logicalrelid::regclass::text FROM pg_dist_partition")))
