"""What a merchant is flagged for: on no list, of another county, banned; and what no list is loaded for."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from domain.campaign import Campaign
from domain.errors import StoreError
from domain.flags import Reason, is_judged
from domain.register import RegisterVersion
from store.queries.flags import flag_board, flagged_events
from store.queries.register import current_register, register_at
from tests.store.events import OPENING
from tests.store.judged import TICK, ban, flags, load, reasons, save, shop, used


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
