"""Platforms' own totals against the ledger: exactly one open discrepancy while they differ, ours never touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, func, select

from domain.campaign import Campaign
from domain.errors import StoreError
from domain.records import Counter, CounterEntry, Grade, Kind
from domain.statements import Cause, Discrepancy, Metric, Pair, Statement
from ingest.admit import admit
from store import schema
from store.buckets import DAY_US, bucket_start
from store.engine import write
from store.queries.discrepancies import closed_discrepancies, open_discrepancies
from store.queries.totals import totals
from store.writes.counters import save_counters
from store.writes.discrepancies import close_discrepancy
from store.writes.intake import RunRecord, record_run, report_feed
from store.writes.ledger import save_batch
from store.writes.reconcile import Reconciled, reconcile
from store.writes.statements import save_statements
from tests.store.events import OPENING, entries, event

DAY = bucket_start(OPENING, DAY_US)
MIDNIGHT = DAY + timedelta(days=1)
MORNING = MIDNIGHT + timedelta(hours=1)
LEDGER = (
    schema.events, schema.rollup_minute, schema.rollup_day,
    schema.rollup_total, schema.merchants_seen,
    schema.counters, schema.statements,
)  # fmt: skip
CLAIMS, USES, REFUNDS, FACE = 5, 3, 1, 2000


@pytest.fixture
def played(conn: Connection, small_campaign: Campaign) -> Connection:
    """The city's first day: five claims, three redemptions, one of them refunded; its feed is past midnight."""
    told = [event(small_campaign, "city", Kind.CLAIM, n) for n in range(1, CLAIMS + 1)]
    told += [event(small_campaign, "city", Kind.REDEMPTION, n) for n in range(1, USES + 1)]
    told += [event(small_campaign, "city", Kind.REFUND, 1)]
    save(conn, small_campaign, *told)
    feed(conn, MORNING)
    return conn


def save(conn: Connection, campaign: Campaign, *told: Any, now: datetime = MORNING) -> None:
    batch = entries(campaign, *told)
    save_batch(conn, batch, source="pay", grade=Grade.FLASH, raw_sha256="0" * 64, now=now)


def feed(conn: Connection, until: datetime | None, *, daily: datetime | None = None) -> None:
    report_feed(
        conn, programmes=["city"], source="pay", data_time=until, grade=Grade.FLASH, daily_until=daily
    )


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


def open_rows(conn: Connection) -> int:
    query = select(func.count()).select_from(schema.discrepancies)
    return int(conn.execute(query.where(schema.discrepancies.c.closed_at.is_(None))).scalar_one())


# ---------------------------------------------------------------- open while they differ


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


# ---------------------------------------------------------------- waiting is not different


def test_a_day_that_is_not_over_cannot_be_stated(small_campaign: Campaign) -> None:
    early = Statement(
        platform="city-pay", sub_project="SP-CITY-R", metric=Metric.CLAIMED, value_count=1, day=DAY,
        stated_at=MIDNIGHT - timedelta(seconds=1),
    )  # fmt: skip
    (rejected,) = admit(small_campaign, [early]).rejects
    assert rejected.field == "stated_at"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("sub_project", {"sub_project": "SP-UNKNOWN"}),
        ("platform", {"platform": "bank-a"}),
        ("template", {"template": "nothing", "round_no": 1}),
        ("round", {"template": "city.ret20", "round_no": 99}),
        ("day", {"day": None}),
    ],
)
def test_a_total_of_what_the_campaign_does_not_know_is_rejected(
    small_campaign: Campaign, field: str, changes: dict[str, Any]
) -> None:
    told: dict[str, Any] = {
        "platform": "city-pay", "sub_project": "SP-CITY-R", "metric": Metric.CLAIMED, "value_count": 1, "day": DAY,
        "stated_at": MIDNIGHT,
    }  # fmt: skip
    (rejected,) = admit(small_campaign, [Statement(**(told | changes))]).rejects
    assert rejected.field == field


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


# ---------------------------------------------------------------- closing and opening again


def test_a_late_event_closes_it_with_its_cause(played: Connection, small_campaign: Campaign) -> None:
    state_all(played, small_campaign, claimed_count=1, claimed_fen=FACE)
    run(played, small_campaign)
    save(played, small_campaign, event(small_campaign, "city", Kind.CLAIM, 9))
    assert run(played, small_campaign, MORNING + timedelta(minutes=1)).closed == 1
    (closed,) = closed_discrepancies(played, since=MORNING)
    assert (closed.cause, closed.closed_by, closed.difference.count) == (Cause.ARRIVED_LATE, None, 1)
    assert open_discrepancies(played) == ()


def test_a_platform_that_corrects_itself_closes_it_as_restated(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign)
    state(
        played, small_campaign, Metric.CLAIMED, CLAIMS, CLAIMS * FACE, sha256="b" * 64,
        stated_at=MIDNIGHT + timedelta(hours=2),
    )  # fmt: skip
    run(played, small_campaign, MIDNIGHT + timedelta(hours=3))
    (closed,) = closed_discrepancies(played, since=MORNING)
    assert closed.cause is Cause.RESTATED


def test_an_older_statement_that_comes_later_does_not_hold(
    played: Connection, small_campaign: Campaign
) -> None:
    state(played, small_campaign, Metric.CLAIMED, CLAIMS, None, stated_at=MORNING)
    state(played, small_campaign, Metric.CLAIMED, CLAIMS + 7, None, stated_at=MIDNIGHT, sha256="b" * 64)
    assert run(played, small_campaign).opened == 0


def test_the_same_statement_again_adds_no_row(played: Connection, small_campaign: Campaign) -> None:
    for _ in range(2):
        state(played, small_campaign, Metric.CLAIMED, CLAIMS, None)
    assert len(content(played, schema.statements)["statements"]) == 1


def test_a_person_closes_with_a_cause_and_it_stays_closed_while_the_difference_is_that_one(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign)
    close(played, Cause.GAP_ACCEPTED)
    assert not run(played, small_campaign, MORNING + timedelta(hours=1)).opened
    (closed,) = closed_discrepancies(played, since=MORNING)
    assert (closed.closed_by, closed.cause, closed.note) == ("who", Cause.GAP_ACCEPTED, "说明")


def close(conn: Connection, cause: Cause, note: str = " 说明\u200b ") -> None:
    number = only(conn).discrepancy_id
    close_discrepancy(conn, number, cause=cause, note=note, closed_by="who", now=MORNING)


def test_another_difference_after_a_persons_close_is_a_new_row(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign)
    first = only(played)
    close(played, Cause.PLATFORM_ERROR)
    save(
        played,
        small_campaign,
        event(small_campaign, "city", Kind.CLAIM, 9),
        event(small_campaign, "city", Kind.CLAIM, 10),
    )
    later = MORNING + timedelta(hours=1)
    assert run(played, small_campaign, later).opened == 1
    second = only(played)
    assert second.discrepancy_id != first.discrepancy_id
    assert (first.difference.count, second.difference.count) == (1, -1)


def test_a_difference_that_was_accepted_went_away_and_came_back_is_new(
    played: Connection, small_campaign: Campaign
) -> None:
    state(played, small_campaign, Metric.CLAIMED, CLAIMS + 1, None)
    run(played, small_campaign)
    close(played, Cause.REFUND_TIMING)
    for hours, count in ((2, CLAIMS), (4, CLAIMS + 1)):
        at = MIDNIGHT + timedelta(hours=hours)
        state(played, small_campaign, Metric.CLAIMED, count, None, stated_at=at, sha256=str(hours) * 64)
        run(played, small_campaign, at)
    assert only(played).difference.count == 1
    assert len(content(played, schema.discrepancies)["discrepancies"]) == 2


def test_nothing_is_closed_without_a_cause_a_known_number_or_for_other_a_word(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign)
    with pytest.raises(StoreError, match="note"):
        close(played, Cause.OTHER, note=" \u200b\n")
    with pytest.raises(StoreError, match="no open"):
        close_discrepancy(played, 10**6, cause=Cause.OTHER, note="x", closed_by="who", now=MORNING)
    number = only(played).discrepancy_id
    close(played, Cause.OTHER, note="x")
    with pytest.raises(StoreError, match="no open"):
        close_discrepancy(played, number, cause=Cause.OTHER, note="y", closed_by="else", now=MORNING)
    with pytest.raises(Exception, match=r"(?i)check|cause"):
        played.execute(schema.discrepancies.update().values(cause=None))


# ---------------------------------------------------------------- counters


def poll(conn: Connection, campaign: Campaign, kind: Kind, value: int, at: datetime) -> None:
    counter = Counter(
        platform="city-pay", sub_project="SP-CITY-R", template=campaign.rounds["city", 1].lines[0].template,
        round_no=1, kind=kind, value_count=value, counted_at=at,
    )  # fmt: skip
    save_counters(conn, [CounterEntry(counter=counter, programme="city")], now=at)


EVENING, NIGHT = MIDNIGHT - timedelta(minutes=2), MIDNIGHT + timedelta(minutes=2)


@pytest.mark.parametrize(("counted", "difference"), [(USES, None), (USES + 1, 1), (USES - 1, -1), (0, -USES)])
def test_a_counter_is_held_against_the_ledger_at_midnight_to_the_voucher(
    played: Connection, small_campaign: Campaign, counted: int, difference: int | None
) -> None:
    poll(played, small_campaign, Kind.REDEMPTION, counted, EVENING)
    poll(played, small_campaign, Kind.REDEMPTION, counted, NIGHT)
    poll(played, small_campaign, Kind.REDEMPTION, counted + 50, NIGHT + timedelta(minutes=30))
    run(played, small_campaign)
    assert [d.difference.count for d in open_discrepancies(played)] == (
        [] if difference is None else [difference]
    )


def test_what_happens_around_midnight_may_be_on_either_side(
    played: Connection, small_campaign: Campaign
) -> None:
    poll(played, small_campaign, Kind.REDEMPTION, USES - 1, EVENING)
    poll(played, small_campaign, Kind.REDEMPTION, USES + 1, NIGHT)
    assert run(played, small_campaign).opened == 0


@pytest.mark.parametrize(("seconds", "ahead"), [(-30, 1), (0, 1), (0, -1), (30, -1)])
def test_a_platform_whose_clock_is_a_little_off_at_midnight_is_no_difference(
    played: Connection, small_campaign: Campaign, seconds: int, ahead: int
) -> None:
    poll(played, small_campaign, Kind.REDEMPTION, min(USES, USES + ahead), EVENING)
    poll(played, small_campaign, Kind.REDEMPTION, USES + ahead, MIDNIGHT + timedelta(seconds=seconds))
    poll(played, small_campaign, Kind.REDEMPTION, max(USES, USES + ahead), NIGHT)
    assert run(played, small_campaign).opened == 0


def test_a_midnight_that_no_poll_has_followed_decides_nothing(
    played: Connection, small_campaign: Campaign
) -> None:
    poll(played, small_campaign, Kind.REDEMPTION, USES + 9, EVENING)
    assert run(played, small_campaign).opened == 0


def test_counters_give_way_to_what_is_stated_of_the_day(played: Connection, small_campaign: Campaign) -> None:
    for at in (EVENING, NIGHT):
        poll(played, small_campaign, Kind.REDEMPTION, USES + 1, at)
    state_all(played, small_campaign, redeemed_gross_count=1, redeemed_gross_fen=FACE)
    assert run(played, small_campaign).opened == 1


def test_a_counters_difference_is_none_once_the_platform_states_that_total(
    played: Connection, small_campaign: Campaign
) -> None:
    for at in (EVENING, NIGHT):
        poll(played, small_campaign, Kind.REDEMPTION, USES + 1, at)
    run(played, small_campaign)
    assert only(played).subject.template is not None
    state_all(played, small_campaign)
    assert run(played, small_campaign).closed == 1
    (closed,) = closed_discrepancies(played, since=DAY)
    assert (closed.cause, closed.closed_by) == (Cause.RESTATED, None)
    assert not run(played, small_campaign).visible


def test_a_counter_that_was_not_polled_at_its_midnight_yet_closes_nothing(
    played: Connection, small_campaign: Campaign
) -> None:
    for at in (EVENING, NIGHT):
        poll(played, small_campaign, Kind.REDEMPTION, USES + 1, at)
    run(played, small_campaign)
    before = only(played)
    feed(played, MORNING + timedelta(days=1))
    run(played, small_campaign, MORNING + timedelta(days=1))
    assert only(played) == before


def test_claims_that_no_event_ever_tells_are_no_difference(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 1))
    feed(conn, MORNING)
    for at in (EVENING, NIGHT):
        poll(conn, small_campaign, Kind.CLAIM, 40, at)
    assert run(conn, small_campaign).opened == 0
    feed(conn, MORNING, daily=MIDNIGHT)  # a platform that sends files of the day tells its claims in them
    run(conn, small_campaign)
    assert only(conn).difference.count == 40


def test_the_total_of_a_lot_that_has_ended_counts_every_day_of_it(
    played: Connection, small_campaign: Campaign
) -> None:
    at = OPENING + timedelta(days=3)
    lot = {"template": small_campaign.rounds["city", 1].lines[0].template, "round_no": 1}
    save(played, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 9, occurred_at=at))
    state(played, small_campaign, Metric.REDEEMED_GROSS, USES, None, day=None, stated_at=at, **lot)
    run(played, small_campaign, at)
    assert (only(played).subject.day, only(played).difference.count) == (None, -1)


# ---------------------------------------------------------------- grades


def grades(
    conn: Connection, campaign: Campaign, now: datetime, **as_of: datetime
) -> dict[datetime, Grade | None]:
    rows = totals(conn, campaign, by=("programme", "day"), now=now, **as_of)
    return {row.key[1]: row.grade for row in rows if row.key[0] == "city"}


def undated(conn: Connection, campaign: Campaign, now: datetime) -> Grade | None:
    rows = totals(conn, campaign, by=("programme",), now=now)
    return next(row.grade for row in rows if row.key == ("city",))


def test_a_day_is_flash_then_daily_then_final(played: Connection, small_campaign: Campaign) -> None:
    seen = []
    for now, prepare in (
        (OPENING + timedelta(hours=3), lambda: None),
        (MORNING, lambda: None),
        (MORNING + timedelta(hours=1), lambda: feed(played, MORNING, daily=MIDNIGHT)),
        (MORNING + timedelta(hours=2), lambda: state_all(played, small_campaign)),
        (MIDNIGHT + small_campaign.final_after, lambda: None),
    ):
        prepare()
        run(played, small_campaign, now)
        seen.append(grades(played, small_campaign, now)[DAY])
    assert seen == [Grade.FLASH, Grade.FLASH, Grade.DAILY, Grade.DAILY, Grade.FINAL]


def test_what_spans_days_is_as_weak_as_the_weakest_and_today_is_flash(
    played: Connection, small_campaign: Campaign
) -> None:
    state_all(played, small_campaign)
    settled = MIDNIGHT + small_campaign.final_after
    run(played, small_campaign, settled)
    assert grades(played, small_campaign, settled)[DAY] is Grade.FINAL
    assert undated(played, small_campaign, settled) is Grade.FLASH


def test_after_the_last_day_of_use_everything_can_be_final(
    played: Connection, small_campaign: Campaign
) -> None:
    end = small_campaign.last_use("city") + timedelta(days=5)
    day = DAY
    feed(played, end)
    while day < end:
        if day != DAY:
            for metric in Metric:
                state(played, small_campaign, metric, 0, 0, day=day, stated_at=day + timedelta(days=1))
        day += timedelta(days=1)
    run(played, small_campaign, end)
    assert undated(played, small_campaign, end) is Grade.FLASH  # the first day is still without a word
    state_all(played, small_campaign)
    run(played, small_campaign, end + timedelta(minutes=1))
    assert undated(played, small_campaign, end + timedelta(minutes=1)) is Grade.FINAL


def test_an_open_difference_holds_a_day_back_until_a_person_explains_it(
    played: Connection, small_campaign: Campaign
) -> None:
    settled = MIDNIGHT + small_campaign.final_after
    state_all(played, small_campaign, claimed_count=1)
    run(played, small_campaign, settled)
    assert grades(played, small_campaign, settled)[DAY] is Grade.DAILY
    close(played, Cause.GAP_ACCEPTED)
    run(played, small_campaign, settled + timedelta(minutes=1))
    assert grades(played, small_campaign, settled + timedelta(minutes=1))[DAY] is Grade.FINAL


def test_a_final_day_that_a_late_event_changes_is_final_no_more_but_was_as_of_then(
    played: Connection, small_campaign: Campaign
) -> None:
    settled = MIDNIGHT + small_campaign.final_after
    state_all(played, small_campaign)
    read_at = {"started_at": MORNING, "finished_at": MORNING, "data_time": MORNING, "grade": Grade.FLASH}
    record_run(played, RunRecord(source="pay", outcome="ok", **read_at))
    run(played, small_campaign, settled)
    later = settled + timedelta(hours=1)
    save(played, small_campaign, event(small_campaign, "city", Kind.CLAIM, 9), now=later)
    run(played, small_campaign, later)
    assert grades(played, small_campaign, later)[DAY] is Grade.DAILY
    assert grades(played, small_campaign, later, known_by=settled)[DAY] is Grade.FINAL


def test_a_day_that_still_waits_for_its_feed_is_not_final(conn: Connection, small_campaign: Campaign) -> None:
    settled = MIDNIGHT + small_campaign.final_after
    feed(conn, OPENING)
    state(conn, small_campaign, Metric.CLAIMED, 0, 0)
    save(conn, small_campaign, event(small_campaign, "city", Kind.REDEMPTION, 1))
    run(conn, small_campaign, settled)
    assert grades(conn, small_campaign, settled)[DAY] is Grade.DAILY


def test_days_without_a_word_from_the_platform_are_never_final(
    played: Connection, small_campaign: Campaign
) -> None:
    late = MIDNIGHT + timedelta(days=20)
    feed(played, late, daily=late)
    run(played, small_campaign, late)
    assert grades(played, small_campaign, late)[DAY] is Grade.DAILY


def test_counters_of_every_lot_can_make_a_day_final(played: Connection, small_campaign: Campaign) -> None:
    settled = MIDNIGHT + small_campaign.final_after
    feed(played, settled, daily=settled)
    issued = [(r, line) for r, line in small_campaign.issued("city", MIDNIGHT)]
    for r, line in issued[1:]:
        _poll_lot(played, line.template, r.no, 0)
    run(played, small_campaign, settled)
    assert grades(played, small_campaign, settled)[DAY] is Grade.DAILY
    _poll_lot(played, issued[0][1].template, issued[0][0].no, USES)
    run(played, small_campaign, settled + timedelta(minutes=1))
    assert grades(played, small_campaign, settled + timedelta(minutes=1))[DAY] is Grade.FINAL


def _poll_lot(conn: Connection, template: str, round_no: int, value: int) -> None:
    for at in (EVENING, NIGHT, NIGHT + timedelta(days=1), NIGHT + timedelta(days=2)):
        counter = Counter(
            platform="city-pay", sub_project="SP-CITY-R", template=template, round_no=round_no,
            kind=Kind.REDEMPTION, value_count=value, counted_at=at,
        )  # fmt: skip
        save_counters(conn, [CounterEntry(counter=counter, programme="city")], now=at)
