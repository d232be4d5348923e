"""/admin/audit as an auditor meets it: what was done is found, the chain's state is said, hostile text stays text."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from dashboard.admin.audit_routes import PAGE_ROWS
from dashboard.anchoring import Anchoring
from dashboard.anchors import anchors_file
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE
from dashboard.permissions import May, roles_with
from domain.audit import Action, Doer, Outcome
from domain.errors import StoreError
from store.engine import write
from store.writes.audit import write_audit
from tests.dashboard.conftest import ADDRESS, House

AT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)  # an hour before the house's clock
SCRIPT = "<script>alert(1)</script>"
PAGE = "/admin/audit"


def enter(
    house: House, role: str = "auditor", *, county: str | None = None, name: str = "shen"
) -> TestClient:
    house.add_user(name, role=role, county=county)
    client = TestClient(house.app(), base_url=ADDRESS, follow_redirects=False)
    client.cookies.set(SESSION_COOKIE, house.session(name))
    return client


def act(
    house: House, kind: Action, subject: str, *, who: str = "wang", at: datetime = AT, **detail: object
) -> None:
    refused = Outcome.REFUSED if kind is Action.DENIED else Outcome.DONE
    with write(house.engine) as conn:
        doer = Doer(name=who, role="cyberspace", address="10.20.3.7", at=at)
        write_audit(conn, doer, kind, subject=subject, outcome=refused, detail=detail)


def looked_at(house: House) -> None:
    """As the worker does once a day."""
    Anchoring(house.engine, anchors_file(house.settings.data_dir), now=house.now).run(lambda conn: None)


@pytest.mark.parametrize("role", roles_with(May.AUDIT))
def test_who_audits_gets_in(house: House, role: str):
    assert enter(house, role).get(PAGE).status_code == 200


def test_nobody_else_does(house: House):
    for role, county in (
        ("task-force", None),
        ("audit", None),
        ("commerce", None),
        ("auditor", house.county),
    ):
        assert enter(house, role, county=county, name=f"u-{role}").get(PAGE).status_code == 403
    client = enter(house)
    client.cookies.clear()
    assert client.get(PAGE).headers["location"] == "/login?next=/admin/audit"
    client.cookies.set(DISPLAY_COOKIE, house.display()[0])
    assert client.get(PAGE).status_code == 403


def test_an_entry_is_told_in_chinese(house: House):
    act(house, Action.ALERT_ACT, "alert 3", action="assign", office="county", due_at=AT + timedelta(days=1))
    act(house, Action.EXPORT, "quarantine of pay", form="csv", rows=12, scope=house.city, as_of=AT)
    act(house, Action.DENIED, "GET /displays", who="")
    text = enter(house).get(PAGE).text
    for words in (
        "2026-03-02 15:00:00", "预警办理", "<td>预警 3</td>", "动作 交办，时限 2026-03-03 15:00，承办 各县区",
        "隔离区 pay", "截至 2026-03-02 15:00，格式 csv，行数 12，范围 全市", "▲ 已拒绝", "未知<small>", "10.20.3.7",
    ):  # fmt: skip
        assert words in text, words
    assert "2026-03-02 16:00:00" in text  # as of the house's clock
    assert '<html lang="zh-CN"' in text


def test_hostile_words_stay_words(house: House):
    act(house, Action.DENIED, f"GET /{SCRIPT}", who=f'"><b>{SCRIPT}', note=SCRIPT, **{SCRIPT: SCRIPT})
    answer = enter(house).get(
        PAGE, params={"who": f'"><b>{SCRIPT}', "action": SCRIPT, "day": SCRIPT, "before": SCRIPT}
    )
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "<b>" not in answer.text
    assert answer.text.count("&lt;script&gt;") >= 6


def test_it_is_found_by_who_what_and_day(house: House):
    act(house, Action.RERUN, "one", at=AT - timedelta(days=1))
    act(house, Action.RERUN, "two", who="li")
    act(house, Action.EXPORT, "desk ledger")
    client = enter(house)

    def shown(**query: str) -> list[str]:
        text = client.get(PAGE, params=query).text
        return [name for name in ("<td>one</td>", "<td>two</td>", "<td>处置台账</td>") if name in text]

    assert shown(who="li") == ["<td>two</td>"]
    assert shown(action="rerun") == ["<td>one</td>", "<td>two</td>"]
    assert shown(day="2026-03-02", who="wang") == ["<td>处置台账</td>"]
    assert shown(day="2026-03-01") == ["<td>one</td>"]
    assert shown(who="nobody") == []
    assert "没有符合条件的记录" in client.get(PAGE, params={"who": "nobody"}).text
    for strange in (
        {"before": "-1"},
        {"before": "9" * 40},
        {"before": "²"},
        {"day": "0001-01-01"},
        {"action": "x"},
    ):
        assert len(shown(**strange)) == 3, strange


def test_pages_are_turned_and_keep_what_was_asked_for(house: House):
    for n in range(PAGE_ROWS + 1):
        act(house, Action.RERUN, f"source-{n}")
    client = enter(house)
    first = client.get(PAGE, params={"who": "wang"}).text
    assert "source-50<" in first
    assert "source-0<" not in first
    assert 'href="/admin/audit?who=wang&amp;before=2"' in first
    last = client.get(PAGE, params={"who": "wang", "before": "2"}).text
    assert "source-0<" in last
    assert ">较早<" not in last
    assert '<a href="/admin/audit?who=wang">最新</a>' in last


def test_what_is_asked_for_is_taken_along_as_a_file(house: House):
    act(house, Action.RERUN, "one")
    act(house, Action.RERUN, "=1+1", who="li")
    client = enter(house)
    page = client.get(PAGE, params={"who": "li", "before": "2"}).text
    assert 'href="/admin/audit.csv?who=li"' in page
    answer = client.get("/admin/audit.csv?who=li")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    heads, line = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert (heads[0], line[0], line[2], line[6]) == ("编号", "2", "li", "'=1+1")
    told = client.get("/admin/audit.jsonl").text.splitlines()
    assert [json.loads(entry)["subject"] for entry in told] == ["one", "=1+1", "audit log"]
    assert client.get("/admin/audit.pdf").status_code == 404


def test_the_state_of_the_chain_is_said(house: House):
    client = enter(house)
    assert "○ 尚未校验" in client.get(PAGE).text
    act(house, Action.RERUN, "pay")
    looked_at(house)
    act(house, Action.RERUN, "pay")
    text = client.get(PAGE).text
    assert "✓ 日志链完好（03-02 16:00:00 校验至第 1 条）" in text
    assert "库外锚点：2026-03-02 16:00:00 第 2 条" in text
    assert "其后 1 条尚无锚点佐证" in text


def test_a_chain_that_is_not_looked_at_any_more_is_no_good_news(house: House):
    looked_at(house)
    house.now.move(hours=37)
    assert "▲ 超过一天没有校验" in enter(house).get(PAGE).text


def test_an_anchor_line_that_is_none_is_no_good_news(house: House):
    looked_at(house)
    with anchors_file(house.settings.data_dir).open("a") as file:
        file.write("nonsense\n")
    assert "▲ 锚点文件有 1 行读不出来" in enter(house).get(PAGE).text


def test_a_store_that_the_anchor_contradicts_is_said_at_once_and_what_the_worker_found_after_it(house: House):
    act(house, Action.RERUN, "pay")
    looked_at(house)
    with write(house.engine) as conn:
        conn.exec_driver_sql("DROP TRIGGER audit_log_is_never_changed")
        conn.exec_driver_sql("UPDATE audit_log SET hash = 'f' WHERE number = 2")
    client = enter(house)
    assert "▼ 日志不可信：库内第 2 条与锚点不符" in client.get(PAGE).text
    house.now.move(days=1)
    client.cookies.set(SESSION_COOKIE, house.session("shen"))
    with pytest.raises(StoreError):
        looked_at(house)
    assert "▼ 日志不可信：首条异常 2，已校验 1，像是 内容被改" in client.get(PAGE).text


def test_a_lost_database_is_said(house: House):
    client = enter(house)
    with write(house.engine) as conn:
        conn.exec_driver_sql("ALTER TABLE audit_log RENAME TO away")
    answer = client.get(PAGE)
    assert answer.status_code == 503
    assert "数据库暂时连不上" in answer.text


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 1920])
def test_the_page_fits_the_screen(house: House, browser: Browser, width: int):
    for n in range(3):
        act(house, Action.ALERT_ACT, f"alert {n}", action="raise", level="orange")
        act(house, Action.EXPORT, "desk ledger", form="xlsx", rows=1204, scope=house.city, as_of=AT)
        act(house, Action.DENIED, "POST /sources/pay/rerun", times=100)
        act(house, Action.IMPORT, "bank-a", file=f"ZFXFQ_20221028_{'0' * 60}.csv", sha256="ab" * 32)
    looked_at(house)
    act(house, Action.DISCREPANCY_CLOSE, "discrepancy 7", cause="gap_accepted")
    client = enter(house)
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()

    def serve(route: object, request: object) -> None:
        answer = client.get(request.url.removeprefix(ADDRESS))  # type: ignore[attr-defined]
        route.fulfill(  # type: ignore[attr-defined]
            status=answer.status_code, body=answer.content, headers=dict(answer.headers)
        )

    page.route("**/*", serve)
    page.goto(ADDRESS + PAGE)
    if shots := os.environ.get("QUANQING_SHOTS"):
        page.screenshot(path=f"{shots}/admin-audit-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
