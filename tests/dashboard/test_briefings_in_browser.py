"""专报 in a real browser: asked for, previewed and downloaded; a county's people meet their own county's alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pypdf
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.entry.visitors import SESSION_COOKIE
from domain.campaign import Campaign
from store.engine import read
from store.queries.briefings import paper_file
from tests.conftest import DATA
from tests.dashboard.conftest import BUILD, House, open_house
from tests.dashboard.little_house import Server
from tests.dashboard.test_briefings import COUNTY, claimed, there, work
from tests.dashboard.test_briefings import NOON as NOON
from tests.dashboard.test_paper_kinds import alert_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, small_campaign: Campaign
) -> Iterator[House]:
    opened = open_house(tmp_path_factory.mktemp("briefings"), migrated_sqlite, small_campaign)
    opened.now.moment = datetime.now(UTC)
    opened.add_user(role="task-force")
    opened.add_user(COUNTY, role="county", county=COUNTY)
    claimed(opened, 1, 2)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="module")
def server(house: House) -> Iterator[Server]:
    running = Server(
        {
            "QUANQING_DATABASE_URL": house.settings.database_url,
            "QUANQING_DATA_DIR": str(house.settings.data_dir),
            "QUANQING_CAMPAIGN": str(DATA / "campaign-small.toml"),
            "QUANQING_SECRET_KEY": house.settings.secret_key,
        }
    )
    running.start(LITTLE_BUILD=BUILD)
    yield running
    running.kill()


def entered(browser: Browser, server: Server, house: House, name: str) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    context.add_cookies([{"name": SESSION_COOKIE, "value": house.session(name), "url": server.address}])
    page = context.new_page()
    page.goto(f"{server.address}/briefings")
    return page


def generate(page: Page, house: House, scope: str) -> None:
    """As a person does, and the worker's next look."""
    page.get_by_label("范围").select_option(scope)
    page.get_by_label("日期").fill("2022-10-28")
    page.get_by_role("button", name="生成专报").click()
    expect(page.get_by_text("正在生成")).to_be_visible()
    work(house, NOON)
    page.get_by_role("link", name="刷新").click()


def test_generate_preview_and_download(browser: Browser, server: Server, house: House, tmp_path: Path):
    page = entered(browser, server, house, "duty")
    generate(page, house, house.city)
    expect(page.get_by_text("第 1 版")).to_be_visible()
    expect(page.get_by_text("6项通过")).to_be_visible()
    (paper,) = there(house, house.city)
    for word, form in (("PDF", "pdf"), ("Word", "docx"), ("Excel", "xlsx"), ("JSON", "json")):
        with page.expect_download() as caught:
            page.get_by_role("link", name=word, exact=True).click()
        saved = tmp_path / caught.value.suggested_filename
        caught.value.save_as(saved)
        assert saved.name == f"daily-{house.city}-20221028-1.{form}"
        with read(house.engine) as conn:
            kept = paper_file(conn, paper.briefing_id, form)
        assert kept is not None
        assert saved.read_bytes() == kept[1]
    assert "领取" in pypdf.PdfReader(tmp_path / f"daily-{house.city}-20221028-1.pdf").pages[0].extract_text()
    assert openpyxl.load_workbook(tmp_path / f"daily-{house.city}-20221028-1.xlsx").worksheets
    page.get_by_role("link", name="预览").click()
    expect(page.get_by_role("heading", name=paper.title)).to_be_visible()
    expect(page.get_by_text("当日领取2张")).to_be_visible()
    page.context.close()


def test_a_county_meets_its_own_alone(browser: Browser, server: Server, house: House):
    page = entered(browser, server, house, COUNTY)
    assert page.get_by_label("范围").locator("option").all_inner_texts() == ["潞州区"]
    assert page.get_by_text("长治市").count() == 0
    generate(page, house, COUNTY)
    expect(page.get_by_role("link", name="预览")).to_have_count(1)
    (city,) = there(house, house.city)
    for address in (f"{city.briefing_id}.pdf", f"{city.briefing_id}/preview"):
        answer = page.request.get(f"{server.address}/briefings/{address}")
        assert answer.status == 404
    page.get_by_role("link", name="预览").click()
    expect(page.get_by_role("heading", name="潞州区数字消费券运行日报")).to_be_visible()
    page.context.close()


def test_an_alerts_page_asks_for_its_paper(browser: Browser, server: Server, house: House):
    alert_id = alert_of(house, COUNTY)
    page = entered(browser, server, house, "duty")
    page.get_by_label("种类").select_option("舆情日报")
    generate(page, house, house.city)
    page.goto(f"{server.address}/desk/alerts/{alert_id}")
    page.get_by_role("button", name="生成快报").click()
    expect(page.get_by_text("正在生成")).to_be_visible()
    work(house, NOON)
    page.get_by_role("link", name="刷新").click()
    row = page.get_by_role("row").filter(has_text=f"快报（预警 {alert_id}）")
    row.get_by_role("link", name="预览").click()
    expect(page.get_by_role("heading", name="潞州区数字消费券快报")).to_be_visible()
    expect(page.get_by_text("系统侧证据：无数据")).to_be_visible()
    page.context.close()
