"""Many rows at once, as plain tuples in the table's column order: times are stored microseconds already.

How, depends on the server, and each has a module of its own with the same three functions. Whoever writes here holds
the ledger's lock (`ledger.wait_for_others`): nobody inserts a key between its being looked for and its being inserted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Table

from store.writes import bulk_citus, bulk_postgresql, bulk_sqlite
from store.writes.driver import Tuple


class _Form(Protocol):
    def insert_unknown(
        self, conn: Connection, table: Table, rows: Sequence[Tuple]
    ) -> Mapping[Tuple, Tuple]: ...

    def merge(
        self, conn: Connection, table: Table, rows: Sequence[Tuple], added: tuple[str, ...]
    ) -> None: ...

    def stored(
        self, conn: Connection, table: Table, on: tuple[str, ...], keys: Sequence[Tuple]
    ) -> Iterator[Tuple]: ...


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


def insert_unknown(conn: Connection, table: Table, rows: Sequence[Tuple]) -> Mapping[Tuple, Tuple]:
    """Insert the rows whose key is not there yet; of the others what is stored, by key.

    The key is the table's first columns, all text. No key may come twice in `rows`.
    """
    return _form(conn).insert_unknown(conn, table, rows) if rows else {}


def add_up_rows(conn: Connection, table: Table, rows: Sequence[Tuple], *, measures: Sequence[str]) -> None:
    """Insert the rows, or add their measures to what stands under the same key."""
    if rows:
        _form(conn).merge(conn, table, rows, tuple(measures))


def replace_rows(conn: Connection, table: Table, rows: Sequence[Tuple]) -> None:
    """Insert the rows, or put them in the place of what stands under the same key."""
    if rows:
        _form(conn).merge(conn, table, rows, ())


def stored(conn: Connection, table: Table, on: Sequence[str], keys: Sequence[Tuple]) -> Iterator[Tuple]:
    """Whole rows whose text columns `on` equal any of `keys`, always through their index."""
    return _form(conn).stored(conn, table, tuple(on), keys) if keys else iter(())
