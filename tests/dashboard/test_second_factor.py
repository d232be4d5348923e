"""The second factor: what it is made of, and how people sign in with it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

import pyotp
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from dashboard.entry.second_factor import (
    SecondFactors,
    new_recovery_codes,
    new_secret,
    plain_code,
    qr_address,
    step_of,
)
from dashboard.entry.visitors import SESSION_COOKIE
from store.engine import read, write
from store.schema import audit_log, recovery_codes, second_factors, sessions
from store.writes.factors import forget_factor
from tests.dashboard.conftest import ADDRESS, PASSWORD, House

STEP_S = 30


@pytest.fixture
def asking(house: House) -> House:
    """A house that asks for second factors, as every deployment does unless told otherwise."""
    house.settings = replace(house.settings, second_factor=True)
    house.add_user("wang", role="cyberspace")
    return house


@pytest.fixture
def browser_of(asking: House) -> Iterator[TestClient]:
    with TestClient(asking.app(), base_url=ADDRESS, follow_redirects=False) as opened:
        yield opened


def enter(client: TestClient, name: str = "wang", password: str = PASSWORD) -> None:
    assert (
        client.post("/login", data={"name": name, "password": password, "next": "/desk"}).status_code == 303
    )


def enrol(client: TestClient, house: House) -> tuple[pyotp.TOTP, list[str]]:
    """(the phone, the recovery codes)"""
    page = client.get("/account/factor").text
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    sealed = html.unescape(re.search(r'name="sealed" value="([^"]+)"', page)[1])
    phone = pyotp.TOTP(secret)
    done = client.post(
        "/account/factor", data={"sealed": sealed, "code": phone.at(house.now()), "next": "/desk"}
    )
    assert done.status_code == 200, done.text
    return phone, re.findall(r"<li><code>([A-Z2-7 ]+)</code>", done.text)


def show(client: TestClient, code: str) -> int:
    return client.post("/account/code", data={"code": code, "next": "/desk"}).status_code


def test_a_desk_user_sees_nothing_before_the_second_factor(asking: House, browser_of: TestClient) -> None:
    enter(browser_of)
    assert browser_of.get("/desk").headers["location"] == "/account/factor?next=/desk"
    assert browser_of.get("/wall").headers["location"] == "/account/factor?next=/wall"
    assert browser_of.get("/login").headers["location"] == "/account/factor"
    assert browser_of.get("/api/v1/snapshot").status_code == 403
    assert browser_of.get("/account/password").headers["location"].startswith("/account/factor")
    assert browser_of.get("/assets/desk.css").status_code == 200
    enrol(browser_of, asking)
    assert browser_of.get("/desk").status_code == 200


def test_w2_the_session_gets_another_token_when_it_may_do_more(asking: House, browser_of: TestClient) -> None:
    enter(browser_of)
    before = browser_of.cookies[SESSION_COOKIE]
    enrol(browser_of, asking)
    after = browser_of.cookies[SESSION_COOKIE]
    assert after != before
    browser_of.cookies.set(SESSION_COOKIE, before)
    assert browser_of.get("/desk").headers["location"].startswith("/login")


def test_the_next_sign_in_asks_for_a_code_and_takes_each_once(asking: House, browser_of: TestClient) -> None:
    enter(browser_of)
    phone, _ = enrol(browser_of, asking)
    enter(browser_of)
    assert browser_of.get("/desk").headers["location"] == "/account/code?next=/desk"
    assert browser_of.get("/account/password").headers["location"].startswith("/account/code")
    assert browser_of.get("/account/factor").headers["location"].startswith("/account/code")
    assert show(browser_of, phone.at(asking.now())) == 403  # it was shown when the phone was bound
    asking.now.move(seconds=STEP_S)
    code = phone.at(asking.now())
    assert show(browser_of, f" {code[:3]} {code[3:]} ") == 303
    assert browser_of.get("/desk").status_code == 200
    enter(browser_of)
    assert show(browser_of, code) == 403
    assert browser_of.get("/desk").status_code == 303


def test_an_older_code_does_not_count_after_a_newer_one(asking: House, browser_of: TestClient) -> None:
    enter(browser_of)
    phone, _ = enrol(browser_of, asking)
    asking.now.move(seconds=10 * STEP_S)
    older, newer = phone.at(asking.now()), phone.at(asking.now(), counter_offset=1)
    for code, answer in ((newer, 303), (older, 403)):
        enter(browser_of)
        assert show(browser_of, code) == answer


def test_a_recovery_code_counts_once_however_it_is_typed(asking: House, browser_of: TestClient) -> None:
    enter(browser_of)
    _, codes = enrol(browser_of, asking)
    assert len(set(codes)) == 10
    enter(browser_of)
    assert show(browser_of, codes[3].lower().replace(" ", "-")) == 303
    assert "还有 9 个恢复码" in browser_of.get("/account/factor").text
    enter(browser_of)
    assert show(browser_of, codes[3]) == 403
    assert show(browser_of, codes[4]) == 303


def test_w1_codes_are_tried_five_times_whoever_signs_in_again_in_between(
    asking: House, browser_of: TestClient
) -> None:
    enter(browser_of)
    phone, codes = enrol(browser_of, asking)
    asking.now.move(seconds=STEP_S)
    wrong = "000000" if phone.at(asking.now()) != "000000" else "111111"
    answers = []
    for _ in range(5):
        enter(browser_of)  # the right password clears its own tries, not these
        answers.append(show(browser_of, wrong))
    assert answers == [403] * 5
    assert show(browser_of, phone.at(asking.now())) == 429
    assert show(browser_of, codes[0]) == 429
    asking.now.move(minutes=15)
    enter(browser_of)
    assert show(browser_of, phone.at(asking.now())) == 303


def test_the_store_holds_neither_secret_nor_codes(asking: House, browser_of: TestClient) -> None:
    enter(browser_of)
    phone, codes = enrol(browser_of, asking)
    with read(asking.engine) as conn:
        rows = [*conn.execute(select(second_factors)), *conn.execute(select(recovery_codes))]
    kept = str(rows)
    assert phone.secret not in kept
    assert not any(plain_code(code) in kept for code in codes)
    factors = SecondFactors(asking.settings.secret_key)
    assert factors.opened(rows[0].sealed, user_name="wang") == phone.secret
    assert factors.opened(rows[0].sealed, user_name="li") is None
    assert SecondFactors("x" * 32).opened(rows[0].sealed, user_name="wang") is None


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64", "\u4e2d", "A" * 5000])
def test_a_secret_that_was_not_sealed_here_binds_no_phone(
    asking: House, browser_of: TestClient, sealed: str
) -> None:
    enter(browser_of)
    browser_of.post("/account/factor", data={"sealed": sealed, "code": "123456"})
    assert browser_of.get("/desk").headers["location"].startswith("/account/factor")


def test_a_second_phone_is_not_bound_beside_the_first(asking: House, browser_of: TestClient) -> None:
    enter(browser_of)
    enrol(browser_of, asking)
    secret = new_secret()
    sealed = SecondFactors(asking.settings.secret_key).sealed(secret, user_name="wang")
    form = {"sealed": sealed, "code": pyotp.TOTP(secret).at(asking.now())}
    assert browser_of.post("/account/factor", data=form).headers["location"] == "/login"
    assert "已启用" in browser_of.get("/account/factor").text


def test_once_it_is_reset_the_person_is_out_and_binds_another(asking: House, browser_of: TestClient) -> None:
    enter(browser_of)
    enrol(browser_of, asking)
    with write(asking.engine) as conn:
        forget_factor(conn, "wang")
        assert not conn.execute(select(sessions)).all()
        assert not conn.execute(select(recovery_codes)).all()
    enter(browser_of)
    assert browser_of.get("/desk").headers["location"].startswith(("/account/factor", "/login"))


def test_who_needs_none_may_have_one(asking: House, browser_of: TestClient) -> None:
    asking.add_user("li", role="finance")
    enter(browser_of, "li")
    assert browser_of.get("/briefings").status_code == 200
    phone, _ = enrol(browser_of, asking)
    enter(browser_of, "li")
    assert browser_of.get("/briefings").headers["location"].startswith("/account/code")
    asking.now.move(seconds=STEP_S)
    assert show(browser_of, phone.at(asking.now())) == 303


def test_where_none_is_asked_for_the_sign_in_page_says_so(house: House, client: TestClient) -> None:
    assert "未启用动态口令" in client.get("/login").text
    house.add_user("wang", role="cyberspace")
    enter(client)
    assert client.get("/desk").status_code == 200


def test_codes_of_about_now_count_and_others_do_not(house: House) -> None:
    secret, now = new_secret(), house.now()
    phone = pyotp.TOTP(secret)
    taken = [
        step_of(secret, phone.at(now, counter_offset=offset), now) is not None for offset in range(-2, 3)
    ]
    assert taken == [False, True, True, True, False]
    for typed in ("", "12345", "１２３４５６", "x" * 500, "\x00"):
        assert step_of(secret, typed, now) is None


def test_the_qr_code_is_an_image_without_anything_that_runs() -> None:
    address = qr_address(new_secret(), "王<script>")
    assert address.startswith("data:image/svg+xml")
    assert "script" not in address.lower()
    assert len(set(new_recovery_codes())) == 10


def test_x4_what_is_done_about_a_second_factor_is_in_the_audit_log(
    asking: House, browser_of: TestClient
) -> None:
    enter(browser_of)
    _, codes = enrol(browser_of, asking)
    enter(browser_of)
    show(browser_of, "000")
    show(browser_of, codes[0])
    new = "一句新的口令 battery 9"
    changed = browser_of.post("/account/password", data={"old": PASSWORD, "new": new, "again": new})
    assert changed.headers["location"] == "/"
    with read(asking.engine) as conn:
        rows = conn.execute(select(audit_log).order_by(audit_log.c.number)).all()
    assert [(row.action, row.outcome, row.detail) for row in rows if row.action != "sign-in"] == [
        ("second-factor", "done", '{"factor":"bound"}'),
        ("second-factor", "refused", '{"why":"wrong code"}'),
        ("second-factor", "done", '{"factor":"recovery code"}'),
        ("password-change", "done", "{}"),
    ]
    assert {row.who for row in rows} == {"wang"}
    assert not any(secret in str(rows) for secret in (new, PASSWORD, plain_code(codes[0]), codes[0]))
