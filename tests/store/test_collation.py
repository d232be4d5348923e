"""Text compares by its bytes, in a database of whatever locale: as on SQLite, and as Python does."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, insert, select, text

from domain.campaign import Campaign
from domain.errors import StoreError
from domain.records import Grade, Kind
from store.engine import open_store, read, write
from store.migrations import current, downgrade, migrate
from store.placement import ledger_tables
from store.queries.verify import verify
from store.schema import events, leases
from store.writes import bulk_citus
from store.writes.ledger import save_batch
from tests.given_postgres import Schemas
from tests.postgres import NoPostgres, Server, server
from tests.store.events import OPENING, entries, event

pytestmark = pytest.mark.postgres
on_postgresql = pytest.mark.parametrize(
    "store_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)

_COLLATIONS = text("""
    SELECT relname || '.' || attname AS column, attcollation::regcollation::text AS collation
    FROM pg_attribute JOIN pg_class AS relation ON relation.oid = attrelid
    WHERE attcollation <> 0 AND pg_table_is_visible(relation.oid) AND relkind IN ('r', 'i')
        AND relnamespace <> 'pg_catalog'::regnamespace
""")


@pytest.fixture(scope="module")
def pinyin_server() -> Iterator[Server]:
    """Where 情 comes before 券, and "a" before "B": a city's server, as its installer made it."""
    try:
        with server("--locale-provider=icu", "--icu-locale=zh-Hans-CN", "--locale=C") as running:
            yield running
    except NoPostgres as reason:
        pytest.skip(f"no server that sorts by pinyin: {reason}")


@pytest.fixture
def pinyin(pinyin_server: Server) -> Iterator[Engine]:
    with pinyin_server.database() as url:
        engine = open_store(url)
        with engine.connect() as conn:
            assert conn.scalar(text("SELECT 'a' < 'B' AND '情' < '券'"))
        migrate(engine)
        yield engine
        engine.dispose()


def test_names_sort_as_python_sorts_them_in_a_database_that_sorts_by_pinyin(pinyin: Engine) -> None:
    names = ["B", "a", "A-1", "a1", "A1", "_", "券", "情", "一", "é", "z", "𠮷", "\uff01"]
    with write(pinyin) as conn:
        conn.execute(insert(leases), [{"name": n, "holder": n, "token": 1, "until": OPENING} for n in names])
        assert list(conn.scalars(select(leases.c.name).order_by(leases.c.name))) == sorted(names)
        least, most = conn.execute(select(func.min(leases.c.holder), func.max(leases.c.holder))).one()
        assert (least, most) == (min(names), max(names))
        later = select(leases.c.holder).where(leases.c.holder > "a")
        assert set(conn.scalars(later)) == {n for n in names if n > "a"}


def test_of_two_refunds_in_one_second_the_server_and_python_take_the_same_for_the_first(
    pinyin: Engine, small_campaign: Campaign
) -> None:
    used = event(small_campaign, "city", Kind.REDEMPTION, 1)
    refund = event(small_campaign, "city", Kind.REFUND, 1)
    told = [
        event(small_campaign, "city", Kind.CLAIM, 1),
        used,
        *(replace(refund, event_no=no, returned_fen=fen) for no, fen in (("a1", 100), ("B1", 200))),
    ]
    with write(pinyin) as conn:
        save_batch(
            conn,
            entries(small_campaign, *told),
            source="t",
            grade=Grade.FLASH,
            raw_sha256="0" * 64,
            now=OPENING,
        )
    with read(pinyin) as conn:
        assert verify(conn, small_campaign) == []


@on_postgresql
def test_a_database_from_before_is_brought_to_it_and_keeps_rows_statistics_and_the_tables_of_others(
    engine: Engine, small_campaign: Campaign
) -> None:
    told = entries(small_campaign, *(event(small_campaign, "city", Kind.CLAIM, n) for n in range(40)))
    with write(engine) as conn:
        save_batch(conn, told, source="t", grade=Grade.FLASH, raw_sha256="0" * 64, now=OPENING)
        before = conn.execute(select(events).order_by(events.c.event_no)).all()
        for name, kind in (("event_no", "varchar(128)"), ("kind", "varchar(12)")):
            conn.execute(text(f'ALTER TABLE events ALTER COLUMN {name} TYPE {kind} COLLATE "default"'))
        conn.execute(text('ALTER TABLE post_words ALTER COLUMN words TYPE text[] COLLATE "default"'))
        conn.execute(text("CREATE TABLE theirs (name text)"))
        conn.execute(text("ANALYZE events"))
    migrate(engine)
    with read(engine) as conn:
        found = dict(conn.execute(_COLLATIONS).all())
        known = "SELECT count(*) FROM pg_stats WHERE tablename = 'events' AND attname IN ('event_no', 'kind')"
        assert found.pop("theirs.name") == '"default"'
        assert {name for name, collation in found.items() if collation != '"C"'} == set()
        assert {name.split(".")[0] for name in found} >= {
            "events",
            "pk_events",
            "post_words",
            "alembic_version",
        }
        assert conn.execute(select(events).order_by(events.c.event_no)).all() == before
        assert conn.scalar(text(known)) == 2


@pytest.mark.parametrize("collation", ["C", "default"])
def test_what_a_table_is_distributed_by_compares_as_it_did_then_and_the_stages_with_it(
    citus_url: str, monkeypatch: pytest.MonkeyPatch, collation: str
) -> None:
    engine = open_store(citus_url)
    if collation == "default":
        monkeypatch.setattr("store.migrations.collation.settle", lambda conn: None)  # as before it was there
    migrate(engine)
    monkeypatch.undo()
    downgrade(engine, "-1")
    migrate(engine)
    wanted = (*ledger_tables(), *bulk_citus.stages())
    told = (
        "SELECT attcollation::regcollation::text FROM pg_attribute WHERE attname = 'programme' AND attrelid ="
    )
    with read(engine) as conn:
        found = {conn.scalar(text(f"{told} '{table.name}'::regclass")) for table in wanted}
    assert found == {f'"{collation}"'}
    engine.dispose()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "EUC_CN", "LATIN1"])
def test_a_database_that_cannot_keep_every_character_is_refused(
    postgres_server: Server, encoding: str
) -> None:
    if isinstance(postgres_server, Schemas):
        pytest.skip("on Citus a test makes no databases")
    name = f"quanqing_{secrets.token_hex(4)}"
    made = f"TEMPLATE template0 ENCODING '{encoding}' LOCALE_PROVIDER libc LOCALE 'C'"
    postgres_server.run(f"CREATE DATABASE {name} {made}")
    engine = open_store(postgres_server.url(name))
    try:
        with pytest.raises(StoreError, match=rf"keeps text as {encoding}.*ENCODING 'UTF8'"):
            migrate(engine)
        assert current(engine) is None
    finally:
        engine.dispose()
        postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")
