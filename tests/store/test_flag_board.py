"""Flags counted, listed and kept, and the share of other sectors in the late phase."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine

from alerts.judge import judge
from domain.campaign import Campaign
from domain.errors import StoreError
from domain.flags import Reason, Unjudged
from domain.records import Kind
from domain.register import RegisterVersion
from store.engine import read, write
from store.queries.flags import cross_sector, flag_board, flag_page, last_board, unjudged
from store.queries.register import current_register
from tests.store.events import event
from tests.store.judged import SECOND, TICK, ban, load, reasons, save, shop, used


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
