"""Ways to bring the same rows into a database: ours, and the plain ones a ratio needs to be honest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import repeat

from psycopg import sql
from sqlalchemy import Engine, func, select, text
from sqlalchemy.dialects import postgresql

from benchmarks.report import Cost
from benchmarks.stores import timed
from benchmarks.workload import Workload
from domain.records import Entry, Grade, Payload
from store import schema
from store.engine import read, write
from store.queries.verify import GRAINS
from store.schema import from_micros, measures_of, to_micros
from store.writes import intake
from store.writes.ledger import save_batch
from store.writes.rows import EventRow, event_rows

NOW = datetime(2022, 10, 28, 10, 0, tzinfo=UTC)
_SOURCE = "benchmark"


class Inexact(AssertionError):
    """An arm was fast and wrong."""


def ours(engine: Engine, work: Workload) -> Cost:
    """Archive, events, roll-ups, feeds, cursor, run and version, one transaction a batch; checked to the fen."""
    bodies = [copy_bytes(batch) for batch in work.batches]

    def run() -> None:
        for batch, body in zip(work.batches, bodies, strict=True):
            _save(engine, batch, body)

    cost = timed(engine, work.rows, run)
    check(engine, work)
    return cost


def _save(engine: Engine, batch: Sequence[Entry], body: bytes) -> None:
    sha256 = hashlib.sha256(body).hexdigest()
    payload = Payload(name="/events", body=body, media_type="text/plain", cursor=sha256)
    with write(engine) as conn:
        intake.keep_raw(conn, payload, source=_SOURCE, sha256=sha256, now=NOW)
        saved = save_batch(conn, batch, source=_SOURCE, grade=Grade.FLASH, raw_sha256=sha256, now=NOW)
        programmes = {entry.programme for entry in batch}
        intake.report_feed(conn, programmes=programmes, source=_SOURCE, data_time=NOW, grade=Grade.FLASH)
        intake.source_succeeded(conn, _SOURCE, cursor=payload.cursor, data_time=NOW, now=NOW)
        run = intake.RunRecord(
            source=_SOURCE,
            started_at=NOW,
            finished_at=NOW,
            outcome="ok",
            raw_sha256=sha256,
            rows_in=len(batch),
            accepted=saved.accepted,
            duplicate=saved.duplicate,
            quarantined=len(saved.conflicting),
        )
        intake.record_run(conn, run)
        intake.move_version(conn, NOW)


def check(engine: Engine, work: Workload) -> None:
    """Each roll-up's totals, and the number of events, are what the workload was made to come to."""
    with read(engine) as conn:
        stored = conn.execute(select(func.count()).select_from(schema.events)).scalar_one()
        if stored != work.oracle["events"]:
            raise Inexact(f"{stored} events, not {work.oracle['events']}")
        for table in (table for table, _, _ in GRAINS):
            measures = measures_of(table)
            sums = conn.execute(select(*(func.sum(table.c[name]) for name in measures))).one()
            found = dict(zip(measures, map(int, sums), strict=True))
            wrong = {name: (n, work.oracle[name]) for name, n in found.items() if n != work.oracle[name]}
            if wrong:
                raise Inexact(f"{table.name}: stored and true: {wrong}")


def copy_without_key(engine: Engine, work: Workload) -> Cost:
    """PostgreSQL's own limit: bytes serialised beforehand, an unlogged heap, no key, no index."""
    bodies = [copy_bytes(batch) for batch in work.batches]
    with engine.begin() as conn:
        conn.execute(text("CREATE UNLOGGED TABLE heap AS SELECT * FROM events WITH NO DATA"))

    def run() -> None:
        for body in bodies:
            with (
                engine.begin() as conn,
                conn.connection.cursor() as cursor,
                cursor.copy(sql.SQL("COPY heap FROM STDIN")) as copy,
            ):
                copy.write(body)

    return timed(engine, work.rows, run)


def core_without_rollups(engine: Engine, work: Workload) -> Cost:
    """SQLAlchemy Core as its documentation has it: dictionaries, ON CONFLICT DO NOTHING, no roll-ups.

    From checked entries, as ours: whoever writes it so makes the dictionaries too.
    """
    names = [column.name for column in schema.events.columns]

    def made(row: EventRow) -> dict[str, object]:
        times = {"occurred_at": from_micros(row.occurred_at), "received_at": NOW, "known_at": NOW}
        return dict(zip(names, row, strict=True)) | times

    def run() -> None:
        for batch in work.batches:
            found = [made(row) for row in rows(batch)]
            with engine.begin() as conn:
                conn.execute(postgresql.insert(schema.events).on_conflict_do_nothing(), found)

    return timed(engine, work.rows, run)


def executemany_without_key(engine: Engine, work: Workload) -> Cost:
    """SQLite's own limit: tuples made beforehand, a table without key or index."""
    batches = [[tuple(row) for row in rows(batch)] for batch in work.batches]
    with write(engine) as conn:
        conn.execute(text("CREATE TABLE heap AS SELECT * FROM events WHERE false"))
    marks = ", ".join("?" * len(schema.events.columns))

    def run() -> None:
        for batch in batches:
            with write(engine) as conn:
                conn.connection.cursor().executemany(f"INSERT INTO heap VALUES ({marks})", batch)

    return timed(engine, work.rows, run)


def rows(batch: Sequence[Entry]) -> list[EventRow]:
    made = event_rows(batch, to_micros(NOW), _SOURCE, Grade.FLASH.value, repeat("0" * 64, len(batch)))
    return list(map(EventRow._make, made))


def copy_bytes(batch: Sequence[Entry]) -> bytes:
    """COPY's text format; the workload has nothing in it that would need escaping."""
    lines = ("\t".join("\\N" if value is None else str(value) for value in row) for row in rows(batch))
    return ("\n".join(lines) + "\n").encode()
