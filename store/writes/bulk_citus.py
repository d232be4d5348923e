"""Citus: everything goes by tables that are distributed as the ledger's are, so that each node works on its own.

It distributes no data-modifying WITH and joins nothing distributed with a function's rows. So the stages are tables,
made by `store.migrations.citus` and empty outside a transaction, and what a batch does is: stage, what is known,
INSERT .. SELECT .. ON CONFLICT, empty the stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, select, text

from store.placement import DISTRIBUTION_COLUMN
from store.schema import (
    events,
    merchant_days_due,
    merchants_seen,
    rollup_day,
    rollup_minute,
    rollup_total,
    superseded,
)
from store.writes import bulk_postgresql
from store.writes.driver import Names, Tuple, copy_rows, whole_rows
from store.writes.rows import with_keys
from store.writes.upsert import insert_into, merged


def fits(conn: Connection) -> bool:
    """Whether the stages are there: they are made where there is Citus, and nowhere else."""
    return bool(conn.execute(text("SELECT to_regclass('asked') IS NOT NULL")).scalar_one())


def insert_unknown(conn: Connection, table: Table, rows: Sequence[Tuple]) -> list[tuple[Tuple, Tuple]]:
    stage, key = arriving(table), list(table.primary_key)
    copy_rows(conn, stage, rows)
    same = (column == stage.c[column.name] for column in key)
    found = {tuple(row[: len(key)]): tuple(row) for row in conn.execute(whole_rows(table).where(*same))}
    conn.execute(_insertion(table))
    conn.execute(delete(stage))
    return [(row, found[name]) for name, row in with_keys(rows, found.keys(), len(key)).items()]


def merge(conn: Connection, table: Table, names: Names, rows: Sequence[Tuple], added: Names) -> None:
    if DISTRIBUTION_COLUMN not in table.primary_key.columns:
        bulk_postgresql.merge(conn, table, names, rows, added)  # it stands with the coordinator alone
        return
    copy_rows(conn, arriving(table), rows, names=names)
    conn.execute(_merging(table, names, added))
    conn.execute(delete(arriving(table)))


def stored(conn: Connection, table: Table, on: Names, keys: Set[Tuple]) -> Iterator[Tuple]:
    unasked = ("",) * (len(ASKED.columns) - len(on))
    copy_rows(conn, ASKED, ((*key, *unasked) for key in keys))
    same = (table.c[name] == column for name, column in zip(on, ASKED.columns, strict=False))
    found = conn.execute(whole_rows(table).where(*same)).all()
    conn.execute(delete(ASKED))
    yield from map(tuple, found)


@lru_cache
def _insertion(table: Table) -> Any:
    arrived = insert_into(table, "postgresql").from_select(list(table.columns), select(arriving(table)))
    return arrived.on_conflict_do_nothing()


@lru_cache
def _merging(table: Table, names: Names, added: Names) -> Any:
    arrived = select(*(arriving(table).c[name] for name in names))
    return merged(insert_into(table, "postgresql").from_select(names, arrived), table, added, of=names)


ASKED = Table(
    "asked",  # what is looked for: a key of `events`, or one with a redemption's number in it
    MetaData(),
    *(
        Column(name, String, nullable=False)
        for name in ("programme", "platform", "sub_project", "number", "kind")
    ),
)
_FILLED = (
    events, superseded, rollup_minute, rollup_day, rollup_total, merchants_seen, merchant_days_due
)  # fmt: skip


def stages() -> tuple[Table, ...]:
    """All that this form needs beside the ledger's own tables; each has a `programme`."""
    return (ASKED, *map(arriving, _FILLED))


@lru_cache
def arriving(table: Table) -> Table:
    """Where a batch's rows of `table` stand until they are merged: its columns, and no key."""
    columns = [Column(column.name, column.type) for column in table.columns]
    # what a crash takes of them is nothing: they are empty outside a transaction
    return Table(f"arriving_{table.name}", MetaData(), *columns, prefixes=["UNLOGGED"])
