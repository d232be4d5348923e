"""The labelling page: who may judge, what is offered, and that a judgement stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.entry.visitors import SESSION_COOKIE
from dashboard.permissions import May, roles_with
from domain.judgement import PERSON
from domain.records import Label
from store import schema
from store.engine import read, write
from store.queries.labelling import uncertain_posts
from store.writes.access import add_user
from tests.dashboard.conftest import ADDRESS, PASSWORD_HASH, House
from tests.store.posts import post, say, score

NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)
PAGE = "/posts/labelling"
SCRIPT = "<script>alert(1)</script>"
FORM = {"relevance": "campaign", "label": "pos", "issue": ["praise"], "county": ""}


def enter(house: House, role: str = "cyberspace", *, county: str | None = None) -> TestClient:
    with write(house.engine) as conn:
        add_user(conn, "who", role=role, county=county, password_hash=PASSWORD_HASH, now=house.now())
    app = house.app(Clock.rehearsal(NOW, speed=0))
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, house.session("who"))
    return client


@pytest.fixture
def said(house: House) -> list[int]:
    with write(house.engine) as conn:
        return say(
            conn,
            (post(1, f"抢不到{SCRIPT}", title="标题&"), score()),
            (post(2, "说不清楚"), score(probabilities=(0.4, 0.35, 0.25))),
            (post(3, "😀"), score(None)),
        )


def current(house: House, post_id: int) -> Any:
    with read(house.engine) as conn:
        query = select(schema.scores).where(schema.scores.c.post_id == post_id, schema.scores.c.current)
        return conn.execute(query).one()


@pytest.mark.parametrize("role", roles_with(May.JUDGE))
def test_judges_get_in(house: House, said: list[int], role: str) -> None:
    assert enter(house, role).get(PAGE).status_code == 200


def test_others_do_not(house: House, said: list[int]) -> None:
    path = f"/posts/{said[0]}/judgement"
    for role, county in (("task-force", None), ("finance", None), ("cyberspace", house.county)):
        with enter(house, role, county=county) as client:
            assert (client.get(PAGE).status_code, client.post(path, data=FORM).status_code) == (403, 403)
        with write(house.engine) as conn:
            conn.execute(schema.users.delete())
    assert current(house, said[0]).model != PERSON


def test_the_least_sure_comes_first_and_hostile_text_stays_text(house: House, said: list[int]) -> None:
    page = enter(house).get(PAGE).text
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    assert "标题&amp;" in page
    with read(house.engine) as conn:
        assert [p.post_id for p in uncertain_posts(conn, limit=9)] == [said[2], said[1], said[0]]


def test_a_judgement_stands_and_is_not_offered_again(house: House, said: list[int]) -> None:
    client = enter(house)
    answer = client.post(f"/posts/{said[1]}/judgement", data=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    stands = current(house, said[1])
    assert (stands.model, stands.label, stands.issues, stands.county) == (
        PERSON,
        Label.POSITIVE,
        ["praise"],
        None,
    )
    assert "已由人工判定 1 条" in client.get(PAGE).text
    assert f"/posts/{said[1]}/judgement" not in client.get(PAGE).text
    with read(house.engine) as conn:
        assert {row.corrected_by for row in conn.execute(select(schema.corrections))} == {"who"}


@pytest.mark.parametrize(
    "changes",
    [
        {"relevance": "nonsense"}, {"label": "very"}, {"issue": ["no_such"]}, {"county": "999999"}, {"more": "x"},
        {"relevance": ""},
    ],
)  # fmt: skip
def test_what_the_form_cannot_send_is_refused(house: House, said: list[int], changes: dict[str, Any]) -> None:
    answer = enter(house).post(f"/posts/{said[0]}/judgement", data=FORM | changes)
    assert answer.status_code == 400
    assert current(house, said[0]).model != PERSON


@pytest.mark.parametrize(("which", "status"), [("999999", 404), ("x", 400), ("1e3", 400), ("-1", 400)])
def test_a_post_that_is_not_there_cannot_be_judged(house: House, which: str, status: int) -> None:
    assert enter(house).post(f"/posts/{which}/judgement", data=FORM).status_code == status


def test_an_empty_house_says_so(house: House) -> None:
    assert enter(house).get(PAGE).text.count("没有待标注的帖文") == 2
