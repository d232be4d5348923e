"""W10 at the desk: what one person writes into a form stops neither the pages nor the rules for everybody."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from alerts.rules import RULES
from alerts.watch import watch
from dashboard.clock import Clock
from dashboard.entry.visitors import SESSION_COOKIE
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.desk_day import NOW, trouble

PAGES = (
    "/desk",
    "/api/v1/desk",
    "/desk/alerts/1",
    "/desk/shift",
    "/desk/ledger.csv",
    "/desk/ledger.xlsx",
    "/desk/board",
)
ASSIGNED = {"action": "assign", "office": "commerce", "due_at": "2022-10-30T09:00"}


@pytest.fixture
def desk(house: House) -> TestClient:
    trouble(house)
    house.add_user("duty", role="task-force")
    client = TestClient(house.app(Clock.rehearsal(NOW, speed=0)), base_url=ADDRESS, follow_redirects=False)
    client.cookies.set(SESSION_COOKIE, house.session("duty"))
    for done in ({"action": "verify"}, {"action": "grade", "level": "red"}):
        assert client.post("/desk/alerts/1/act", data=done).status_code == 303
    return client


def all_goes_on(house: House, desk: TestClient) -> None:
    assert {page: desk.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)
    watch(house.engine, RULES, house.campaign, (), clock=lambda: NOW)


@pytest.mark.parametrize(
    "at",
    ["9999-12-31T23:59:00Z", "9999-12-31T23:59:00-12:00", "9999-12-31T23:59", "0001-01-01T00:00", "1999-12-31T23:59",
     "2100-01-01T00:00", "253402300799", "-62135596800", "1e99"],
)  # fmt: skip
def test_w10_no_deadline_at_the_end_of_the_calendar_stops_the_desk_or_the_rules(
    house: House, desk: TestClient, at: str
) -> None:
    assert desk.post("/desk/alerts/1/act", data=ASSIGNED | {"due_at": at}).status_code == 400
    assert desk.post("/desk/alerts/1/act", data=ASSIGNED).status_code == 303
    closed = {"action": "close", "verdict": "real", "known_at": at}
    assert desk.post("/desk/alerts/1/act", data=closed).status_code == 400
    all_goes_on(house, desk)


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ("due=9999-12-31T23:59:59+00:00", "· due=9999-12-31T23:59:59+00:00"),
        ("verdict=false level=blue 没有这回事", "· verdict=false level=blue 没有这回事"),
        ("into=7", "· into=7"),
        ("说明 verdict=false", "说明 verdict=false"),
    ],
)
def test_x4_nobody_writes_a_decision_into_the_history_that_was_not_taken(
    house: House, desk: TestClient, note: str, shown: str
) -> None:
    assert desk.post("/desk/alerts/1/act", data=ASSIGNED | {"note": note}).status_code == 303
    page = desk.get("/desk/alerts/1").text
    assert f"限 10-30 09:00，{shown}" in page
    assert "并入或拆出预警 7" not in page
    all_goes_on(house, desk)
