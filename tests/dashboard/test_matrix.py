"""W3: every route of the application x everybody who may come, cell by cell, in words of this file's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dash import Input, Output, _callback, callback
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient

from dashboard.access import Gate
from dashboard.auditing import Denials
from dashboard.entry.identity import IDLE, metrics_token
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE, Visitors
from dashboard.permissions import ROLES, TABLE
from dashboard.web import App
from store.engine import write
from store.schema import users
from tests.dashboard.conftest import ADDRESS, House

INSIDE = "inside"
OFFICES = "task-force commerce finance cyberspace audit market publicity county"
CITY_OFFICES = OFFICES.removesuffix(" county")
ADMINS = "system-admin security-admin auditor"
PEOPLE = f"{OFFICES} {ADMINS} unassigned"
SCREENS = "display county-display"
EVERYBODY = f"{PEOPLE} {SCREENS} idle owing machine stream-machine nobody monitor"
NOBODY = ""
DUTY, CHECK = "task-force cyberspace", "task-force commerce audit market"
DESK = f"{DUTY} county"
OVERSEE = KEEP = "task-force commerce"
WATCH_CITY = f"{CITY_OFFICES} display idle"
WATCH_COUNTY = f"{OFFICES} county-display idle"
WATCH_OTHER = f"{CITY_OFFICES} idle"
LOOK = f"{PEOPLE} {SCREENS} idle owing"

CELLS = {
    "GET /": EVERYBODY,
    "GET /login": EVERYBODY,
    "POST /login": EVERYBODY,
    "GET /login/office": EVERYBODY,
    "GET /login/office/back": EVERYBODY,
    "POST /logout": f"{PEOPLE} owing",
    "GET /account/password": f"{PEOPLE} owing",
    "POST /account/password": f"{PEOPLE} owing",
    "GET /account/factor": PEOPLE,
    "POST /account/factor": PEOPLE,
    "GET /account/code": PEOPLE,
    "POST /account/code": PEOPLE,
    "GET /admin": PEOPLE,
    "GET /admin/accounts": "system-admin",
    "POST /admin/accounts": "system-admin",
    "POST /admin/accounts/{action}": "system-admin",
    "GET /admin/grants": "security-admin",
    "POST /admin/grants/{action}": "security-admin",
    "GET /admin/sessions": "security-admin",
    "POST /admin/sessions/{action}": "security-admin",
    "GET /admin/tokens": "security-admin",
    "POST /admin/tokens": "security-admin",
    "POST /admin/tokens/{action}": "security-admin",
    "GET /pair": EVERYBODY,
    "POST /pair": EVERYBODY,
    "GET /healthz": EVERYBODY,
    "GET /readyz": EVERYBODY,
    "GET /metrics": f"{OFFICES} system-admin monitor",
    "GET /_favicon.ico": EVERYBODY,
    "GET /assets/*": LOOK,
    "GET /assets/login.css": EVERYBODY,
    "GET /wall": WATCH_CITY,
    "GET /wall/<city>": WATCH_CITY,
    "GET /wall/<county>": WATCH_COUNTY,
    "GET /wall/<other>": WATCH_OTHER,
    "GET /api/v1/snapshot": WATCH_CITY,
    "GET /api/v1/snapshot/<city>": WATCH_CITY,
    "GET /api/v1/snapshot/<county>": f"{WATCH_COUNTY} machine",
    "GET /api/v1/snapshot/<other>": WATCH_OTHER,
    "GET /api/v1/stream": WATCH_CITY,
    "GET /api/v1/stream/<city>": WATCH_CITY,
    "GET /api/v1/stream/<county>": f"{WATCH_COUNTY} stream-machine",
    "GET /api/v1/stream/<other>": WATCH_OTHER,
    "POST /api/v1/display": SCREENS,
    "GET /api/openapi.json": OFFICES,
    "GET /_dash-layout": f"{OFFICES} {SCREENS} idle",
    "GET /_dash-dependencies": f"{OFFICES} {SCREENS} idle",
    "GET /_dash-component-suites/*": f"{OFFICES} {SCREENS} idle",
    "POST /_dash-update-component": NOBODY,
    "GET /_reload-hash": NOBODY,
    "WS /_dash-ws-callback": NOBODY,
    "POST /hooks/{source}": EVERYBODY,
    "GET /sources": OVERSEE,
    "GET /sources/{source}/quarantine": OVERSEE,
    "GET /sources/{source}/quarantine.csv": OVERSEE,
    "POST /sources/{source}/rerun": OVERSEE,
    "POST /discrepancies/{number}/close": OVERSEE,
    "GET /posts/labelling": "cyberspace",
    "POST /posts/{post}/judgement": "cyberspace",
    "GET /posts/forgetting": "cyberspace",
    "POST /posts/forgetting": "cyberspace",
    "GET /displays": KEEP,
    "POST /displays": KEEP,
    "POST /displays/{display}/{action}": KEEP,
    "GET /flags": CHECK,
    "GET /flags/leads": CHECK,
    "GET /flags/leads/{number}": CHECK,
    "GET /flags/{reason}": CHECK,
    "GET /desk": DESK,
    "GET /api/v1/desk": DESK,
    "GET /desk/posts": DESK,
    "GET /desk/board": DESK,
    "POST /desk/alerts/{number}/split": DUTY,
    "GET /desk/shift": DUTY,
    "POST /desk/shift": DUTY,
    "POST /desk/shift/{number}/take": DUTY,
    "GET /desk/alerts": DUTY,
    "POST /desk/alerts": DUTY,
    "GET /desk/alerts/{number}": DESK,
    "POST /desk/alerts/{number}/act": DESK,
    "GET /desk/ledger.{form}": DUTY,
    "GET /desk/rules": DUTY,
    "POST /desk/rules/backtests": DUTY,
    "GET /admin/audit": "auditor",
    "GET /admin/audit.{form}": "auditor",
    "GET /briefings": OFFICES,
    "POST /briefings": OFFICES,
    "GET /briefings/{number}.{form}": OFFICES,
    "GET /briefings/{number}/preview": OFFICES,
    "GET /pictures": OFFICES,
    "GET /evidence/<city>": CITY_OFFICES,
    "GET /evidence/<county>": OFFICES,
    "GET /evidence/<other>": CITY_OFFICES,
    "GET /about-data": PEOPLE,
}
"""Who gets in, by route; a scoped route by what it is asked for: the city, one county, another one."""


def test_the_matrix_knows_every_role() -> None:
    assert set(PEOPLE.split()) == set(ROLES)


ASKED = {
    cell.replace("<city>", "<scope>") for cell in CELLS if "<county>" not in cell and "<other>" not in cell
}


def test_w3_every_route_of_the_application_has_its_cells(house: House) -> None:
    app = house.app()
    assert without_cells(app) == set(), "routes without an entry: who may use them?"
    asked, served = ASKED, set(_routes(app))
    files = {"GET /assets/login.css", "GET /assets/*", "GET /_dash-component-suites/*"}
    assert asked - served - files == set(), "entries without a route"
    assert served <= {f"{method} {path}" for method, path, _ in TABLE}


def without_cells(app: App) -> set[str]:
    return set(_routes(app)) - ASKED


def test_w3_a_new_route_is_noticed_here_and_until_then_answered_to_nobody(house: House) -> None:
    app = house.app()
    app.site.add_api_route("/new/{thing}", lambda: INSIDE, methods=["GET", "POST"])
    app.site.mount("/folder", Starlette())
    assert without_cells(app) == {"GET /new/{thing}", "POST /new/{thing}", "GET /folder/*"}
    for role in ROLES:
        house.add_user(role, role=role, county=house.county if role == "county" else None)
        client = TestClient(app, base_url=ADDRESS, cookies={SESSION_COOKIE: house.session(role)})
        told = [
            client.request(*asked).status_code
            for asked in (("GET", "/new/1"), ("POST", "/new/1"), ("GET", "/folder/x"))
        ]
        assert told == [404] * 3, role


def test_w3_no_callback_runs_on_the_server(house: House) -> None:
    """Whoever adds one says here who may call it: they all come in through one address."""
    assert on_the_server(house) == []


def test_w3_a_new_callback_is_noticed_here_and_until_then_runs_for_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_callback, "GLOBAL_CALLBACK_LIST", [])
    monkeypatch.setattr(_callback, "GLOBAL_CALLBACK_MAP", {})
    ran: list[object] = []
    callback(Output("total", "children"), Input("curve", "clickData"))(lambda clicked: ran.append(clicked))
    assert on_the_server(house) == ["total.children"]
    house.add_user("all", role="task-force")
    client = TestClient(house.app(), base_url=ADDRESS, cookies={SESSION_COOKIE: house.session("all")})
    asked = {
        "output": "total.children", "outputs": {"id": "total", "property": "children"},
        "inputs": [{"id": "curve", "property": "clickData", "value": 1}], "changedPropIds": ["curve.clickData"],
    }  # fmt: skip
    assert client.post("/_dash-update-component", json=asked).status_code == 404
    assert ran == []


def on_the_server(house: House) -> list[str]:
    with TestClient(house.app(), base_url=ADDRESS) as client:
        client.cookies.set(DISPLAY_COOKIE, house.display()[0])
        callbacks = client.get("/_dash-dependencies").json()
    assert callbacks, "the wall starts with one in the browser"
    return [c["output"] for c in callbacks if not c["clientside_function"]]


@pytest.mark.parametrize("visitor", EVERYBODY.split())
def test_w3_each_visitor_gets_in_where_its_cell_says_so_and_nowhere_else(house: House, visitor: str) -> None:
    client = reach(house, visitor)
    for cell, allowed in CELLS.items():
        method, path = cell.split(" ")
        if method == "WS":
            continue
        answer = client.request(method, _filled(path, house))
        assert (answer.text == INSIDE) == (visitor in allowed.split()), (cell, answer.status_code)
        assert answer.text == INSIDE or answer.status_code in (303, 401, 403, 404), cell


def reach(house: House, visitor: str) -> TestClient:
    """A client with the visitor's cookies, before a gate with an open field behind it."""
    field = Starlette(exception_handlers={404: lambda *_: PlainTextResponse(INSIDE)})
    visitors = Visitors(house.engine, house.settings, house.now)
    denials = Denials(house.engine, real_now=house.now)
    gate = Gate(field, visitors=visitors, denials=denials, city=house.city, base_url=house.settings.base_url)
    client = TestClient(gate, base_url=ADDRESS, follow_redirects=False)
    if visitor in f"{PEOPLE} idle owing".split():
        role = {"idle": "finance", "owing": "task-force"}.get(visitor, visitor)
        house.add_user(role=role, county=house.county if role == "county" else None)
        client.cookies.set(SESSION_COOKIE, house.session())
    if visitor == "owing":
        with write(house.engine) as conn:
            conn.execute(update(users).values(must_change=True))
    if visitor.endswith("machine"):
        routes = {"stream"} if visitor == "stream-machine" else {"snapshot"}
        client.headers["authorization"] = f"Bearer {house.machine(routes, house.county)}"
    if visitor == "idle":
        house.now.move(seconds=IDLE.total_seconds())
    if visitor.endswith("display"):
        token, _ = house.display(house.county if visitor == "county-display" else house.city)
        client.cookies.set(DISPLAY_COOKIE, token)
    if visitor == "monitor":
        client.headers["authorization"] = f"Bearer {metrics_token(house.settings.secret_key)}"
    return client


def _filled(path: str, house: House) -> str:
    other = next(code for code in house.campaign.divisions if code not in (house.city, house.county))
    scoped = path.replace("<city>", house.city).replace("<county>", house.county).replace("<other>", other)
    return scoped.replace("*", "x/y.js")


def _routes(app: App) -> Iterator[str]:
    """Of the mounted application, as the matrix spells them."""
    with TestClient(app):  # Dash adds routes at start, too
        routes = app.site.routes
    for route in routes:
        path = route.path.replace("{scope}", "<scope>")
        path = path.replace("{package_name}/{fingerprinted_path:path}", "*")
        if isinstance(route, Mount):
            yield f"GET {path}/*"
        elif isinstance(route, WebSocketRoute):
            yield f"WS {path}"
        else:
            assert isinstance(route, Route)
            yield from (f"{method} {path}" for method in set(route.methods or ()) - {"HEAD"})
