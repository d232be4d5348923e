"""Changing one's own password: when it has to be, and what it ends. And the accounts of the first start."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from dashboard.entry.bootstrap import NAMES, first_accounts
from dashboard.entry.identity import hash_password
from dashboard.entry.visitors import SESSION_COOKIE
from domain.audit import Doer
from store.engine import write
from store.writes.access import add_user, change_password
from tests.dashboard.conftest import ADDRESS, PASSWORD, PASSWORD_HASH, House

DOER = Doer(name="root", role="console", at=datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
NEW = "一句新的口令 battery 9"


def enter(client: TestClient, name: str = "duty", password: str = PASSWORD) -> int:
    return client.post("/login", data={"name": name, "password": password}).status_code


def change(client: TestClient, *, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> int:
    form = {"old": old, "new": new, "again": new if again is None else again, "next": "/briefings"}
    return client.post("/account/password", data=form).status_code


def test_a_password_somebody_else_made_is_changed_first(house: House, client: TestClient) -> None:
    with write(house.engine) as conn:
        whose = {"role": "finance", "county": None, "password_hash": PASSWORD_HASH}
        add_user(conn, "duty", **whose, now=house.now(), must_change=True)
    assert enter(client) == 303
    assert client.get("/briefings").headers["location"] == "/account/password?next=/briefings"
    assert client.get("/api/v1/snapshot").status_code == 403
    assert "请先更改密码" in client.get("/account/password").text
    assert change(client) == 303
    assert client.get("/briefings").status_code == 200
    assert enter(client) == 401
    assert enter(client, password=NEW) == 303


def test_a_password_somebody_else_made_is_good_for_a_week(house: House, client: TestClient) -> None:
    with write(house.engine) as conn:
        whose = {"role": "finance", "county": None, "password_hash": PASSWORD_HASH}
        add_user(conn, "duty", **whose, now=house.now(), must_change=True)
    house.now.move(days=7, seconds=1)
    assert enter(client) == 401


def test_w2_changing_it_ends_every_other_session_and_rotates_this_one(
    house: House, client: TestClient
) -> None:
    house.add_user()
    elsewhere = house.session()
    enter(client)
    before = client.cookies[SESSION_COOKIE]
    assert change(client) == 303
    assert client.get("/briefings").status_code == 200
    for token in (elsewhere, before):
        other = TestClient(house.app(), base_url=ADDRESS, follow_redirects=False)
        other.cookies.set(SESSION_COOKIE, token)
        assert other.get("/briefings").status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "answer"),
    [
        ("wrong", NEW, NEW, 403),
        (PASSWORD, NEW, NEW + " ", 422),
        (PASSWORD, PASSWORD, PASSWORD, 422),
        (PASSWORD, "short 1", "short 1", 422),
        (PASSWORD, "aaaaaaaaaaaa", "aaaaaaaaaaaa", 422),
        (PASSWORD, "my name is DUTY 1", "my name is DUTY 1", 422),
        (PASSWORD, "x1y2z" * 50, "x1y2z" * 50, 422),
        (PASSWORD, "", "", 422),
    ],
)
def test_what_cannot_be_is_refused_and_the_old_one_stays(
    house: House, client: TestClient, old: str, new: str, again: str, answer: int
) -> None:
    house.add_user()
    enter(client)
    assert change(client, old=old, new=new, again=again) == answer
    assert client.get("/briefings").status_code == 200
    assert enter(client) == 303


def test_w1_the_current_password_cannot_be_guessed_from_a_session(house: House, client: TestClient) -> None:
    house.add_user()
    client.cookies.set(SESSION_COOKIE, house.session())
    assert [change(client, old=f"guess {n} of many") for n in range(6)] == [403] * 5 + [429]
    assert change(client) == 429


def test_an_old_password_is_changed_at_the_next_sign_in_and_no_wall_stops_for_it(
    house: House, client: TestClient
) -> None:
    house.add_user()
    house.now.move(days=90, hours=-1)
    enter(client)
    house.now.move(hours=2)
    assert client.get("/wall").status_code == 200
    enter(client)
    assert client.get("/wall").headers["location"].startswith("/account/password")


def test_a_deployment_may_do_without_regular_change(house: House) -> None:
    house.settings = replace(house.settings, password_days=0)
    house.add_user()
    house.now.move(days=4000)
    with TestClient(house.app(), base_url=ADDRESS, follow_redirects=False) as client:
        enter(client)
        assert client.get("/wall").status_code == 200


def test_a_reset_password_is_to_be_changed_again(house: House, client: TestClient) -> None:
    house.add_user()
    with write(house.engine) as conn:
        change_password(conn, "duty", hash_password(NEW), now=house.now(), must_change=True)
    assert enter(client, password=NEW) == 303
    assert client.get("/wall").headers["location"].startswith("/account/password")


def test_the_first_start_makes_three_accounts_and_no_later_one_does(house: House, client: TestClient) -> None:
    made = first_accounts(house.engine, DOER)
    assert [told.split()[0] for told in made.values()] == list(NAMES.values())
    assert first_accounts(house.engine, DOER) == {}
    name, password = made["系统管理员"].split()
    assert enter(client, name, password) == 303
    assert client.get("/login").headers["location"] == "/account/password"
    assert change(client, old=password) == 303
    assert "系统管理员" not in password
    assert client.get("/login").status_code == 200


def test_where_somebody_can_sign_in_nothing_is_made(house: House) -> None:
    house.add_user()
    assert first_accounts(house.engine, DOER) == {}
