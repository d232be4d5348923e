"""The money behind an alert and its records, read from a store: from where its cause began, in steps for its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from domain.alert_records import RecordedLot
from domain.campaign import Campaign
from domain.cases import Case
from domain.readings import Level
from domain.records import Grade, Kind
from store import schema
from store.queries.alert_records import alert_records
from store.queries.cases import find_case
from store.queries.evidence import trade_of
from store.writes.alerts import Alarm, settle
from store.writes.intake import report_feed
from store.writes.ledger import save_batch
from tests.store.events import OPENING, entries, event

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = OPENING + 6 * DAY


def told(conn: Connection, campaign: Campaign, *events: Any) -> None:
    made = entries(campaign, *events)
    save_batch(conn, made, source="pay", grade=Grade.FLASH, raw_sha256="0" * 64, now=NOW)
    report_feed(conn, programmes=["city", "luzhou"], source="pay", data_time=NOW, grade=Grade.FLASH)


def claims(campaign: Campaign, at: datetime, numbers: range, programme: str = "city") -> Sequence[Any]:
    return [event(campaign, programme, Kind.CLAIM, n, occurred_at=at) for n in numbers]


def case(
    conn: Connection,
    rule: str,
    subject: str,
    *,
    county: str | None = "140400",
    began_at: datetime | None = None,
) -> Case:
    alarm = Alarm(
        subject=subject, level=Level.BLUE, title="t", reasons=(), evidence=(), evidence_count=0, county=county,
        began_at=began_at,
    )  # fmt: skip
    settle(conn, rule, [alarm], now=NOW)
    (number,) = conn.scalars(schema.alerts.select().with_only_columns(schema.alerts.c.alert_id))
    found = find_case(conn, number)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("began", "since", "step", "claimed"),
    [(None, 4 * HOUR, 5, 3), (HOUR, 4 * HOUR, 5, 3), (30 * HOUR, 30 * HOUR, 15, 8),
     (5 * DAY, 5 * DAY + 9 * HOUR, 60, 8)],
)  # fmt: skip
def test_the_money_is_read_from_where_the_cause_began(
    conn: Connection,
    small_campaign: Campaign,
    began: timedelta | None,
    since: timedelta,
    step: int,
    claimed: int,
) -> None:
    told(conn, small_campaign, *claims(small_campaign, NOW - HOUR, range(3)),
         *claims(small_campaign, NOW - 20 * HOUR, range(10, 15)),
         *claims(small_campaign, OPENING, range(20, 40)))  # fmt: skip
    found = case(conn, "claim_out", "city/r1/slow", began_at=None if began is None else NOW - began)
    trade = trade_of(conn, small_campaign, found, "140400")
    assert (trade.since, trade.until, trade.data_time) == (NOW - since, NOW, NOW)
    assert trade.step == timedelta(minutes=step)
    assert sum(m.claimed_count for m in trade.minutes) == claimed


def test_what_sums_up_a_programme_is_drawn_from_its_launch(
    conn: Connection, small_campaign: Campaign
) -> None:
    told(conn, small_campaign, *claims(small_campaign, OPENING, range(7)))
    found = case(conn, "money_fault", "140400/overrun")
    trade = trade_of(conn, small_campaign, found, "140400")
    assert trade.since == OPENING - 9 * HOUR
    assert sum(m.claimed_count for m in trade.minutes) == 7


def test_what_began_longer_ago_than_is_drawn_is_drawn_in_whole_days(
    conn: Connection, small_campaign: Campaign
) -> None:
    told(conn, small_campaign, *claims(small_campaign, OPENING, range(7)))
    found = replace(case(conn, "money_fault", "140400/overrun"), refreshed_at=OPENING + 62 * DAY + HOUR)
    trade = trade_of(conn, small_campaign, found, "140400")
    assert trade.since == OPENING - 9 * HOUR
    assert sum(m.claimed_count for m in trade.minutes) == 7


def test_who_has_not_told_is_left_out_of_the_city_and_named(
    conn: Connection, small_campaign: Campaign
) -> None:
    told(conn, small_campaign, *claims(small_campaign, NOW - HOUR, range(4)),
         *claims(small_campaign, NOW - HOUR, range(3), "luzhou"))  # fmt: skip
    report_feed(conn, programmes=["luzhou"], source="bank", data_time=NOW - DAY, grade=Grade.DAILY)
    trade = trade_of(conn, small_campaign, case(conn, "stale_feed", "bank", county=None), None)
    assert trade.left_out == ("luzhou", "shangdang")
    assert (sum(m.claimed_count for m in trade.minutes), trade.data_time) == (4, NOW)


def test_the_records_of_sums_are_the_rounds_of_the_programme(
    conn: Connection, small_campaign: Campaign
) -> None:
    told(conn, small_campaign, *claims(small_campaign, OPENING, range(5), "luzhou"),
         event(small_campaign, "luzhou", Kind.REDEMPTION, 1))  # fmt: skip
    r = small_campaign.rounds["luzhou", 1]
    lot = RecordedLot(
        template="luzhou.ret20", round_no=1, opens_at=r.opens_at, use_until=r.use_until, qty=1500, claimed_count=5,
        redeemed_count=1,
    )  # fmt: skip
    found = case(conn, "money_fault", "140403/overrun", county="140403")
    assert alert_records(conn, small_campaign, found).lots == (lot,)


def test_a_subsidy_nobody_claims_is_no_record_of_claims(conn: Connection, audited: Campaign) -> None:
    found = case(conn, "money_fault", "140404/overrun", county="140404")
    assert [lot.template for lot in alert_records(conn, audited, found).lots] == ["shangdang.cat10"]


def test_money_under_another_tranche_is_shown_by_its_events(
    conn: Connection, small_campaign: Campaign
) -> None:
    told(conn, small_campaign, *claims(small_campaign, OPENING, range(3)))
    conn.execute(update(schema.events).where(schema.events.c.event_no == "C000001").values(tranche="T2"))
    found = alert_records(conn, small_campaign, case(conn, "tranche_mixing", "city/T2"))
    assert [one.event_no for one in found.events] == ["C000001"]
