"""The other kinds of paper as people meet them: who reads which, what the timetable owes, one of an alert."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from alerts.channels.folder import Folder
from dashboard.admin.audit_words import detail_words
from dashboard.clock import Clock
from dashboard.entry.visitors import SESSION_COOKIE
from dashboard.papers.paper_times import SETTLED_DAYS, owed, paper_moment
from dashboard.papers.papers import TIMETABLE, Papers
from domain.audit import Action
from domain.papers import PaperKind, WantedPaper
from domain.readings import Level
from domain.records import Grade
from domain.terms import business_day_start, week_start
from store.engine import read, write
from store.schema import alerts, briefing_deliveries, briefings
from store.writes.alerts import Alarm, settle
from store.writes.briefings import Paper, publish
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.test_auditing import entries
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


def alert_of(house: House, county: str | None) -> int:
    """An alert of the county, or of no known one. Its number."""
    alarm = Alarm(
        subject=f"{county or 'unknown'}/grab_fail", level=Level.YELLOW, title="“抢不到”增多", reasons=(),
        evidence=(), evidence_count=0, county=county,
    )  # fmt: skip
    with write(house.engine) as conn:
        settle(conn, "opinion_burst", [alarm], now=NOON - timedelta(minutes=5))
        return int(conn.scalar(select(alerts.c.alert_id).order_by(alerts.c.alert_id.desc()).limit(1)) or 0)


def test_the_desks_button_asks_for_the_paper_of_its_alert(house: House):
    alert_id = alert_of(house, COUNTY)
    client = enter(house, "cyberspace")
    assert "生成快报" in client.get(f"/desk/alerts/{alert_id}").text
    data = {"kind": "event", "alert": str(alert_id)}
    answer = client.post("/briefings", data=data, headers={"origin": ADDRESS})
    assert answer.headers["location"] == "/briefings"
    (asked,) = entries(house, Action.BRIEFING_ASK)
    told = {"alert": alert_id, "day": "2022-10-28", "kind": "event", "scope": COUNTY}
    assert json.loads(asked.detail) == told
    assert "种类 快报" in detail_words(asked, {})
    assert f"快报（预警 {alert_id}）" in client.get("/briefings").text
    work(house, NOON)
    (paper,) = there(house, kind=PaperKind.EVENT)
    assert (paper.scope, paper.alert_id, paper.as_of, paper.title) == (
        COUNTY, alert_id, NOON, "潞州区数字消费券快报",
    )  # fmt: skip
    name = client.get(f"/briefings/{paper.briefing_id}.pdf").headers["content-disposition"]
    assert name == f'attachment; filename="event-{alert_id}-140403-20221028-1.pdf"'
    assert enter(house, "finance").get(f"/briefings/{paper.briefing_id}.pdf").status_code == 404


def test_a_county_has_papers_of_its_own_alerts_alone(house: House):
    own, other = alert_of(house, COUNTY), alert_of(house, None)
    client = enter(house, "county", county=COUNTY)
    assert ask(client, PaperKind.EVENT, alert=str(other)).status_code == 422
    assert ask(client, PaperKind.EVENT, alert=str(own)).status_code == 303
    assert ask(enter(house, "cyberspace"), PaperKind.EVENT, alert=str(other)).status_code == 303
    work(house, NOON)
    papers = {p.alert_id: p for p in there(house, kind=PaperKind.EVENT)}
    assert (papers[own].scope, papers[other].scope) == (COUNTY, house.city)
    assert client.get(f"/briefings/{papers[own].briefing_id}.pdf").status_code == 200
    assert client.get(f"/briefings/{papers[other].briefing_id}.pdf").status_code == 404


@pytest.mark.parametrize("alert", ["", "0", "7", "-1", "１", "9" * 30, "<b>"])
def test_what_is_no_alert_is_refused_in_words(house: House, alert: str):
    answer = ask(enter(house, "cyberspace"), PaperKind.EVENT, alert=alert)
    assert answer.status_code == 422
    assert "一条预警的编号" in answer.text


def due(house: House, now: datetime, kind: PaperKind) -> list[WantedPaper]:
    with read(house.engine) as conn:
        return [wanted for wanted in owed(conn, house.campaign, now=now) if wanted.kind is kind]


def put_out(house: House, wanted: WantedPaper, as_of: datetime) -> None:
    paper = Paper(
        scope=wanted.scope, day=wanted.day, kind=wanted.kind, title="x", grade=Grade.FLASH, as_of=as_of,
        known_by=as_of, freeze_id=f"{as_of}",
    )  # fmt: skip
    with write(house.engine) as conn:
        publish(conn, paper, {"json": b"{}"}, by=TIMETABLE, now=as_of)


def test_the_citys_week_is_owed_once_when_it_has_ended(house: House):
    end = week_start(NOON) + timedelta(days=7)
    ready, minute = end + timedelta(hours=8, minutes=30), timedelta(minutes=1)
    week = WantedPaper(scope=house.city, day=week_start(NOON), kind=PaperKind.WEEKLY)
    assert due(house, ready - minute, PaperKind.WEEKLY) == []
    assert due(house, ready, PaperKind.WEEKLY) == [week]
    assert due(house, ready + timedelta(days=6), PaperKind.WEEKLY) == [week], (
        "missed: made up within the week"
    )
    assert paper_moment(week, now=ready) == end
    put_out(house, week, end)
    assert due(house, ready + minute, PaperKind.WEEKLY) == []


def test_any_day_asks_for_its_week(house: House):
    assert ask(enter(house, "finance"), PaperKind.WEEKLY, scope=COUNTY).status_code == 303
    work(house, NOON)
    (paper,) = there(house, kind=PaperKind.WEEKLY)
    assert (paper.scope, paper.day, paper.as_of) == (COUNTY, week_start(NOON), NOON)


def test_the_final_report_is_owed_once_when_an_end_is_known_and_settled(house: House):
    end = next(p.end_at for p in house.campaign.programme if p.id == "luzhou")
    assert end is not None
    day = business_day_start(end) + timedelta(days=SETTLED_DAYS)
    ready = day + timedelta(days=1, hours=8, minutes=30)
    report = WantedPaper(scope=COUNTY, day=day, kind=PaperKind.FINAL)
    put_out(house, report, end + timedelta(hours=1))
    assert due(house, ready - timedelta(minutes=1), PaperKind.FINAL) == []
    assert due(house, ready, PaperKind.FINAL) == [report], (
        "one made before all is in is not the last; the city's end is open"
    )
    assert due(house, ready + timedelta(days=90), PaperKind.FINAL) == [report], "missed: made up whenever"
    put_out(house, report, paper_moment(report, now=ready))
    assert due(house, ready + timedelta(days=1), PaperKind.FINAL) == []


def test_channels_get_the_kinds_they_name(house: House):
    channels = [
        Folder(
            kind="folder",
            id=name,
            name=name,
            path=house.settings.data_dir / name,
            papers=(house.city,),
            paper_kinds=kinds,
        )
        for name, kinds in (("all", tuple(PaperKind)), ("daily", (PaperKind.DAILY,)))
    ]
    papers = Papers(house.engine, house.campaign, (), clock=lambda: MORNING, channels=channels)
    papers.run(lambda conn: None)
    with read(house.engine) as conn:
        sent = conn.execute(
            select(briefings.c.kind, briefing_deliveries.c.channel).join(
                briefings, briefings.c.briefing_id == briefing_deliveries.c.briefing_id
            )
        )
        assert {tuple(row) for row in sent} == {("daily", "all"), ("daily", "daily"), ("opinion", "all")}
