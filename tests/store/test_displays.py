"""Screens that wait with a code, what becomes of them, what they are told, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from domain.displays import IDENTIFIED_FOR, Action, Report, Screen
from domain.errors import StoreError
from store.queries.access import find_displays
from store.queries.displays import all_orders, find_pairing, fleet, recent_actions
from store.queries.news import read_news
from store.writes import displays as writes

LASTS, WINDOW = timedelta(minutes=10), timedelta(minutes=15)
SCREEN = Screen(inches=65, metres=5, dim_from=1320, dim_until=390)
REPORT = Report(
    build="b0",
    width_px=1920,
    height_px=1080,
    pixel_ratio=1.5,
    heap_bytes=None,
    scene="trust",
    type_px={"trust": (40.0, None), "overview": (40.0, 108.0)},
)


def wait(
    conn: Connection, now: datetime, code: str = "ACDEFG", *, address: str = "10.0.0.1", most: int = 9
) -> bool:
    limits = {"per_address": most, "anywhere": 3}
    return writes.open_pairing(
        conn, f"secret-{code}-{address}", code, address=address, now=now, until=now + LASTS, **limits
    )


def enter(conn: Connection, now: datetime, code: str | None = "ACDEFG", *, by: str = "duty") -> int | None:
    about = {"name": "大厅", "scope": "140400", "screen": SCREEN, "placeholder": f"nobodys-{code}-{now}"}
    return writes.pair_by_code(conn, code, **about, by=by, now=now, window=WINDOW, tries=3)


def paired(conn: Connection, now: datetime) -> int:
    assert wait(conn, now)
    number = enter(conn, now)
    assert number is not None
    return number


def test_a_screen_that_waits_becomes_a_display_and_gets_its_token(conn: Connection, now: datetime):
    assert wait(conn, now)
    waiting = find_pairing(conn, "secret-ACDEFG-10.0.0.1", now)
    assert waiting is not None
    assert (waiting.code, waiting.display_id, waiting.until) == ("ACDEFG", None, now + LASTS)
    number = enter(conn, now)
    found = find_pairing(conn, "secret-ACDEFG-10.0.0.1", now)
    assert found is not None
    assert found.display_id == number
    assert number is not None
    assert writes.take_token(conn, number, "first")
    assert writes.take_token(conn, number, "second")
    assert find_displays(conn, ["first"]) == {}
    (display,) = fleet(conn)
    assert (display.name, display.scope, display.screen, display.report) == ("大厅", "140400", SCREEN, None)


def test_a_code_is_good_once_and_for_its_time_only(conn: Connection, now: datetime):
    paired(conn, now)
    assert enter(conn, now) is None
    assert wait(conn, now, "HJKMNP")
    assert enter(conn, now + LASTS, "HJKMNP") is None
    assert find_pairing(conn, "secret-HJKMNP-10.0.0.1", now + LASTS) is None


def test_the_same_code_is_not_given_twice_and_comes_back_after_its_time(conn: Connection, now: datetime):
    assert wait(conn, now)
    assert not wait(conn, now, address="10.0.0.2")
    assert wait(conn, now + LASTS, address="10.0.0.2")


def test_only_so_many_screens_wait_at_one_address_and_anywhere(conn: Connection, now: datetime):
    assert wait(conn, now, "AAAAAA", most=1)
    with pytest.raises(StoreError, match="too many screens"):
        wait(conn, now, "CCCCCC", most=1)
    assert wait(conn, now, "DDDDDD", address="10.0.0.2")
    assert wait(conn, now, "EEEEEE", address="10.0.0.3")
    with pytest.raises(StoreError, match="too many screens"):
        wait(conn, now, "FFFFFF", address="10.0.0.4")


def test_who_enters_too_many_wrong_codes_waits_and_nobody_else_does(conn: Connection, now: datetime):
    assert wait(conn, now)
    for code in ("CCCCCC", None, "DDDDDD"):
        assert enter(conn, now, code) is None
    with pytest.raises(StoreError, match="too many wrong codes"):
        enter(conn, now)
    assert enter(conn, now, by="other") is not None
    later = now + WINDOW + timedelta(seconds=1)
    assert wait(conn, later, "HJKMNP")
    assert enter(conn, later, "HJKMNP") is not None


def test_what_a_display_is_told_is_read_back_and_kept_with_who_told_it(conn: Connection, now: datetime):
    number = paired(conn, now)
    said = read_news(conn, lease="worker").action
    by = {"by": "duty", "now": now}
    writes.rename(conn, number, "一楼", **by)
    writes.pin_scene(conn, number, "launch", **by)
    writes.identify(conn, number, **by)
    writes.reload(conn, number, **by)
    writes.reload(conn, number, **by)
    writes.set_screen(conn, number, Screen(inches=43, metres=2.5), **by)
    (orders,) = all_orders(conn)
    assert (orders.name, orders.pin, orders.reload_no) == ("一楼", "launch", 2)
    assert orders.identify_until == now + IDENTIFIED_FOR
    assert orders.screen == Screen(inches=43, metres=2.5)
    assert not orders.is_revoked
    writes.pin_scene(conn, number, None, **by)
    assert all_orders(conn)[0].pin is None
    assert read_news(conn, lease="worker").action == said + 7
    kept = recent_actions(conn)
    assert [a.action for a in kept][:3] == [Action.UNPIN, Action.SCREEN, Action.RELOAD]
    assert {(a.name, a.done_by, a.done_at) for a in kept} == {("一楼", "duty", now)}
    assert kept[1].detail == "43″ 2.5 m"


def test_a_revoked_display_is_told_nothing_more_and_gets_no_token(conn: Connection, now: datetime):
    number = paired(conn, now)
    writes.revoke(conn, number, by="duty", now=now)
    assert all_orders(conn)[0].is_revoked
    assert fleet(conn)[0].revoked_at == now
    assert not writes.take_token(conn, number, "late")
    for tell in (writes.identify, writes.reload, writes.revoke):
        with pytest.raises(StoreError, match="no paired display"):
            tell(conn, number, by="duty", now=now)


def test_a_report_takes_the_place_of_the_last_and_says_when_the_display_was_seen(
    conn: Connection, now: datetime
):
    number = paired(conn, now)
    writes.save_report(conn, number, REPORT, now)
    later = now + timedelta(seconds=30)
    writes.save_report(conn, number, replace(REPORT, heap_bytes=2**31, scene=None), later)
    (display,) = fleet(conn)
    assert display.report == replace(REPORT, heap_bytes=2**31, scene=None)
    assert display.seen_at == later
    assert display.is_online(later + timedelta(seconds=89))
    assert not display.is_online(later + timedelta(seconds=90))


def test_the_first_action_of_all_is_told_from_none(conn: Connection, now: datetime):
    assert read_news(conn, lease="worker").action == 0
    assert enter(conn, now) is None
    assert read_news(conn, lease="worker").action == 1
    (kept,) = recent_actions(conn)
    assert (kept.name, kept.action) == (None, Action.WRONG_CODE)
