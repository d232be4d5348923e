"""Signing in and out, as a browser does it."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from dashboard.entry import identity
from dashboard.entry.doors import TOO_MANY, WRONG
from dashboard.entry.identity import ABSOLUTE, IDLE, SignIn, TooManyTries, hash_password
from dashboard.entry.visitors import FRESH_S, SESSION_COOKIE
from dashboard.forms import HOME, own_page
from domain.errors import ConfigError
from store.engine import read, write
from store.queries.access import find_displays, find_session
from store.schema import displays, sessions
from store.writes.access import disable_user
from store.writes.displays import revoke
from tests.dashboard.conftest import PASSWORD, House

PATIENCE_S = 30.0


def _sign_in(client: TestClient, *, name: str = "duty", password: str = PASSWORD, next: str = "/wall"):
    return client.post("/login", data={"name": name, "password": password, "next": next})


def test_the_right_password_opens_the_page_that_was_asked_for(house: House, client: TestClient):
    house.add_user()
    answer = _sign_in(client, next="/wall/140403?at=2022-10-28T09%3A05")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/wall/140403?at=2022-10-28T09%3A05"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.get("/wall").status_code == 200


def test_w5_over_https_the_cookie_is_bound_to_the_host(house: House):
    from dataclasses import replace

    house.settings = replace(house.settings, base_url="https://watch.example")
    house.add_user()
    with TestClient(house.app(), base_url="https://watch.example", follow_redirects=False) as client:
        answer = _sign_in(client)
        assert answer.headers["set-cookie"].startswith(f"__Host-{SESSION_COOKIE}=")
        assert "Secure" in answer.headers["set-cookie"]
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert client.get("/wall").status_code == 200


def test_w2_the_store_never_holds_a_token(house: House, client: TestClient):
    house.add_user()
    _sign_in(client)
    token = client.cookies[SESSION_COOKIE]
    with read(house.engine) as conn:
        row = conn.execute(select(sessions)).one()
    assert len(token) >= 43
    assert token not in str(row)


@pytest.mark.parametrize(
    ("name", "password"), [("duty", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("", "")]
)
def test_every_failure_gets_the_same_answer(house: House, client: TestClient, name: str, password: str):
    house.add_user()
    house.add_user("gone")
    with write(house.engine) as conn:
        disable_user(conn, "gone")
    answer = _sign_in(client, name=name, password=password)
    assert answer.status_code == 401
    assert WRONG in answer.text
    assert "set-cookie" not in answer.headers


def test_after_five_tries_even_the_right_password_waits(house: House, client: TestClient):
    house.add_user()
    assert [_sign_in(client, password="wrong").status_code for _ in range(5)] == [401] * 5
    answer = _sign_in(client)
    assert answer.status_code == 429
    assert TOO_MANY in answer.text
    house.now.move(minutes=15)
    assert _sign_in(client).status_code == 303


def test_tries_are_counted_before_any_hashing(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(identity, "MOST_SIGNING_IN", 30)
    sign_in = SignIn(house.engine, secret_key=house.settings.secret_key)
    verified = []
    sign_in._verify = lambda name, password: bool(verified.append(name))  # the only way in is through here

    async def storm() -> int:
        tries = [sign_in.attempt("duty", "x", address="10.0.0.9", now=house.now()) for _ in range(30)]
        ended = await asyncio.gather(*tries, return_exceptions=True)
        return sum(isinstance(end, TooManyTries) for end in ended)

    assert asyncio.run(storm()) == 25
    assert len(verified) == 5


def test_an_unknown_name_costs_a_hash_like_a_known_one(house: House, monkeypatch: pytest.MonkeyPatch):
    house.add_user()
    hashed: list[str] = []
    real = identity._matches
    monkeypatch.setattr(identity, "_matches", lambda kept, given: hashed.append(kept) or real(kept, given))
    sign_in = SignIn(house.engine, secret_key=house.settings.secret_key)
    assert [sign_in._verify(name, "wrong") for name in ("duty", "nobody")] == [False, False]
    known, unknown = hashed
    assert known != unknown
    cost = [kept.split("$")[1:4] for kept in hashed]  # variant, version, memory and rounds
    assert cost[0] == cost[1]


def test_w2_an_idle_session_may_watch_and_do_nothing_else(house: House, client: TestClient):
    house.add_user()
    _sign_in(client)
    house.now.move(seconds=IDLE.total_seconds())
    client = _with_cookies(house, client)
    assert client.get("/wall").status_code == 200
    assert client.get("/api/openapi.json").status_code == 401
    assert 'name="password"' in client.get("/login").text


def test_w2_a_session_in_use_lives_until_its_absolute_end(house: House):
    house.add_user()
    token = house.session()
    end = house.now() + ABSOLUTE
    while house.now() + timedelta(minutes=29) < end:
        house.now.move(minutes=29)
        with TestClient(
            house.app(), base_url="http://127.0.0.1:8050", cookies={SESSION_COOKIE: token}
        ) as used:
            assert used.get("/api/openapi.json").status_code == 200
            _until(lambda: _seen(house, token) == house.now())
    house.now.moment = end
    with TestClient(house.app(), base_url="http://127.0.0.1:8050", cookies={SESSION_COOKIE: token}) as used:
        assert used.get("/api/openapi.json").status_code == 401
        assert used.get("/api/v1/snapshot").status_code == 401


def test_signing_out_ends_the_session_at_once(house: House, client: TestClient):
    house.add_user()
    _sign_in(client)
    token = client.cookies[SESSION_COOKIE]
    assert client.get("/wall").status_code == 200
    answer = client.post("/logout")
    assert answer.status_code == 303
    assert answer.headers["clear-site-data"] == '"storage"'
    client.cookies.set(SESSION_COOKIE, token)
    assert client.get("/wall").status_code == 303


def test_w2_signing_in_again_closes_the_session_before(house: House, client: TestClient):
    house.add_user()
    _sign_in(client)
    first = client.cookies[SESSION_COOKIE]
    _sign_in(client)
    assert client.cookies[SESSION_COOKIE] != first
    assert _with_token(house, first).get("/api/v1/snapshot").status_code == 401


def test_a_disabled_user_is_out_within_a_second(house: House, client: TestClient):
    house.add_user()
    _sign_in(client)
    assert client.get("/wall").status_code == 200
    with write(house.engine) as conn:
        disable_user(conn, "duty")
    time.sleep(FRESH_S)
    assert client.get("/wall").status_code == 303


def test_a_pairing_link_becomes_a_cookie_and_a_clean_address(house: House, client: TestClient):
    token, number = house.display()
    answer = client.get("/wall", params={"token": token})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/wall"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/wall").status_code == 200
    assert client.get("/metrics").status_code == 403
    assert client.post("/logout").status_code == 403
    with write(house.engine) as conn:
        revoke(conn, number, by="duty", now=house.now())
    time.sleep(FRESH_S)
    assert client.get("/wall").status_code == 303


def test_a_display_is_seen(house: House, client: TestClient):
    token, _ = house.display()
    client.get("/wall", params={"token": token})
    client.get("/wall")
    with read(house.engine) as conn:
        row = conn.execute(select(displays.c.token_hash)).scalar_one()

    def seen() -> bool:
        with read(house.engine) as conn:
            found = find_displays(conn, [row])[row]
        return found is not None and found.seen_at == house.now()

    _until(seen)


def test_a_wrong_pairing_link_says_so(client: TestClient):
    answer = client.get("/wall", params={"token": "x" * 43})
    assert answer.status_code == 403
    assert "配对链接无效" in answer.text
    assert "set-cookie" not in answer.headers


def test_a_county_link_leads_to_the_countys_wall(house: House, client: TestClient):
    token, _ = house.display(house.county)
    assert client.get("/wall", params={"token": token}).headers["location"] == f"/wall/{house.county}"
    assert client.get(f"/wall/{house.county}").status_code == 200


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "", "wall",
     "/wall\r\nset-cookie: x=1", "/ /evil.example", "/\t/evil.example"],
)  # fmt: skip
def test_signing_in_never_leads_to_another_site(target: str):
    assert own_page(target) == HOME


def test_what_was_typed_comes_back_escaped(client: TestClient):
    answer = _sign_in(client, name='"><script>alert(1)</script>', password="x", next='/"><script>')
    assert "<script" not in answer.text
    assert answer.status_code == 401


def test_an_endless_form_is_not_read_to_its_end(client: TestClient):
    assert client.post("/login", content=b"name=" + b"x" * 20_000).status_code == 413


def test_while_the_store_is_away_nobody_signs_in_and_nothing_breaks(house: House, client: TestClient):
    house.add_user()
    _break(house)
    answer = _sign_in(client)
    assert answer.status_code == 503
    assert "数据库暂时连不上" in answer.text


def test_a_short_password_is_not_taken():
    with pytest.raises(ConfigError, match="10 to 200"):
        hash_password("short")


def test_the_form_names_the_campaign_and_that_it_is_invented(house: House, client: TestClient):
    page = client.get("/login").text
    assert '<html lang="zh-CN">' in page
    assert house.campaign.campaign.name in page
    assert "演示数据" in page
    assert "<script" not in page


def test_who_is_signed_in_finds_the_way_out(house: House, client: TestClient):
    house.add_user()
    _sign_in(client)
    page = client.get("/login").text
    assert "已登录：<strong>duty</strong>" in page
    assert 'action="/logout"' in page


def test_a_role_changed_in_the_store_counts_at_once(house: House, client: TestClient):
    from store.schema import users

    house.add_user()
    token = house.session()
    with write(house.engine) as conn:
        conn.execute(update(users).values(county=house.county))
    limited = _with_token(house, token)
    assert limited.get("/wall").headers["location"] == f"/wall/{house.county}"


def _with_cookies(house: House, client: TestClient) -> TestClient:
    """The same browser before another process of the same application: nothing is remembered there."""
    return _with_token(house, client.cookies[SESSION_COOKIE])


def _with_token(house: House, token: str) -> TestClient:
    opened = TestClient(house.app(), base_url="http://127.0.0.1:8050", follow_redirects=False)
    opened.cookies.set(SESSION_COOKIE, token)
    return opened


def _break(house: House) -> None:
    """What a lost database looks like: no table answers."""
    with write(house.engine) as conn:
        conn.exec_driver_sql("ALTER TABLE sign_in_tries RENAME TO away")


def _seen(house: House, token: str):
    from dashboard.entry.identity import token_hash

    with read(house.engine) as conn:
        session = find_session(conn, token_hash(token))
    return session and session.seen_at


def _until(holds) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.02)
