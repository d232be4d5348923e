"""The revisions lead to the tables of store/schema/, and back."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Column, Engine, Text, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from domain.errors import StoreError
from store.engine import open_store, read, write
from store.migrations import _alone, current, downgrade, migrate, settings
from store.schema import (
    WORDS,
    alert_history,
    alerts,
    events,
    metadata,
    posts,
    raw_archive,
    rollup_day,
    rollup_total,
    scores,
    superseded,
)
from store.writes.bulk_citus import stages

REPOSITORY = Path(__file__).parents[2]
SEEN = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)


@pytest.fixture
def empty(empty_url: str):
    engine = open_store(empty_url)
    yield engine
    engine.dispose()


def test_the_migrated_tables_equal_the_schema(engine: Engine):
    with engine.connect() as conn:
        options = {"compare_type": True, "compare_server_default": True, "include_name": _is_no_stage}
        context = MigrationContext.configure(conn, opts=options)
        assert compare_metadata(context, metadata) == []


def _is_no_stage(name: str | None, kind: str, _: object) -> bool:
    """Beside the schema's tables stand those Citus stages batches in, and what words are found by."""
    staging = name in {stage.name for stage in stages()}
    return kind != "table" or not (staging or (name or "").startswith(WORDS))


def test_the_migrated_checks_equal_the_schema(engine: Engine):
    """Alembic does not compare them."""
    migrated = {
        table: {check["name"] for check in inspect(engine).get_check_constraints(table)}
        for table in metadata.tables
    }
    wanted = {
        name: {c.name for c in table.constraints if isinstance(c, CheckConstraint)}
        for name, table in metadata.tables.items()
    }
    assert migrated == wanted


def test_down_drops_every_table_and_up_builds_them_again(engine: Engine):
    downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    assert current(engine) is None
    migrate(engine)
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())


def test_migrating_again_changes_nothing_and_keeps_the_rows(engine: Engine):
    at = current(engine)
    _one_scored_post(engine)
    migrate(engine)
    assert current(engine) == at
    with read(engine) as conn:
        assert conn.execute(select(posts.c.published_at, scores.c.label).join(scores)).all() == [
            (SEEN, "neg")
        ]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_rebuilding_a_table_keeps_the_rows_that_refer_to_it(engine: Engine):
    """SQLite changes a column by rebuilding its table; dropping the old one must not take the scores along."""
    _one_scored_post(engine)
    with _alone(engine) as conn:
        operations = Operations(MigrationContext.configure(conn))
        with operations.batch_alter_table("posts", recreate="always") as table:
            table.add_column(Column("note", Text))
    with read(engine) as conn:
        assert conn.scalars(select(scores.c.label)).all() == ["neg"]
        assert conn.execute(text("SELECT title, note FROM posts")).all() == [("券用不了", None)]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_migration_that_leaves_orphans_is_refused_whole(engine: Engine):
    _one_scored_post(engine)
    with pytest.raises(StoreError, match="1 rows"), _alone(engine) as conn:
        conn.execute(posts.delete())
    with write(engine) as conn:
        assert conn.scalars(select(posts.c.title)).all() == ["券用不了"]
        assert conn.scalar(text("PRAGMA foreign_keys")) == 1


def test_foreign_keys_hold_in_the_migrated_tables(engine: Engine):
    orphan = {"alert_id": 41, "at": SEEN, "change": "opened", "level": "blue", "title": "x"}
    with pytest.raises(IntegrityError), write(engine) as conn:
        conn.execute(insert(alert_history), orphan)


def test_one_open_alert_by_rule_and_subject(engine: Engine):
    alert = {
        "rule": "stale-feed", "subject": "bank-a", "level": "yellow", "title": "x", "reasons": [], "evidence": [],
        "evidence_count": 0, "raised_at": SEEN, "refreshed_at": SEEN,
    }  # fmt: skip
    with write(engine) as conn:
        conn.execute(insert(alerts), {**alert, "closed_at": SEEN})
        conn.execute(insert(alerts), alert)
    with pytest.raises(IntegrityError), write(engine) as conn:
        conn.execute(insert(alerts), alert)


def test_a_database_newer_than_the_program_is_left_alone(engine: Engine):
    with write(engine) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="9999"):
        migrate(engine)
    assert current(engine) == "9999"


@pytest.mark.slow
def test_processes_that_start_at_once_all_find_the_tables(empty_url: str):
    program = (
        "import sys; from store.engine import open_store; from store.migrations import migrate, current; "
        "print('ready', flush=True); sys.stdin.readline(); "
        "engine = open_store(sys.argv[1]); migrate(engine); print(current(engine))"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    starting = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], cwd=REPOSITORY, text=True, **pipes)
        for _ in range(4)
    ]
    assert [process.stdout.readline() for process in starting] == ["ready\n"] * 4
    for process in starting:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60) for process in starting]
    assert [process.returncode for process in starting] == [0] * 4, answers
    assert len({out for out, _ in answers}) == 1


def test_an_empty_store_gets_its_tables(empty: Engine):
    assert current(empty) is None
    migrate(empty)
    assert set(metadata.tables) <= set(inspect(empty).get_table_names())


def test_every_revision_can_be_taken_back(engine: Engine):
    for revision in ScriptDirectory.from_config(settings()).walk_revisions():
        downgrade(engine, revision.down_revision or "base")
        assert current(engine) == revision.down_revision
        migrate(engine, revision.revision)
        downgrade(engine, revision.down_revision or "base")


def _one_scored_post(engine: Engine) -> None:
    post = {
        "source": "rss", "external_id": "1", "media": "rss", "title": "券用不了", "text": "", "published_at": SEEN,
        "received_at": SEEN, "raw_sha256": "0" * 64,
    }  # fmt: skip
    score = {
        "model": "m", "scored_at": SEEN, "relevance": "campaign", "label": "neg", "confident": True, "issues": [],
        "counties": [], "why": [], "current": True,
    }  # fmt: skip
    with write(engine) as conn:
        made = conn.execute(insert(posts), post).inserted_primary_key
        conn.execute(insert(scores), {**score, "post_id": made[0]})


def test_messages_from_before_they_had_ids_are_kept_under_one_each(engine: Engine):
    downgrade(engine, "0004")
    row = {"source": "pay", "at": 1, "headers": "{}", "body": b"x"}
    columns = "source, received_at, headers, body"
    with write(engine) as conn:
        for _ in range(2):
            conn.execute(text(f"INSERT INTO inbox ({columns}) VALUES (:source, :at, :headers, :body)"), row)
    migrate(engine)
    with read(engine) as conn:
        ids = conn.scalars(text("SELECT message_id FROM inbox ORDER BY inbox_id")).all()
    assert ids == ["inbox-1", "inbox-2"]


def test_subsidies_leave_with_the_revision_that_brought_them_and_vouchers_stay(engine: Engine):
    told = {
        "programme": "p", "platform": "b", "sub_project": "s", "event_no": "1", "tranche": "t", "template": "x",
        "round_no": 1, "sector": "auto", "county": "140403", "voucher_no": "v", "origin_event_no": "o",
        "face_fen": 5, "occurred_at": SEEN, "received_at": SEEN, "source": "b", "grade": "flash",
        "raw_sha256": "0", "known_at": SEEN, "revision": 0, "cancelled": False,
    }  # fmt: skip
    before = {"superseded_by": "1", "superseded_at": SEEN}
    with write(engine) as conn:
        for kind in ("claim", "approval"):
            conn.execute(insert(events), {**told, "kind": kind})
            conn.execute(insert(superseded), {**told, **before, "kind": kind})
        cell = {"programme": "p", "tranche": "t", "claimed_count": 7, "subsidy_paid_fen": 9}
        conn.execute(
            insert(rollup_day),
            {**cell, "county": "", "sector": "", "template": "x", "round_no": 1, "day": SEEN},
        )
    downgrade(engine, "0011")
    migrate(engine)
    with read(engine) as conn:
        for table in (events, superseded):
            assert conn.scalars(select(table.c.kind)).all() == ["claim"]
        cells = conn.execute(select(rollup_day.c.claimed_count, rollup_day.c.subsidy_paid_fen)).all()
        assert [tuple(row) for row in cells] == [(7, 0)]


def test_raw_bytes_are_the_same_packed_and_whole(engine: Engine):
    bodies = {"a" * 64: b"", "b" * 64: bytes(range(256)) * 99, "c" * 64: '{"券": 1}'.encode()}
    row = {"source": "s", "name": "n", "media_type": "text/plain", "received_at": SEEN}
    with write(engine) as conn:
        conn.execute(insert(raw_archive), [{**row, "sha256": k, "body": b} for k, b in bodies.items()])
    downgrade(engine, "0014")
    with read(engine) as conn:
        found = conn.execute(text("SELECT sha256, body FROM raw_archive"))
        assert {sha256: bytes(body) for sha256, body in found} == bodies
    migrate(engine)
    with read(engine) as conn:
        rows = conn.execute(select(raw_archive.c.sha256, raw_archive.c.body))
        assert {row.sha256: row.body for row in rows} == bodies


def test_days_whose_files_were_read_are_told_of_a_city_that_already_runs(engine: Engine):
    downgrade(engine, "0043")
    day, opening = 86_400_000_000, 1_666_886_400_000_000  # 2022-10-28, 00:00 in Shanghai
    read_by = (
        ("bank", "ZFXFQ_SP-LZ-R_HX_20221028_001.csv", 7), ("bank", "ZFXFQ_SP-LZ-R_HX_20221028_002.csv", 6),
        ("bank", "ZFXFQ_SP-LZ-R_LQ_20221029_001.csv", 7), ("bank", "ZFXFQ_SP-LZ-R_HX_20220230_001.csv", 7),
        ("alipay", "bill?bill_date=2022-10-29", 8), ("alipay", "bill?bill_date=2022-10-31", 8),
        ("unionpay", "settlement?settleDate=2022-10-28", 9), ("wechat", "/v3/marketing/favor/stocks/1/use-flow", 9),
    )  # fmt: skip
    with write(engine) as conn:
        for n, (source, name, at) in enumerate(read_by):
            conn.execute(
                text(
                    "INSERT INTO raw_archive (sha256, source, name, media_type, received_at, body) "
                    "VALUES (:n, :source, :name, '', :at, :body)"
                ),
                {"n": str(n), "source": source, "name": name, "at": at, "body": b""},
            )
            conn.execute(
                text(
                    "INSERT INTO source_runs (source, started_at, finished_at, raw_sha256, outcome, rows_in, accepted, "
                    "duplicate, quarantined, grade) VALUES (:source, :at, :at, :n, 'ok', 0, 0, 0, 0, 'daily')"
                ),
                {"n": str(n), "source": source, "at": at},
            )
        for programme, source, until in (
            ("p", "bank", opening + 3 * day), ("q", "bank", opening), ("p", "alipay", opening + 3 * day),
            ("p", "unionpay", None), ("p", "wechat", None),
        ):  # fmt: skip
            conn.execute(
                text(
                    "INSERT INTO feeds (programme, source, grade, daily_until) VALUES (:p, :s, 'daily', :u)"
                ),
                {"p": programme, "s": source, "u": until},
            )
    migrate(engine)
    with read(engine) as conn:
        found = conn.execute(text("SELECT programme, source, since, until, known_at FROM feed_spans")).all()
    assert sorted(map(tuple, found)) == [
        ("p", "alipay", opening + day, opening + 2 * day, 8), ("p", "bank", opening, opening + day, 6),
    ]  # fmt: skip
    downgrade(engine, "0043")
    with read(engine) as conn:
        moments = conn.execute(text("SELECT source, daily_until FROM feeds WHERE programme = 'p'")).all()
    assert dict(map(tuple, moments)) == {
        "alipay": opening + 2 * day, "bank": opening + day, "unionpay": None, "wechat": None,
    }  # fmt: skip


def test_totals_are_filled_from_the_days_there_were(engine: Engine):
    with write(engine) as conn:
        place = {"tranche": "t", "county": "140403", "sector": "auto", "template": "x", "round_no": 1}
        for programme in ("p", "q"):
            for day in (SEEN, SEEN + timedelta(days=1)):
                cell = {"programme": programme, **place, "day": day, "claimed_count": 3, "claimed_fen": 2**40}
                conn.execute(insert(rollup_day), cell)
    downgrade(engine, "0015")
    migrate(engine)
    with read(engine) as conn:
        total = rollup_total.c
        found = conn.execute(
            select(total.programme, total.claimed_count, total.claimed_fen).order_by(total.programme)
        )
        assert found.all() == [("p", 6, 2**41), ("q", 6, 2**41)]
