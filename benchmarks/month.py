"""A store with a month of so many events in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, Engine, Text, cast, column, insert, select, true, type_coerce, values

from benchmarks import ingest_arms
from benchmarks.workload import TRANCHES, cold
from domain.campaign import Campaign
from domain.records import Grade
from store.buckets import DAY_US
from store.engine import write
from store.schema import events, to_micros
from store.writes.days_aside import bring_days_back
from store.writes.intake import report_feed
from store.writes.rebuild import rebuild_rollups

LOADED = 100_000
"""Up to here through `save_batch`; beyond, by copying events inside the database and rebuilding the roll-ups."""


def fill(engine: Engine, campaign: Campaign, size: int, *, tranches: tuple[str, str] = TRANCHES) -> None:
    """`size` events over 30 days, analysed as a store in service is, and read as the worker has left it."""
    ingest_arms.ours(engine, cold(campaign, min(size, LOADED), batch=10_000, tranches=tranches))
    # the worker's, each minute: what is rebuilt below has no day left aside either
    while bring_days_back(engine):
        pass
    with write(engine) as conn:  # nothing is drawn beyond what a feed says it is complete to
        complete = campaign.campaign.launch_at + timedelta(days=40)
        ids = {p.id for p in campaign.programme}
        report_feed(conn, programmes=ids, source="benchmark", data_time=complete, grade=Grade.FLASH)
    if size > LOADED:
        multiply(engine, campaign, size // LOADED)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        # what the readings from the events would be given: ours go without
        conn.exec_driver_sql("CREATE INDEX benchmark_occurred_at ON events (occurred_at)")
        conn.exec_driver_sql("ANALYZE")


def multiply(engine: Engine, campaign: Campaign, times: int) -> None:
    """Copies of the events, each at another time of the 30 days: as many cells as a month of so many would fill."""
    copy = values(column("n", BigInteger)).data([(n,) for n in range(1, times)]).cte()
    start, gone = to_micros(campaign.campaign.launch_at), type_coerce(events.c.occurred_at, BigInteger)
    moved: dict[str, Any] = {
        "event_no": events.c.event_no + "-" + cast(copy.c.n, Text),
        "origin_event_no": events.c.origin_event_no + "-" + cast(copy.c.n, Text),
        "occurred_at": start + (gone - start + copy.c.n * 3_701_000_000) % (30 * DAY_US),
    }
    names = [c.name for c in events.columns]
    copies = select(*(moved.get(name, events.c[name]) for name in names)).select_from(
        copy.join(events, true())
    )
    with write(engine) as conn:
        for index in events.indexes:
            index.drop(conn)
        conn.execute(insert(events).from_select(names, copies))
        for index in events.indexes:
            index.create(conn)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("ANALYZE")  # or the recomputation is planned for the few rows there were
    with write(engine) as conn:
        if engine.dialect.name == "postgresql":
            conn.exec_driver_sql("SET LOCAL work_mem = '512MB'")
        rebuild_rollups(conn)
