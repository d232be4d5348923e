"""What the gate refuses whatever the table says, and how it says so. The table itself: `test_matrix`."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dashboard import permissions
from dashboard.access import Gate
from dashboard.auditing import Denials
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE, Visitors
from dashboard.permissions import May, look_up
from tests.dashboard.conftest import ADDRESS, House

INSIDE = "inside"


def _reach(house: House, visitor: str, **known: Any) -> TestClient:
    """A client with the visitor's cookies, before a gate with an open field behind it."""
    real = Visitors(house.engine, house.settings, house.now)
    field = Starlette(exception_handlers={404: lambda *_: PlainTextResponse(INSIDE)})
    denials = Denials(house.engine, real_now=house.now)
    gate = Gate(
        field, visitors=real, denials=denials, city=house.city, base_url=house.settings.base_url, **known
    )
    client = TestClient(gate, base_url=ADDRESS, follow_redirects=False)
    if visitor == "signed in":
        house.add_user()
        client.cookies.set(SESSION_COOKIE, house.session())
    if visitor == "county display":
        client.cookies.set(DISPLAY_COOKIE, house.display(house.county)[0])
    return client


@pytest.mark.parametrize(
    "path",
    ["/x", "/wall/", "/wall/1404", "/wall/140400/x", "/wall/１４０４００", "/api/v1/snapshot/x", "//wall", "/WALL",
     "/.git/config", "/assets", "/docs", "/redoc", "/openapi.json", "/wall\n", "/assets/%00/../../etc/passwd"],
)  # fmt: skip
def test_what_is_not_listed_is_not_there_for_anybody(house: House, path: str):
    client = _reach(house, "signed in")
    if path.startswith("/assets/"):
        assert "root:" not in client.get(path).text
    else:
        assert look_up("GET", path, city=house.city).may is May.NOBODY


@pytest.mark.parametrize(
    "path",
    ["/assets/fonts/./noto-sans-sc.css", "/assets/fonts//noto-sans-sc.css", "/assets//fonts/noto-sans-sc.css",
     "/assets/fonts/x/../noto-sans-sc.css", "//login", "/./login", "/login/.", "/assets/fonts/" + "a" * 400,
     "/sources/" + "a" * 30_000 + "/quarantine", ""],
)  # fmt: skip
def test_w12_one_page_has_one_address_and_no_long_one_is_kept_in_mind(path: str):
    """Each spelling would be packed, and remembered, as a file of its own."""
    before = permissions._look_up.cache_info().currsize
    assert look_up("GET", path, city="140400").may is May.NOBODY
    assert permissions._look_up.cache_info().currsize == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_not_there_either(house: House, method: str):
    assert _reach(house, "signed in").request(method, "/wall").status_code == 404


def test_a_person_is_sent_to_sign_in_and_back_and_a_program_is_told(house: House):
    client = _reach(house, "nobody")
    page = client.get("/wall/" + house.county, params={"at": "2022-10-28T09:05"})
    assert page.status_code == 303
    assert page.headers["location"] == f"/login?next=/wall/{house.county}%3Fat%3D2022-10-28T09%253A05"
    program = client.get("/api/v1/snapshot")
    assert program.status_code == 401
    assert program.json()["error"]["code"] == 401


def test_a_county_screen_that_opens_the_city_wall_is_led_to_its_own(house: House):
    client = _reach(house, "county display")
    assert client.get("/wall").headers["location"] == f"/wall/{house.county}"
    assert client.get("/api/v1/snapshot").status_code == 403
    assert client.get(f"/api/v1/stream/{house.city}").status_code == 403


def test_a_screen_that_opens_another_countys_wall_says_dark_and_plain_what_it_is_bound_to(house: House):
    """Nobody stands before it: it says what it shows, whom to ask, and looks again by itself."""
    other = next(code for code in house.campaign.divisions if code not in (house.city, house.county))
    names = {house.city: "全市", house.county: "潞州<区>", other: "上党区"}
    client = _reach(house, "county display", names=names)
    answer = client.get(f"/wall/{other}")
    assert answer.status_code == 403
    assert "本屏“大厅”绑定的是<b>潞州&lt;区&gt;</b>大屏" in answer.text
    assert "不能显示上党区大屏" in answer.text
    assert "<b>127.0.0.1:8050/displays</b>" in answer.text
    assert '<meta http-equiv="refresh" content="30">' in answer.text
    assert "/assets/pair.css" in answer.text
    assert "无权查看" not in answer.text
    assert "不能打开其他页面" in client.get("/desk").text
    assert client.get(f"/api/v1/snapshot/{other}").json()["error"]["code"] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8051"},
        {"sec-fetch-site": "cross-site", "origin": ADDRESS},
        {"sec-fetch-site": "same-site", "origin": ADDRESS},
        {"referer": "https://evil.example/127.0.0.1:8050"},
        {"referer": "https://127.0.0.1:8050@evil.example/"},
        {"origin": "http://127.0.0.1:8050.evil.example"},
    ],
)
def test_a_forged_post_is_refused(house: House, headers: dict[str, str]):
    client = _reach(house, "signed in")
    assert client.post("/logout", headers=headers).status_code == 403
    assert client.post("/login", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"origin": ADDRESS}, {"sec-fetch-site": "same-origin"}, {"referer": ADDRESS + "/login"}, {}]
)
def test_a_post_of_our_own_pages_passes(house: House, headers: dict[str, str]):
    assert _reach(house, "signed in").post("/logout", headers=headers).text == INSIDE


def test_sockets_are_closed_whoever_asks(house: House):
    client = _reach(house, "signed in")
    for path in ("/_dash-ws-callback", "/api/v1/stream", "/other"):
        with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect(path):
            pass
        assert closed.value.code == 4403


def test_a_body_too_large_is_refused_before_it_is_read(house: House):
    answer = _reach(house, "signed in").post("/login", content=b"", headers={"content-length": "20000001"})
    assert answer.status_code == 413


def test_cookies_that_cannot_be_read_are_none(house: House):
    client = _reach(house, "nobody")
    for cookie in ('"', "a=b;;=;\x7f", f"{SESSION_COOKIE}=", f"{SESSION_COOKIE}=%00'--", "x" * 9000):
        assert client.get("/api/v1/snapshot", headers={"cookie": cookie}).status_code == 401
