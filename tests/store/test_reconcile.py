"""Platforms' own totals against the ledger: exactly one open discrepancy while they differ, ours never touched."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from domain.campaign import Campaign
from domain.records import Kind
from domain.statements import Metric, Pair
from store import schema
from store.engine import write
from store.queries.discrepancies import open_discrepancies
from tests.store.events import OPENING, event
from tests.store.stated_day import (
    CLAIMS,
    DAY,
    FACE,
    MIDNIGHT,
    MORNING,
    USES,
    content,
    feed,
    only,
    run,
    save,
    state,
    state_all,
)

LEDGER = (
    schema.events, schema.rollup_minute, schema.rollup_day,
    schema.rollup_total, schema.merchants_seen,
    schema.counters, schema.statements,
)  # fmt: skip


def test_totals_that_agree_open_nothing(played: Connection, small_campaign: Campaign) -> None:
    state_all(played, small_campaign)
    assert run(played, small_campaign).opened == 0
    assert open_discrepancies(played) == ()


@pytest.mark.parametrize(
    ("more", "metric", "difference"),
    [
        ({"redeemed_gross_fen": 1}, Metric.REDEEMED_GROSS, Pair(count=0, fen=1)),
        ({"redeemed_gross_fen": -1}, Metric.REDEEMED_GROSS, Pair(count=0, fen=-1)),
        ({"claimed_count": 1}, Metric.CLAIMED, Pair(count=1, fen=0)),
        ({"claimed_count": -1, "claimed_fen": -FACE}, Metric.CLAIMED, Pair(count=-1, fen=-FACE)),
        ({"refunded_count": 1, "refunded_fen": FACE}, Metric.REFUNDED, Pair(count=1, fen=FACE)),
        ({"refunded_fen": -1}, Metric.REFUNDED, Pair(count=0, fen=-1)),
        ({"claimed_count": 10**6, "claimed_fen": 10**12}, Metric.CLAIMED, Pair(count=10**6, fen=10**12)),
    ],
)  # fmt: skip
def test_a_difference_opens_exactly_one_row_in_one_run_and_touches_nothing_of_ours(
    played: Connection, small_campaign: Campaign, more: dict[str, int], metric: Metric, difference: Pair
) -> None:
    state_all(played, small_campaign, **more)
    before = content(played, *LEDGER)
    assert run(played, small_campaign).opened == 1
    found = only(played)
    assert (found.subject.metric, found.subject.day, found.difference) == (metric, DAY, difference)
    assert (found.subject.programme, found.subject.platform, found.subject.tranche) == (
        "city",
        "city-pay",
        "T1",
    )
    assert content(played, *LEDGER) == before


def test_a_second_run_adds_and_changes_nothing(played: Connection, small_campaign: Campaign) -> None:
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign)
    before = content(played, schema.discrepancies, schema.day_grades, *LEDGER)
    again = run(played, small_campaign, MORNING + timedelta(minutes=1))
    assert not again.visible
    assert content(played, schema.discrepancies, schema.day_grades, *LEDGER) == before


def test_a_voucher_on_the_wrong_day_is_one_difference_on_each_of_the_two(
    played: Connection, small_campaign: Campaign
) -> None:
    at = MIDNIGHT + timedelta(seconds=1)
    save(played, small_campaign, event(small_campaign, "city", Kind.CLAIM, 9, occurred_at=at))
    next_morning = MORNING + timedelta(days=1)
    feed(played, next_morning)
    state(played, small_campaign, Metric.CLAIMED, CLAIMS + 1, None)
    state(played, small_campaign, Metric.CLAIMED, 0, None, day=MIDNIGHT, stated_at=next_morning)
    assert run(played, small_campaign, next_morning).opened == 2
    by_day = {d.subject.day: d.difference.count for d in open_discrepancies(played)}
    assert by_day == {DAY: 1, MIDNIGHT: -1}
    assert run(played, small_campaign, next_morning).opened == 0


def test_a_difference_that_grows_is_the_same_row_with_its_new_figures(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign, claimed_count=2)
    run(played, small_campaign)
    first = only(played)
    save(played, small_campaign, event(small_campaign, "city", Kind.CLAIM, 9))
    later = MORNING + timedelta(minutes=5)
    assert run(played, small_campaign, later).refreshed == 1
    now = only(played)
    assert (now.discrepancy_id, now.opened_at) == (first.discrepancy_id, MORNING.astimezone(UTC))
    assert (now.ours.count, now.theirs.count, now.refreshed_at) == (
        CLAIMS + 1,
        CLAIMS + 2,
        later.astimezone(UTC),
    )


def test_what_the_platform_does_not_state_is_not_compared(
    played: Connection, small_campaign: Campaign
) -> None:
    state(played, small_campaign, Metric.CLAIMED, CLAIMS, None)
    assert run(played, small_campaign).opened == 0
    state(played, small_campaign, Metric.CLAIMED, None, 1, sha256="b" * 64, stated_at=MORNING)
    run(played, small_campaign)
    assert only(played).difference == Pair(count=None, fen=1 - CLAIMS * FACE)


def test_sub_projects_of_one_programme_add_up(played: Connection, small_campaign: Campaign) -> None:
    state(played, small_campaign, Metric.CLAIMED, 2, None, sub_project="SP-CITY-C")
    state(played, small_campaign, Metric.CLAIMED, CLAIMS - 2, None)
    assert run(played, small_campaign).opened == 0


def test_a_total_of_one_lot_is_held_against_that_lot(played: Connection, small_campaign: Campaign) -> None:
    lines = small_campaign.rounds["city", 1].lines
    state(played, small_campaign, Metric.CLAIMED, CLAIMS, None, template=lines[0].template, round_no=1)
    assert run(played, small_campaign).opened == 0
    state(
        played, small_campaign, Metric.CLAIMED, CLAIMS - 1, None, template=lines[0].template, round_no=1,
        stated_at=MORNING, sha256="b" * 64,
    )  # fmt: skip
    run(played, small_campaign)
    assert (only(played).subject.template, only(played).subject.round_no) == (lines[0].template, 1)


def test_the_total_of_a_lot_that_has_ended_counts_every_day_of_it(
    played: Connection, small_campaign: Campaign
) -> None:
    at = OPENING + timedelta(days=3)
    lot = {"template": small_campaign.rounds["city", 1].lines[0].template, "round_no": 1}
    save(played, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 9, occurred_at=at))
    state(played, small_campaign, Metric.REDEEMED_GROSS, USES, None, day=None, stated_at=at, **lot)
    run(played, small_campaign, at)
    assert (only(played).subject.day, only(played).difference.count) == (None, -1)


def test_only_one_row_of_a_subject_can_be_open_whoever_writes(
    engine: Engine, small_campaign: Campaign
) -> None:
    with write(engine) as conn:
        save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, 1))
        feed(conn, MORNING)
        state(conn, small_campaign, Metric.CLAIMED, 2, None)
        run(conn, small_campaign)
        row = dict(conn.execute(select(schema.discrepancies)).one()._mapping)
    del row["discrepancy_id"]
    with pytest.raises(Exception, match=r"(?i)unique"), write(engine) as conn:
        conn.execute(schema.discrepancies.insert().values(**row))


def test_a_late_feed_waits_and_is_no_difference(conn: Connection, small_campaign: Campaign) -> None:
    save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, 1))
    state(conn, small_campaign, Metric.CLAIMED, CLAIMS, None)
    for until in (None, OPENING, MIDNIGHT - timedelta(seconds=1)):
        feed(conn, until)
        found = run(conn, small_campaign)
        assert (found.opened, found.waiting) == (0, 1)
    feed(conn, MIDNIGHT)
    assert run(conn, small_campaign).opened == 1


def test_the_platforms_own_delay_is_waited_for(played: Connection, small_campaign: Campaign) -> None:
    delay = timedelta(seconds=small_campaign.platforms["city-pay"].settles_after_seconds)
    state_all(played, small_campaign, claimed_count=1)
    assert run(played, small_campaign, MIDNIGHT + delay - timedelta(seconds=1)).opened == 0
    assert run(played, small_campaign, MIDNIGHT + delay).opened == 1
