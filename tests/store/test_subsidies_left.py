"""What audited subsidies leave of a programme's money: what is approved is spoken for, once, and what waits may be."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from briefing.money import read_ledger
from domain.campaign import Campaign
from domain.measures import Figures, Unredeemed
from domain.readings import Scope
from domain.records import Kind
from store.queries.counted import Lot
from store.queries.money_watch import projected
from store.queries.progress import Money
from store.queries.rounds import LotSum, lot_sums, still_to_claim_fen
from tests.store.events import OPENING, event, step
from tests.store.stated_day import poll, save

DAY, TICK = timedelta(days=1), timedelta(seconds=1)
CAR = 100_000
CITY = Scope(code="140400", name="长治市", is_city=True)


def left(conn: Connection, campaign: Campaign, *, now: datetime) -> tuple[Unredeemed, Figures]:
    """The city's, with the figures it stands on: an alert has it as a paper of that moment prints it."""
    city = Money(conn, campaign, CITY, now=now, late={}).city()
    assert city is not None
    found = projected(campaign, [city], lot_sums(conn), now=now)["city"]
    assert read_ledger(conn, campaign, CITY, as_of=now, known_by=now).paces[-1].unredeemed == found
    return found, city.figures


def cars(campaign: Campaign, *, applied: int, approved: int = 0, rejected: int = 0) -> list[object]:
    kinds = [Kind.APPROVAL] * approved + [Kind.REJECTION] * rejected
    asked = [step(campaign, "city", Kind.APPLICATION, n) for n in range(applied)]
    return [*asked, *(step(campaign, "city", kind, n) for n, kind in enumerate(kinds))]


def claims(campaign: Campaign) -> list[object]:
    return [event(campaign, "city", Kind.CLAIM, n) for n in range(40)]


def test_after_the_end_what_is_left_is_the_balance(conn: Connection, audited: Campaign) -> None:
    used = event(audited, "city", Kind.REDEMPTION, 0)
    save(conn, audited, *claims(audited), used, *cars(audited, applied=4, approved=3, rejected=1))
    end = audited.programmes["city"].end_at
    assert end is not None
    found, figures = left(conn, audited, now=end + DAY)
    balance = figures.balance_fen(audited.programmes["city"].allocation_fen)
    assert balance == 6_000_000 - 3 * CAR - used.face_fen
    assert found == Unredeemed(low_fen=balance, high_fen=balance)


def test_where_nobody_told_of_use_nothing_is_projected(conn: Connection, audited: Campaign) -> None:
    save(conn, audited, *claims(audited), *cars(audited, applied=1, approved=1))
    now = audited.rounds["city", 1].claim_closes_at
    city = Money(conn, audited, CITY, now=now, late={}).city()
    assert city is not None
    assert projected(audited, [city], lot_sums(conn), now=now) == {}
    assert read_ledger(conn, audited, CITY, as_of=now, known_by=now).paces[-1].unredeemed is None


def test_what_waits_for_its_decision_at_the_end_leaves_no_fact(conn: Connection, audited: Campaign) -> None:
    used = [event(audited, "city", Kind.REDEMPTION, n) for n in range(20)]
    save(conn, audited, *claims(audited), *used, *cars(audited, applied=2, approved=1))
    end = audited.programmes["city"].end_at
    assert end is not None
    found, figures = left(conn, audited, now=end + DAY)
    balance = figures.balance_fen(audited.programmes["city"].allocation_fen)
    expected = balance - CAR // 2
    assert found == Unredeemed(low_fen=expected, high_fen=expected), "at the rate of the round: half was used"


def test_an_approval_while_the_round_is_open_is_counted_once(conn: Connection, audited: Campaign) -> None:
    now = audited.rounds["city", 1].claim_closes_at
    save(conn, audited, *claims(audited), *cars(audited, applied=3))
    before = still_to_claim_fen(audited, "city", lot_sums(conn), now=now)
    save(conn, audited, *cars(audited, applied=3, approved=3))
    after = still_to_claim_fen(audited, "city", lot_sums(conn), now=now)
    assert before - after == 3 * CAR


@pytest.mark.parametrize(
    ("lot", "open_count", "closed_count"),
    [
        (LotSum(), 5, 0),
        (LotSum(pending_count=2), 5, 2),
        (LotSum(approved_count=1, pending_count=2), 4, 2),
        (LotSum(approved_count=6, pending_count=-1), 0, 0),  # an application has not come yet
    ],
)
def test_a_subsidy_can_be_had_while_the_round_is_open_and_after_it_by_who_has_applied(
    audited: Campaign, lot: LotSum, open_count: int, closed_count: int
) -> None:
    vouchers_gone = {
        Lot("city", line.template, r.no): LotSum(claimed_count=line.qty)
        for r in audited.round
        if r.programme == "city"
        for line in r.lines
    }
    sums = vouchers_gone | {Lot("city", "city.auto", 1): lot}
    closes = audited.rounds["city", 1].claim_closes_at
    found = [still_to_claim_fen(audited, "city", sums, now=now) for now in (closes, closes + TICK)]
    assert found == [open_count * CAR, closed_count * CAR]


def test_a_lots_steps_are_summed_whatever_a_platform_counts(conn: Connection, audited: Campaign) -> None:
    save(conn, audited, *cars(audited, applied=4, approved=2, rejected=1))
    poll(conn, audited, Kind.CLAIM, 7, OPENING, Lot("city", "city.auto", 1))
    found = lot_sums(conn)[Lot("city", "city.auto", 1)]
    assert found == LotSum(claimed_count=7, approved_count=2, pending_count=1)
