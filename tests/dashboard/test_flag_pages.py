"""The pages of flags as a visitor meets them: who gets in, what is unknown, and that hostile text stays text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from alerts.judge import judge
from dashboard.clock import Clock
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE
from dashboard.permissions import May, roles_with
from dashboard.sources.flag_pages import flags_page
from domain.campaign import Campaign
from domain.flags import REASON, Reason, Unjudged
from domain.records import Event
from domain.sanctions import Booking, SanctionEntry
from store.engine import write
from store.writes.access import add_user
from store.writes.sanction_money import book_sanctions
from tests.dashboard.conftest import ADDRESS, PASSWORD_HASH, House
from tests.store.judged import ban, load, save, shop, used

NOW = datetime(2022, 10, 29, 2, 0, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"
PAGES = ("/flags", "/flags/below_minimum")


def enter(house: House, role: str = "market", *, county: str | None = None) -> TestClient:
    with write(house.engine) as conn:
        add_user(conn, role or "none", role=role, county=county, password_hash=PASSWORD_HASH, now=house.now())
    app = house.app(Clock.rehearsal(NOW, speed=0))
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, house.session(role or "none"))
    return client


def judged(house: House, *events: Event, loaded: bool = True) -> None:
    with write(house.engine) as conn:
        if loaded:
            load(conn, [shop(name=SCRIPT)], [ban("M2")])
        save(conn, house.campaign, *events)
    judge(house.engine, house.campaign, now=NOW)


@pytest.mark.parametrize("role", roles_with(May.CHECK))
@pytest.mark.parametrize("path", PAGES)
def test_who_follows_flags_up_sees_them(house: House, role: str, path: str):
    assert enter(house, role).get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("role", "county"),
    [
        *((role, None) for role in ("finance", "cyberspace", "desk", "")),
        *((role, "140403") for role in ("county", "market", "task-force")),
    ],
)
def test_other_offices_and_whoever_is_held_to_one_county_are_refused(
    house: House, role: str, county: str | None, path: str
):
    assert enter(house, role, county=county).get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_screens_and_strangers_do_not_get_in(house: House, path: str):
    client = enter(house)
    client.cookies.clear()
    assert client.get(path).headers["location"].startswith("/login?next=/flags")
    client.cookies.set(DISPLAY_COOKIE, house.display()[0])
    assert client.get(path).status_code == 403


def test_before_the_first_judgement_nothing_is_said_to_be_fine(house: House):
    page = enter(house).get("/flags").text
    assert "尚未核对" in page
    assert "0 笔" not in page


def test_every_reason_has_its_count_its_money_and_its_list(house: House):
    low = [used(house.campaign, n, order_fen=n) for n in (1, 2)]
    judged(house, *low, used(house.campaign, 3, merchant="M2", order_fen=3))
    page = enter(house).get("/flags").text
    assert '<html lang="zh-CN"' in page
    assert "截至 <time>2022-10-29 10:00:00</time>" in page
    assert [name for name in REASON.values() if name not in page] == []
    assert '<a href="/flags/below_minimum">3 笔</a>' in page
    assert "<li>潞州区 3 笔 0.01 万元</li>" in page
    assert '<a href="/flags/sanctioned">1 笔</a>' in page
    assert page.count(">0 笔<") == 6
    assert f'商户名册 1 户，版本 <code title="{"a" * 64}">{"a" * 12}</code>' in page
    assert "线索不改变任何统计" in page
    for inline in ("<script", "<style", " style=", "onclick"):
        assert inline not in page


def test_without_lists_what_needs_them_is_unknown_and_not_zero(house: House):
    judged(house, used(house.campaign, order_fen=1, merchant=None), loaded=False)
    page = enter(house).get("/flags").text
    assert "▲ 商户名册未载入" in page
    assert "▲ 受限名单未载入" in page
    assert page.count("未载入名单，无从判断") == 3
    assert "仅按使用县区判断" in page
    assert "核销中无商户号 1 笔，订单金额未到 0 笔" in page


def test_a_list_shows_both_sides_of_what_was_held_against_what(house: House):
    judged(house, used(house.campaign, order_fen=9_999), used(house.campaign, 2, county="140404"))
    client = enter(house)
    low = client.get("/flags/below_minimum").text
    assert '<td class="num">99.99</td><td class="num">100.00</td>' in low
    assert "共 1 笔，早的在前，第 1 / 1 页" in low
    area = client.get("/flags/outside_area").text
    assert "<td>上党区</td><td>M1</td>" in area
    assert "<td>潞州区</td><td>潞州区</td>" in area  # where it may be used, and where its merchant stands
    assert "没有这一类线索" in client.get("/flags/sanctioned").text


def test_time_faults_show_both_times(house: House):
    opens = house.campaign.rounds["luzhou", 1].opens_at
    judged(house, used(house.campaign, occurred_at=opens - timedelta(seconds=1)))
    page = enter(house).get("/flags/outside_window").text
    assert "<td>2022-10-28 08:59:59</td><td>2022-10-28 09:00:00</td>" in page


def test_what_came_from_outside_is_shown_as_text(house: House):
    hostile = used(house.campaign, merchant=f"M{SCRIPT}", order_fen=1, event_no=f"R{SCRIPT}")
    judged(house, hostile)
    page = enter(house).get("/flags/unknown_merchant").text
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 2


def test_pages_are_turned_and_a_strange_number_is_the_first(house: House):
    judged(house, *(used(house.campaign, n, order_fen=1) for n in range(101)))
    client = enter(house)
    assert "?page=2" in client.get("/flags/below_minimum").text
    assert "R000100" in client.get("/flags/below_minimum?page=2").text
    for strange in ("x", "-1", "²", "9" * 40):
        assert "第 1 / 2 页" in client.get("/flags/below_minimum", params={"page": strange}).text


@pytest.mark.parametrize("name", ["nobody", "sanctioned ", "BELOW_MINIMUM", "%3Cscript%3E"])
def test_an_unknown_reason_is_not_found(house: House, name: str):
    answer = enter(house).get(f"/flags/{name}")
    assert answer.status_code == 404
    assert "<script" not in answer.text


def test_a_lost_database_is_said(house: House):
    client = enter(house)
    with write(house.engine) as conn:
        conn.exec_driver_sql("ALTER TABLE judgements RENAME TO away")
    assert client.get("/flags").status_code == 503


@pytest.mark.parametrize(("role", "shown"), [("market", True), ("county", False)])
def test_the_way_there_is_shown_to_whom_it_is_open(house: House, role: str, shown: bool):
    assert ('href="/flags"' in enter(house, role).get("/login").text) is shown


def test_a_board_that_is_not_there_needs_no_store(small_campaign: Campaign):
    nothing = Unjudged(no_merchant_count=0, no_amount_count=0)
    assert "截至 <time>—</time>" in flags_page(None, None, nothing, small_campaign, banner=None)


def test_every_reason_has_a_list_of_its_own(house: House):
    client = enter(house)
    assert {client.get(f"/flags/{reason.value}").status_code for reason in Reason} == {200}


def test_what_sanctions_came_to_is_shown_and_its_absence_is_no_zero(house: House):
    judged(house)
    client = enter(house)
    assert "暂扣与追回</b> —（惩戒台账未载入）" in client.get("/flags").text
    booked = SanctionEntry(
        entry_no="P1", programme="luzhou", tranche="T1", merchant="M2", kind=Booking.WITHHELD,
        amount_fen=123_456_700, booked_on=NOW, document=SCRIPT,
    )  # fmt: skip
    back = replace(booked, entry_no="P2", kind=Booking.RECOVERED, amount_fen=1_000_000)
    with write(house.engine) as conn:
        book_sanctions(conn, [booked, back], now=NOW)
    text = client.get("/flags").text
    assert "暂扣 123.46 万元，追回 1.00 万元（第一批，惩戒台账，2022-10-29 10:00 载入" in text
    assert "潞州区 1 户，暂扣 123.46、追回 1.00 万元" in text
    assert SCRIPT not in text
