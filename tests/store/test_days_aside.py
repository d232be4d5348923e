"""Days that a back-fill put aside come back by themselves: to the row what a rebuild makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from alerts.judge import judge
from domain.campaign import Campaign
from domain.records import Event, Kind
from domain.terms import business_day_start
from store.engine import read, write
from store.queries.verify import verify
from store.schema import tranche_days, tranche_minutes
from store.writes import tranche_minutes as writing
from store.writes.days_aside import DAYS_A_RUN, bring_days_back
from store.writes.rebuild import rebuild_rollups
from store.writes.tranche_minutes import MOST_MINUTES
from tests.store.events import OPENING, entries, event
from tests.store.test_tranche_minutes import DAY, MINUTE, OWN, happened, save

TODAY = business_day_start(OPENING)


def tell(engine: Engine, campaign: Campaign, told: list[Event], no: int = 0) -> None:
    with write(engine) as conn:
        save(conn, entries(campaign, *told), no)


def back_fill(campaign: Campaign, *, days: int = 3, first_no: int = 1000) -> list[Event]:
    """A claim in each of more minutes than a day has, in turn on so many days."""
    return [
        event(
            campaign,
            OWN[n % 3],
            Kind.CLAIM,
            first_no + n,
            occurred_at=OPENING + n % days * DAY + n // days * MINUTE,
        )
        for n in range(MOST_MINUTES + 1)
    ]


def kept(engine: Engine) -> list[bool]:
    """By day."""
    with read(engine) as conn:
        return list(conn.scalars(select(tranche_days.c.is_kept).order_by(tranche_days.c.day)))


def minutes(conn: Connection) -> list[tuple[Any, ...]]:
    order = (tranche_minutes.c.tranche, tranche_minutes.c.minute)
    return [tuple(row) for row in conn.execute(select(tranche_minutes).order_by(*order))]


def as_rebuilt(engine: Engine) -> bool:
    """Whether a rebuild finds the same minutes. A batch leaves those that are empty by now, as it does elsewhere."""
    with write(engine) as conn:
        stood = [row for row in minutes(conn) if any(row[2:])]
        rebuild_rollups(conn)
        return stood == minutes(conn) != []


def test_a_run_brings_the_newest_days_back_and_the_others_follow(
    engine: Engine, small_campaign: Campaign
) -> None:
    midnight = TODAY + 3 * DAY
    around = [
        event(small_campaign, "city", Kind.CLAIM, 90, occurred_at=midnight - MINUTE),
        event(small_campaign, "city", Kind.CLAIM, 91, occurred_at=midnight),
    ]
    tell(engine, small_campaign, happened(small_campaign)[:40] + around)
    assert bring_days_back(engine) == 0
    tell(engine, small_campaign, back_fill(small_campaign), 1)
    assert kept(engine) == [False, False, False, True]
    with read(engine) as conn:
        assert verify(conn, small_campaign) == []
    assert bring_days_back(engine) == DAYS_A_RUN == 2
    assert kept(engine) == [False, True, True, True]
    with read(engine) as conn:
        assert TODAY not in {business_day_start(at) for _, at, *_ in minutes(conn)}
        assert verify(conn, small_campaign) == []
    assert (bring_days_back(engine), bring_days_back(engine)) == (1, 0)
    assert kept(engine) == [True, True, True, True]
    assert as_rebuilt(engine)


def test_another_tranches_day_comes_back_as_its_own(engine: Engine, small_campaign: Campaign) -> None:
    ours = entries(small_campaign, *back_fill(small_campaign, days=2))
    theirs = tuple(
        replace(e, tranche="T2", event=replace(e.event, sub_project="T2-" + e.event.sub_project))
        for e in ours[::2]
    )
    with write(engine) as conn:
        save(conn, ours + theirs)
    assert kept(engine) == [False, False, False]
    assert bring_days_back(engine) == 2
    with read(engine) as conn:
        assert {tranche for tranche, *_ in minutes(conn)} == {"T1"}
    assert bring_days_back(engine) == 1
    assert as_rebuilt(engine)


def test_the_workers_minute_does_it(engine: Engine, small_campaign: Campaign) -> None:
    tell(engine, small_campaign, back_fill(small_campaign, days=2))
    judge(engine, small_campaign, now=OPENING + DAY)
    assert kept(engine) == [True, True]


def test_a_back_fill_that_goes_on_puts_them_aside_again(engine: Engine, small_campaign: Campaign) -> None:
    for no in range(3):
        tell(engine, small_campaign, back_fill(small_campaign, first_no=10_000 * (no + 1)), no)
        assert kept(engine) == [False, False, False]
        assert bring_days_back(engine) == 2
    bring_days_back(engine)
    assert as_rebuilt(engine)


def test_a_batch_that_is_being_written_is_waited_for_and_counted(
    engine: Engine, small_campaign: Campaign
) -> None:
    tell(engine, small_campaign, back_fill(small_campaign, days=2))
    beside = Thread(target=bring_days_back, args=[engine])
    with write(engine) as conn:
        save(conn, entries(small_campaign, event(small_campaign, "city", Kind.CLAIM, 1)), 1)
        beside.start()
        beside.join(0.3)
        assert beside.is_alive()
    beside.join(20)
    assert kept(engine) == [True, True]
    tell(engine, small_campaign, [event(small_campaign, "city", Kind.REDEMPTION, 1)], 2)
    assert as_rebuilt(engine)


def test_a_worker_that_has_lost_its_lease_brings_nothing_back(
    engine: Engine, small_campaign: Campaign
) -> None:
    def lost(_: Connection) -> None:
        raise PermissionError

    tell(engine, small_campaign, back_fill(small_campaign, days=2))
    with pytest.raises(PermissionError):
        bring_days_back(engine, fence=lost)
    assert kept(engine) == [False, False]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whenever_it_comes_between_batches_of_any_size_nothing_is_lost(
    engine: Engine, small_campaign: Campaign, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(writing, "MOST_MINUTES", 6)
    rng, told = Random(seed), happened(small_campaign)
    for e in tuple(told):
        at: datetime = e.occurred_at + rng.randrange(3) * DAY + timedelta(minutes=rng.randrange(60))
        told.append(replace(e, event_no=f"{e.event_no}-3", occurred_at=at))
    rng.shuffle(told)
    had, start = set(), 0
    while start < len(told):
        size = rng.choice((1, 3, 40))
        tell(engine, small_campaign, told[start : start + size], start)
        start += size
        if rng.random() < 0.5:
            had.add(bring_days_back(engine))
        with read(engine) as conn:
            assert verify(conn, small_campaign) == []
    assert had & {1, 2}
    while bring_days_back(engine):
        pass
    assert all(kept(engine))
    assert as_rebuilt(engine)
