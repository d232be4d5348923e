"""Many rows at once, as plain tuples: times are stored microseconds already.

How, depends on the server, and each has a module of its own with the same three functions. Whoever writes here holds
the ledger's lock (`ledger.wait_for_others`): nobody inserts a key between its being looked for and its being inserted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Protocol
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Table

from store.writes import bulk_citus, bulk_postgresql, bulk_sqlite
from store.writes.driver import Names, Tuple


class _Form(Protocol):
    def insert_unknown(
        self, conn: Connection, table: Table, rows: Sequence[Tuple]
    ) -> Iterable[tuple[Tuple, Tuple]]: ...

    def merge(
        self, conn: Connection, table: Table, names: Names, rows: Sequence[Tuple], added: Names
    ) -> None: ...

    def stored(self, conn: Connection, table: Table, on: Names, keys: Set[Tuple]) -> Iterator[Tuple]: ...


_FORMS: WeakKeyDictionary[Dialect, _Form] = WeakKeyDictionary()
"""By an engine's dialect, so that a server is asked once what it is."""


def _form(conn: Connection) -> _Form:
    form = _FORMS.get(conn.dialect)
    if form is None:
        form = _FORMS[conn.dialect] = _fitting(conn)
    return form


def _fitting(conn: Connection) -> _Form:
    if conn.dialect.name == "sqlite":
        return bulk_sqlite
    return bulk_citus if bulk_citus.fits(conn) else bulk_postgresql


def insert_unknown(conn: Connection, table: Table, rows: Sequence[Tuple]) -> Iterable[tuple[Tuple, Tuple]]:
    """Insert the rows whose key is not there yet; the others, each with what is stored.

    `rows`: no two of one key, in the order of the table's columns; the key is the first of these, all text.
    """
    return _form(conn).insert_unknown(conn, table, rows) if rows else ()


def add_up_rows(conn: Connection, table: Table, rows: Sequence[Tuple], *, measures: Names) -> None:
    """Insert the rows, of the key and these measures, or add them to what stands under the same key."""
    if rows:
        key = tuple(column.name for column in table.primary_key)
        _form(conn).merge(conn, table, (*key, *measures), rows, measures)


def replace_rows(conn: Connection, table: Table, rows: Sequence[Tuple]) -> None:
    """Insert the rows, or put them in the place of what stands under the same key."""
    if rows:
        _form(conn).merge(conn, table, tuple(column.name for column in table.columns), rows, ())


def stored(conn: Connection, table: Table, on: Names, keys: Set[Tuple]) -> Iterator[Tuple]:
    """Whole rows whose text columns `on` equal any of `keys`, always through their index."""
    return _form(conn).stored(conn, table, on, keys) if keys else iter(())
