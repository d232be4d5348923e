"""追回: what merchants under sanction paid back is in the balance of every paper, from the moment it was known."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from briefing.kinds import compose_paper
from briefing.money import read_ledger
from domain.campaign import Campaign
from domain.papers import PaperKind
from domain.readings import Level, Scope
from domain.records import Kind
from domain.sanctions import Booking, SanctionEntry
from store.writes.alerts import Alarm, settle
from store.writes.sanction_money import book_sanctions
from tests.briefing.test_references_of_kinds import holds
from tests.store.events import OPENING, event
from tests.store.judged import save

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOOKED, KNOWN = OPENING + 5 * DAY, OPENING + 6 * DAY
CITY = Scope(code="140400", name="长治市", is_city=True)
COUNTY = Scope(code="140403", name="潞州区", is_city=False)


@pytest.fixture
def recovered(conn: Connection, small_campaign: Campaign) -> Connection:
    """All forty vouchers used in 潞州区, 800元, came back of one merchant; of another tranche's nothing is counted."""
    events = [event(small_campaign, "luzhou", k, n) for k in (Kind.CLAIM, Kind.REDEMPTION) for n in range(40)]
    save(conn, small_campaign, *events)
    of = {
        "kind": Booking.RECOVERED,
        "amount_fen": 80_000,
        "booked_on": BOOKED,
        "merchant": "M1",
        "document": "通报1号",
    }
    told = [
        SanctionEntry(entry_no=tranche, programme="luzhou", tranche=tranche, **of) for tranche in ("T1", "T2")
    ]
    book_sanctions(conn, told, now=KNOWN)
    alarm = Alarm(
        subject="140403/overrun", level=Level.RED, title="潞州区", reasons=(), evidence=(), evidence_count=1,
        county="140403",
    )  # fmt: skip
    settle(conn, "money_fault", [alarm], now=OPENING + HOUR)
    return conn


@pytest.mark.parametrize(("scope", "whole"), [(CITY, "10.00"), (COUNTY, "3.00")])
@pytest.mark.parametrize("kind", [PaperKind.DAILY, PaperKind.FINAL, PaperKind.EVENT])
def test_what_came_back_is_free_again_in_every_paper(
    recovered: Connection, small_campaign: Campaign, kind: PaperKind, scope: Scope, whole: str
) -> None:
    asked = {"kind": kind, "alert_id": 1 if kind is PaperKind.EVENT else 0}
    paper = compose_paper(recovered, small_campaign, (), scope, as_of=KNOWN + 30 * DAY, **asked)
    said = " ".join(s for section in paper.sections for s in section.sentences)
    assert f"资金结余{'3.00' if kind is PaperKind.EVENT else whole}万元" in said
    assert "结余=分配额度-净核销-已通过审核补贴+已追回" in said or kind is not PaperKind.DAILY
    holds(recovered, small_campaign, paper, scope=scope)


@pytest.mark.parametrize(
    ("as_of", "known_by", "back"),
    [
        (KNOWN, KNOWN, 80_000),
        (BOOKED, KNOWN, 80_000),
        (KNOWN - HOUR, KNOWN - HOUR, 0),
        (BOOKED - HOUR, KNOWN, 0),
    ],
)
def test_it_is_known_from_when_it_was_recorded_and_counts_from_when_it_was_booked(
    recovered: Connection, small_campaign: Campaign, as_of: datetime, known_by: datetime, back: int
) -> None:
    ledger = read_ledger(recovered, small_campaign, CITY, as_of=as_of, known_by=known_by)
    assert ledger.balance_fen == ledger.allocation_fen - 80_000 + back
    (luzhou,) = (p for p in ledger.progress if p.code == "140403")
    assert ledger.balance_of(luzhou) == luzhou.allocation_fen - 80_000 + back
