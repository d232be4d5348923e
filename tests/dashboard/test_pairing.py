"""A screen nobody has paired, the person at the desk, and what a wall's token opens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from dashboard.entry.identity import token_hash
from dashboard.entry.visitors import DISPLAY_COOKIE, PAIRING_COOKIE, SESSION_COOKIE
from dashboard.permissions import TABLE, May, look_up, roles_with
from dashboard.screens import pairing
from domain.displays import CODE_CHARS, CODE_LASTS, PAIRING_LASTS, UNSEEN_LASTS
from store.engine import read, write
from store.queries.displays import fleet
from store.schema import display_actions, displays, pairings
from store.writes.access import saw_display
from store.writes.displays import revoke
from tests.dashboard.conftest import ADDRESS, House

FORM = {"name": "三楼大厅", "inches": "65", "metres": "5"}


@pytest.fixture
def site(house: House) -> Iterator[TestClient]:
    """The application with its tail running; each visitor opens a client of its own on it."""
    with TestClient(house.app(), base_url=ADDRESS) as opened:
        yield opened


def visitor(
    site: TestClient, house: House, role: str | None = None, *, county: str | None = None
) -> TestClient:
    client = TestClient(site.app, base_url=ADDRESS, follow_redirects=False)
    if role is not None:
        house.add_user(f"user-{role}", role=role, county=county)
        client.cookies.set(SESSION_COOKIE, house.session(f"user-{role}"))
    return client


def enter(desk: TestClient, house: House, code: str, **changed: str):
    return desk.post("/displays", data={"code": code, "scope": house.city} | FORM | changed)


def test_a_screen_shows_a_code_and_goes_to_its_wall_once_it_was_entered(site: TestClient, house: House):
    screen, desk = visitor(site, house), visitor(site, house, "task-force")
    assert screen.get("/wall").headers["location"] == "/pair"
    assert screen.get("/wall", params={"scene": "launch"}).headers["location"] == "/pair?scene=launch"
    page = screen.get("/pair")
    assert page.status_code == 200
    assert "127.0.0.1:8050/displays" in page.text
    told = screen.post("/pair").json()
    assert len(told["code"]) == 6
    assert set(told["code"]) <= set(CODE_CHARS)
    assert told["left_s"] == CODE_LASTS.total_seconds()
    assert screen.post("/pair").json()["code"] == told["code"], "the same until somebody enters it"
    assert enter(desk, house, told["code"].lower()).headers["location"] == "/displays#display-1"
    answer = screen.post("/pair")
    assert answer.json() == {"paired": True}
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{DISPLAY_COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert screen.get("/wall").status_code == 200
    assert screen.get("/pair").headers["location"] == "/wall"
    assert screen.get("/displays").status_code == 403


def test_neither_the_token_nor_the_secret_is_stored(site: TestClient, house: House):
    screen, desk = visitor(site, house), visitor(site, house, "task-force")
    code = screen.post("/pair").json()["code"]
    enter(desk, house, code)
    screen.post("/pair")
    with read(house.engine) as conn:
        kept = conn.execute(select(displays.c.token_hash)).scalar_one()
        waiting = conn.execute(select(pairings.c.secret_hash)).scalar_one()
    assert kept == token_hash(screen.cookies[DISPLAY_COOKIE])
    assert waiting == token_hash(screen.cookies[PAIRING_COOKIE])


def test_a_county_screen_is_led_to_its_own_wall(site: TestClient, house: House):
    screen, desk = visitor(site, house), visitor(site, house, "commerce")
    enter(desk, house, screen.post("/pair").json()["code"], scope=house.county)
    screen.post("/pair")
    assert screen.get("/wall").headers["location"] == f"/wall/{house.county}"
    assert screen.get(f"/wall/{house.county}").status_code == 200


def test_a_code_is_good_once_and_a_used_one_pairs_no_other_screen(site: TestClient, house: House):
    screen, desk = visitor(site, house), visitor(site, house, "task-force")
    code = screen.post("/pair").json()["code"]
    enter(desk, house, code)
    again = enter(desk, house, code)
    assert again.status_code == 422
    assert "配对码不对，或已过期" in again.text
    with read(house.engine) as conn:
        assert len(fleet(conn)) == 1


def test_whoever_knows_the_code_but_is_not_the_screen_gets_nothing(site: TestClient, house: House):
    screen, desk, thief = visitor(site, house), visitor(site, house, "task-force"), visitor(site, house)
    code = screen.post("/pair").json()["code"]
    enter(desk, house, code)
    assert thief.post("/pair").json()["code"] != code
    thief.cookies.set(PAIRING_COOKIE, code)
    assert "code" in thief.post("/pair").json()
    assert screen.post("/pair").json() == {"paired": True}


def test_an_answer_that_got_lost_is_given_again_with_another_token(site: TestClient, house: House):
    screen, desk = visitor(site, house), visitor(site, house, "task-force")
    enter(desk, house, screen.post("/pair").json()["code"])
    first = screen.post("/pair").cookies[DISPLAY_COOKIE]
    del screen.cookies[DISPLAY_COOKIE]
    second = screen.post("/pair").cookies[DISPLAY_COOKIE]
    assert first != second
    screen.cookies.set(DISPLAY_COOKIE, second)
    assert screen.get("/wall").status_code == 200
    late = visitor(site, house)
    late.cookies.set(DISPLAY_COOKIE, first)
    assert late.get("/wall").headers["location"] == "/pair"


def test_a_code_runs_out_and_the_screen_takes_a_new_one(site: TestClient, house: House):
    screen, desk = visitor(site, house), visitor(site, house, "task-force")
    code = screen.post("/pair").json()["code"]
    house.now.move(seconds=CODE_LASTS.total_seconds() + 1)
    assert enter(desk, house, code).status_code == 422
    assert screen.post("/pair").json()["code"] != code


def test_a_revoked_screen_is_not_let_in_by_its_old_secret(site: TestClient, house: House):
    screen, desk = visitor(site, house), visitor(site, house, "task-force")
    enter(desk, house, screen.post("/pair").json()["code"])
    with write(house.engine) as conn:
        revoke(conn, 1, by="duty", now=house.now())
    assert "code" in screen.post("/pair").json()


def test_wrong_codes_are_counted_by_person(site: TestClient, house: House):
    screen = visitor(site, house)
    desk, other = visitor(site, house, "task-force"), visitor(site, house, "commerce")
    code = screen.post("/pair").json()["code"]
    for _ in range(pairing.WRONG_CODES):
        assert enter(desk, house, "AAAAAA").status_code == 422
    refused = enter(desk, house, code)
    assert "配对码输错次数过多" in refused.text
    assert enter(other, house, code).status_code == 303
    house.now.move(seconds=(pairing.WINDOW + timedelta(seconds=1)).total_seconds())
    desk.cookies.set(SESSION_COOKIE, house.session("user-task-force"))
    assert enter(desk, house, visitor(site, house).post("/pair").json()["code"]).status_code == 303


def test_screens_that_wait_are_limited(site: TestClient, house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pairing, "WAITING_PER_ADDRESS", 2)
    assert [visitor(site, house).post("/pair").status_code for _ in range(3)] == [200, 200, 429]


def test_what_was_typed_is_checked_and_kept_in_the_form(site: TestClient, house: House):
    screen, desk = visitor(site, house), visitor(site, house, "task-force")
    code = screen.post("/pair").json()["code"]
    for wrong, words in (
        ({"name": " \u200b "}, "名称须为"),
        ({"name": "大" * 33}, "名称须为"),
        ({"scope": "110000"}, "没有这个范围"),
        ({"inches": "nan"}, "对角线须为"),
        ({"inches": "9"}, "对角线须为"),
        ({"metres": "1e3"}, "对角线须为"),
        ({"metres": "-5"}, "对角线须为"),
    ):
        answer = enter(desk, house, code, **wrong)
        assert answer.status_code == 422, wrong
        assert words in answer.text
        assert f'value="{code}"' in answer.text
    assert enter(desk, house, code).status_code == 303
    with read(house.engine) as conn:
        assert conn.execute(select(display_actions.c.action)).scalars().all() == ["pair"]


@pytest.mark.parametrize(
    ("role", "county"), [("market", None), ("audit", None), ("cyberspace", None), ("task-force", "140403")]
)
def test_other_offices_and_counties_pair_nothing(
    site: TestClient, house: House, role: str, county: str | None
):
    assert roles_with(May.KEEP) == ("task-force", "commerce")
    screen, desk = visitor(site, house), visitor(site, house, role, county=county)
    assert enter(desk, house, screen.post("/pair").json()["code"]).status_code == 403
    assert desk.get("/displays").status_code == 403
    assert desk.post("/displays/1/revoke").status_code == 403


def test_a_forged_form_pairs_nothing(site: TestClient, house: House):
    desk = visitor(site, house, "task-force")
    for address in ("/displays", "/displays/1/revoke", "/pair"):
        assert desk.post(address, headers={"origin": "https://evil.example"}).status_code == 403


def test_a_walls_token_opens_nothing_but_its_scenes(site: TestClient, house: House):
    """Every line of the table, in the application itself."""
    house.picture(1, total="100")
    house.picture(1, scope=house.county, total="10")
    screen = visitor(site, house)
    token, _ = house.display()
    opened = set()
    for method, template, may in TABLE:
        if method == "WS" or may is May.ANYONE or "stream" in template:
            continue
        for scope in (house.city, house.county):
            path = (
                template.replace("<scope>", scope).replace("*", "live.js").replace("{", "").replace("}", "")
            )
            screen.cookies.clear()
            screen.cookies.set(DISPLAY_COOKIE, token)
            answer = screen.request(method, path)
            mine = look_up(method, path, city=house.city).scope in (None, house.city)
            if not (may in (May.LOOK, May.WATCH, May.DISPLAY) and mine):
                assert answer.status_code in (403, 404), (method, path, answer.status_code)
            elif answer.status_code == 200:
                opened.add(path)
    assert opened == {
        "/wall", f"/wall/{house.city}", "/api/v1/snapshot", f"/api/v1/snapshot/{house.city}",
        "/assets/live.js", "/_dash-layout", "/_dash-dependencies",
    }  # fmt: skip


@pytest.mark.parametrize(("lasts", "seen_every"), [(UNSEEN_LASTS, None), (PAIRING_LASTS, timedelta(days=20))])
def test_w2_a_pairing_ends_by_itself_unseen_or_old(
    house: House, lasts: timedelta, seen_every: timedelta | None
):
    """A screen that was taken off its wall keeps no key to it, and none has one for ever."""
    token, number = house.display()
    began = house.now()
    while seen_every and house.now() + seen_every < began + lasts:
        house.now.moment += seen_every
        with write(house.engine) as conn:
            saw_display(conn, number, house.now())
    for moment, status in ((began + lasts - timedelta(seconds=1), 200), (began + lasts, 303)):
        house.now.moment = moment
        screen = TestClient(house.app(), base_url=ADDRESS, follow_redirects=False)
        screen.cookies.set(DISPLAY_COOKIE, token)
        assert screen.get("/wall").status_code == status
        with write(house.engine) as conn:  # being asked is being seen
            conn.execute(update(displays).values(seen_at=None if seen_every is None else moment))
    desk = visitor(TestClient(house.app(), base_url=ADDRESS), house, "task-force")
    assert "配对已到期，须重新配对" in desk.get("/displays").text
