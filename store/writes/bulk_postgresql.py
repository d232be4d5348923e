"""PostgreSQL: look up what is known, and COPY the rest straight into its table.

ON CONFLICT from a stage costs twice as much: it goes down the key's index twice for each row, and adds row by row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
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
    key = tuple(column.name for column in table.primary_key)
    alike: dict[Tuple, dict[str, Tuple]] = defaultdict(dict)
    for name, row in rows.items():  # without a call: a batch has tens of thousands
        alike[name[:_NUMBER] + name[_NUMBER + 1 :]][name[_NUMBER]] = row
    # by the primary key: one descent for its neighbours, not one for each
    found = map(tuple, conn.execute(_among(table, key), _arrays(key, alike)))
    known = {row[: len(key)]: row for row in found}
    for name in known:
        del alike[_beside(name)][name[_NUMBER]]
    # in the order of the key's index: it is the dearest part of a row, and dearer when walked across
    new = chain.from_iterable(numbers.values() for numbers in alike.values())
    copy_rows(conn, table, sorted(new, key=itemgetter(_NUMBER)))
    return known


_NUMBER = 3
"""The place of an event's number in all keys: of what stands beside it, a batch has few kinds."""


def _beside(key: Tuple) -> Tuple:
    return key[:_NUMBER] + key[_NUMBER + 1 :]


def _arrays(on: Names, alike: Mapping[Tuple, Iterable[str]]) -> dict[str, str]:
    """`alike`: numbers by what stands beside them; each kind's as an array within an array of text."""
    arrays = {
        name: _texts(values) for name, values in zip(_beside(on), zip(*alike, strict=True), strict=True)
    }
    return {**arrays, on[_NUMBER]: _texts([_texts(list(numbers)) for numbers in alike.values()])}


@lru_cache
def _among(table: Table, on: Names) -> Select[Any]:
    asked = _asked(on)
    same = (table.c[name] == asked.c[name] for name in _beside(on))
    return _joined(asked, table, *same, table.c[on[_NUMBER]] == any_(_numbers(asked, on)))


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
    alike: dict[Tuple, list[str]] = defaultdict(list)
    for key in keys:
        alike[_beside(key)].append(key[_NUMBER])
    yield from map(tuple, conn.execute(_each(table, on), _arrays(on, alike)))


@lru_cache
def _each(table: Table, on: Names) -> Select[Any]:
    """Each key on its own: the planner might take a secondary index's neighbours for a walk through the primary one."""
    asked = _asked(on)
    one = (
        func.unnest(_numbers(asked, on)).table_valued(Column(on[_NUMBER], Text)).render_derived(name="number")
    )
    same = (table.c[name] == asked.c[name] for name in _beside(on))
    return _joined(asked.join(one, true()), table, *same, table.c[on[_NUMBER]] == one.c[on[_NUMBER]])


def _asked(names: Names) -> TableValuedAlias:
    """The rows that parameters of these names hold, arrays of text."""
    arrays = (cast(bindparam(name, type_=Text), postgresql.ARRAY(Text)) for name in names)
    columns = (Column(name, Text) for name in names)
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="asked")


def _numbers(asked: TableValuedAlias, on: Names) -> ColumnElement[Any]:
    return cast(asked.c[on[_NUMBER]], postgresql.ARRAY(Text))


def _joined(asked: FromClause, table: Table, *same: ColumnElement[bool]) -> Select[Any]:
    # OFFSET keeps the planner from joining the two its own way: with a fresh batch it would read all of `table`
    one = whole_rows(table).where(*same).offset(0).lateral("one")
    return select(one).select_from(asked.join(one, true()))


def _array(column: Column[Any], values: Sequence[Any]) -> str:
    """PostgreSQL's text form of an array: a third of what the driver takes for a list."""
    if isinstance(column.type, String):
        return _texts(values)
    if column.nullable:
        return "{" + ",".join(map(str, values)).replace("None", "NULL") + "}"
    return "{" + (("%d," * len(values)) % tuple(values))[:-1] + "}"  # half of what str() of each takes


def _texts(values: Sequence[str | None]) -> str:
    try:
        joined = "\0".join(values)  # type: ignore[arg-type]  # the one character that no PostgreSQL text can hold
    except TypeError:
        return "{" + ",".join("NULL" if value is None else _texts([value])[1:-1] for value in values) + "}"
    if joined.count("\0") != len(values) - 1:
        raise ValueError("NUL in a text")
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + escaped.replace("\0", '","') + '"}'
