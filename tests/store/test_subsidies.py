"""Audited subsidies in the ledger: any order, any split, any repetition gives the same figures; nothing is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert
from sqlalchemy.exc import IntegrityError

from domain.campaign import Campaign
from domain.measures import Figures
from domain.readings import Pace, Scope
from domain.records import Event, Grade, Kind
from domain.subsidies import Trouble
from ingest.admit import admit
from store import schema
from store.engine import open_store, write
from store.migrations import migrate
from store.queries.progress import Money
from store.queries.subsidies import subsidy_progress
from store.queries.totals import total_of, totals
from store.queries.verify import verify
from store.writes.ledger import Saved, save_batch
from store.writes.rebuild import rebuild_rollups
from store.writes.rows import EventRow, event_rows
from tests.store.events import OPENING, entries, event, step

APPLICATION, APPROVAL, REJECTION, PAYMENT = Kind.APPLICATION, Kind.APPROVAL, Kind.REJECTION, Kind.PAYMENT
LATER = OPENING + timedelta(days=9)
HOUR = timedelta(hours=1)


def save(conn: Connection, campaign: Campaign, *events: Event) -> Saved:
    batch = entries(campaign, *events)
    return save_batch(conn, batch, source="bank", grade=Grade.DAILY, raw_sha256="0" * 64, now=LATER)


def figures(conn: Connection, campaign: Campaign, programme: str = "shangdang") -> Figures:
    rows = totals(conn, campaign, by=("programme",), now=LATER)
    return total_of([row for row in rows if row.key == (programme,)])


def subsidies(found: Figures) -> tuple[int, ...]:
    """Applied, approved, rejected, paid: counts, then fen."""
    return (
        found.subsidy_applied_count,
        found.subsidy_approved_count,
        found.subsidy_rejected_count,
        found.subsidy_paid_count,
        found.subsidy_applied_fen,
        found.subsidy_approved_fen,
        found.subsidy_paid_fen,
    )


def troubles(conn: Connection, programme: str = "shangdang") -> dict[str, Trouble]:
    (progress,) = subsidy_progress(conn, [programme])
    return {listed.step.event_no: listed.trouble for listed in progress.listed}


def test_each_step_counts_with_its_own_amount(conn: Connection, audited: Campaign) -> None:
    save(
        conn, audited,
        *(step(audited, "shangdang", APPLICATION, n) for n in range(3)),
        step(audited, "shangdang", APPROVAL, 0, face_fen=60_000),
        step(audited, "shangdang", REJECTION, 1),
        step(audited, "shangdang", PAYMENT, 0, face_fen=60_000),
    )  # fmt: skip
    found = figures(conn, audited)
    assert subsidies(found) == (3, 1, 1, 1, 300_000, 60_000, 60_000)
    assert found.subsidy_pending_count == 1
    assert found.direct_spend_fen == 0  # a car is no net redeemed order
    assert verify(conn, audited) == []


def test_fund_use_and_balance_follow_the_glossary(conn: Connection, audited: Campaign) -> None:
    face = audited.templates["shangdang.cat10"].face_fen
    opened = OPENING + timedelta(days=2)
    save(
        conn, audited,
        event(audited, "shangdang", Kind.REDEMPTION, 1, occurred_at=opened),
        *(step(audited, "shangdang", kind, n) for n in (1, 2) for kind in (APPLICATION, APPROVAL)),
        step(audited, "shangdang", PAYMENT, 1),
    )  # fmt: skip
    found, allocation = figures(conn, audited), audited.programmes["shangdang"].allocation_fen
    assert found.fund_use_rate(allocation) == (face + 100_000) / allocation
    assert found.balance_fen(allocation) == allocation - face - 200_000


def test_the_wall_s_fund_use_counts_what_was_paid(conn: Connection, audited: Campaign) -> None:
    """A county that has only paid cars so far is launched, and its money is used."""
    scope = Scope(code="140404", name="上党区", is_city=False)
    now = OPENING + timedelta(days=8)
    (waiting,) = Money(conn, audited, scope, now=now, late={}).counties()
    save(conn, audited, *(step(audited, "shangdang", kind, 1) for kind in (APPLICATION, APPROVAL, PAYMENT)))
    money = Money(conn, audited, scope, now=now, late={})
    (county,) = money.counties()
    assert (waiting.pace, waiting.fund_use_rate) == (Pace.OVERDUE, 0)
    assert county.pace is Pace.ON_PACE
    assert county.fund_use_rate == money.headline().fund_use_rate == 100_000 / county.allocation_fen
    (auto,) = (share for share in money.sectors() if share.sector == "auto")
    assert auto.figures.subsidy_paid_count == 1


def test_a_payment_before_its_application_is_counted_and_an_orphan_until_it_comes(
    conn: Connection, audited: Campaign
) -> None:
    save(conn, audited, step(audited, "shangdang", PAYMENT, 1), step(audited, "shangdang", APPROVAL, 1))
    assert subsidies(figures(conn, audited)) == (0, 1, 0, 1, 0, 100_000, 100_000)
    assert troubles(conn) == {"PS000001": Trouble.ORPHAN, "AS000001": Trouble.ORPHAN}
    save(conn, audited, step(audited, "shangdang", APPLICATION, 1))
    assert troubles(conn) == {}
    assert subsidies(figures(conn, audited)) == (1, 1, 0, 1, 100_000, 100_000, 100_000)


def test_the_first_decision_by_its_own_time_stands_whatever_came_first(
    conn: Connection, audited: Campaign
) -> None:
    early = step(audited, "shangdang", REJECTION, 1)
    late = step(audited, "shangdang", APPROVAL, 1, occurred_at=early.occurred_at + HOUR)
    save(conn, audited, step(audited, "shangdang", APPLICATION, 1), late)
    assert subsidies(figures(conn, audited))[1:3] == (1, 0)
    assert save(conn, audited, early).accepted == 1
    assert subsidies(figures(conn, audited)) == (1, 0, 1, 0, 100_000, 0, 0)
    assert troubles(conn) == {late.event_no: Trouble.CONTRADICTION}
    assert verify(conn, audited) == []


def test_a_decision_told_again_under_another_number_moves_nothing(
    conn: Connection, audited: Campaign
) -> None:
    first = step(audited, "shangdang", APPROVAL, 1)
    save(conn, audited, step(audited, "shangdang", APPLICATION, 1), first)
    before = figures(conn, audited)
    again = replace(first, event_no="again", occurred_at=first.occurred_at + HOUR)
    less = replace(again, event_no="less", face_fen=1)
    save(conn, audited, again, less)
    assert figures(conn, audited) == before
    assert troubles(conn) == {"again": Trouble.SECOND_DECISION, "less": Trouble.CONTRADICTION}


def test_money_paid_without_approval_is_counted_and_listed(conn: Connection, audited: Campaign) -> None:
    save(
        conn, audited,
        *(step(audited, "shangdang", APPLICATION, n) for n in (1, 2, 3)),
        step(audited, "shangdang", PAYMENT, 1),
        step(audited, "shangdang", REJECTION, 2),
        step(audited, "shangdang", PAYMENT, 2),
        step(audited, "shangdang", APPROVAL, 3, face_fen=70_000),
        step(audited, "shangdang", PAYMENT, 3, event_no="half", face_fen=35_000),
        step(audited, "shangdang", PAYMENT, 3, event_no="rest", face_fen=35_001, occurred_at=LATER),
    )  # fmt: skip
    assert troubles(conn) == {
        "PS000001": Trouble.UNAPPROVED, "PS000002": Trouble.UNAPPROVED, "rest": Trouble.OVERPAID,
    }  # fmt: skip
    assert figures(conn, audited).subsidy_paid_fen == 270_001


def test_a_redemption_may_have_the_number_of_an_application(conn: Connection, audited: Campaign) -> None:
    """A number is unique within its kind only."""
    opened = OPENING + timedelta(days=2)
    used = event(audited, "shangdang", Kind.REDEMPTION, 1, event_no="7", occurred_at=opened)
    back = event(audited, "shangdang", Kind.REFUND, 1, origin_event_no="7", occurred_at=opened + HOUR)
    asked = step(audited, "shangdang", APPLICATION, 1, event_no="7")
    granted = step(audited, "shangdang", APPROVAL, 1, origin_event_no="7")
    for one in (back, granted, asked, used):
        save(conn, audited, one)
    found = figures(conn, audited)
    assert (found.redeemed_net_count, found.subsidy_approved_count, found.subsidy_pending_count) == (0, 1, 0)
    assert verify(conn, audited) == []


def test_progress_tells_the_median_days_to_decision(conn: Connection, audited: Campaign) -> None:
    (nothing,) = subsidy_progress(conn, ["shangdang"])
    assert (nothing.median_decision_s, nothing.approval_rate, nothing.pending_count) == (None, None, 0)
    asked = [step(audited, "shangdang", APPLICATION, n) for n in range(5)]
    decided = [
        step(audited, "shangdang", kind, n, occurred_at=asked[n].occurred_at + timedelta(days=days))
        for n, (kind, days) in enumerate(((APPROVAL, 5), (REJECTION, 2), (APPROVAL, 1)))
    ]
    paid = step(audited, "shangdang", PAYMENT, 0, occurred_at=LATER)
    save(conn, audited, paid, *decided, *asked)
    save(conn, audited, step(audited, "city", APPLICATION, 9))
    county, city = subsidy_progress(conn, ["shangdang", "city"])
    assert county.median_decision_s == 2 * 86_400
    assert county.approval_rate == pytest.approx(2 / 3)
    assert (county.applied_count, county.pending_count, county.paid_count) == (5, 2, 1)
    assert (city.applied_count, city.median_decision_s) == (1, None)


def test_figures_as_of_then_know_no_later_decision(conn: Connection, audited: Campaign) -> None:
    early, late = LATER, LATER + timedelta(days=1)
    told = entries(audited, step(audited, "shangdang", APPROVAL, 1, occurred_at=OPENING + timedelta(days=2)))
    told_late = entries(
        audited, step(audited, "shangdang", REJECTION, 1), step(audited, "shangdang", PAYMENT, 1)
    )
    for batch, now in ((told, early), (told_late, late)):
        save_batch(conn, batch, source="bank", grade=Grade.DAILY, raw_sha256="0" * 64, now=now)
    before = total_of(totals(conn, audited, by=("programme",), now=late, known_by=early))
    after = total_of(totals(conn, audited, by=("programme",), now=late, known_by=late))
    assert subsidies(before)[1:4] == (1, 0, 0)
    assert subsidies(after)[1:4] == (0, 1, 1)


def test_a_corrected_decision_counts_as_corrected_and_a_cancelled_one_gives_way_to_the_next(
    conn: Connection, audited: Campaign
) -> None:
    first = step(audited, "shangdang", APPROVAL, 1)
    second = step(audited, "shangdang", REJECTION, 1, occurred_at=first.occurred_at + HOUR)
    save(conn, audited, step(audited, "shangdang", APPLICATION, 1), first, second)
    save(conn, audited, replace(first, revision=1, face_fen=40_000))
    assert subsidies(figures(conn, audited)) == (1, 1, 0, 0, 100_000, 40_000, 0)
    save(conn, audited, replace(first, revision=2, cancelled=True))
    assert subsidies(figures(conn, audited)) == (1, 0, 1, 0, 100_000, 0, 0)
    assert troubles(conn) == {}
    moved = replace(second, revision=1, origin_event_no="A000002")  # it was another application's
    save(conn, audited, step(audited, "shangdang", APPLICATION, 2), moved)
    assert subsidies(figures(conn, audited))[:3] == (2, 0, 1)
    save(conn, audited, replace(step(audited, "shangdang", APPLICATION, 2), revision=1, cancelled=True))
    assert subsidies(figures(conn, audited))[:3] == (1, 0, 1)
    assert troubles(conn) == {second.event_no: Trouble.ORPHAN}
    assert verify(conn, audited) == []


def test_the_store_refuses_a_step_that_names_no_application(engine: Engine, audited: Campaign) -> None:
    (entry,) = entries(audited, step(audited, "shangdang", PAYMENT, 1))
    orphan = replace(entry, event=replace(entry.event, origin_event_no=None))
    row = EventRow._make(event_rows([orphan], 0, "bank", "daily", ["0" * 64])[0])._asdict()
    row |= {"occurred_at": LATER, "received_at": LATER, "known_at": LATER}
    with pytest.raises(IntegrityError), write(engine) as conn:
        conn.execute(insert(schema.events), row)


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        (APPLICATION, {"template": "shangdang.cat10", "face_fen": 1000}, "template"),
        (Kind.CLAIM, {}, "template"),
        (APPROVAL, {"face_fen": 100_001}, "face_fen"),
        (PAYMENT, {"county": None}, "county"),
    ],
)
def test_what_does_not_fit_its_template_is_not_admitted(
    audited: Campaign, kind: Kind, changes: dict[str, object], field: str
) -> None:
    told = step(audited, "shangdang", kind, 1, **changes)
    admitted = admit(audited, [told])
    assert not admitted.entries
    assert [reject.field for reject in admitted.rejects] == [field]


# ---------------------------------------------------------------- whatever order, whatever split


def _everything(campaign: Campaign) -> list[Event]:
    """Four applications: plain, contradicted, decided three times, paid unapproved and twice."""
    s = "shangdang"
    decided = step(campaign, s, APPROVAL, 1)
    return [
        *(step(campaign, s, APPLICATION, n) for n in range(4)),
        step(campaign, s, APPROVAL, 0),
        step(campaign, s, PAYMENT, 0),
        decided,
        replace(decided, kind=REJECTION),  # the same number, the same second: the key settles it
        *(step(campaign, s, REJECTION, 2, event_no=f"R{n}", occurred_at=LATER - HOUR * n) for n in range(3)),
        step(campaign, s, APPROVAL, 2, face_fen=5_000, occurred_at=LATER - HOUR * 7),
        step(campaign, s, PAYMENT, 3),
        step(campaign, s, PAYMENT, 3, event_no="twice", face_fen=1),
        step(campaign, "city", APPLICATION, 1),
        step(campaign, "city", APPROVAL, 1),
    ]


WANTED = (4, 3, 0, 3, 400_000, 205_000, 200_001)


@pytest.fixture(scope="module")
def memory() -> Iterator[Engine]:
    engine = open_store("sqlite://")
    migrate(engine)
    yield engine
    engine.dispose()


def _permuted(
    conn: Connection, campaign: Campaign, order: list[int], cuts: set[int], again: list[int]
) -> None:
    told = _everything(campaign)
    batch: list[Event] = []
    for place, n in enumerate(order):
        batch.append(told[n])
        if place in cuts:
            save(conn, campaign, *batch)
            batch = batch[-1:]  # and once more at the head of the next one
    save(conn, campaign, *batch, *(told[n] for n in again))
    assert subsidies(figures(conn, campaign)) == WANTED
    assert subsidies(figures(conn, campaign, "city")) == (1, 1, 0, 0, 100_000, 100_000, 0)
    assert verify(conn, campaign) == []


ORDERS = {
    "order": st.permutations(range(16)),
    "cuts": st.sets(st.integers(0, 15)),
    "again": st.lists(st.integers(0, 15), max_size=4),
}


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(**ORDERS)
def test_any_order_any_split_any_repetition_gives_the_same_figures(
    memory: Engine, audited: Campaign, order: list[int], cuts: set[int], again: list[int]
) -> None:
    with memory.connect().execution_options(quanqing_write=True) as conn, conn.begin() as undone:
        _permuted(conn, audited, order, cuts, again)
        undone.rollback()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(**ORDERS)
def test_any_order_gives_the_same_figures_on_every_engine(
    engine: Engine, audited: Campaign, order: list[int], cuts: set[int], again: list[int]
) -> None:
    with engine.connect().execution_options(quanqing_write=True) as conn, conn.begin() as undone:
        _permuted(conn, audited, order, cuts, again)
        undone.rollback()


def test_a_rebuild_writes_the_same_cells_again(conn: Connection, audited: Campaign) -> None:
    save(conn, audited, *_everything(audited))
    rebuild_rollups(conn)
    assert subsidies(figures(conn, audited)) == WANTED
    assert verify(conn, audited) == []
