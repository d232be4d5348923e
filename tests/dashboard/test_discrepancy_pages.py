"""对账差异 on the sources page: what stands there, who may close one, and that nothing closes without a cause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.entry.visitors import SESSION_COOKIE
from dashboard.reconciling import RECONCILE_JOB
from dashboard.sources.discrepancy_pages import CAUSES
from domain.records import Grade
from domain.statements import Cause, Discrepancy, Metric, Statement, StatementEntry
from store import schema
from store.engine import read, write
from store.queries.discrepancies import closed_discrepancies, open_discrepancies
from store.writes.access import add_user
from store.writes.intake import report_feed
from store.writes.jobs import job_succeeded
from store.writes.reconcile import reconcile
from store.writes.statements import save_statements
from tests.dashboard.conftest import ADDRESS, PASSWORD_HASH, House

DAY = datetime(2022, 10, 27, 16, 0, tzinfo=UTC)
NOW = DAY + timedelta(days=1, hours=11)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def differing(house: House) -> House:
    """The city's platform states one redemption of 20 yuan that nobody has told us of."""
    house.settings.sources.write_text("", encoding="utf-8")
    stated = Statement(
        platform="city-pay", sub_project="SP-CITY-R", metric=Metric.REDEEMED_GROSS, value_count=1, value_fen=2_000,
        day=DAY, stated_at=DAY + timedelta(days=1),
    )  # fmt: skip
    with write(house.engine) as conn:
        entry = StatementEntry(statement=stated, programme="city", tranche="T1")
        save_statements(conn, [entry], source="pay", raw_sha256="a" * 64, now=NOW)
        report_feed(conn, programmes=["city"], source="pay", data_time=NOW, grade=Grade.FLASH)
        assert reconcile(conn, house.campaign, now=NOW).opened == 1
        job_succeeded(conn, RECONCILE_JOB, now=NOW)
    return house


def enter(house: House, role: str = "commerce") -> TestClient:
    with write(house.engine) as conn:
        add_user(conn, "who", role=role, county=None, password_hash=PASSWORD_HASH, now=house.now())
    app = house.app(Clock.rehearsal(NOW, speed=0))
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, house.session("who"))
    return client


def only(house: House) -> Discrepancy:
    with read(house.engine) as conn:
        (found,) = open_discrepancies(conn)
    return found


def shown(house: House) -> dict[str, str]:
    """What the page's form sends of the row it stands at."""
    return {"shown": only(house).refreshed_at.isoformat()}


def test_an_open_difference_stands_on_the_page_with_its_figures(differing: House) -> None:
    page = enter(differing).get("/sources").text
    for words in (
        "未结 1 项",
        "长治市本级",
        "市民付(示例)",
        "第一批",
        "10月28日",
        "核销",
        "0 张",
        "+1 张",
        "+20.00 元",
    ):
        assert words in page
    assert f'action="/discrepancies/{only(differing).discrepancy_id}/close"' in page
    for inline in ("<script", "<style", " style=", "onclick"):
        assert inline not in page


def test_where_nothing_differs_the_page_says_so_and_before_the_first_run_that_nothing_is_known(
    house: House,
) -> None:
    house.settings.sources.write_text("", encoding="utf-8")
    client = enter(house)
    assert "尚未对账" in client.get("/sources").text
    with write(house.engine) as conn:
        job_succeeded(conn, RECONCILE_JOB, now=NOW)
    assert "没有未结差异" in client.get("/sources").text


def test_closing_takes_a_cause_and_keeps_who_and_when(differing: House) -> None:
    client, number = enter(differing), only(differing).discrepancy_id
    fields = {"cause": "gap_accepted", "note": f"平台无法补传{SCRIPT}", **shown(differing)}
    answer = client.post(f"/discrepancies/{number}/close", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sources")
    with read(differing.engine) as conn:
        (closed,) = closed_discrepancies(conn, since=NOW)
    assert (closed.cause, closed.closed_by, closed.closed_at) == (Cause.GAP_ACCEPTED, "who", NOW)
    page = client.get("/sources").text
    assert "近 7 日已结 1 项" in page
    assert CAUSES[Cause.GAP_ACCEPTED] in page
    assert "平台无法补传&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 400), ({"cause": ""}, 400), ({"cause": "because"}, 400), ({"cause": "other"}, 409),
     ({"cause": "other", "note": " \u200b "}, 409), ({"cause": "other", "note": "x" * 20_000}, 400)],
)  # fmt: skip
def test_without_a_good_cause_it_stays_open(differing: House, fields: dict[str, str], status: int) -> None:
    number = only(differing).discrepancy_id
    assert (
        enter(differing).post(f"/discrepancies/{number}/close", data=shown(differing) | fields).status_code
        == status
    )
    assert only(differing).discrepancy_id == number


@pytest.mark.parametrize(
    ("number", "status"), [("999", 409), ("x", 404), ("²", 404), ("9" * 40, 404), ("-1", 404)]
)
def test_a_strange_number_closes_nothing(differing: House, number: str, status: int) -> None:
    fields = {"cause": "gap_accepted", **shown(differing)}
    answer = enter(differing).post(f"/discrepancies/{number}/close", data=fields)
    assert answer.status_code == status
    assert only(differing)


@pytest.mark.parametrize("then", ["", "yesterday", "2022-10-29T01:00:00", "2022-10-29T00:59:59+08:00"])
def test_only_the_difference_that_was_shown_is_accepted(differing: House, then: str) -> None:
    """The worker may have found another one since the page was opened."""
    client, row = enter(differing), only(differing)
    assert f'name="shown" value="{row.refreshed_at.isoformat()}"' in client.get("/sources").text
    fields = {"cause": "gap_accepted", "shown": then}
    answer = client.post(f"/discrepancies/{row.discrepancy_id}/close", data=fields)
    assert (answer.status_code, "请刷新再看" in answer.text) == (409, True)
    assert only(differing) == row


def test_who_does_not_look_after_the_sources_cannot_close(differing: House) -> None:
    number = only(differing).discrepancy_id
    path, fields = f"/discrepancies/{number}/close", {"cause": "gap_accepted", **shown(differing)}
    assert enter(differing, "desk").post(path, data=fields).status_code == 403
    assert only(differing)


def test_another_site_cannot_close(differing: House) -> None:
    number = only(differing).discrepancy_id
    headers = {"origin": "https://evil.example"}
    answer = enter(differing).post(
        f"/discrepancies/{number}/close", data={"cause": "gap_accepted"}, headers=headers
    )
    assert answer.status_code == 403
    assert only(differing)


def test_a_lost_database_is_said(differing: House) -> None:
    client, fields = enter(differing), {"cause": "gap_accepted", **shown(differing)}
    with write(differing.engine) as conn:
        conn.exec_driver_sql("ALTER TABLE discrepancies RENAME TO away")
    assert client.post("/discrepancies/1/close", data=fields).status_code == 503


def test_every_cause_has_its_words() -> None:
    assert set(CAUSES) == set(Cause)


def test_names_from_outside_stay_text(differing: House) -> None:
    with write(differing.engine) as conn:
        conn.execute(
            schema.discrepancies.update().values(
                programme=SCRIPT, platform=SCRIPT, template=SCRIPT, round_no=1
            )
        )
        assert conn.execute(select(schema.discrepancies.c.programme)).scalar_one() == SCRIPT
    page = enter(differing).get("/sources").text
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 3
