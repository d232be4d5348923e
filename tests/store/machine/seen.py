"""What the product says, worded as the oracle words it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from domain.accounts import balances
from domain.campaign import Campaign
from domain.measures import Figures
from store.queries import subsidies, totals
from store.queries.sanction_money import sanction_money_of
from store.schema import to_micros
from tests.store.machine.accounts import accounts
from tests.store.machine.bookings import expected_booked
from tests.store.machine.oracle import SHANGHAI, Oracle
from tests.store.machine.town import CARS, allocations

DAILY = ("tranche", "programme", "template", "round", "county", "day")


class Seen(NamedTuple):
    """Every figure at a moment."""

    by_day: dict[Any, dict[str, int]]
    by_place: dict[Any, dict[str, int]]
    accounts: dict[str, dict[str, int]]
    booked: dict[str, tuple[int, int, int]]


def seen(
    conn: Connection,
    campaign: Campaign,
    *,
    now: datetime,
    known_by: datetime | None = None,
    tranche: str | None = None,
) -> Seen:
    daily = totals.totals(conn, campaign, by=DAILY, now=now, known_by=known_by, tranche=tranche)
    whole = totals.totals(conn, campaign, by=DAILY[:-1], now=now, known_by=known_by, tranche=tranche)
    money, held = sanction_money_of(conn, known_by=known_by), {}
    for name, fen in allocations(campaign).items():
        own = sum((row.figures for row in whole if row.key[0] == name), Figures())
        back = sum(m.recovered_fen for m in money if m.tranche == name)
        found = balances(own, allocation_fen=fen, recovered_fen=back)
        held[name] = {account.value: n for account, n in found.items()}
    return Seen(
        by_day={(row.key[:5], _day(row.key[5])): _amounts(row.figures) for row in daily},
        by_place={row.key: _amounts(row.figures) for row in whole},
        accounts=held,
        booked={m.programme: (m.merchants_count, m.withheld_fen, m.recovered_fen) for m in money},
    )


def expected(oracle: Oracle, campaign: Campaign, *, now: datetime, known_by: datetime | None = None) -> Seen:
    return Seen(
        by_day=oracle.by_day(now, known_by),
        by_place=oracle.by_place(now, known_by),
        accounts=accounts(oracle, allocations(campaign), known_by or now, known_by),
        booked=expected_booked(oracle, known_by),
    )


def troubles(conn: Connection) -> Counter[tuple[str, str, str]]:
    found = subsidies.subsidy_progress(conn, sorted({programme for programme, _, _ in CARS}))
    return Counter(
        (progress.programme, listed.step.event_no, listed.trouble.value)
        for progress in found
        for listed in progress.listed
    )


def rows_of(conn: Connection, table: Any, width: int) -> dict[Any, tuple[int, ...]]:
    rows = map(tuple, conn.execute(select(table)))
    return {row[:width]: row[width:] for row in rows if any(row[width:])}


def nonzero(cells: dict[Any, list[int]]) -> dict[Any, tuple[int, ...]]:
    return {key: tuple(amounts) for key, amounts in cells.items() if any(amounts)}


def _day(at: datetime) -> Any:
    assert to_micros(at) % 86_400_000_000 == 57_600_000_000  # 16:00 UTC: midnight in Shanghai
    return at.astimezone(SHANGHAI).date()


def _amounts(figures: Figures) -> dict[str, int]:
    amounts = {name: getattr(figures, name) for name in figures.__slots__}
    assert all(type(n) is int and abs(n) < 1 << 53 for n in amounts.values()), amounts
    return {name: n for name, n in amounts.items() if n}
