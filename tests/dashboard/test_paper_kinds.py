"""The other kinds of paper as people meet them: who reads which, what the timetable owes, one of an alert."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.papers import TIMETABLE
from dashboard.visitors import SESSION_COOKIE
from domain.papers import PaperKind
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.test_briefings import COUNTY, DAY, MORNING, NOON, there, work


def enter(house: House, role: str, *, county: str | None = None) -> TestClient:
    house.add_user(f"a {role}", role=role, county=county)
    app = house.app(Clock.rehearsal(NOON, speed=0))
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, house.session(f"a {role}"))
    return client


def ask(client: TestClient, kind: PaperKind, **fields: str):
    data = {"kind": kind.value, "day": f"{DAY:%Y-%m-%d}"} | fields
    return client.post("/briefings", data=data, headers={"origin": ADDRESS})


@pytest.mark.parametrize(("role", "reads"), [("cyberspace", True), ("publicity", True), ("finance", False)])
def test_the_opinion_paper_is_for_those_who_guide_and_answer_opinion(house: House, role: str, reads: bool):
    client = enter(house, role)
    assert ask(client, PaperKind.OPINION, scope=house.city).status_code == (303 if reads else 422)
    ask(enter(house, "task-force"), PaperKind.OPINION, scope=house.city)
    work(house, NOON)
    (paper,) = there(house, kind=PaperKind.OPINION)
    page = client.get("/briefings").text
    assert (f"/briefings/{paper.briefing_id}.pdf" in page) is reads
    assert ("舆情日报</option>" in page) is reads
    for path in (f"/briefings/{paper.briefing_id}.pdf", f"/briefings/{paper.briefing_id}/preview"):
        assert client.get(path).status_code == (200 if reads else 404)


def test_a_county_has_its_own_opinion_alone(house: House):
    client = enter(house, "county", county=COUNTY)
    assert ask(client, PaperKind.OPINION, scope=house.city).status_code == 422
    assert ask(client, PaperKind.OPINION, scope=COUNTY).status_code == 303
    work(house, NOON)
    (paper,) = there(house, kind=PaperKind.OPINION)
    answer = client.get(f"/briefings/{paper.briefing_id}.html")
    assert "潞州区数字消费券舆情日报" in answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="opinion-140403-20221028-1.html"'


def test_the_timetable_owes_the_citys_opinion_of_each_day_that_ended_once(house: House):
    for minutes in (0, 1):
        work(house, MORNING + timedelta(minutes=minutes))
    (paper,) = there(house, kind=PaperKind.OPINION)
    assert (paper.scope, paper.day, paper.published_by) == (house.city, DAY, TIMETABLE)
    assert "与台账一致" not in paper.checks


def test_what_is_no_kind_is_refused(house: House):
    client = enter(house, "task-force")
    data = {"kind": "secret", "day": f"{DAY:%Y-%m-%d}", "scope": house.city}
    assert client.post("/briefings", data=data, headers={"origin": ADDRESS}).status_code == 422
