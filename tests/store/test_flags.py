"""The flagged set: each reason on both sides of its threshold, what needs a list, and totals that never move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.event import listen

from alerts.judge import judge
from domain.campaign import Campaign
from domain.errors import StoreError
from domain.flags import FlaggedEvent, Reason, Unjudged, is_judged
from domain.records import Event, Grade, Kind
from domain.register import Basis, Merchant, RegisterVersion, Sanction, SanctionKind
from store.engine import read, write
from store.queries.flags import cross_sector, flag_board, flag_page, flagged_events, last_board, unjudged
from store.queries.register import current_register, register_at
from store.queries.totals import totals
from store.queries.verify import GRAINS, verify
from store.writes.ledger import save_batch
from store.writes.register import load_merchants, load_sanctions
from tests.store.events import OPENING, entries, event

TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)


def save(conn: Connection, campaign: Campaign, *events: Event, now: datetime = OPENING) -> None:
    made = entries(campaign, *events)
    save_batch(conn, made, source="pay", grade=Grade.FLASH, raw_sha256="0" * 64, now=now)


def used(campaign: Campaign, no: int = 1, programme: str = "luzhou", **changes: Any) -> Event:
    return event(campaign, programme, Kind.REDEMPTION, no, **({"merchant": "M1"} | changes))


def shop(no: str = "M1", **changes: Any) -> Merchant:
    fields: dict[str, Any] = {
        "no": no,
        "platform": None,
        "name": "惠民超市",
        "division": "140403",
        "sector": "retail",
        "basis": Basis.IN_STATISTICS,
    }
    return Merchant(**(fields | changes))


def ban(no: str = "M1", *, starts_at: datetime = OPENING, platform: str | None = None) -> Sanction:
    return Sanction(
        no=no, platform=platform, starts_at=starts_at, kind=SanctionKind.BANNED, document="通报1号"
    )


def load(
    conn: Connection,
    merchants: Iterable[Merchant] | None = None,
    sanctions: Iterable[Sanction] | None = None,
    *,
    version: str = "a" * 64,
) -> None:
    if merchants is not None:
        load_merchants(conn, list(merchants), version=version, now=OPENING)
    if sanctions is not None:
        load_sanctions(conn, list(sanctions), version=version, now=OPENING)


def flags(conn: Connection, campaign: Campaign) -> list[FlaggedEvent]:
    return list(flagged_events(conn, campaign, current_register(conn)))


def reasons(conn: Connection, campaign: Campaign) -> list[Reason]:
    return [f.reason for f in flags(conn, campaign)]


def test_a_redemption_that_keeps_every_rule_is_not_flagged(
    conn: Connection, small_campaign: Campaign
) -> None:
    load(conn, [shop()], [])
    claim = event(small_campaign, "luzhou", Kind.CLAIM, 1, occurred_at=OPENING)
    back = event(small_campaign, "luzhou", Kind.REFUND, 1, occurred_at=OPENING + timedelta(days=1))
    save(conn, small_campaign, claim, used(small_campaign), back)
    assert flags(conn, small_campaign) == []


# ---------------------------------------------------------------- the register


def test_a_merchant_that_is_on_no_list_is_unknown(conn: Connection, small_campaign: Campaign) -> None:
    load(conn, [shop("M2")])
    save(conn, small_campaign, used(small_campaign))
    assert reasons(conn, small_campaign) == [Reason.UNKNOWN_MERCHANT]


def test_the_same_number_on_another_platform_is_another_merchant(
    conn: Connection, small_campaign: Campaign
) -> None:
    save(conn, small_campaign, used(small_campaign))
    load(conn, [shop(platform="bank-a")], version="b" * 64)
    assert reasons(conn, small_campaign) == [Reason.UNKNOWN_MERCHANT]
    load(conn, [shop(platform="city-pay"), shop(platform="bank-a", division="140404")], version="c" * 64)
    assert flags(conn, small_campaign) == []


@pytest.mark.parametrize(
    ("listed_from", "listed_until", "flagged", "bound"),
    [
        (0, None, False, None),
        (1, None, True, "listed_from"),
        (None, 1, False, None),
        (None, 0, True, "listed_until"),
    ],
)
def test_a_merchant_counts_from_its_listing_until_its_end(
    conn: Connection, small_campaign: Campaign, listed_from: int | None, listed_until: int | None,
    flagged: bool, bound: str | None,
) -> None:  # fmt: skip
    at = OPENING + timedelta(minutes=1)
    when = {
        "listed_from": None if listed_from is None else at + TICK * listed_from,
        "listed_until": None if listed_until is None else at + TICK * listed_until,
    }
    load(conn, [shop(**when)])
    save(conn, small_campaign, used(small_campaign, occurred_at=at))
    found = flags(conn, small_campaign)
    assert bool(found) is flagged
    if bound is not None:
        assert (found[0].reason, found[0].other_at) == (Reason.UNKNOWN_MERCHANT, when[bound])


def test_a_redemption_without_a_merchant_number_is_not_called_unknown(
    conn: Connection, small_campaign: Campaign
) -> None:
    load(conn, [shop()], [ban()])
    save(conn, small_campaign, used(small_campaign, merchant=None))
    assert flags(conn, small_campaign) == []


# ---------------------------------------------------------------- the area


@pytest.mark.parametrize(("county", "flagged"), [("140403", False), ("140404", True)])
def test_a_countys_voucher_is_for_its_own_county(
    conn: Connection, small_campaign: Campaign, county: str, flagged: bool
) -> None:
    save(conn, small_campaign, used(small_campaign, county=county))
    assert (Reason.OUTSIDE_AREA in reasons(conn, small_campaign)) is flagged


@pytest.mark.parametrize(
    ("programme", "division", "flagged"),
    [
        ("luzhou", "140403", False),
        ("luzhou", "140404", True),
        ("luzhou", "140400", False),  # the city's own code: its county is not known
        ("luzhou", "140199", True),
        ("city", "140404", False),
        ("city", "140400", False),
        ("city", "140199", True),
    ],
)
def test_a_merchants_own_division_counts_too(
    conn: Connection, small_campaign: Campaign, programme: str, division: str, flagged: bool
) -> None:
    load(conn, [shop(division=division)])
    save(conn, small_campaign, used(small_campaign, programme=programme))
    found = flags(conn, small_campaign)
    assert [(f.reason, f.other) for f in found] == [(Reason.OUTSIDE_AREA, division)] * flagged


def test_city_vouchers_are_for_every_county(conn: Connection, small_campaign: Campaign) -> None:
    save(
        conn,
        small_campaign,
        *(used(small_campaign, n, "city", county=c) for n, c in ((1, "140403"), (2, "140404"))),
    )
    assert flags(conn, small_campaign) == []


# ---------------------------------------------------------------- sanctions


@pytest.mark.parametrize(("gap", "flagged"), [(-TICK, False), (TICK * 0, True), (TICK, True)])
def test_a_ban_holds_from_its_first_moment(
    conn: Connection, small_campaign: Campaign, gap: timedelta, flagged: bool
) -> None:
    starts_at = OPENING + timedelta(hours=1)
    load(conn, [shop()], [ban(starts_at=starts_at), ban(starts_at=starts_at + timedelta(days=3))])
    save(conn, small_campaign, used(small_campaign, occurred_at=starts_at + gap))
    found = flags(conn, small_campaign)
    assert [(f.reason, f.other_at) for f in found] == [(Reason.SANCTIONED, starts_at)] * flagged


@pytest.mark.parametrize(("platform", "flagged"), [("city-pay", True), ("bank-a", False), (None, True)])
def test_a_ban_names_the_merchant_by_platform_and_number(
    conn: Connection, small_campaign: Campaign, platform: str | None, flagged: bool
) -> None:
    load(conn, [shop()], [ban(platform=platform)])
    save(conn, small_campaign, used(small_campaign))
    assert bool(flags(conn, small_campaign)) is flagged


# ---------------------------------------------------------------- time, sector, money


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


def test_where_no_late_phase_is_allowed_another_sector_is_never_right(
    conn: Connection, small_campaign: Campaign
) -> None:
    rules = small_campaign.rules.model_copy(update={"cross_sector_in_late_phase": False})
    strict = small_campaign.model_copy(update={"rules": rules})
    since = small_campaign.late_phase_from
    load(conn, [shop(sector="catering")])
    save(conn, strict, used(strict, occurred_at=since))
    assert reasons(conn, strict) == [Reason.WRONG_SECTOR]
    assert cross_sector(conn, strict, current_register(conn), programmes=["luzhou"]) is None


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


@pytest.mark.parametrize(("gap", "flagged"), [(SECOND * 0, False), (-TICK, True)])
def test_a_redemption_follows_its_vouchers_first_claim(
    conn: Connection, small_campaign: Campaign, gap: timedelta, flagged: bool
) -> None:
    claimed = OPENING + timedelta(hours=2)
    claims = [
        event(
            small_campaign, "luzhou", Kind.CLAIM, n, voucher_no="V000001", occurred_at=claimed + timedelta(n)
        )
        for n in range(2)
    ]
    save(conn, small_campaign, used(small_campaign, occurred_at=claimed + gap))
    assert flags(conn, small_campaign) == []  # no claim is known: nothing is said
    save(conn, small_campaign, *claims)
    found = flags(conn, small_campaign)
    assert [(f.reason, f.occurred_at, f.other_at) for f in found] == [
        (Reason.REDEEMED_BEFORE_CLAIM, claimed + gap, claimed)
    ] * flagged


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
    save(conn, small_campaign, redemption, late, claim, banned, *refunds)
    assert set(reasons(conn, small_campaign)) == set(Reason)
    save(conn, small_campaign, replace(claim, revision=1, cancelled=True))
    assert set(reasons(conn, small_campaign)) == set(Reason) - {Reason.REDEEMED_BEFORE_CLAIM}
    save(conn, small_campaign, *(replace(e, revision=1, cancelled=True) for e in (redemption, late, banned)))
    assert flags(conn, small_campaign) == []


# ---------------------------------------------------------------- lists: none, and their versions


def test_what_no_list_is_loaded_for_is_unknown_and_the_rest_is_judged(
    conn: Connection, small_campaign: Campaign, now: datetime
) -> None:
    save(conn, small_campaign, used(small_campaign, order_fen=1))
    board = flag_board(conn, small_campaign, current_register(conn), now=now)
    assert board.register == RegisterVersion(merchants=None, sanctions=None)
    unknown = {r for r in Reason if board.of(r) is None}
    assert unknown == {Reason.UNKNOWN_MERCHANT, Reason.WRONG_SECTOR, Reason.SANCTIONED}
    assert [(c.reason, c.count) for c in board.counts] == [(Reason.BELOW_MINIMUM, 1)]
    assert board.of(Reason.OUTSIDE_WINDOW) == ()
    load(conn, sanctions=[])
    assert is_judged(Reason.SANCTIONED, current_register(conn))
    assert flag_board(conn, small_campaign, current_register(conn), now=now).of(Reason.SANCTIONED) == ()


def test_an_earlier_version_gives_the_earlier_flags(conn: Connection, small_campaign: Campaign) -> None:
    save(conn, small_campaign, used(small_campaign))
    load(conn, [shop("M9")], version="1" * 64)
    load(conn, [shop("M1")], version="2" * 64)
    assert flags(conn, small_campaign) == []
    first = register_at(conn, merchants="111", sanctions=None)
    found = flagged_events(conn, small_campaign, first)
    assert [f.reason for f in found] == [Reason.UNKNOWN_MERCHANT]
    load(conn, [shop("M9")], version="1" * 64)  # the same file again: it counts again, and stands once
    assert current_register(conn).merchants == first.merchants
    assert reasons(conn, small_campaign) == [Reason.UNKNOWN_MERCHANT]
    for version in ("3", "%", "_" * 64):
        with pytest.raises(StoreError, match="no version"):
            register_at(conn, merchants=version, sanctions=None)


# ---------------------------------------------------------------- counted, listed, kept


def test_flags_are_counted_by_reason_and_programme_with_their_money(
    conn: Connection, small_campaign: Campaign, now: datetime
) -> None:
    low = [used(small_campaign, n, p, order_fen=n) for p, n in (("luzhou", 1), ("luzhou", 2), ("city", 3))]
    save(conn, small_campaign, *low)
    board = flag_board(conn, small_campaign, current_register(conn), now=now)
    assert [(c.programme, c.count, c.fen, c.evidence) for c in board.of(Reason.BELOW_MINIMUM) or ()] == [
        ("city", 1, 2_000, ("R000003",)),
        ("luzhou", 2, 4_000, ("R000001", "R000002")),
    ]


def test_what_cannot_be_judged_is_counted_whatever_is_refunded(
    conn: Connection, small_campaign: Campaign
) -> None:
    early = event(small_campaign, "luzhou", Kind.REFUND, 9)  # its redemption has not come
    save(
        conn,
        small_campaign,
        used(small_campaign, merchant=None),
        used(small_campaign, 2, order_fen=None),
        early,
    )
    assert unjudged(conn) == Unjudged(no_merchant_count=1, no_amount_count=1)


def test_pages_are_turned_and_one_that_is_not_there_is_the_nearest(
    conn: Connection, small_campaign: Campaign, now: datetime
) -> None:
    save(conn, small_campaign, *(used(small_campaign, n, order_fen=1) for n in range(101)))

    def page(n: int) -> tuple[int, int, int, list[str]]:
        found = flag_page(conn, small_campaign, current_register(conn), Reason.BELOW_MINIMUM, page=n, now=now)
        return found.page, found.pages, found.total, [e.event_no for e in found.events]

    assert page(1) == (1, 2, 101, [f"R{n:06d}" for n in range(100)])
    assert page(2) == page(9) == (2, 2, 101, ["R000100"])
    empty = flag_page(conn, small_campaign, current_register(conn), Reason.SANCTIONED, page=3, now=now)
    assert (empty.page, empty.pages, empty.total, empty.events) == (1, 1, 0, ())


def test_what_the_worker_kept_is_what_it_worked_out(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    with write(engine) as conn:
        assert last_board(conn) is None
        load(conn, [shop()], [ban()])
        save(conn, small_campaign, used(small_campaign, order_fen=1), used(small_campaign, 2, "city"))
    board = judge(engine, small_campaign, now=now)
    assert {c.reason for c in board.counts} == {Reason.SANCTIONED, Reason.BELOW_MINIMUM}
    with read(engine) as conn:
        assert last_board(conn) == board
    later = judge(engine, small_campaign, now=now + SECOND)
    with read(engine) as conn:
        assert last_board(conn) == later


def test_a_judgement_under_a_lost_lease_is_not_kept(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    def lost(conn: Connection) -> None:
        raise StoreError("the lease is somebody else's")

    with pytest.raises(StoreError):
        judge(engine, small_campaign, now=now, fence=lost)
    with read(engine) as conn:
        assert last_board(conn) is None


# ---------------------------------------------------------------- the late phase


def test_the_cross_sector_share_is_of_the_late_phases_net_money(
    conn: Connection, small_campaign: Campaign
) -> None:
    since = small_campaign.late_phase_from
    assert since is not None
    load(conn, [shop("own"), shop("other", sector="catering"), shop("none", sector=None)])
    register = current_register(conn)
    late = {"occurred_at": since}
    save(
        conn, small_campaign,
        *(used(small_campaign, n, merchant="own", **late) for n in (1, 2)),
        *(used(small_campaign, n, merchant="other", **late) for n in (3, 4)),
        used(small_campaign, 5, merchant="none", **late),
        used(small_campaign, 6, merchant="gone", **late),
        used(small_campaign, 7, merchant="other", occurred_at=since - TICK),
        event(small_campaign, "luzhou", Kind.REFUND, 4, occurred_at=since + SECOND),
    )  # fmt: skip
    found = cross_sector(conn, small_campaign, register, programmes=["luzhou"])
    assert found is not None
    assert (found.cross_count, found.cross_fen, found.judged_count, found.judged_fen) == (1, 2_000, 3, 6_000)
    assert (found.unknown_count, found.unknown_fen) == (2, 4_000)
    assert found.share == pytest.approx(1 / 3)
    before = cross_sector(conn, small_campaign, register, programmes=["city"])
    assert before is not None
    assert before.share is None
    nothing = RegisterVersion(merchants=None, sanctions=None)
    assert cross_sector(conn, small_campaign, nothing, programmes=["luzhou"]) is None


# ---------------------------------------------------------------- whatever is delivered, in whatever order


def played(campaign: Campaign, rng: Random) -> list[Event]:
    """Vouchers with every fault there is, most with none."""
    events: list[Event] = []
    for n in range(40):
        programme = rng.choice(["city", "luzhou"])
        claimed = OPENING + timedelta(minutes=rng.randrange(60 * 24 * 30))
        used_at = claimed + timedelta(minutes=rng.choice([-1, 0, 5, 60 * 24 * 9]))
        events.append(event(campaign, programme, Kind.CLAIM, n, occurred_at=claimed))
        events.append(
            used(
                campaign, n, programme,
                merchant=rng.choice(["M1", "M2", "M3", "M4", None]),
                county=rng.choice(["140403", "140403", "140404"]),
                order_fen=rng.choice([None, 9_999, 10_000]),
                occurred_at=used_at,
            )
        )  # fmt: skip
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
    """On PostgreSQL it holds claims alone, so that the kind must stand in the statement, not beside it."""
    asked: list[tuple[str, Any]] = []
    listen(
        engine, "before_cursor_execute", lambda c, cu, statement, given, *_: asked.append((statement, given))
    )
    with read(engine) as conn:
        flags(conn, small_campaign)
        statement, given = next(a for a in asked if "min(claims" in a[0])
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
    assert any("USING COVERING INDEX ix_events_voucher" in row[-1] for row in plan), plan
