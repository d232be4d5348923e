"""The city's first day, what its platform states and counts of it, and the comparing of the two."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, select

from domain.campaign import Campaign
from domain.records import Counter, CounterEntry, Grade, Kind
from domain.statements import Cause, Discrepancy, Metric, Statement
from ingest.admit import admit
from store.buckets import DAY_US, bucket_start
from store.queries.counted import Lot
from store.queries.discrepancies import open_discrepancies
from store.writes.counters import save_counters
from store.writes.discrepancies import close_discrepancy
from store.writes.intake import report_feed, report_filed
from store.writes.ledger import save_batch
from store.writes.reconcile import Reconciled, reconcile
from store.writes.statements import save_statements
from tests.store.events import OPENING, entries

DAY = bucket_start(OPENING, DAY_US)
MIDNIGHT = DAY + timedelta(days=1)
MORNING = MIDNIGHT + timedelta(hours=1)
CLAIMS, USES, REFUNDS, FACE = 5, 3, 1, 2000
EVENING, NIGHT = MIDNIGHT - timedelta(minutes=2), MIDNIGHT + timedelta(minutes=2)


def save(conn: Connection, campaign: Campaign, *told: Any, now: datetime = MORNING) -> None:
    batch = entries(campaign, *told)
    save_batch(conn, batch, source="pay", grade=Grade.FLASH, raw_sha256="0" * 64, now=now)


def feed(conn: Connection, until: datetime | None, *, daily: datetime | None = None) -> None:
    """`daily`: its files of daily grade told everything from the first day up to then."""
    report_feed(conn, programmes=["city"], source="pay", data_time=until, grade=Grade.FLASH)
    if daily is not None:
        file(conn, DAY, daily)


def file(conn: Connection, since: datetime, until: datetime, *, source: str = "pay") -> None:
    report_filed(conn, [("city", since, until)], source=source, now=until)


def state(
    conn: Connection,
    campaign: Campaign,
    metric: Metric,
    count: int | None,
    fen: int | None,
    *,
    stated_at: datetime = MIDNIGHT,
    day: datetime | None = DAY,
    sha256: str = "a" * 64,
    sub_project: str = "SP-CITY-R",
    **lot: Any,
) -> None:
    statement = Statement(
        platform="city-pay", sub_project=sub_project, metric=metric, stated_at=stated_at, value_count=count,
        value_fen=fen, day=day, **lot,
    )  # fmt: skip
    admitted = admit(campaign, [statement])
    assert not admitted.rejects
    save_statements(conn, admitted.statements, source="pay", raw_sha256=sha256, now=stated_at)


def state_all(conn: Connection, campaign: Campaign, **more: int) -> None:
    """What the city's ledger holds, moved by `claimed_count=1` and the like."""
    said = {
        Metric.CLAIMED: (CLAIMS, CLAIMS * FACE),
        Metric.REDEEMED_GROSS: (USES, USES * FACE),
        Metric.REFUNDED: (REFUNDS, REFUNDS * FACE),
    }
    for metric, (count, fen) in said.items():
        count += more.get(f"{metric}_count", 0)
        state(conn, campaign, metric, count, fen + more.get(f"{metric}_fen", 0))


def run(conn: Connection, campaign: Campaign, now: datetime = MORNING) -> Reconciled:
    return reconcile(conn, campaign, now=now)


def only(conn: Connection) -> Discrepancy:
    (found,) = open_discrepancies(conn)
    return found


def content(conn: Connection, *tables: Table) -> dict[str, list[Any]]:
    """Every stored cell, times and all."""
    return {t.name: sorted(map(tuple, conn.execute(select(t))), key=str) for t in tables}


def close(conn: Connection, cause: Cause, note: str = " 说明\u200b ") -> None:
    number = only(conn).discrepancy_id
    close_discrepancy(conn, number, cause=cause, note=note, closed_by="who", now=MORNING)


def poll(
    conn: Connection,
    campaign: Campaign,
    kind: Kind,
    value: int,
    at: datetime,
    lot: Lot | None = None,
    *,
    sub_project: str = "SP-CITY-R",
) -> None:
    """`lot`: the first template of the city's first round, where none is named."""
    template = campaign.rounds["city", 1].lines[0].template
    lot = lot or Lot("city", template, 1)
    counter = Counter(
        platform="city-pay", sub_project=sub_project, template=lot.template, round_no=lot.round_no, kind=kind,
        value_count=value, counted_at=at,
    )  # fmt: skip
    save_counters(conn, [CounterEntry(counter=counter, programme="city")], now=at)
