"""The flagged set: each reason on both sides of its threshold, whatever is delivered in whatever order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.event import listen

from alerts.judge import judge
from domain.campaign import Campaign
from domain.flags import Reason
from domain.records import Event, Kind
from store.engine import read, write
from store.queries.totals import total_of, totals
from store.queries.verify import GRAINS, verify
from tests.store.events import OPENING, event
from tests.store.judged import SECOND, TICK, ban, flags, load, reasons, save, shop, used


def test_a_redemption_that_keeps_every_rule_is_not_flagged(
    conn: Connection, small_campaign: Campaign
) -> None:
    load(conn, [shop()], [])
    claim = event(small_campaign, "luzhou", Kind.CLAIM, 1, occurred_at=OPENING)
    back = event(small_campaign, "luzhou", Kind.REFUND, 1, occurred_at=OPENING + timedelta(days=1))
    save(conn, small_campaign, claim, used(small_campaign), back)
    assert flags(conn, small_campaign) == []


def test_a_voucher_is_for_the_time_of_its_round(conn: Connection, small_campaign: Campaign) -> None:
    round_ = small_campaign.rounds["luzhou", 1]
    times = (round_.opens_at - TICK, round_.opens_at, round_.use_until, round_.use_until + TICK)
    save(conn, small_campaign, *(used(small_campaign, n, occurred_at=at) for n, at in enumerate(times)))
    found = flags(conn, small_campaign)
    assert [(f.reason, f.event_no, f.other_at) for f in found] == [
        (Reason.OUTSIDE_WINDOW, "R000000", round_.opens_at),
        (Reason.OUTSIDE_WINDOW, "R000003", round_.use_until),
    ]


def test_the_window_is_the_rounds_own(conn: Connection, small_campaign: Campaign) -> None:
    first, second = small_campaign.rounds["city", 1], small_campaign.rounds["city", 2]
    template = small_campaign.templates["city.cat10"]
    same = {"template": template.id, "face_fen": template.face_fen, "occurred_at": second.opens_at}
    assert second.opens_at > first.use_until
    save(
        conn, small_campaign,
        used(small_campaign, 1, "city", **same, round_no=1), used(small_campaign, 2, "city", **same, round_no=2),
    )  # fmt: skip
    assert [(f.reason, f.event_no) for f in flags(conn, small_campaign)] == [
        (Reason.OUTSIDE_WINDOW, "R000001")
    ]


@pytest.mark.parametrize(
    ("sector", "late", "flagged"),
    [("retail", False, False), ("catering", False, True), ("catering", True, False), (None, False, False)],
)
def test_another_sector_is_for_the_late_phase(
    conn: Connection, small_campaign: Campaign, sector: str | None, late: bool, flagged: bool
) -> None:
    since = small_campaign.late_phase_from
    assert since is not None
    load(conn, [shop(sector=sector)])
    save(conn, small_campaign, used(small_campaign, occurred_at=since if late else since - TICK))
    found = flags(conn, small_campaign)
    assert [(f.reason, f.other) for f in found] == [(Reason.WRONG_SECTOR, sector)] * flagged


@pytest.mark.parametrize(("short", "flagged"), [(0, False), (1, True), (None, False)])
def test_an_order_reaches_the_minimum_spend_or_is_flagged(
    conn: Connection, small_campaign: Campaign, short: int | None, flagged: bool
) -> None:
    least = small_campaign.templates["luzhou.ret20"].min_spend_fen
    order = None if short is None else least - short
    save(conn, small_campaign, used(small_campaign, order_fen=order))
    found = flags(conn, small_campaign)
    assert [(f.reason, f.order_fen, f.min_spend_fen) for f in found] == [
        (Reason.BELOW_MINIMUM, order, least)
    ] * flagged


def test_an_amount_that_comes_later_is_judged_when_it_comes(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, small_campaign, used(small_campaign, order_fen=None))
    assert flags(conn, small_campaign) == []
    save(conn, small_campaign, used(small_campaign, order_fen=1))
    assert reasons(conn, small_campaign) == [Reason.BELOW_MINIMUM]


@pytest.mark.parametrize(("gap", "flagged"), [(SECOND * 0, False), (-TICK, True)])
def test_a_refund_follows_its_redemption(
    conn: Connection, small_campaign: Campaign, gap: timedelta, flagged: bool
) -> None:
    redemption = used(small_campaign)
    at = redemption.occurred_at
    save(conn, small_campaign, event(small_campaign, "luzhou", Kind.REFUND, 1, occurred_at=at + gap))
    assert flags(conn, small_campaign) == []  # its redemption has not come: nothing to hold it against
    save(conn, small_campaign, redemption)
    found = flags(conn, small_campaign)
    assert [(f.reason, f.kind, f.occurred_at, f.other_at) for f in found] == [
        (Reason.REFUND_BEFORE_REDEMPTION, "refund", at + gap, at)
    ] * flagged


@pytest.mark.parametrize("apart", [timedelta(days=1), timedelta()])
@pytest.mark.parametrize(("gap", "flagged"), [(SECOND * 0, False), (-TICK, True)])
def test_a_redemption_follows_its_vouchers_first_claim(
    conn: Connection, small_campaign: Campaign, gap: timedelta, flagged: bool, apart: timedelta
) -> None:
    claimed = OPENING + timedelta(hours=2)
    claims = [
        event(small_campaign, "luzhou", Kind.CLAIM, n, voucher_no="V000001", occurred_at=claimed + n * apart)
        for n in range(2)
    ]
    save(conn, small_campaign, used(small_campaign, occurred_at=claimed + gap))
    assert flags(conn, small_campaign) == []  # no claim is known: nothing is said
    save(conn, small_campaign, *claims)
    found = flags(conn, small_campaign)
    assert [(f.reason, f.occurred_at, f.other_at) for f in found] == [
        (Reason.REDEEMED_BEFORE_CLAIM, claimed + gap, claimed)
    ] * flagged


@pytest.mark.parametrize(
    ("gap", "refunded", "flagged"),
    [
        (timedelta(hours=1), None, ["2"]),
        (-timedelta(hours=1), None, ["1"]),
        (timedelta(), None, ["2"]),
        (timedelta(hours=1), timedelta(hours=1), []),
        (timedelta(hours=1), timedelta(hours=1) + TICK, ["2"]),
    ],
)
def test_a_voucher_is_used_once_unless_it_was_refunded_before(
    conn: Connection,
    small_campaign: Campaign,
    gap: timedelta,
    refunded: timedelta | None,
    flagged: list[str],
) -> None:
    first = used(small_campaign, event_no="1", occurred_at=OPENING + timedelta(days=1))
    at, other = first.occurred_at, used(small_campaign, 2, "city", voucher_no=first.voucher_no)
    again = replace(first, event_no="2", occurred_at=at + gap)
    back = [] if refunded is None else [
        event(small_campaign, "luzhou", Kind.REFUND, 1, origin_event_no="1", occurred_at=at + refunded)
    ]  # fmt: skip
    save(conn, small_campaign, again, *back, other, first)
    found = flags(conn, small_campaign)
    assert [(f.reason, f.event_no, f.other_at) for f in found] == [
        (Reason.REDEEMED_AGAIN, no, min(at, at + gap)) for no in flagged
    ]
    counted = total_of(totals(conn, small_campaign, by=("programme",), now=OPENING + timedelta(days=9)))
    assert counted.redeemed_gross_count == 3, "named, and counted all the same"
    save(conn, small_campaign, replace(again, revision=1, cancelled=True))
    assert flags(conn, small_campaign) == []


def test_the_same_voucher_number_of_another_programme_is_another_voucher(
    conn: Connection, small_campaign: Campaign
) -> None:
    late = event(small_campaign, "city", Kind.CLAIM, 1, occurred_at=OPENING + timedelta(days=1))
    save(conn, small_campaign, used(small_campaign), late)
    assert flags(conn, small_campaign) == []


def test_what_a_platform_takes_back_is_not_flagged(conn: Connection, small_campaign: Campaign) -> None:
    load(conn, [shop(sector="catering", division="140404")], [ban()])
    redemption = used(small_campaign, order_fen=1, occurred_at=OPENING - TICK * 2)
    late = used(small_campaign, 2, merchant="gone", occurred_at=OPENING + SECOND)
    claim = event(small_campaign, "luzhou", Kind.CLAIM, 1)
    refunds = [
        event(small_campaign, "luzhou", Kind.REFUND, n, occurred_at=OPENING - timedelta(days=1))
        for n in (1, 2)
    ]
    banned = used(small_campaign, 3, occurred_at=OPENING)
    again = replace(banned, event_no="again")
    save(conn, small_campaign, redemption, late, claim, banned, again, *refunds)
    assert set(reasons(conn, small_campaign)) == set(Reason)
    save(conn, small_campaign, replace(claim, revision=1, cancelled=True))
    assert set(reasons(conn, small_campaign)) == set(Reason) - {Reason.REDEEMED_BEFORE_CLAIM}
    gone = (redemption, late, banned, again)
    save(conn, small_campaign, *(replace(e, revision=1, cancelled=True) for e in gone))
    assert flags(conn, small_campaign) == []


def played(campaign: Campaign, rng: Random) -> list[Event]:
    """Vouchers with every fault there is, most with none."""
    events: list[Event] = []
    for n in range(40):
        programme = rng.choice(["city", "luzhou"])
        claimed = OPENING + timedelta(minutes=rng.randrange(60 * 24 * 30))
        used_at = claimed + timedelta(minutes=rng.choice([-1, 0, 5, 60 * 24 * 9]))
        events.append(event(campaign, programme, Kind.CLAIM, n, occurred_at=claimed))
        redemption = used(
            campaign, n, programme,
            merchant=rng.choice(["M1", "M2", "M3", "M4", None]),
            county=rng.choice(["140403", "140403", "140404"]),
            order_fen=rng.choice([None, 9_999, 10_000]),
            occurred_at=used_at,
        )  # fmt: skip
        events.append(redemption)
        if rng.random() < 0.2:
            events.append(replace(redemption, event_no=f"again{n}", occurred_at=used_at + SECOND * n))
        if rng.random() < 0.3:
            back = used_at + timedelta(minutes=rng.choice([-1, 1]))
            events.append(event(campaign, programme, Kind.REFUND, n, occurred_at=back))
    return events


@pytest.mark.parametrize("seed", range(4))
def test_the_flagged_set_is_the_same_for_any_order_and_moves_no_total(
    engine: Engine, small_campaign: Campaign, now: datetime, seed: int
) -> None:
    rng = Random(seed)
    events = played(small_campaign, rng)
    by = ("programme", "county", "sector", "template", "round")
    lists: dict[str, Any] = {
        "merchants": [shop(), shop("M2", sector="catering"), shop("M3", division="140404")],
        "sanctions": [ban("M2", starts_at=OPENING + timedelta(days=10))],
    }
    seen = []
    for turn in range(2):
        rng.shuffle(events)
        with write(engine) as conn:
            for table in (
                "events",
                *(grain.name for grain, _, _ in GRAINS),
                "tranche_minutes",
                "tranche_days",
                "merchants_seen",
                "judgements",
            ):
                conn.exec_driver_sql(f"DELETE FROM {table}")
            cuts = sorted(rng.randrange(len(events)) for _ in range(3))
            for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True):
                save(conn, small_campaign, *events[start:end])
                save(conn, small_campaign, *events[: end // 2])  # delivered again
        with read(engine) as conn:
            before = totals(conn, small_campaign, by=by, now=now)
        with write(engine) as conn:
            load(conn, **lists, version=f"{turn}" * 64)
        board = judge(engine, small_campaign, now=now)
        with read(engine) as conn:
            assert totals(conn, small_campaign, by=by, now=now) == before
            assert [d for d in verify(conn, small_campaign) if d.check != "claimed <= configured"] == []
            found = flags(conn, small_campaign)
        assert {
            c.reason: sum(k.count for k in board.counts if k.reason is c.reason) for c in board.counts
        } == {reason: sum(f.reason is reason for f in found) for reason in {f.reason for f in found}}
        seen.append(found)
    assert seen[0] == seen[1]
    assert {f.reason for f in seen[0]} == set(Reason), f"seed {seed}: a fault was not played"


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_vouchers_claim_is_found_by_the_index_of_claims(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    """SQLite joins by index or not at all; PostgreSQL chooses."""
    asked: list[tuple[str, Any]] = []
    listen(
        engine, "before_cursor_execute", lambda c, cu, statement, given, *_: asked.append((statement, given))
    )
    with read(engine) as conn:
        flags(conn, small_campaign)
        statement, given = next(a for a in asked if "AS earlier" in a[0])
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
    assert any("USING COVERING INDEX ix_events_voucher" in row[-1] for row in plan), plan
