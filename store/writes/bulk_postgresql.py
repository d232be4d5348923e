"""PostgreSQL: look up what is known, and COPY the rest straight into its table.

ON CONFLICT from a stage costs twice as much: it goes down the key's index twice for each row, and adds row by row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    String,
    Table,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    cast,
    func,
    select,
    true,
)
from sqlalchemy.dialects import postgresql

from store.writes.driver import Names, Tuple, copy_rows, whole_rows
from store.writes.upsert import insert_into, merged


def insert_unknown(conn: Connection, table: Table, rows: Mapping[Tuple, Tuple]) -> Mapping[Tuple, Tuple]:
    width = len(table.primary_key)
    alike = _alike(rows)
    known = {row[:width]: row for row in _known(conn, table, alike)}
    # neighbours of the key's index together: it is the dearest part of a row, and dearer when walked across
    copy_rows(conn, table, [rows[key] for keys in alike.values() for key in keys if key not in known])
    return known


def _alike(keys: Iterable[Tuple]) -> dict[Tuple, list[Tuple]]:
    """By all but their number."""
    groups: dict[Tuple, list[Tuple]] = defaultdict(list)
    for key in keys:
        groups[key[:_NUMBER] + key[_NUMBER + 1 :]].append(key)
    return groups


def _known(conn: Connection, table: Table, alike: Mapping[Tuple, list[Tuple]]) -> Iterator[Tuple]:
    """By the primary key: one descent for its neighbours, not one for each."""
    beside, number = _parts(table)
    arrays = {name: _texts(values) for name, values in zip(beside, zip(*alike, strict=True), strict=True)}
    arrays[number] = _texts([_texts([key[_NUMBER] for key in keys]) for keys in alike.values()])
    yield from map(tuple, conn.execute(_among(table), arrays))


_NUMBER = 3
"""The place of an event's number in the keys: of what stands beside it, a batch has few kinds."""


def _parts(table: Table) -> tuple[list[str], str]:
    names = [column.name for column in table.primary_key]
    number = names.pop(_NUMBER)
    return names, number


@lru_cache
def _among(table: Table) -> Select[Any]:
    beside, number = _parts(table)
    asked = _asked((*beside, number))
    one_of = table.c[number] == any_(cast(asked.c[number], postgresql.ARRAY(Text)))
    return _beside(asked, table, *(table.c[name] == asked.c[name] for name in beside), one_of)


def merge(conn: Connection, table: Table, names: Names, rows: Sequence[Tuple], added: Names) -> None:
    """Not by a temporary table: nobody vacuums those, and each batch would walk through all the earlier ones' rows."""
    arrays = {
        name: _array(table.c[name], values)
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }
    conn.execute(_merging(table, names, added), arrays)


@lru_cache
def _merging(table: Table, names: Names, added: Names) -> Any:
    columns = [Column(name, table.c[name].type) for name in names]
    arrays = (cast(bindparam(c.name, type_=Text), postgresql.ARRAY(c.type)) for c in columns)
    arrived = select(func.unnest(*arrays).table_valued(*columns).render_derived(name="arrived"))
    return merged(insert_into(table, "postgresql").from_select(names, arrived), table, added, of=names)


def stored(conn: Connection, table: Table, on: Names, keys: Sequence[Tuple]) -> Iterator[Tuple]:
    # each key on its own: the planner might take neighbours of a secondary index for a walk through the primary one
    arrays = {name: _texts(values) for name, values in zip(on, zip(*keys, strict=True), strict=True)}
    yield from map(tuple, conn.execute(_equal(table, on), arrays))


@lru_cache
def _equal(table: Table, on: Names) -> Select[Any]:
    asked = _asked(on)
    return _beside(asked, table, *(table.c[name] == asked.c[name] for name in on))


def _asked(names: Names) -> TableValuedAlias:
    """The rows that parameters of these names hold, arrays of text."""
    arrays = (cast(bindparam(name, type_=Text), postgresql.ARRAY(Text)) for name in names)
    columns = (Column(name, Text) for name in names)
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="asked")


def _beside(asked: TableValuedAlias, table: Table, *same: ColumnElement[bool]) -> Select[Any]:
    # OFFSET keeps the planner from joining the two its own way: with a fresh batch it would read all of `table`
    one = whole_rows(table).where(*same).offset(0).lateral("one")
    return select(one).select_from(asked.join(one, true()))


def _array(column: Column[Any], values: Sequence[Any]) -> str:
    """PostgreSQL's text form of an array: a third of what the driver takes for a list."""
    if isinstance(column.type, String):
        return _texts(values)
    return "{" + ",".join(map(str, values)).replace("None", "NULL") + "}"


def _texts(values: Sequence[str | None]) -> str:
    try:
        joined = "\0".join(values)  # type: ignore[arg-type]  # the one character that no PostgreSQL text can hold
    except TypeError:
        return "{" + ",".join("NULL" if value is None else _texts([value])[1:-1] for value in values) + "}"
    if joined.count("\0") != len(values) - 1:
        raise ValueError("NUL in a text")
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + escaped.replace("\0", '","') + '"}'
