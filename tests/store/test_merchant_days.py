"""Merchants' days follow the ledger: what comes late, is corrected or taken back, as an oracle counts it by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from domain.campaign import Campaign
from domain.leads import NIGHT, PAIR_LEAST, QUICK, Reach
from domain.records import Event, Grade, Kind
from domain.terms import business_day_start
from store.engine import read, write
from store.queries.merchant_days import merchant_board, merchant_course
from store.queries.merchant_days_again import MerchantRow
from store.queries.verify import verify
from store.schema import merchant_days, merchant_days_due
from store.writes import merchant_days as writing
from store.writes.ledger import save_batch
from store.writes.merchant_days import bring_up_to_date, rebuild_merchant_days
from store.writes.rebuild import rebuild_rollups
from tests.store.events import OPENING, entries, event

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TODAY = business_day_start(OPENING)
ALL = Reach(redeemed=1, minute=1, pair=1, busy_day=1)


def save(engine: Engine, campaign: Campaign, told: Iterable[Event], sha: str = "0") -> None:
    with write(engine) as conn:
        save_batch(
            conn, entries(campaign, *told), source="pay", grade=Grade.FLASH, raw_sha256=sha * 64,
            now=OPENING + 9 * DAY,
        )  # fmt: skip


def used(campaign: Campaign, no: int, at: datetime, **changes: Any) -> Event:
    given = {"occurred_at": at, "merchant": "M1", "user_ref": f"u{no}"} | changes
    return event(campaign, "city", Kind.REDEMPTION, no, **given)


def back(campaign: Campaign, no: int, at: datetime, **changes: Any) -> Event:
    return event(campaign, "city", Kind.REFUND, no, occurred_at=at, **({"merchant": "M1"} | changes))


def stored(engine: Engine) -> list[MerchantRow]:
    columns = [merchant_days.c[name] for name in MerchantRow._fields]
    with read(engine) as conn:
        return [MerchantRow._make(row) for row in conn.execute(select(*columns).order_by(*columns[:4]))]


def due(engine: Engine) -> set[tuple[str, datetime]]:
    with read(engine) as conn:
        return {(row.programme, row.day) for row in conn.execute(select(merchant_days_due))}


def test_a_day_is_counted_and_a_refund_of_later_days_counts_to_the_redemptions_own(
    engine: Engine, small_campaign: Campaign
) -> None:
    least = small_campaign.templates["city.ret20"].min_spend_fen
    noon, night = TODAY + 12 * 60 * MINUTE, TODAY + NIGHT - timedelta(microseconds=1)
    save(
        engine,
        small_campaign,
        [
            used(small_campaign, 1, noon, order_fen=least, user_ref="a"),
            used(small_campaign, 2, noon + timedelta(seconds=59), order_fen=least + 1, user_ref="a"),
            used(small_campaign, 3, noon + MINUTE, order_fen=None, paid_fen=None, user_ref="a"),
            used(small_campaign, 4, night, order_fen=least, user_ref=None),
            used(small_campaign, 5, TODAY + NIGHT, user_ref=None),
            used(small_campaign, 6, noon, merchant=None),
            used(small_campaign, 7, TODAY + DAY),
        ],
    )
    assert due(engine) == {("city", TODAY), ("city", TODAY + DAY)}
    assert bring_up_to_date(engine, small_campaign) == 2
    assert due(engine) == set()
    today, _ = stored(engine)
    face = small_campaign.templates["city.ret20"].face_fen
    assert today == MerchantRow(
        "city", "T1", "M1", TODAY, "retail", noon, redeemed_count=5, redeemed_fen=5 * face, ordered_count=4,
        exact_count=2, refunded_count=0, refunded_fen=0, quick_count=0, night_count=1, minute_most=2, pair_most=3,
        pairs_count=1,
    )  # fmt: skip
    late = [back(small_campaign, 1, noon + QUICK), back(small_campaign, 2, noon + 3 * DAY)]
    save(engine, small_campaign, late, sha="1")
    assert due(engine) == {("city", TODAY)}, "the refund's own day has nothing new"
    assert bring_up_to_date(engine, small_campaign) == 1
    again = stored(engine)[0]
    assert (again.refunded_count, again.refunded_fen, again.quick_count) == (2, 2 * face, 1)
    assert bring_up_to_date(engine, small_campaign) == 0


def test_what_a_batch_brings_while_a_day_is_read_stays_due(
    engine: Engine, small_campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(engine, small_campaign, [used(small_campaign, 1, OPENING)])
    walk = writing.merchants_of_day

    def slow(conn: Any, campaign: Campaign, day: datetime) -> Iterable[MerchantRow]:
        found = list(walk(conn, campaign, day))
        if not again:
            again.append(True)
            save(engine, small_campaign, [used(small_campaign, 2, OPENING)], sha="1")
        return found

    again: list[bool] = []
    monkeypatch.setattr(writing, "merchants_of_day", slow)
    assert bring_up_to_date(engine, small_campaign) == 1
    assert due(engine) == {("city", TODAY)}
    assert bring_up_to_date(engine, small_campaign) == 1
    assert (due(engine), stored(engine)[0].redeemed_count) == (set(), 2)


def test_a_run_walks_the_newest_day_and_the_one_that_was_touched_most(
    engine: Engine, small_campaign: Campaign
) -> None:
    for n, day in enumerate((0, 1, 2, 3, 1)):
        save(engine, small_campaign, [used(small_campaign, n, OPENING + day * DAY)], sha=str(n))
    left = []
    while due(engine):
        bring_up_to_date(engine, small_campaign)
        left.append([(day - TODAY).days for _, day in sorted(due(engine))])
    assert left == [[0, 2], []]


def test_a_wrong_cell_is_found_and_a_rebuild_mends_it(engine: Engine, small_campaign: Campaign) -> None:
    save(engine, small_campaign, [used(small_campaign, n, OPENING + n * MINUTE) for n in range(5)])
    bring_up_to_date(engine, small_campaign)
    with write(engine) as conn:
        assert verify(conn, small_campaign) == []
        conn.execute(update(merchant_days).values(exact_count=9))
        (found,) = verify(conn, small_campaign)
        assert (found.check, found.stored, found.expected) == ("merchant_days.exact_count", 9, 1)
        rebuild_rollups(conn)
        assert rebuild_merchant_days(conn, small_campaign) == 1
        assert verify(conn, small_campaign) == []
    assert (due(engine), stored(engine)[0].redeemed_count) == (set(), 5)


def test_an_event_the_platform_takes_back_leaves_its_merchants_day(
    engine: Engine, small_campaign: Campaign
) -> None:
    first = used(small_campaign, 1, OPENING)
    save(engine, small_campaign, [first])
    bring_up_to_date(engine, small_campaign)
    gone = used(small_campaign, 1, OPENING, revision=1, cancelled=True)
    save(engine, small_campaign, [gone], sha="1")
    assert bring_up_to_date(engine, small_campaign) == 1
    assert stored(engine) == []
    moved = used(small_campaign, 1, OPENING + DAY, revision=2, merchant="M2")
    save(engine, small_campaign, [moved], sha="2")
    bring_up_to_date(engine, small_campaign)
    assert [(row.merchant, row.day) for row in stored(engine)] == [("M2", TODAY + DAY)]


@pytest.mark.parametrize("seed", [20221028, 7, 11])
def test_any_order_and_any_batches_come_to_what_is_counted_by_hand(
    engine: Engine, small_campaign: Campaign, seed: int
) -> None:
    rng = Random(seed)
    told = _told(small_campaign, rng)
    shuffled = [*told, *rng.sample(told, 40)]
    rng.shuffle(shuffled)
    at = 0
    while at < len(shuffled):
        n = rng.randint(1, 60)
        save(engine, small_campaign, shuffled[at : at + n], sha=f"{at % 16:x}")
        at += n
        if rng.random() < 0.4:
            bring_up_to_date(engine, small_campaign)
    while due(engine):
        bring_up_to_date(engine, small_campaign)
    assert stored(engine) == _by_hand(small_campaign, told), f"seed {seed}"
    with read(engine) as conn:
        assert [d for d in verify(conn, small_campaign) if d.check.startswith("merchant_days")] == []


def _told(campaign: Campaign, rng: Random) -> list[Event]:
    least = campaign.templates["city.ret20"].min_spend_fen
    told: list[Event] = []
    for no in range(300):
        at = TODAY + timedelta(seconds=rng.randrange(9 * 86_400))
        merchant = rng.choice([None, "M1", "M2", "M3"])
        order = rng.choice([None, least, least, least + rng.randrange(9_000)])
        template = rng.choice(["city.ret20", "city.cat10"])
        if template == "city.cat10":
            order = None if order is None else order - least + campaign.templates[template].min_spend_fen
        given = {
            "merchant": merchant, "order_fen": order, "paid_fen": None, "user_ref": rng.choice([None, "a", "b", "c"]),
            "template": template, "face_fen": campaign.templates[template].face_fen,
        }  # fmt: skip
        told.append(used(campaign, no, at, **given))
        for copy in range(rng.choice([0, 0, 0, 1, 2])):
            later = at + timedelta(seconds=rng.randrange(4_000)) * rng.choice([1, 60])
            told.append(
                back(
                    campaign, no, later, event_no=f"B{no}-{copy}", merchant=merchant, template=template,
                    face_fen=campaign.templates[template].face_fen, returned_fen=None,
                )
            )  # fmt: skip
    return told


def _by_hand(campaign: Campaign, told: Sequence[Event]) -> list[MerchantRow]:
    refunds: dict[str, list[datetime]] = defaultdict(list)
    for e in told:
        if e.kind is Kind.REFUND and e.origin_event_no:
            refunds[e.origin_event_no].append(e.occurred_at)
    days: dict[tuple[str, datetime], list[Event]] = defaultdict(list)
    for e in told:
        if e.kind is Kind.REDEMPTION and e.merchant:
            days[e.merchant, business_day_start(e.occurred_at)].append(e)
    return [_row(campaign, m, day, events, refunds) for (m, day), events in sorted(days.items())]


def _row(
    campaign: Campaign,
    merchant: str,
    day: datetime,
    events: Sequence[Event],
    refunds: dict[str, list[datetime]],
) -> MerchantRow:
    sectors = {campaign.templates[e.template].sector for e in events}
    minutes = Counter(e.occurred_at.replace(second=0, microsecond=0) for e in events)
    most = max(minutes.values())
    people = Counter(e.user_ref for e in events if e.user_ref)
    known = [e for e in events if e.order_fen is not None]
    returned = [e for e in events if refunds[e.event_no]]
    return MerchantRow(
        "city", "T1", merchant, day, sectors.pop() if len(sectors) == 1 else "",
        min(at for at, n in minutes.items() if n == most),
        redeemed_count=len(events),
        redeemed_fen=sum(e.face_fen for e in events),
        ordered_count=len(known),
        exact_count=sum(e.order_fen == campaign.templates[e.template].min_spend_fen for e in known),
        refunded_count=len(returned),
        refunded_fen=sum(e.face_fen for e in returned),
        quick_count=sum(min(refunds[e.event_no]) - e.occurred_at <= QUICK for e in returned),
        night_count=sum(e.occurred_at < day + NIGHT for e in events),
        minute_most=most,
        pair_most=max(people.values(), default=0),
        pairs_count=sum(n >= PAIR_LEAST for n in people.values()),
    )  # fmt: skip


def test_the_board_sums_a_week_and_knows_no_day_before_the_first(
    engine: Engine, small_campaign: Campaign
) -> None:
    days = [TODAY + n * DAY for n in range(9)]
    told = [
        used(
            small_campaign,
            100 * d + n,
            day + 10 * 60 * MINUTE + n * MINUTE,
            merchant="M1" if d != 4 else "M2",
        )
        for d, day in enumerate(days)
        for n in range(d + 1)
    ]
    save(engine, small_campaign, told)
    while due(engine):
        bring_up_to_date(engine, small_campaign)
    with read(engine) as conn:
        board = merchant_board(conn, small_campaign, ALL, now=days[-1] + DAY - MINUTE)
        assert (board.since, [m.merchant for m in board.merchants]) == (days[2], ["M1", "M2"])
        m1 = board.merchants[0]
        assert (m1.redeemed_count, m1.first_day, m1.minute_most) == (3 + 4 + 6 + 7 + 8 + 9, days[2], 1)
        whole = board.programmes["city"]
        assert (whole.redeemed_count, whole.merchants_count) == (42, 2)
        assert whole.nights == {"retail": (0, 42)}
        today, yesterday = board.busy
        assert (today.day, today.count, today.before) == (days[8], 9, (2, 3, 4, 0, 6, 7, 8))
        assert today.programme_before == (2, 3, 4, 5, 6, 7, 8)
        assert (yesterday.day, yesterday.before) == (days[7], (1, 2, 3, 4, 0, 6, 7))
        few = Reach(redeemed=38, minute=2, pair=2, busy_day=10)
        assert merchant_board(conn, small_campaign, few, now=days[-1]).merchants == ()
        assert merchant_board(conn, small_campaign, few, now=days[-1]).busy == ()
        course = merchant_course(conn, "city", "M1", since=days[7], until=days[8])
        assert [(d.day, d.redeemed_count) for d in course] == [(days[7], 8), (days[8], 9)]
