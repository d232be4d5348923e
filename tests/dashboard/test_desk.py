"""The desk as a duty officer meets it: who gets in, what is shown, what may be done, and that words stay words."""

from __future__ import annotations

import io
import os
import re
from datetime import datetime, timedelta

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from alerts.parameters import Parameters
from alerts.rules import RULES
from alerts.watch import watch
from dashboard.clock import Clock
from dashboard.desk import evidence
from dashboard.desk.evidence import marked
from dashboard.desk.ledger import HEADS, ledger_xlsx
from dashboard.desk.parts import note_words
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE
from dashboard.permissions import May, roles_with
from domain.casework import Stage
from domain.evidence import SystemSide
from store.engine import read, write
from store.queries.cases import find_case, history_of
from store.writes.access import add_user
from tests.dashboard.conftest import ADDRESS, PASSWORD_HASH, House
from tests.dashboard.desk_day import NOW, SCRIPT, trouble

SIZES = ((1440, 900), (1920, 1080))


def enter(
    house: House, role: str = "cyberspace", *, county: str | None = None, at: datetime = NOW
) -> TestClient:
    with write(house.engine) as conn:
        add_user(conn, "wang", role=role, county=county, password_hash=PASSWORD_HASH, now=house.now())
    app = house.app(Clock.rehearsal(at, speed=0))
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, house.session("wang"))
    return client


def do(client: TestClient, alert: int, action: str, **fields: str) -> int:
    form = {"action": action, "note": "依据"} | fields
    return client.post(f"/desk/alerts/{alert}/act", data=form, headers={"origin": ADDRESS}).status_code


@pytest.mark.parametrize("role", roles_with(May.DUTY))
def test_who_works_on_alerts_gets_in(house: House, role: str) -> None:
    assert enter(house, role).get("/desk").status_code == 200


@pytest.mark.parametrize(
    ("role", "county"), [("commerce", None), ("audit", None), ("desk", None), ("finance", "140403")]
)
@pytest.mark.parametrize("path", ["/desk", "/desk/alerts/1", "/desk/ledger.csv", "/desk/posts"])
def test_others_are_refused(house: House, role: str, county: str | None, path: str) -> None:
    assert enter(house, role, county=county).get(path).status_code == 403


def test_screens_and_strangers_do_not_get_in(house: House) -> None:
    client = enter(house)
    client.cookies.clear()
    assert client.get("/desk").headers["location"].startswith("/login")
    client.cookies.set(DISPLAY_COOKIE, house.display()[0])
    assert client.get("/desk").status_code == 403


def test_the_queue_shows_level_clock_and_the_way_to_the_alert(house: House, alert: int) -> None:
    page = enter(house).get("/desk").text
    assert f'href="/desk/alerts/{alert}"' in page
    assert '<span class="level orange">' in page
    assert "5小时首次回应余 5 小时" in page
    assert "命中率（0/0 条已下结论）" in page


def test_an_empty_desk_says_so(house: House) -> None:
    assert "当前没有待办预警" in enter(house).get("/desk").text


def test_an_alert_shows_reasons_that_recompute_posts_and_money(house: House, alert: int) -> None:
    page = enter(house).get(f"/desk/alerts/{alert}").text
    assert "增速：" in page
    assert "：橙色，一致" in page
    assert "<mark>核销失败</mark>" in page
    assert f'class="{SystemSide.YES.value}">是' in page
    assert "<polyline" in page


def test_without_the_money_of_those_minutes_nothing_is_said(house: House) -> None:
    trouble(house, data_time=NOW - timedelta(hours=1))
    page = enter(house).get("/desk/alerts/1").text
    assert f'class="{SystemSide.NO_DATA.value}">无数据' in page
    assert 'class="unknown"' in page


def test_an_undisturbed_system_is_no_evidence(house: House) -> None:
    trouble(house, broken=False)
    assert f'class="{SystemSide.NO.value}">否' in enter(house).get("/desk/alerts/1").text


def test_hostile_posts_stay_words_and_only_web_addresses_are_links(house: House, alert: int) -> None:
    page = enter(house).get(f"/desk/alerts/{alert}").text
    assert SCRIPT not in page
    assert "<img" not in page
    assert "javascript:" not in page
    assert 'href="https://forum.example/' in page


@pytest.mark.parametrize("words", [("<",), ("script", "&lt;"), ("", " "), ("a" * 50,), ("(", "[")])
def test_marking_never_opens_a_tag(words: tuple[str, ...]) -> None:
    shown = marked(f"{SCRIPT} &lt; ([", words).replace("<mark>", "").replace("</mark>", "")
    assert "<" not in shown


def test_the_whole_day_from_verifying_to_a_verdict(house: House, alert: int) -> None:
    client = enter(house)
    acts: list[dict[str, str]] = [
        {"action": "verify"}, {"action": "grade", "level": "red"},
        {"action": "assign", "office": "commerce", "due_at": "2022-10-28T18:00"}, {"action": "accept"},
        {"action": "feedback"}, {"action": "respond"}, {"action": "close", "verdict": "real"}, {"action": "review"},
    ]  # fmt: skip
    assert [do(client, alert, **fields) for fields in acts] == [303] * len(acts)
    with read(house.engine) as conn:
        case, lines = find_case(conn, alert), history_of(conn, [alert])[alert]
    assert case is not None
    assert case.stage is Stage.REVIEWED
    assert [line.who for line in lines] == [None] + ["wang"] * len(acts)
    assert "命中率（1/1 条已下结论）" in client.get("/desk").text
    assert "属实" in client.get(f"/desk/alerts/{alert}").text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"action": "close", "verdict": "real"}, 409), ({"action": "wat"}, 400), ({"action": "verify", "x": "1"}, 400),
        ({"action": "dismiss", "note": ""}, 409), ({"action": "verify", "note": "长" * 2000}, 400),
        ({"action": "assign", "office": "nobody", "due_at": "2022-10-29T18:00"}, 400),
        ({"action": "merge", "target": "1"}, 409), ({"action": "merge", "target": "-1"}, 400),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused_and_changes_nothing(
    house: House, alert: int, fields: dict[str, str], status: int
) -> None:
    client = enter(house)
    assert do(client, alert, **fields) == status
    with read(house.engine) as conn:
        assert len(history_of(conn, [alert])[alert]) == 1


def test_a_form_from_elsewhere_is_refused(house: House, alert: int) -> None:
    form = {"action": "verify"}
    answer = enter(house).post(
        f"/desk/alerts/{alert}/act", data=form, headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 403


def test_an_alert_that_is_not_there_is_a_page_not_an_error(house: House) -> None:
    client = enter(house)
    assert [client.get(f"/desk/alerts/{n}").status_code for n in ("99", "x", "9" * 30)] == [404] * 3
    assert client.get("/desk/ledger.exe").status_code == 404


def test_what_people_found_themselves_is_kept_as_missed(house: House) -> None:
    client = enter(house)
    form = {"title": f"=HYPERLINK(1) {SCRIPT}", "level": "yellow", "county": "", "note": "群里先传开"}
    answer = client.post("/desk/alerts", data=form, headers={"origin": ADDRESS})
    assert answer.status_code == 303
    assert SCRIPT not in client.get(answer.headers["location"]).text
    assert "<b>1</b><span>漏报" in client.get("/desk").text


def test_the_ledger_holds_the_whole_way_and_no_formula(house: House, alert: int) -> None:
    client = enter(house)
    form = {"title": "=1+1", "level": "yellow", "county": "", "note": "-2"}
    client.post("/desk/alerts", data=form, headers={"origin": ADDRESS})
    do(client, alert, "verify")
    csv = client.get("/desk/ledger.csv").content.decode("utf-8-sig")
    assert "'=1+1" in csv
    assert "wang 核实" in csv
    book = load_workbook(io.BytesIO(client.get("/desk/ledger.xlsx").content))
    rows = list(book.active.iter_rows())
    assert [cell.value for cell in rows[0]] == list(HEADS)
    assert [rows[2][2].value, rows[2][2].data_type] == ["=1+1", "s"]
    assert "f" not in {cell.data_type for row in rows for cell in row}


def test_a_way_too_long_for_a_cell_keeps_its_end_and_says_so() -> None:
    way = "\n".join(f"第{n}步" + "因" * 400 for n in range(100))
    book = load_workbook(io.BytesIO(ledger_xlsx([("1", way)])))
    held = list(book.active.iter_rows())[1][1].value
    assert len(held) < 32_767
    assert held.endswith(way[-900:])
    assert held.startswith("（前略，全文见 CSV）")


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (None, ""), ("先核实", "先核实"), ("level=red 升到红", "红色，升到红"), ("into=7", "并入或拆出预警 7"),
        ("office=140403 due=2022-10-28T18:00:00+08:00", "交潞州区，限 10-28 18:00"), ("verdict=real", "属实"),
        ("level=violet due=x 不认识", "violet，x，不认识"), ("a level=red", "a level=red"),
    ],
)  # fmt: skip
def test_what_was_decided_is_said_in_the_desks_words(house: House, note: str | None, words: str) -> None:
    assert note_words(note, house.campaign) == words


def test_of_many_posts_the_ones_that_raised_the_alert_and_the_newest_are_shown(
    house: House, alert: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = enter(house)

    def numbers(head: str) -> list[int]:
        page = client.get(f"/desk/alerts/{alert}").text
        assert f"证据帖文（{head}）" in page
        return [int(n) for n in re.findall(r'name="post" value="(\d+)"', page)]

    newest_first = numbers("20 条")
    assert len(newest_first) == 20
    monkeypatch.setattr(evidence, "FIRST_SHOWN", 3)
    monkeypatch.setattr(evidence, "LAST_SHOWN", 4)
    assert numbers("20 条，显示最早 3 条和最近 4 条") == [*newest_first[:4], *newest_first[-3:]]


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_the_desk_fits_the_screen_and_runs_no_script(
    house: House, alert: int, browser: Browser, size: tuple[int, int]
) -> None:
    client = enter(house)
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))

    def serve(route: object, request: object) -> None:
        if "/api/v1/stream" in request.url:  # type: ignore[attr-defined]
            return route.abort()  # type: ignore[attr-defined, no-any-return]
        answer = client.get(request.url.removeprefix(ADDRESS))  # type: ignore[attr-defined]
        return route.fulfill(  # type: ignore[attr-defined, no-any-return]
            status=answer.status_code, body=answer.content, headers=dict(answer.headers)
        )

    page.route("**/*", serve)
    shots = os.environ.get("QUANQING_SHOTS")
    for name, path in (("queue", "/desk"), ("new", "/desk/alerts"), ("alert", f"/desk/alerts/{alert}")):
        page.goto(ADDRESS + path)
        wide = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if shots:
            page.screenshot(path=f"{shots}/desk-{name}-{size[0]}.png", full_page=name == "alert")
        assert wide, f"{path} is wider than {size[0]}"
    assert ran == []
    context.close()


def test_a_rule_that_is_switched_off_is_named_on_the_desk(house: House, alert: int) -> None:
    client = enter(house)
    assert "已停用" not in client.get("/desk").text
    quiet = Parameters.model_validate({"stale_feed": {"on": False}})
    watch(house.engine, RULES, house.campaign, (), clock=lambda: NOW, parameters=quiet)
    assert "已停用的预警规则：数据源中断" in client.get("/desk").text
