"""Alerts that no post caused, from the stored events to the desk: the records behind them, one click away, as text."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Request, Route
from sqlalchemy import select

from alerts.again import recheck
from alerts.judge import judge
from alerts.rules import RULES
from alerts.watch import watch
from dashboard.desk.records import records_part
from domain.alert_records import NO_RECORDS, AlertRecords, RecordedEvent
from domain.cases import Case
from domain.readings import AlertBoard, Level
from domain.records import Grade, Kind, Reject
from domain.terms import LEVEL
from domain.topics import LEADS
from layouts.wall import alerts as wall
from store import schema
from store.engine import read, write
from store.queries.alerts import open_alerts
from store.queries.cases import QUEUE_SHOWN, open_cases
from store.queries.sources import Expected
from store.writes.alerts import Alarm, settle
from store.writes.intake import quarantine, report_feed, source_succeeded
from store.writes.ledger import save_batch
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.desk_day import NOW, SCRIPT
from tests.dashboard.test_desk import SIZES, enter
from tests.store.events import entries, event

HOUR = timedelta(hours=1)
PAY = (Expected(source="pay", name="市民付", side="payment", stale_after_s=600),)
SHOP = f"M-{SCRIPT}"


def traded(house: House, *told: Any, sha: str = "0") -> None:
    with write(house.engine) as conn:
        batch = entries(house.campaign, *told)
        save_batch(conn, batch, source="pay", grade=Grade.FLASH, raw_sha256=sha * 64, now=NOW)
        source_succeeded(conn, "pay", cursor=None, data_time=NOW, now=NOW)
        report_feed(conn, programmes=["city"], source="pay", data_time=NOW, grade=Grade.FLASH)


def looked(house: House, *, minutes: int = 0) -> dict[str, Case]:
    at = NOW + timedelta(minutes=minutes)
    judge(house.engine, house.campaign, now=at)
    watch(house.engine, RULES, house.campaign, PAY, clock=lambda: at)
    with read(house.engine) as conn:
        assert recheck(conn).others == ()
        return {case.rule: case for case in open_cases(conn, now=at)}


def cashed(house: House) -> list[Any]:
    """Thirty orders, each exactly at the minimum spend, all refunded after ten minutes."""
    least = house.campaign.templates["city.ret20"].min_spend_fen
    uses = [
        event(
            house.campaign, "city", Kind.REDEMPTION, n, merchant=SHOP, order_fen=least, user_ref=f"u{n}",
            occurred_at=NOW - HOUR + timedelta(minutes=n),
        )
        for n in range(30)
    ]  # fmt: skip
    backs = [
        event(
            house.campaign, "city", Kind.REFUND, n, merchant=SHOP, returned_fen=2_000,
            occurred_at=NOW - HOUR + timedelta(minutes=n + 10),
        )
        for n in range(30)
    ]  # fmt: skip
    return [*uses, *backs]


def test_a_merchant_lead_opens_its_days_and_its_redemptions_as_text(house: House) -> None:
    traded(house, *cashed(house))
    cases = looked(house)
    assert set(cases) == {"exact_threshold", "quick_refund"}
    assert [case.level for case in cases.values()] == [Level.YELLOW, Level.BLUE]
    case = cases["exact_threshold"]
    page = enter(house).get(f"/desk/alerts/{case.alert_id}").text
    assert SCRIPT not in page
    assert "商户逐日核销" in page
    assert "<td>30/30</td>" in page
    assert page.count("<td>10 分钟后退款</td>") == 30
    assert "留存的依据重算" in page
    assert "领取与核销" in page
    assert "证据帖文（" not in page


def test_a_lead_does_not_recover_while_its_platform_is_silent(house: House) -> None:
    traded(house, *cashed(house))
    looked(house)
    with write(house.engine) as conn:
        conn.execute(schema.merchant_days.delete())
    silent = NOW + 2 * HOUR
    watch(house.engine, RULES, house.campaign, PAY, clock=lambda: silent)
    with read(house.engine) as conn:
        signals = {row.rule: row.signal for row in conn.execute(select(schema.alerts))}
    assert {signals[rule] for rule in signals if rule in LEADS} == {"no_data"}


def test_refunds_and_rows_are_the_evidence_of_their_alerts_and_posts_are_not(house: House) -> None:
    first = NOW - timedelta(days=4)
    traded(
        house,
        event(house.campaign, "city", Kind.REDEMPTION, 1, occurred_at=first),
        event(house.campaign, "city", Kind.REFUND, 1, occurred_at=first + HOUR, returned_fen=1_500),
    )
    with write(house.engine) as conn:
        told = Reject(row="1", field="order_fen", reason=f"bad {SCRIPT}", excerpt="x")
        strange = Reject(row="2", field="sub_project", reason="no programme has it", excerpt="y")
        quarantine(conn, [told, strange], source="pay", sha256="1" * 64, now=NOW)
    cases = looked(house)
    assert {rule: case.level for rule, case in cases.items() if rule != "ineligible_use"} == {
        "refund_shortfall": Level.YELLOW, "tranche_mixing": Level.YELLOW, "quarantined_rows": Level.BLUE,
    }  # fmt: skip
    client = enter(house)
    short = client.get(f"/desk/alerts/{cases['refund_shortfall'].alert_id}").text
    assert "退回 15.00" in short
    rows = client.get(f"/desk/alerts/{cases['quarantined_rows'].alert_id}").text
    assert SCRIPT not in rows
    assert "bad &lt;script&gt;" in rows
    assert "no programme has it" in client.get(f"/desk/alerts/{cases['tranche_mixing'].alert_id}").text


def test_without_records_nothing_is_said(house: House) -> None:
    assert records_part(NO_RECORDS, house.campaign) == ""
    unknown = RecordedEvent(
        kind="refund", event_no="B1", occurred_at=NOW, template="gone", round_no=1, county="000000", merchant=None,
        face_fen=1, order_fen=None, returned_fen=None, refunded_at=None,
    )  # fmt: skip
    shown = records_part(AlertRecords(events=(unknown,)), house.campaign)
    assert "<td>—</td>" in shown
    assert "None" not in shown


@pytest.mark.parametrize("level", [Level.RED, Level.YELLOW])
def test_a_storm_of_leads_pushes_no_other_alert_of_its_level_away(house: House, level: Level) -> None:
    with write(house.engine) as conn:
        settle(conn, "quick_refund", [alarm_of(n) for n in range(QUEUE_SHOWN + 50)], now=NOW)
        settle(conn, "opinion_burst", [alarm_of(1, level)], now=NOW - HOUR)
        settle(conn, "quick_refund", [alarm_of(n) for n in range(QUEUE_SHOWN + 60)], now=NOW + HOUR)
    with read(house.engine) as conn:
        queue = open_cases(conn, now=NOW + HOUR)
        board = AlertBoard(as_of=NOW + HOUR, alerts=open_alerts(conn))
    assert (len(queue), queue[0].rule) == (QUEUE_SHOWN, "opinion_burst")
    shown = str(wall.update(board)["alerts-rows"])
    assert shown.index("t1'") < min(shown.index(f"t{n}'") for n in range(550, 560) if f"t{n}'" in shown)
    assert len(wall.update(board)["alerts-rows"]["children"]) == wall.MOST


def test_what_a_page_does_not_list_it_counts_and_says(house: House) -> None:
    more = 50
    with write(house.engine) as conn:
        settle(conn, "quick_refund", [alarm_of(n) for n in range(QUEUE_SHOWN + more)], now=NOW)
    desk, words = enter(house, "task-force"), f"只列前 {QUEUE_SHOWN} 条，另有 {more} 条未列出"
    queue, shift, leads = (desk.get(path).text for path in ("/desk", "/desk/shift", "/flags/leads"))
    assert queue.count("<tr data-alert") == QUEUE_SHOWN
    assert f"<b>{QUEUE_SHOWN + more}</b><span>{LEVEL[alarm_of(1).level]}" in queue
    assert f"<p>{QUEUE_SHOWN + more} 条，" in shift
    assert [words in page for page in (queue, shift, leads)] == [True] * 3


@pytest.mark.parametrize("role", ["market", "commerce", "audit", "task-force"])
def test_who_checks_merchants_finds_leads_without_a_desk(house: House, role: str) -> None:
    traded(house, *cashed(house))
    cases = looked(house)
    client = enter(house, role)
    listed = client.get("/flags/leads").text
    assert [listed.count(f"/flags/leads/{case.alert_id}") for case in cases.values()] == [1, 1]
    page = client.get(f"/flags/leads/{cases['quick_refund'].alert_id}").text
    assert SCRIPT not in listed + page
    assert "商户逐日核销" in page
    assert "线索待核实，不作结论" in page


def test_another_rules_alert_is_no_lead(house: House) -> None:
    with write(house.engine) as conn:
        settle(conn, "opinion_burst", [alarm_of(1)], now=NOW)
    client = enter(house, "market")
    assert "当前没有商户线索" in client.get("/flags/leads").text
    assert [client.get(f"/flags/leads/{n}").status_code for n in ("1", "2", "x", "9" * 40)] == [404] * 4


def alarm_of(n: int, level: Level = Level.YELLOW) -> Alarm:
    return Alarm(
        subject=str(n), level=level, title=f"t{n}", reasons=("r",), evidence=(), evidence_count=0, county=None
    )


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_a_leads_records_fit_the_screen_and_run_no_script(
    house: House, browser: Browser, size: tuple[int, int]
) -> None:
    traded(house, *cashed(house))
    case = looked(house)["exact_threshold"]
    client = enter(house, "task-force")
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))

    def serve(route: Route, request: Request) -> None:
        if "/api/v1/stream" in request.url:
            return route.abort()
        answer = client.get(request.url.removeprefix(ADDRESS))
        return route.fulfill(status=answer.status_code, body=answer.content, headers=dict(answer.headers))

    page.route("**/*", serve)
    shots = os.environ.get("QUANQING_SHOTS")
    paths = {"queue": "/desk", "alert": f"/desk/alerts/{case.alert_id}", "leads": "/flags/leads",
             "lead": f"/flags/leads/{case.alert_id}"}  # fmt: skip
    for name, path in paths.items():
        page.goto(ADDRESS + path)
        if shots:
            page.screenshot(path=f"{shots}/records-{name}-{size[0]}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
    assert ran == []
    context.close()
