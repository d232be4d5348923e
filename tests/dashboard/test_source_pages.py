"""The pages of sources as a visitor meets them: who gets in, what they say, and that hostile text stays text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.entry.identity import IDLE
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE
from dashboard.permissions import May, roles_with
from dashboard.sources.promised import SIDES, promised
from dashboard.sources.source_pages import quarantine_csv, sources_page
from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.readings import QuarantinedRow, SourceBoard
from domain.records import Payload, Reject
from domain.terms import local
from ingest.configured import source_class
from ingest.sources import KINDS
from store.engine import read, write
from store.queries.reruns import waiting_reruns
from store.queries.sources import FAILURES_TO_BE_DOWN, FAILURES_TO_PAUSE
from store.writes import intake
from store.writes.access import add_user
from tests.dashboard.conftest import ADDRESS, PASSWORD_HASH, House

NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"
SHA = "cd" * 32
PAGES = ("/sources", "/sources/pay/quarantine", "/sources/pay/quarantine.csv")
SOURCES = f"""
[[source]]
id = "pay"
kind = "json_api"
name = "市民付{SCRIPT}"
every_s = 60
stale_after_s = 600

[[source]]
id = "news"
kind = "rss"
name = "日报"
every_s = 60
stale_after_s = 3600
"""


@pytest.fixture
def configured(house: House) -> House:
    house.settings.sources.write_text(SOURCES, encoding="utf-8")
    return house


def enter(house: House, role: str = "task-force", *, county: str | None = None) -> TestClient:
    """A browser signed in under that role, before the whole application; the campaign's clock stands still."""
    with write(house.engine) as conn:
        add_user(conn, "who", role=role, county=county, password_hash=PASSWORD_HASH, now=house.now())
    app = house.app(Clock.rehearsal(NOW, speed=0))
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, house.session("who"))
    return client


def set_aside(house: House, *excerpts: str, source: str = "pay") -> None:
    rejects = [
        Reject(row=f"row {n}", field="amount", reason="not money", excerpt=text)
        for n, text in enumerate(excerpts)
    ]
    with write(house.engine) as conn:
        intake.quarantine(conn, rejects, source=source, sha256=SHA, now=NOW)


def roles(campaign: Campaign) -> Iterator[str]:
    yield from {office.id for office in campaign.office} - set(roles_with(May.OVERSEE))


@pytest.mark.parametrize("role", roles_with(May.OVERSEE))
@pytest.mark.parametrize("path", PAGES)
def test_who_looks_after_the_sources_sees_them(configured: House, role: str, path: str):
    assert enter(configured, role).get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_other_office_is_refused(configured: House, campaign: Campaign, path: str):
    refused = sorted(roles(campaign))
    assert "county" in refused
    client = enter(configured, "task-force")
    for role in (*refused, "desk", ""):
        with write(configured.engine) as conn:
            add_user(
                conn, f"u-{role}", role=role, county=None, password_hash=PASSWORD_HASH, now=configured.now()
            )
        client.cookies.clear()
        client.cookies.set(SESSION_COOKIE, configured.session(f"u-{role}"))
        answer = client.get(path)
        assert (role, answer.status_code) == (role, 403)
        assert "市民付" not in answer.text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", ["county", *roles_with(May.OVERSEE)])
def test_whoever_is_held_to_one_county_is_refused_whatever_the_role(configured: House, role: str, path: str):
    assert enter(configured, role, county=configured.county).get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_screens_strangers_and_the_idle_do_not_get_in(configured: House, path: str):
    client = enter(configured)
    configured.now.move(seconds=IDLE.total_seconds())
    assert client.get(path).status_code == 303
    client.cookies.clear()
    assert client.get(path).headers["location"].startswith("/login?next=/sources")
    client.cookies.set(DISPLAY_COOKIE, configured.display()[0])
    assert client.get(path).status_code == 403


def test_state_is_said_in_words_and_shapes(configured: House):
    page = enter(configured).get("/sources").text
    assert page.count("</i>从未</span>") == 3  # once a source, once in the count
    with write(configured.engine) as conn:
        intake.source_succeeded(conn, "pay", cursor=None, data_time=NOW, now=NOW)
        for _ in range(FAILURES_TO_BE_DOWN):
            intake.source_failed(conn, "news", trouble=f"down {SCRIPT}", now=NOW)
    page = enter_again(configured).get("/sources").text
    assert "●</i>正常</span>" in page
    assert "▼</i>中断</span>" in page
    assert "故障：down &lt;script&gt;" in page
    with write(configured.engine) as conn:
        early = NOW - timedelta(hours=1)
        intake.source_succeeded(conn, "late", cursor=None, data_time=early, now=NOW)
    late = SOURCES.replace('"pay"', '"late"')
    configured.settings.sources.write_text(late, encoding="utf-8")
    assert "▲</i>迟到</span>" in enter_again(configured).get("/sources").text


def test_a_source_that_is_left_alone_says_until_when(configured: House):
    assert "以后再读取" not in enter(configured).get("/sources").text
    with write(configured.engine) as conn:
        for _ in range(FAILURES_TO_PAUSE):
            intake.source_failed(conn, "pay", trouble="down", now=NOW)
        intake.source_failed(conn, "news", trouble="later", now=NOW, not_before=NOW + timedelta(minutes=40))
    page = enter_again(configured).get("/sources").text
    for trouble, minutes in (("down", 5), ("later", 40)):
        assert f"故障：{trouble}（{local(NOW + timedelta(minutes=minutes)):%H:%M:%S} 以后再读取）" in page


def enter_again(house: House) -> TestClient:
    client = TestClient(house.app(Clock.rehearsal(NOW, speed=0)), base_url=ADDRESS, follow_redirects=False)
    client.cookies.set(SESSION_COOKIE, house.session("who"))
    return client


def test_the_page_is_chinese_knows_its_time_and_runs_no_script(configured: House):
    answer = enter(configured).get("/sources")
    assert '<html lang="zh-CN"' in answer.text
    assert "截至 <time>2022-10-28 10:00:00</time>" in answer.text
    assert "市民付&lt;script&gt;" in answer.text
    for inline in ("<script", "<style", " style=", "onclick", 'http-equiv="refresh"'):
        assert inline not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_what_was_put_aside_is_shown_as_text(configured: House):
    with write(configured.engine) as conn:
        hostile = Payload(name=f'"><b>{SCRIPT}', body=b"x", media_type="text/csv")
        intake.keep_raw(conn, hostile, source="pay", sha256=SHA, now=NOW)
        reject = Reject(row=SCRIPT, field=SCRIPT, reason=SCRIPT, excerpt=f"{{body}}{SCRIPT}")
        intake.quarantine(conn, [reject], source="pay", sha256=SHA, now=NOW)
    page = enter(configured).get("/sources/pay/quarantine").text
    assert "<script" not in page
    assert "<b>" not in page
    assert page.count("&lt;script&gt;") == 7  # four cells, the payload, and the source's name twice
    assert "{body}" in page
    assert f">{SHA[:12]}</code>" in page


def test_pages_are_turned_and_a_strange_number_is_the_first(configured: House):
    set_aside(configured, *(f"cell {n}" for n in range(101)))
    client = enter(configured)
    first = client.get("/sources/pay/quarantine").text
    assert "共 101 行，新的在前，第 1 / 2 页" in first
    assert "?page=2" in first
    last = client.get("/sources/pay/quarantine?page=2").text
    assert "cell 0<" in last
    assert "较早" not in last
    for strange in ("x", "-1", "", "²", "9" * 40):
        assert "第 1 / 2 页" in client.get("/sources/pay/quarantine", params={"page": strange}).text


@pytest.mark.parametrize("name", ["nobody", "..", "PAY", "pay%0a", "%3Cscript%3E"])
@pytest.mark.parametrize("end", ["quarantine", "quarantine.csv"])
def test_an_unknown_source_is_not_found(configured: House, name: str, end: str):
    answer = enter(configured).get(f"/sources/{name}/{end}")
    assert answer.status_code == 404
    assert "<script" not in answer.text


def test_nothing_put_aside_and_nothing_configured_are_said_in_a_sentence(configured: House):
    client = enter(configured)
    page = client.get("/sources/news/quarantine").text
    assert "该来源没有被隔离的行。" in page
    assert "下载 CSV" not in page
    configured.settings.sources.write_text("", encoding="utf-8")
    assert "尚未配置任何来源。" in client.get("/sources").text


def test_delays_stand_beside_how_often_we_ask_and_how_long_a_source_may_be_silent(configured: House):
    def intervals(page: str) -> list[tuple[str, str]]:
        rows = page.split("<tbody>")[1:]
        return [tuple(re.findall(r'<td class="num">([^<]*)</td>', row)[2:4]) for row in rows]

    page = enter(configured).get("/sources").text
    heads = re.findall(r'<th scope="col">([^<]*)</th>', page.split("<tbody>")[0])
    assert heads[:4] == ["p50", "p95", "读取", "允许"]
    assert intervals(page) == [("1 分钟", "10 分钟"), ("1 分钟", "1 小时")]
    configured.settings.sources.write_text(SOURCES.replace("every_s = 60", 'every_s = "60"', 1))
    assert intervals(enter_again(configured).get("/sources").text)[0] == ("—", "10 分钟")


def test_an_empty_board_needs_no_store():
    assert "尚未配置任何来源。" in sources_page(SourceBoard(as_of=NOW, reports=()), banner=None)


def test_a_configuration_that_cannot_be_read_is_said_and_breaks_nothing(house: House):
    client = enter(house)
    assert client.get("/sources").status_code == 503
    assert "来源配置读不出来" in client.get("/sources").text
    assert client.get("/healthz").status_code == 200


def test_a_lost_database_is_said(configured: House):
    client = enter(configured)
    with write(configured.engine) as conn:
        conn.exec_driver_sql("ALTER TABLE source_runs RENAME TO away")
    answer = client.get("/sources")
    assert answer.status_code == 503
    assert "数据库暂时连不上" in answer.text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1+1", "-A1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_download_is_a_formula(cell: str):
    hostile = QuarantinedRow(
        row=cell, field=cell, reason=cell, excerpt=cell, received_at=NOW, sha256=SHA, payload=cell
    )
    body = quarantine_csv([hostile]).decode("utf-8-sig")
    _, line = csv.reader(io.StringIO(body, newline=""))
    assert line[1:6] == [f"'{cell}"] * 5


def test_the_download_opens_in_a_spreadsheet(configured: House):
    set_aside(configured, "=HYPERLINK(1)", '中文,"引号"\n换行', "1-1")
    answer = enter(configured).get("/sources/pay/quarantine.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="quarantine-pay.csv"'
    heads, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert heads == ["接收时间", "行", "字段", "原因", "摘录", "报文", "sha256"]
    assert [line[4] for line in lines] == ["1-1", '中文,"引号"\n换行', "'=HYPERLINK(1)"]
    assert lines[0][0] == "2022-10-28T10:00:00+08:00"


@pytest.mark.parametrize(("role", "shown"), [("task-force", True), ("county", False)])
def test_the_way_there_is_shown_to_whom_it_is_open(configured: House, role: str, shown: bool):
    assert ('href="/sources"' in enter(configured, role).get("/login").text) is shown


def test_every_kind_of_source_is_on_the_side_its_connector_says():
    assert {kind: source_class(kind).side for kind in KINDS} == SIDES


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [('"rss"', '"fax"', "kind"), ("= 600", '= "600"', "stale_after_s"), ("= 600", "= true", "stale_after_s"),
     ('id = "pay"', "id = 7", "id"), ("[[source]]", "[source]", "TOML"), ("\n[[source]]", "\nsource = 1\n#", "source")],
)  # fmt: skip
def test_a_wrong_configuration_names_what_is_wrong(tmp_path: Path, old: str, new: str, word: str):
    path = tmp_path / "sources.toml"
    path.write_text(SOURCES.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=word):
        promised(path)


def test_the_button_asks_the_worker_to_read_a_source_and_says_who_asked(configured: House):
    client = enter(configured)
    assert client.get("/sources").text.count("<button>重新读取</button>") == 2
    answer = client.post("/sources/pay/rerun", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sources")
    with read(configured.engine) as conn:
        (waiting,) = waiting_reruns(conn)
    assert (waiting.source, waiting.asked_by) == ("pay", "who")
    text = client.get("/sources").text
    assert "who" in text
    assert "要求重新读取，等待中" in text
    assert text.count("<button>重新读取</button>") == 1


def test_a_source_that_is_not_configured_cannot_be_asked_for(configured: House):
    assert enter(configured).post("/sources/gone/rerun").status_code == 404
    with read(configured.engine) as conn:
        assert waiting_reruns(conn) == ()


def test_another_site_cannot_press_the_button(configured: House):
    answer = enter(configured).post("/sources/pay/rerun", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    with read(configured.engine) as conn:
        assert waiting_reruns(conn) == ()


def test_who_does_not_look_after_the_sources_cannot_press_it(configured: House):
    assert enter(configured, "desk").post("/sources/pay/rerun").status_code == 403
    with read(configured.engine) as conn:
        assert waiting_reruns(conn) == ()
