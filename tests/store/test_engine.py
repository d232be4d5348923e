"""One way to write, one way to read, the same on SQLite and PostgreSQL."""

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Engine, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError

from store.engine import open_store, read, watching, write
from store.schema import feeds, metadata, scores, versions

SEEN = datetime(2022, 10, 28, 2, 0, 0, 123_457, tzinfo=UTC)


def test_a_write_is_kept(engine: Engine):
    _set_version(engine, 1)
    assert _version(engine) == 1


def test_a_write_that_fails_leaves_nothing(engine: Engine):
    def write_twice() -> None:
        with write(engine) as conn:
            for number in (1, 2):
                conn.execute(insert(versions), {"id": 1, "number": number, "changed_at": SEEN})

    with pytest.raises(IntegrityError):
        write_twice()
    assert _version(engine) is None


def test_a_second_connection_sees_a_write_only_after_its_end(engine: Engine):
    with write(engine) as conn:
        conn.execute(insert(versions), {"id": 1, "number": 1, "changed_at": SEEN})
        assert _version(engine) is None
    assert _version(engine) == 1


def test_everything_in_one_read_belongs_together(engine: Engine):
    _set_version(engine, 1)
    with read(engine) as conn:
        before = conn.scalar(select(versions.c.number))
        with write(engine) as other:
            other.execute(versions.update().values(number=2))
        assert (before, conn.scalar(select(versions.c.number))) == (1, 1)
    assert _version(engine) == 2


def test_a_connection_that_watches_sees_every_commit_at_once_and_keeps_nobody_waiting(engine: Engine):
    _set_version(engine, 1)
    with watching(engine) as kept:
        assert kept.scalar(select(versions.c.number)) == 1
        with write(engine) as conn:
            conn.execute(versions.update().values(number=2))
        assert kept.scalar(select(versions.c.number)) == 2


def test_a_read_cannot_write(engine: Engine):
    with pytest.raises(DBAPIError, match=r"(?i)read.?only"), read(engine) as conn:
        conn.execute(insert(versions), {"id": 1, "number": 1, "changed_at": SEEN})
    _set_version(engine, 1)  # and the connection it used is fit for writing again
    assert _version(engine) == 1


def test_writers_that_add_to_one_row_lose_nothing(engine: Engine):
    _set_version(engine, 0)

    def add() -> None:
        for _ in range(10):
            with write(engine) as conn:
                conn.execute(versions.update().values(number=versions.c.number + 1))

    adding = [threading.Thread(target=add) for _ in range(4)]
    for thread in adding:
        thread.start()
    for thread in adding:
        thread.join()
    assert _version(engine) == 40


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_writer_waits_for_the_lock_at_its_start(engine: Engine):
    """Had it begun as a reader, its first write would fail with SQLITE_BUSY_SNAPSHOT whatever the timeout."""
    _set_version(engine, 1)
    waiting, seen = threading.Event(), []

    def second() -> None:
        waiting.set()
        with write(engine) as conn:
            seen.append(conn.scalar(select(versions.c.number)))

    with write(engine) as conn:
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        conn.execute(versions.update().values(number=2))
    thread.join()
    assert seen == [2]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_sqlite_keeps_a_commit_through_a_power_cut(engine: Engine):
    with engine.connect() as conn:
        assert conn.scalar(text("PRAGMA journal_mode")) == "wal"
        assert conn.scalar(text("PRAGMA synchronous")) == 2  # FULL


def test_opening_a_new_file_waits_for_the_process_that_is_preparing_it(tmp_path: Path):
    path, opened = tmp_path / "quanqing.sqlite3", threading.Event()
    first = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    first.execute("BEGIN IMMEDIATE")  # SQLite refuses the change to WAL at once, whatever the timeout
    engine = open_store(f"sqlite:///{path}")

    def second() -> None:
        with engine.connect():
            opened.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not opened.wait(0.3)
    first.execute("COMMIT")
    first.close()
    assert opened.wait(10)
    thread.join()
    engine.dispose()


def test_a_row_must_not_refer_to_nothing(engine: Engine):
    score = {
        "post_id": 1, "model": "m", "scored_at": SEEN, "relevance": "other", "confident": False, "issues": [],
        "counties": [], "why": [], "current": True,
    }  # fmt: skip
    with pytest.raises(IntegrityError), write(engine) as conn:
        conn.execute(insert(scores), score)


@pytest.mark.parametrize(
    "at",
    [
        SEEN,
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2100, 2, 28, 0, 0, 0, 1, tzinfo=UTC),
        datetime(2022, 10, 28, 9, 0, tzinfo=timezone(timedelta(hours=8))),
    ],
)
def test_a_time_comes_back_as_the_same_microsecond_in_utc(engine: Engine, at: datetime):
    with write(engine) as conn:
        conn.execute(insert(versions), {"id": 1, "number": 1, "changed_at": at})
    with read(engine) as conn:
        kept = conn.scalar(select(versions.c.changed_at))
    assert kept == at
    assert kept.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(engine: Engine):
    naive = datetime(2022, 10, 28, 9, 0)  # noqa: DTZ001
    with pytest.raises(StatementError, match="naive"), write(engine) as conn:
        conn.execute(insert(versions), {"id": 1, "number": 1, "changed_at": naive})


def test_an_unknown_time_stays_unknown(engine: Engine):
    with write(engine) as conn:
        conn.execute(insert(feeds), {"programme": "city", "source": "a", "data_time": None, "grade": "flash"})
    with read(engine) as conn:
        assert conn.scalars(select(feeds.c.data_time)).all() == [None]


def test_numbers_beyond_two_to_the_31_are_kept_and_summed(engine: Engine):
    """The campaign alone is 3.18 billion fen."""
    _set_version(engine, 3_180_000_000)
    with read(engine) as conn:
        assert conn.scalar(select(func.sum(versions.c.number))) == 3_180_000_000


def test_every_amount_is_kept_as_a_whole_number_of_64_bits():
    amounts = {
        f"{table.name}.{column.name}": column.type
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_fen")
    }
    assert len(amounts) > 30
    assert [name for name, kept in amounts.items() if not isinstance(kept, BigInteger)] == []


def test_the_folder_of_a_new_database_is_made(tmp_path: Path):
    engine = open_store(f"sqlite:///{tmp_path}/new/deep/quanqing.sqlite3")
    with engine.connect() as conn:
        assert conn.scalar(text("SELECT 1")) == 1
    engine.dispose()
    assert (tmp_path / "new" / "deep" / "quanqing.sqlite3").exists()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_postgresql_address_is_taken_as_psycopg_3(scheme: str):
    engine = open_store(f"{scheme}://someone@127.0.0.1/quanqing")
    assert engine.url.drivername == "postgresql+psycopg"


def test_a_server_that_is_not_there_is_an_error_and_no_endless_wait():
    engine = open_store("postgresql://someone@127.0.0.1:1/quanqing")
    with pytest.raises(OperationalError), engine.connect():
        pass


def _set_version(engine: Engine, number: int) -> None:
    with write(engine) as conn:
        conn.execute(insert(versions), {"id": 1, "number": number, "changed_at": SEEN})


def _version(engine: Engine) -> int | None:
    with read(engine) as conn:
        return conn.scalar(select(versions.c.number))
