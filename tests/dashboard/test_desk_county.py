"""The desk of a county's office: its own alerts and posts, and feedback on what was assigned to it. No more."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from alerts.rules import RULES, stale_feed
from alerts.watch import watch
from dashboard.entry.visitors import SESSION_COOKIE
from dashboard.permissions import COUNTY_DESK
from domain.audit import Action as Denied
from domain.casework import Action
from domain.records import Grade
from store.engine import read, write
from store.queries.audit import Wanted, audit_page
from store.queries.cases import cases_since, find_case, open_cases
from store.queries.sources import Expected
from store.writes.access import add_user
from store.writes.briefings import Paper, publish
from store.writes.intake import source_succeeded
from tests.dashboard.conftest import ADDRESS, PASSWORD_HASH, House
from tests.dashboard.desk_day import NOW
from tests.dashboard.test_desk import do, enter
from tests.store.posts import post, say, score


def other(house: House) -> str:
    return next(c for c in house.campaign.divisions if c not in (house.city, house.county))


def county(house: House, code: str, role: str = "county") -> TestClient:
    with write(house.engine) as conn:
        add_user(conn, "li", role=role, county=code, password_hash=PASSWORD_HASH, now=house.now())
    client = enter(house)
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, house.session("li"))
    return client


@pytest.mark.parametrize("role", COUNTY_DESK)
def test_a_county_sees_its_own_alert_with_its_evidence(house: House, alert: int, role: str) -> None:
    client = county(house, house.county, role)
    assert f'href="/desk/alerts/{alert}"' in client.get("/desk").text
    page = client.get(f"/desk/alerts/{alert}").text
    assert "<mark>核销失败</mark>" in page
    assert set(re.findall(r'<form[^>]* action="([^"]+)"', page)) == {
        "/briefings"
    }  # a paper of its own, no act
    assert "/desk/ledger" not in page
    assert [client.get(path).status_code for path in ("/desk/ledger.csv", "/desk/alerts")] == [403, 403]


def test_a_silent_platform_of_one_county_is_on_that_countys_desk_alone(house: House) -> None:
    """The real way, from what the configuration says of the source."""
    with write(house.engine) as conn:
        for source in ("bank", "pay"):
            source_succeeded(conn, source, cursor=None, data_time=NOW - timedelta(hours=1), now=NOW)
    expected = tuple(
        Expected(source=source, name=name, side="payment", stale_after_s=600, platform=platform)
        for source, name, platform in (("bank", "银行甲", "bank-a"), ("pay", "市民付", "city-pay"))
    )
    watch(house.engine, RULES, house.campaign, expected, clock=lambda: NOW)
    watch(house.engine, RULES, house.campaign, expected, clock=lambda: NOW + timedelta(minutes=5))
    with read(house.engine) as conn:
        found = {case.subject: case for case in open_cases(conn, now=NOW) if case.rule == stale_feed.ID}
    assert {source: case.county for source, case in found.items()} == {"bank": "140404", "pay": None}
    own = county(house, "140404")
    assert "银行甲数据" in own.get("/desk").text
    assert "市民付数据" not in own.get("/desk").text
    address = f"/desk/alerts/{found['bank'].alert_id}"
    page = own.get(address)
    assert page.status_code == 200
    assert 'href="/sources' not in page.text  # which lists every county's
    with write(house.engine) as conn:
        add_user(conn, "zhou", role="county", county="140403", password_hash=PASSWORD_HASH, now=house.now())
    own.cookies.clear()
    own.cookies.set(SESSION_COOKIE, house.session("zhou"))
    assert "银行甲" not in own.get("/desk").text
    assert own.get(address).status_code == 404


def test_x4_who_tries_anothers_numbers_reads_nothing_and_is_in_the_log(house: House, alert: int) -> None:
    """What is not there leaves no entry: a wrong number is no attempt at anything."""
    told = {
        "scope": house.county,
        "day": NOW,
        "title": "x",
        "grade": Grade.FLASH,
        "as_of": NOW,
        "known_by": NOW,
    }
    with write(house.engine) as conn:
        publish(conn, Paper(**told, freeze_id="x"), {"json": b"{}", "html": b""}, by="x", now=NOW)
    client = county(house, other(house))
    asked = [f"/desk/alerts/{alert}", "/briefings/1.json", "/briefings/1/preview", f"/desk/alerts/{alert + 50}",
             "/briefings/99.json"]  # fmt: skip
    assert [client.get(path).status_code for path in asked] == [404] * 5
    assert (
        client.post(f"/desk/alerts/{alert}/act", data={"action": "feedback", "note": "x"}).status_code == 409
    )
    with read(house.engine) as conn:
        found = audit_page(conn, Wanted(action=Denied.DENIED), limit=100)
    assert [entry.subject for entry in reversed(found)] == [
        *(f"GET {path}" for path in asked[:3]), f"POST /desk/alerts/{alert}/act"]  # fmt: skip
    assert {(entry.who, entry.outcome) for entry in found} == {("li", "refused")}


def test_what_is_of_another_county_is_not_there(house: House, alert: int) -> None:
    client = county(house, other(house))
    assert "当前没有待办预警" in client.get("/desk").text
    assert client.get(f"/desk/alerts/{alert}").status_code == 404
    with read(house.engine) as conn:
        assert open_cases(conn, now=NOW, within=other(house)) == ()
        assert cases_since(conn, since=None, within=other(house)) == ()
        assert find_case(conn, alert, within=other(house)) is None


def test_its_stream_holds_its_own_posts_whatever_is_asked(house: House) -> None:
    with write(house.engine) as conn:
        own, elsewhere = score(county=house.county), score(county=other(house))
        say(
            conn,
            (post(1, "本县区的消费券"), own),
            (post(2, "别处的消费券"), elsewhere),
            (post(3, "不知哪里的消费券"), score()),
        )
    client = county(house, house.county)
    for query in ("", f"county={other(house)}", "county=none", "q=消费券", "q=别处的消费券"):
        page = client.get(f"/desk/posts?{query}").text
        assert "别处的消费券</p>" not in page
        assert "不知哪里" not in page
    assert "本县区的消费券" in client.get("/desk/posts").text


def test_it_feeds_back_on_what_was_assigned_to_it_and_grades_nothing(house: House, alert: int) -> None:
    desk = enter(house)
    for fields in ({"action": "verify"}, {"action": "grade", "level": "orange"},
                   {"action": "assign", "office": house.county, "due_at": "2022-10-28T18:00"}):  # fmt: skip
        assert do(desk, alert, **fields) == 303
    desk.cookies.clear()
    with write(house.engine) as conn:
        add_user(conn, "li", role="county", county=house.county, password_hash=PASSWORD_HASH, now=house.now())
    desk.cookies.set(SESSION_COOKIE, house.session("li"))
    page = desk.get(f"/desk/alerts/{alert}").text
    offered = [a.value for a in Action if f'value="{a.value}"' in page]
    assert offered == ["accept", "return"]
    refused = [
        {"action": "raise", "level": "red"},
        {"action": "dismiss"},
        {"action": "merge", "target": "1"},
        {"action": "assign", "office": other(house), "due_at": "2022-10-28T18:00"},
        {"action": "pause"},
    ]
    assert [do(desk, alert, **fields) for fields in refused] == [409] * len(refused)
    assert [do(desk, alert, action) for action in ("accept", "feedback")] == [303, 303]
    assert [do(desk, alert, action) for action in ("respond", "brief")] == [409, 409]


def test_an_alert_that_is_not_assigned_to_it_is_only_looked_at(house: House, alert: int) -> None:
    client = county(house, house.county)
    answer = client.post(
        f"/desk/alerts/{alert}/act", data={"action": "verify", "note": "x"}, headers={"origin": ADDRESS}
    )
    assert answer.status_code == 409
