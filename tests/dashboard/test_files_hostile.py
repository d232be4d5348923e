"""120 ways to have a browser run what strangers wrote, as names of merchants, files, rows and fields.

The pages are served without their content policy: escaping alone has to hold.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, Route
from starlette.testclient import TestClient

from alerts.judge import judge
from alerts.rules import RULES
from alerts.watch import watch
from domain.flags import Reason
from domain.records import Payload, Reject
from store.engine import read, write
from store.queries.cases import cases_since
from store.writes import intake
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.hostile_words import PAYLOADS
from tests.dashboard.test_desk_hostile import CLEAN, LOOK, WATCH
from tests.dashboard.test_flag_pages import NOW, enter
from tests.dashboard.test_source_pages import SOURCES
from tests.store.judged import ban, load, save, shop, used

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FORMULAS = ("=1+1", "+1", "-1", "@x", "\t=1", "\r=1")


def fill(house: House) -> None:
    """Each payload as a merchant with its name who sold against every rule, and as a file with its row and field."""
    house.settings.sources.write_text(SOURCES, encoding="utf-8")
    merchants = [words[:64].strip() or "x" for words in PAYLOADS]
    with write(house.engine) as conn:
        shops = [
            shop(no, name=words, division="140404") for no, words in zip(merchants, PAYLOADS, strict=True)
        ]
        load(
            conn, list({one.no: one for one in shops}.values()), [ban(no) for no in dict.fromkeys(merchants)]
        )
        sold = [used(house.campaign, n, merchant=no, order_fen=1) for n, no in enumerate(merchants)]
        save(conn, house.campaign, *sold)
        for words in (*PAYLOADS, *FORMULAS):
            payload = Payload(name=words, body=words.encode(), media_type="text/csv")
            sha = hashlib.sha256(payload.body).hexdigest()
            intake.keep_raw(conn, payload, source="pay", sha256=sha, now=NOW)
            reject = Reject(row=words[:64], field=words[:64], reason=words, excerpt=words)
            intake.quarantine(conn, [reject], source="pay", sha256=sha, now=NOW)
        intake.source_failed(conn, "pay", trouble="".join(PAYLOADS), now=NOW)
    judge(house.engine, house.campaign, now=NOW)
    for later in (timedelta(0), timedelta(hours=1)):
        watch(house.engine, RULES, house.campaign, (), clock=lambda later=later: NOW + later)


@pytest.fixture
def client(house: House) -> TestClient:
    fill(house)
    return enter(house, "task-force")


@pytest.fixture
def page(client: TestClient, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.add_init_script(f"({WATCH})()")

    def serve(route: Route) -> None:
        if "/api/v1/stream" in route.request.url:
            return route.abort()
        answer = client.get(route.request.url.removeprefix(ADDRESS))
        headers = {k: v for k, v in answer.headers.items() if k != "content-security-policy"}
        return route.fulfill(status=answer.status_code, body=answer.content, headers=headers)

    opened.route("**/*", serve)
    yield opened
    context.close()


def test_no_page_runs_what_a_merchant_or_a_file_is_called(page: Page, house: House) -> None:
    with read(house.engine) as conn:
        alerts = [f"/desk/alerts/{case.alert_id}" for case in cases_since(conn, since=None)]
    assert alerts
    seen = ""
    for path in (
        "/sources",
        "/flags",
        *(f"/flags/{reason}" for reason in Reason),
        "/desk",
        *alerts,
        "/desk/board",
    ):
        answer = page.goto(ADDRESS + path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.evaluate(LOOK) == CLEAN, path
        seen += page.inner_text("main")
    assert PAYLOADS[0] in seen  # a merchant's name is shown as what it is
    page.goto(f"{ADDRESS}/sources/pay/quarantine")
    read_rows = 0
    while True:
        assert page.evaluate(LOOK) == CLEAN, page.url
        read_rows += page.locator("tbody tr").count()
        older = page.get_by_text("较早")
        if older.count() == 0:
            break
        older.click()
    assert read_rows == len(PAYLOADS) + len(FORMULAS)


def test_no_download_is_called_what_a_file_is_and_none_of_its_cells_reckons(client: TestClient) -> None:
    quarantine = client.get("/sources/pay/quarantine.csv")
    assert quarantine.headers["content-disposition"] == 'attachment; filename="quarantine-pay.csv"'
    ledger = client.get("/desk/ledger.csv")
    for answer in (quarantine, ledger):
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
        assert len(rows) > 1
        reckoning = (
            cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        )
        assert [cell for cell in reckoning if cell != "-1"] == []  # a number below nothing is itself
    assert any("onerror" in cell for row in csv.reader(io.StringIO(quarantine.text)) for cell in row)
    book = load_workbook(io.BytesIO(client.get("/desk/ledger.xlsx").content))
    assert {cell.data_type for sheet in book for row in sheet for cell in row if cell.value} <= {
        "s",
        "n",
        "d",
    }
