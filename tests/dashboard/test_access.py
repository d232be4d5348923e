"""Every line of the gate's table, both ways, and every route of the application against the table."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dashboard.access import Gate
from dashboard.auditing import Denials
from dashboard.identity import IDLE, metrics_token
from dashboard.permissions import TABLE, May, look_up
from dashboard.visitors import DISPLAY_COOKIE, SESSION_COOKIE, Visitors
from tests.dashboard.conftest import ADDRESS, House

INSIDE = "inside"
VISITORS = (
    "nobody",
    "display",
    "county display",
    "signed in",
    "overseer",
    "judge",
    "auditor",
    "idle",
    "county user",
    "monitor",
)


def _reach(house: House, visitor: str) -> TestClient:
    """A client with the visitor's cookies, before a gate with an open field behind it."""
    real = Visitors(house.engine, house.settings, house.now)
    field = Starlette(exception_handlers={404: lambda *_: PlainTextResponse(INSIDE)})
    denials = Denials(house.engine, real_now=house.now)
    gate = Gate(field, visitors=real, denials=denials, city=house.city, base_url=house.settings.base_url)
    client = TestClient(gate, base_url=ADDRESS, follow_redirects=False)
    if visitor in ("signed in", "overseer", "judge", "auditor", "idle", "county user"):
        house.add_user(
            role={"overseer": "task-force", "judge": "cyberspace", "auditor": "auditor"}.get(visitor, "desk"),
            county=house.county if visitor == "county user" else None,
        )
        client.cookies.set(SESSION_COOKIE, house.session())
    if visitor == "idle":
        house.now.move(seconds=IDLE.total_seconds())
    if visitor.endswith("display"):
        token, _ = house.display(house.county if visitor == "county display" else house.city)
        client.cookies.set(DISPLAY_COOKIE, token)
    if visitor == "monitor":
        client.headers["authorization"] = f"Bearer {metrics_token(house.settings.secret_key)}"
    return client


def _may_enter(visitor: str, may: May, scope: str | None, house: House) -> bool:
    """The table in other words."""
    if may in (May.ANYONE, May.NOBODY):
        return may is May.ANYONE
    if visitor == "nobody" or (visitor == "monitor" and may is not May.METRICS):
        return False
    own = {"display": house.city, "county display": house.county, "county user": house.county}.get(visitor)
    if scope is not None and own is not None and scope != own:
        return False
    if visitor in ("display", "county display", "idle"):
        return may is May.WATCH or (may is May.DISPLAY and visitor != "idle")
    if may in (May.DUTY, May.DESK, May.ATTEND):
        return visitor in ("overseer", "judge")
    business = {
        May.DISPLAY: "display",
        May.OVERSEE: "overseer",
        May.CHECK: "overseer",
        May.KEEP: "overseer",
        May.JUDGE: "judge",
        May.AUDIT: "auditor",
    }
    return business.get(may, visitor) == visitor


@pytest.mark.parametrize("visitor", VISITORS)
def test_each_line_lets_in_whom_it_names_and_nobody_else(house: House, visitor: str):
    client = _reach(house, visitor)
    for method, template, may in TABLE:
        if method == "WS":
            continue
        for scope in (house.city, house.county):
            path = template.replace("<scope>", scope).replace("*", "x/y.js")
            asked = look_up(method, path, city=house.city)
            answer = client.request(method, path)
            entered = answer.text == INSIDE
            assert entered == _may_enter(visitor, may, asked.scope, house), (method, path, answer.status_code)
            if not entered:
                assert answer.status_code in (303, 401, 403, 404), (method, path)


def test_every_route_of_the_application_has_a_line(house: House):
    listed = {(method, template) for method, template, _ in TABLE}
    app = house.app()
    with TestClient(app):  # Dash adds routes at start, too
        routes = app.site.routes
    for route in routes:
        path = route.path.replace("{scope}", "<scope>")
        if isinstance(route, Mount):
            path, methods = path + "/*", {"GET"}
        elif isinstance(route, WebSocketRoute):
            methods = {"WS"}
        else:
            assert isinstance(route, Route)
            methods = set(route.methods or ()) - {"HEAD"}
        path = path.replace("{package_name}/{fingerprinted_path:path}", "*")
        for method in methods:
            assert (method, path) in listed, f"{method} {path} has no line in dashboard.permissions.TABLE"


def test_every_line_is_a_route_of_the_application(house: House):
    known = {route.path.replace("{scope}", "<scope>") for route in house.app().site.routes}
    for _, template, _ in TABLE:
        assert template in known or template.startswith(("/assets/", "/_dash-component-suites/")), template


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
