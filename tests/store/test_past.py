"""The past from the roll-ups and what came since equals the past from the events, whatever was told in which order."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Subquery, select

from domain.campaign import Campaign
from domain.records import Event, Grade, Kind
from store.buckets import DAY_US
from store.queries import past
from store.queries.past import past_cells
from store.queries.recompute import PLACES, recomputed_cells
from store.queries.totals import totals
from store.schema import MEASURES
from store.writes.ledger import save_batch
from tests.conftest import ENGINES
from tests.store.events import OPENING, entries, event, step

pytestmark = pytest.mark.every_form
HOUR = timedelta(hours=1)
Cells = dict[tuple[object, ...], tuple[int, ...]]


def cells(conn: Connection, found: Subquery) -> Cells:
    """Summed along place and time; cells of nothing left out."""
    first = len(PLACES) + 1
    sums: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0] * len(MEASURES))
    columns = [found.c[name] for name in (*PLACES, "moment", *MEASURES)]
    for row in conn.execute(select(*columns)):
        held = sums[tuple(row[:first])]
        held[:] = [a + int(b) for a, b in zip(held, row[first:], strict=True)]
    return {key: tuple(held) for key, held in sums.items() if any(held)}


def told(campaign: Campaign, rng: random.Random) -> list[Event]:
    """Everything that can be: late, twice refunded, orphaned, corrected in amount, day and place, taken back."""
    found = []
    for programme in ("city", "luzhou"):
        for no in range(1, 21):
            claim = event(campaign, programme, Kind.CLAIM, no)
            used = event(
                campaign, programme, Kind.REDEMPTION, no, occurred_at=OPENING + HOUR * rng.randrange(1, 60)
            )
            back = event(
                campaign, programme, Kind.REFUND, no, occurred_at=used.occurred_at + HOUR * rng.randrange(9)
            )
            again = replace(back, event_no=f"C{no:06d}", occurred_at=back.occurred_at - HOUR / 2)
            found += [
                claim,
                *([used] if no % 5 else []),
                *([back] if no % 3 == 0 else []),
                *([again] if no % 6 == 0 else []),
            ]
            if no % 4 == 0:
                later = used.occurred_at + timedelta(days=rng.randrange(2))
                found.append(replace(used, revision=1, order_fen=99_000 + no, occurred_at=later))
            if no % 7 == 0:
                found += [
                    replace(claim, revision=1, cancelled=True),
                    replace(back, revision=2, cancelled=True),
                ]
            if no % 10 == 0:
                found.append(replace(used, revision=2, cancelled=True))
    kinds = (Kind.APPLICATION, Kind.APPROVAL, Kind.REJECTION, Kind.PAYMENT)
    found += [
        step(campaign, "shangdang", kind, no) for no in range(1, 6) for kind in kinds if rng.random() < 0.8
    ]
    rng.shuffle(found)
    return found


@pytest.fixture
def moments(conn: Connection, audited: Campaign) -> list[datetime]:
    """When something was learnt, over some days."""
    rng = random.Random(8)
    rest, at, found = told(audited, rng), OPENING, []
    while rest:
        batch, rest = rest[:9], rest[9:]
        at += HOUR * rng.randrange(1, 9)
        raw = f"{len(rest):064d}"
        save_batch(conn, entries(audited, *batch), source="pay", grade=Grade.FLASH, raw_sha256=raw, now=at)
        found.append(at)
    return found


def test_days_of_then_are_the_same_either_way(conn: Connection, moments: list[datetime]) -> None:
    compared = 0
    for known_by in (OPENING - HOUR, *moments[::3], moments[-1] + HOUR):
        for until in (None, known_by, *(m for m in moments[::6] if m < known_by)):
            ours = cells(conn, past_cells(known_by=known_by, until=until))
            events = cells(conn, recomputed_cells(DAY_US, known_by=known_by, until=until))
            assert ours == events, (known_by, until)
            compared += len(ours)
    assert compared > 200


def test_totals_are_the_same_whichever_way_was_shorter(
    conn: Connection, audited: Campaign, moments: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    by, ways = ("programme", "county", "sector", "day"), []
    for is_mostly in (True, False):
        monkeypatch.setattr(past, "_is_mostly_known", lambda conn, known_by, way=is_mostly: way)
        ways.append(
            [totals(conn, audited, by=by, now=at, known_by=at, until=at - HOUR) for at in moments[::4]]
        )
    assert ways[0] == ways[1]
    assert ways[0][-1]


@pytest.mark.parametrize("store_url", ENGINES[1:], indirect=True)
def test_no_refund_is_held_against_every_redemption(conn: Connection, small_campaign: Campaign) -> None:
    """Whatever PostgreSQL expects of a join: the work grows with the events that came since, not with their square."""
    kinds = (Kind.REDEMPTION, Kind.REFUND)
    told = entries(
        small_campaign, *(event(small_campaign, "city", kind, no) for no in range(300) for kind in kinds)
    )
    late = OPENING + timedelta(days=1)
    save_batch(conn, told, source="pay", grade=Grade.FLASH, raw_sha256="0" * 64, now=late)
    conn.exec_driver_sql("ANALYZE")
    query = select(past_cells(known_by=OPENING, until=None))
    asked = query.compile(conn, compile_kwargs={"literal_binds": True})
    plan = conn.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked}").scalar_one()[0]["Plan"]
    assert sum(node.get("Rows Removed by Join Filter", 0) for node in nodes(plan)) < len(told)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)
