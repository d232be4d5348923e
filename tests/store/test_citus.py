"""Past one server: keys, where each table stands, what Citus is told, and the form a batch is written in there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, String, UniqueConstraint, event, inspect, text

from domain.campaign import Campaign
from domain.records import Grade, Kind
from store import schema
from store.engine import open_store, read, write
from store.migrations import citus, downgrade, migrate
from store.placement import ledger_tables, reference_tables
from store.queries.verify import verify
from store.writes import bulk_citus
from store.writes.ledger import save_batch
from tests.store.events import OPENING, entries
from tests.store.events import event as made

on_postgresql = pytest.mark.parametrize(
    "store_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)

_VOUCHERS = (Kind.CLAIM, Kind.REDEMPTION, Kind.REFUND)
_LEDGER = {
    "events", "superseded", "rollup_minute", "rollup_day", "rollup_total", "merchants_seen", "counters",
    "counters_newest", "feeds",
}  # fmt: skip


def test_the_programme_is_in_every_primary_and_unique_key_of_a_table_that_has_it() -> None:
    assert {table.name for table in ledger_tables()} >= _LEDGER
    with_programme = {t.name for t in schema.metadata.sorted_tables if "programme" in t.columns}
    assert with_programme - {table.name for table in ledger_tables()} == {
        "discrepancies"
    }  # numbered, so local
    for table in ledger_tables():
        keys = [table.primary_key, *(c for c in table.constraints if isinstance(c, UniqueConstraint))]
        keys += [index for index in table.indexes if index.unique]
        assert all("programme" in key.columns for key in keys), table.name
        assert isinstance(table.c.programme.type, String), table.name  # one type, or no co-location
        assert not table.foreign_keys, table.name


def test_the_migrated_keys_hold_the_programme_too(engine: Engine) -> None:
    found = inspect(engine)
    for table in ledger_tables():
        keys = [found.get_pk_constraint(table.name)["constrained_columns"]]
        keys += [unique["column_names"] for unique in found.get_unique_constraints(table.name)]
        keys += [index["column_names"] for index in found.get_indexes(table.name) if index["unique"]]
        assert all("programme" in key for key in keys), (table.name, keys)


def test_no_table_is_both_distributed_and_everywhere() -> None:
    assert {table.name for table in reference_tables()} == {"merchants", "sanctions"}
    assert not {t.name for t in reference_tables()} & {t.name for t in ledger_tables()}


# ---------------------------------------------------------------- what the server is told


@contextmanager
def _told(engine: Engine) -> Iterator[list[tuple[str, dict[str, str]]]]:
    """The calls to Citus's functions, with their parameters."""
    calls: list[tuple[str, dict[str, str]]] = []

    def note(conn: object, cursor: object, statement: str, parameters: dict[str, str], *_: object) -> None:
        if "create_" in statement and "_table(" in statement:
            calls.append((statement.split("SELECT ")[1].split("(")[0], parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield calls
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.postgres
def test_citus_is_told_to_distribute_the_ledger_by_programme_and_to_keep_the_registers_everywhere(
    citus_url: str,
) -> None:
    engine = open_store(citus_url)
    with _told(engine) as calls:
        migrate(engine)
    everywhere = [p["name"] for function, p in calls if function == "create_reference_table"]
    distributed = [p for function, p in calls if function == "create_distributed_table"]
    assert sorted(everywhere) == ["merchants", "sanctions"]
    assert distributed[0] == {"name": "events", "column": "programme", "beside": "none"}
    assert all((p["column"], p["beside"]) == ("programme", "events") for p in distributed[1:])
    names = [p["name"] for p in distributed]
    assert len(names) == len(set(names))
    assert set(names) == {t.name for t in ledger_tables()} | {t.name for t in bulk_citus.stages()}
    engine.dispose()


@pytest.mark.postgres
def test_migrating_again_tells_citus_nothing_new(citus_url: str) -> None:
    engine = open_store(citus_url)
    migrate(engine)
    with _told(engine) as calls:
        migrate(engine)
    assert calls == []
    engine.dispose()


@pytest.mark.postgres
def test_a_later_revision_makes_the_stages_anew_and_leaves_the_rest_where_it_is(citus_url: str) -> None:
    engine = open_store(citus_url)
    migrate(engine)
    with engine.connect() as conn:
        before = set(inspect(conn).get_table_names())
    downgrade(engine, "-1")
    with engine.connect() as conn:
        made = before - set(inspect(conn).get_table_names())  # stages are dropped for a revision
    with _told(engine) as calls:
        migrate(engine)
    placed = {table.name for table in ledger_tables()} & made
    assert {p["name"] for _, p in calls} == {stage.name for stage in bulk_citus.stages()} | placed
    downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version", "pg_dist_partition"}
    engine.dispose()


@pytest.mark.postgres
def test_tables_from_before_citus_are_distributed_too(citus_url: str) -> None:
    engine = open_store(citus_url)
    migrate(engine)
    with write(engine) as conn:
        for stage in bulk_citus.stages():
            conn.execute(text(f"DROP TABLE {stage.name}"))
        conn.execute(text("DELETE FROM pg_dist_partition"))
    with _told(engine) as calls:
        migrate(engine)
    assert len(calls) == len([*ledger_tables(), *reference_tables(), *bulk_citus.stages()])
    engine.dispose()


@on_postgresql
def test_a_plain_postgresql_is_told_nothing(engine: Engine) -> None:
    with engine.connect() as conn:
        if citus.is_citus(conn):
            pytest.skip("this server is none")
    with _told(engine) as calls:
        downgrade(engine, "base")
        migrate(engine)
    assert calls == []
    assert not [name for name in inspect(engine).get_table_names() if name.startswith(("arriving", "asked"))]


# ---------------------------------------------------------------- how a batch is written there


@pytest.mark.postgres
def test_a_batch_on_citus_is_staged_compared_moved_and_leaves_the_stages_empty(
    citus_url: str, small_campaign: Campaign
) -> None:
    engine = open_store(citus_url)
    migrate(engine)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda c, cu, statement, *_: statements.append(statement))
    city = small_campaign.city.id
    batch = entries(
        small_campaign, *(made(small_campaign, city, kind, n) for kind in _VOUCHERS for n in range(4))
    )
    for _ in range(2):
        with write(engine) as conn:
            save_batch(conn, batch, source="t", grade=Grade.FLASH, raw_sha256="0" * 64, now=OPENING)
    written = list(statements)
    with read(engine) as conn:
        assert verify(conn, small_campaign) == []
        for stage in bulk_citus.stages():
            assert conn.execute(text(f"SELECT count(*) FROM {stage.name}")).scalar_one() == 0, stage.name
    asked = [s for s in written if "to_regclass('asked')" in s]
    assert len(asked) == 1  # once an engine, not once a batch
    ours = [s for s in written if "arriving_" in s or "FROM asked" in s or ", asked" in s]
    assert ours
    for statement in ours:
        assert not statement.startswith("WITH"), statement
        assert "RETURNING" not in statement, statement
        assert "LATERAL" not in statement, statement
    joins = [s for s in ours if s.startswith("SELECT")]
    assert joins
    assert all("events.programme = " in s for s in joins)  # co-located: each node joins its own
    moved = [s for s in ours if s.startswith("INSERT INTO events")]
    assert moved
    assert all("ON CONFLICT DO NOTHING" in s for s in moved)
    engine.dispose()
