"""Alerts of money and progress from the stored events on: they open, wait while nobody can be heard, and recover."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from alerts.again import recheck
from alerts.judge import judge
from alerts.rules import RULES
from alerts.watch import read_window, watch
from domain.campaign import Campaign
from domain.cases import Act
from domain.casework import Action, Stage
from domain.records import Grade, Kind, Ticket, TicketState
from domain.sanctions import Booking, SanctionEntry
from domain.signals import KEEP_OPEN
from store import schema
from store.engine import read, write
from store.queries.sources import Expected
from store.writes.cases import act
from store.writes.intake import report_feed, source_succeeded
from store.writes.ledger import save_batch
from store.writes.sanction_money import book_sanctions
from tests.store.events import OPENING, entries, event
from tests.store.posts import post, say, score

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAY = (
    Expected(source="pay", name="市民付", side="payment", stale_after_s=600),
    Expected(source="hotline", name="12345", side="opinion", stale_after_s=86_400),
)
Found = dict[tuple[str, str], str]


def told(engine: Engine, campaign: Campaign, at: datetime, *events: Any, sha: str = "0") -> None:
    """The platform answers at that moment, its data complete up to it."""
    with write(engine) as conn:
        batch = entries(campaign, *events)
        save_batch(conn, batch, source="pay", grade=Grade.FLASH, raw_sha256=sha * 64, now=at)
        source_succeeded(conn, "pay", cursor=None, data_time=at, now=at)
        report_feed(conn, programmes=["city", "luzhou"], source="pay", data_time=at, grade=Grade.FLASH)


def look(engine: Engine, campaign: Campaign, at: datetime) -> Found:
    """(rule, subject) -> signal, after one look; the flags' and the sources' own alerts left out."""
    judge(engine, campaign, now=at)
    watch(engine, RULES, campaign, PAY, clock=lambda: at)
    with read(engine) as conn:
        assert recheck(conn).others == ()
        rows = conn.execute(select(schema.alerts).order_by(schema.alerts.c.alert_id)).all()
    return {(r.rule, r.subject): r.signal for r in rows if r.rule not in ("stale_feed", "ineligible_use")}


def test_a_programme_that_is_not_launched_waits_while_its_platform_is_silent_and_recovers(
    engine: Engine, small_campaign: Campaign
) -> None:
    late = OPENING + DAY + HOUR
    told(engine, small_campaign, late, event(small_campaign, "city", Kind.CLAIM, 1))
    key = "not_launched", "luzhou"
    assert look(engine, small_campaign, late) == {key: "firing"}
    silent = late + 2 * HOUR
    assert look(engine, small_campaign, silent)[key] == "no_data"
    launched = event(small_campaign, "luzhou", Kind.CLAIM, 1, occurred_at=late)
    with write(engine) as conn:
        batch = entries(small_campaign, launched)
        save_batch(conn, batch, source="pay", grade=Grade.FLASH, raw_sha256="1" * 64, now=silent)
    assert look(engine, small_campaign, silent + KEEP_OPEN)[key] == "no_data", "still silent"
    heard = silent + 2 * KEEP_OPEN
    told(engine, small_campaign, heard)
    assert look(engine, small_campaign, heard)[key] == "recovering"
    told(engine, small_campaign, heard + KEEP_OPEN)
    assert look(engine, small_campaign, heard + KEEP_OPEN)[key] == "recovered"


def test_a_silent_platform_opens_nothing(engine: Engine, small_campaign: Campaign) -> None:
    told(engine, small_campaign, OPENING, event(small_campaign, "city", Kind.CLAIM, 1))
    for days in (2, 5, 12, 22, 27):
        assert look(engine, small_campaign, OPENING + days * DAY) == {}


def test_slow_claims_and_low_redemption_come_at_their_time(engine: Engine, small_campaign: Campaign) -> None:
    claims = [event(small_campaign, "city", Kind.CLAIM, n) for n in range(40)]
    others = [event(small_campaign, "luzhou", Kind.CLAIM, n) for n in range(1_000)]
    uses = [event(small_campaign, "luzhou", Kind.REDEMPTION, n, merchant=f"M{n}") for n in range(700)]
    told(engine, small_campaign, OPENING + 47 * HOUR, *claims, *others, *uses)
    assert look(engine, small_campaign, OPENING + 47 * HOUR) == {}
    told(engine, small_campaign, OPENING + 48 * HOUR)
    assert look(engine, small_campaign, OPENING + 48 * HOUR) == {("claim_out", "city/r1/slow"): "firing"}
    week = OPENING + 8 * DAY  # claiming is over since the fourth, vouchers may be used until the sixth
    told(engine, small_campaign, week)
    found = look(engine, small_campaign, week)
    assert found == {("claim_out", "city/r1/slow"): "recovered", ("low_redemption", "city/r1"): "firing"}


@pytest.mark.parametrize(("order", "raised"), [(0, True), (1, False)])
def test_a_lead_comes_of_stored_redemptions_and_its_level_again_of_its_facts(
    engine: Engine, small_campaign: Campaign, order: int, raised: bool
) -> None:
    least = small_campaign.templates["city.ret20"].min_spend_fen
    at = OPENING + 10 * HOUR
    uses = [
        event(small_campaign, "city", Kind.REDEMPTION, n, merchant="M7", order_fen=least + order)
        for n in range(30)
    ]
    told(engine, small_campaign, at, *uses)
    assert look(engine, small_campaign, at) == ({("exact_threshold", "city/M7"): "firing"} if raised else {})


def test_a_report_is_asked_for_until_a_person_closes_it(engine: Engine, small_campaign: Campaign) -> None:
    end = small_campaign.programmes["luzhou"].end_at
    assert end is not None
    due = end + 14 * DAY
    key = "report_due", "luzhou/county-report"
    assert look(engine, small_campaign, due - 8 * DAY) == {}
    assert look(engine, small_campaign, due - 6 * DAY) == {key: "firing"}
    with write(engine) as conn:
        (alert_id,) = conn.scalars(select(schema.alerts.c.alert_id))
        act(conn, alert_id, Act(action=Action.DISMISS, note="已报"), who="wang", now=due - 5 * DAY)
    for days in (5, 2, 0, -3):
        look(engine, small_campaign, due - days * DAY)
    with read(engine) as conn:
        (row,) = conn.execute(select(schema.alerts)).all()
    assert (row.stage, row.signal) == (Stage.FALSE_ALARM.value, "recovered"), "nobody is asked again"


def test_a_ticket_that_is_answered_ends_its_alert(engine: Engine, small_campaign: Campaign) -> None:
    def ticket(state: TicketState, at: datetime) -> None:
        handed_in = post(
            1, source="hotline", published_at=OPENING, ticket=Ticket(state=state, told_state="x", told_at=at)
        )
        with write(engine) as conn:
            source_succeeded(conn, "hotline", cursor=None, data_time=at, now=at)
            say(conn, (handed_in, score(county="140403")), now=at)

    key = "unanswered", "140403"
    ticket(TicketState.HANDLING, OPENING)
    assert look(engine, small_campaign, OPENING + 4 * HOUR) == {}
    assert look(engine, small_campaign, OPENING + 5 * HOUR) == {key: "firing"}
    ticket(TicketState.ANSWERED, OPENING + 6 * HOUR)
    assert look(engine, small_campaign, OPENING + 6 * HOUR)[key] in ("recovering", "recovered")
    assert look(engine, small_campaign, OPENING + 7 * HOUR)[key] == "recovered"


def test_what_sanctioned_merchants_paid_back_is_read_with_the_money(
    engine: Engine, small_campaign: Campaign
) -> None:
    of = {
        "kind": Booking.RECOVERED,
        "amount_fen": 2_000,
        "booked_on": OPENING,
        "merchant": "M1",
        "document": "1",
    }
    entry = SanctionEntry(entry_no="1", programme="luzhou", tranche="T1", **of)
    with write(engine) as conn:
        book_sanctions(conn, [entry], now=OPENING + HOUR)
    with read(engine) as conn:
        windows = (read_window(conn, small_campaign, PAY, now=OPENING + n * HOUR) for n in (0, 1))
        assert [w.money and w.money.recovered_fen for w in windows] == [{}, {"luzhou": 2_000}]
