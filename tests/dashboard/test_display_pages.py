"""/displays as the person at the desk meets it: every screen's state, what helps, and that hostile text stays text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from dashboard.entry.visitors import SESSION_COOKIE
from dashboard.screens.legibility import legibility
from domain.displays import PairedDisplay, Report, Screen
from store.engine import read, write
from store.queries.displays import all_orders, fleet
from store.writes import displays as orders
from tests.dashboard.conftest import ADDRESS, BUILD, House

SCRIPT = "<script>alert(1)</script>"
REPORT = Report(
    build=BUILD,
    width_px=1920,
    height_px=1080,
    pixel_ratio=2,
    heap_bytes=24_400_000,
    scene="overview",
    type_px={"overview": (40.0, 108.0), "trust": (40.0, None)},
)
SCREEN = Screen(inches=65, metres=5, dim_from=1320, dim_until=390)


@pytest.fixture
def desk(house: House) -> TestClient:
    house.add_user(role="task-force")
    client = TestClient(house.app(), base_url=ADDRESS, follow_redirects=False)
    client.cookies.set(SESSION_COOKIE, house.session())
    return client


def reported(house: House, report: Report | None = REPORT, screen: Screen = SCREEN) -> int:
    _, number = house.display()
    with write(house.engine) as conn:
        orders.set_screen(conn, number, screen, by="duty", now=house.now())
        if report is not None:
            orders.save_report(conn, number, report, house.now())
    return number


def test_before_the_first_display_the_page_says_how_to_begin(desk: TestClient):
    page = desk.get("/displays").text
    assert "还没有配对任何屏幕" in page
    assert f"{ADDRESS}/wall" in page
    assert "操作记录" not in page


def test_a_display_is_shown_with_all_that_is_known_of_it(house: House, desk: TestClient):
    reported(house)
    house.now.move(seconds=12)
    page = desk.get("/displays").text
    for words in (
        "大厅", "全市", "● 在线", "12 秒前", BUILD, "最新", "3840 × 2160", "像素比 2", "24 MB", "65 英寸 · 5 米",
        "22:00–06:30 调暗", "总览", "✓ 字号合格：文字最小 20.6′，大数字最小 40.8′", "在线 1",
    ):  # fmt: skip
        assert words in page, words


def test_a_silent_display_is_lost_since_its_last_word_and_an_old_page_is_named(
    house: House, desk: TestClient
):
    reported(house, replace(REPORT, build="old", heap_bytes=None, scene=None))
    house.now.move(minutes=12)
    page = desk.get("/displays").text
    assert "▼ 失联 自 03-02 16:00" in page
    assert "▲ 旧版本" in page
    assert "<dt>内存</dt><dd>—</dd>" in page
    assert "不在线 1" in page


def test_a_display_that_never_came_is_not_called_lost(house: House, desk: TestClient):
    house.display()
    page = desk.get("/displays").text
    assert "○ 从未连接" in page
    assert "未填<small>按 65 英寸、5 米计</small>" in page
    assert "○ 字号：等待屏幕测量" in page


def test_a_scene_that_cannot_be_read_is_named_with_what_would_help(house: House, desk: TestClient):
    reported(house, replace(REPORT, type_px={"overview": (40.0, 60.0), "trust": (40.0, None)}))
    page = desk.get("/displays").text
    assert "▲ 字号不足：总览 大数字 22.7′。请移近到 2.8 米以内，或换 115 英寸以上的屏。" in page
    far = replace(SCREEN, metres=6)
    with write(house.engine) as conn:
        orders.set_screen(conn, 1, far, by="duty", now=house.now())
    page = desk.get("/displays").text
    assert "、数据 文字 17.2′。" in page


def test_what_would_help_does_help(house: House):
    _, number = house.display()
    with write(house.engine) as conn:
        orders.save_report(conn, number, REPORT, house.now())
        orders.set_screen(conn, number, Screen(inches=43, metres=5), by="duty", now=house.now())
    with read(house.engine) as conn:
        (display,) = fleet(conn)
    found = legibility(display)
    assert found is not None
    assert len(found.short) == 2
    for better in (
        Screen(inches=43, metres=found.metres - 0.01),
        Screen(inches=found.inches + 0.1, metres=5),
    ):
        helped = legibility(replace(display, screen=better))
        assert helped is not None
        assert helped.short == ()


Order = Callable[[House], object]
BUTTONS: dict[str, tuple[str, dict[str, str], Order, object]] = {
    "rename": ("rename", {"name": " 一楼  大厅 "}, lambda h: _orders(h).name, "一楼 大厅"),
    "pin": ("pin", {"scene": "launch"}, lambda h: _orders(h).pin, "launch"),
    "unpin": ("unpin", {}, lambda h: _orders(h).pin, None),
    "identify": ("identify", {}, lambda h: _orders(h).identify_until, None),
    "reload": ("reload", {}, lambda h: _orders(h).reload_no, 1),
    "revoke": ("revoke", {}, lambda h: _orders(h).is_revoked, True),
    "screen": (
        "screen",
        {"inches": "86", "metres": "7.5", "dim_from": "23:30", "dim_until": "05:00"},
        lambda h: _orders(h).screen,
        Screen(inches=86, metres=7.5, dim_from=1410, dim_until=300),
    ),
    "never dimmed": (
        "screen",
        {"inches": "86", "metres": "7.5"},
        lambda h: _orders(h).screen,
        Screen(inches=86, metres=7.5),
    ),
}


def _orders(house: House):
    with read(house.engine) as conn:
        return all_orders(conn)[0]


@pytest.mark.parametrize("button", BUTTONS)
def test_every_button_does_what_it_says_and_is_kept(house: House, desk: TestClient, button: str):
    number = reported(house)
    action, fields, seen, wanted = BUTTONS[button]
    answer = desk.post(f"/displays/{number}/{action}", data=fields)
    assert answer.headers["location"] == f"/displays#display-{number}"
    assert seen(house) == (house.now() + timedelta(seconds=20) if action == "identify" else wanted)
    page = desk.get("/displays").text
    assert page.count("<li><time>") == 2
    assert "</time> duty<span>" in page


@pytest.mark.parametrize(
    ("path", "fields", "status", "words"),
    [
        ("1/rename", {"name": ""}, 422, "名称须为"),
        ("1/pin", {"scene": "nowhere"}, 422, "没有这个场景"),
        ("1/screen", {"inches": "65", "metres": ""}, 422, "对角线须为"),
        ("1/screen", {"inches": "65", "metres": "5", "dim_from": "22:00"}, 422, "夜间调暗须"),
        ("1/screen", {"inches": "65", "metres": "5", "dim_from": "24:00", "dim_until": "06:00"}, 422, "夜间"),
        ("1/screen", {"inches": "65", "metres": "5", "dim_from": "22:00", "dim_until": "22:00"}, 422, "夜间"),
        ("2/identify", {}, 422, "没有这块屏幕"),
        ("x/identify", {}, 422, "没有这块屏幕"),
        ("99999999999999/revoke", {}, 422, "没有这块屏幕"),
        ("1/delete", {}, 404, "没有这个操作"),
    ],
)
def test_what_cannot_be_is_refused_with_words(
    house: House, desk: TestClient, path: str, fields: dict[str, str], status: int, words: str
):
    reported(house)
    answer = desk.post(f"/displays/{path}", data=fields)
    assert (answer.status_code, words in answer.text) == (status, True)


def test_hostile_names_stay_text(house: House, desk: TestClient):
    number = reported(house)
    desk.post(f"/displays/{number}/rename", data={"name": SCRIPT})
    desk.post("/displays", data={"code": SCRIPT, "name": f'"{SCRIPT}', "inches": '"><i>', "metres": "5"})
    for page in (
        desk.get("/displays").text,
        desk.post(
            "/displays", data={"code": '"' + SCRIPT, "name": '"x', "scope": '"', "inches": '"><i>'}
        ).text,
    ):
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page
        assert "<i>" not in page
        for inline in ("<style", " style=", "onclick"):
            assert inline not in page


def test_a_revoked_display_moves_to_the_foot(house: House, desk: TestClient):
    number = reported(house)
    desk.post(f"/displays/{number}/revoke")
    page = desk.get("/displays").text
    assert "已撤销 1 块" in page
    assert '<article class="display' not in page
    assert desk.post(f"/displays/{number}/identify").status_code == 422


def test_a_county_wall_offers_no_scene_that_compares_counties(house: House, desk: TestClient):
    house.display(house.county)
    assert 'value="counties"' not in desk.get("/displays").text
    house.display()
    assert desk.get("/displays").text.count('value="counties"') == 1


def test_without_measurements_nothing_is_said_to_be_readable(house: House):
    display = PairedDisplay(
        display_id=1, name="x", scope=house.city, screen=SCREEN, pin=None, created_at=house.now(),
        revoked_at=None, seen_at=None, report=replace(REPORT, type_px={}),
    )  # fmt: skip
    assert legibility(display) is None
