"""`/admin`: accounts, grants, sessions and tokens, each by the one whose business it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from dashboard.entry.visitors import SESSION_COOKIE
from dashboard.permissions import ROLES
from store.engine import read, write
from store.queries.access import find_user
from store.queries.accounts import open_sessions
from store.queries.tokens import all_tokens
from store.schema import audit_log
from tests.dashboard.conftest import ADDRESS, House

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def staffed(house: House) -> House:
    """The three that run the system, and one person of an office."""
    house.add_user("sys", role="system-admin")
    house.add_user("sec", role="security-admin")
    house.add_user("aud", role="auditor")
    house.add_user("wang", role="finance")
    return house


@pytest.fixture
def site(staffed: House) -> Iterator[TestClient]:
    with TestClient(staffed.app(), base_url=ADDRESS, follow_redirects=False) as opened:
        yield opened


def by(site: TestClient, house: House, name: str) -> TestClient:
    """The same browser, now signed in as that person."""
    site.cookies.clear()
    site.cookies.set(SESSION_COOKIE, house.session(name))
    return site


def role_of(house: House, name: str) -> tuple[str, str | None]:
    with read(house.engine) as conn:
        user = find_user(conn, name)
    return user.role, user.county


def test_a_new_account_signs_in_changes_its_password_and_may_do_nothing_yet(
    staffed: House, site: TestClient
) -> None:
    page = by(site, staffed, "sys").post("/admin/accounts", data={"name": "李四"}).text
    password = re.search(r"<code>([a-z0-9-]{23})</code>", page)[1]
    assert password not in site.get("/admin/accounts").text
    assert role_of(staffed, "李四") == ("unassigned", None)
    site.cookies.clear()
    assert site.post("/login", data={"name": "李四", "password": password}).status_code == 303
    new = "一句新的口令 battery 9"
    changed = site.post("/account/password", data={"old": password, "new": new, "again": new})
    assert changed.status_code == 303
    assert site.get("/wall").headers["location"] == "/login"
    assert site.get("/briefings").status_code == 403
    assert "进入大屏" not in site.get("/login").text


def test_a_role_is_granted_takes_effect_and_closes_the_sessions_before(
    staffed: House, site: TestClient
) -> None:
    before = staffed.session("wang")
    form = {"name": "wang", "role": "county", "county": staffed.county}
    page = by(site, staffed, "sec")
    if "county" not in page.get("/admin/grants").text:
        pytest.fail("the campaign's offices are offered")
    assert page.post("/admin/grants/role", data=form).status_code == 303
    assert role_of(staffed, "wang") == ("county", staffed.county)
    site.cookies.set(SESSION_COOKIE, before)
    assert site.get("/wall").status_code == 303


@pytest.mark.parametrize(
    ("role", "county"),
    [("root", ""), ("admin", ""), ("county", ""), ("county", "140400"), ("commerce", "140403"), ("", ""),
     ("machine", ""), ("display", "")],
)  # fmt: skip
def test_what_is_no_role_is_not_granted(staffed: House, site: TestClient, role: str, county: str) -> None:
    form = {"name": "wang", "role": role, "county": county}
    assert by(site, staffed, "sec").post("/admin/grants/role", data=form).status_code == 422
    assert role_of(staffed, "wang") == ("finance", None)


def test_nobody_acts_on_his_own_account_and_each_of_the_three_keeps_somebody(
    staffed: House, site: TestClient
) -> None:
    sec = by(site, staffed, "sec")
    assert "不能对本人" in sec.post("/admin/grants/role", data={"name": "sec", "role": "system-admin"}).text
    last = sec.post("/admin/grants/role", data={"name": "sys", "role": "commerce"})
    assert (last.status_code, "最后一个启用的系统管理员" in last.text) == (409, True)
    sys = by(site, staffed, "sys")
    assert sys.post("/admin/accounts/disable", data={"name": "sys"}).status_code == 409
    assert sys.post("/admin/accounts/disable", data={"name": "aud"}).status_code == 409
    staffed.add_user("aud2", role="auditor")
    assert sys.post("/admin/accounts/disable", data={"name": "aud"}).status_code == 200


def test_no_one_of_the_three_makes_another_ones_password(staffed: House, site: TestClient) -> None:
    answer = by(site, staffed, "sys").post("/admin/accounts/reset", data={"name": "sec"})
    assert answer.status_code == 409
    assert "quanqing user reset" in answer.text


def test_w2_disabling_and_resetting_put_out_at_once_and_enabling_lets_in_again(
    staffed: House, site: TestClient
) -> None:
    for action in ("disable", "reset"):
        token = staffed.session("wang")
        by(site, staffed, "sys").post(f"/admin/accounts/{action}", data={"name": "wang"})
        site.cookies.set(SESSION_COOKIE, token)
        assert site.get("/briefings").status_code == 303, action
        by(site, staffed, "sys").post("/admin/accounts/enable", data={"name": "wang"})


@pytest.mark.parametrize(
    "name", ["", " ", "a b", HOSTILE, "x" * 33, "-rf", "\u202eevil", "a\nb", "（命令行）"]
)
def test_a_name_nobody_can_read_is_refused_and_escaped(staffed: House, site: TestClient, name: str) -> None:
    answer = by(site, staffed, "sys").post("/admin/accounts", data={"name": name})
    assert answer.status_code == 422
    assert HOSTILE not in answer.text


def test_a_name_is_given_once(staffed: House, site: TestClient) -> None:
    assert by(site, staffed, "sys").post("/admin/accounts", data={"name": "wang"}).status_code == 409


def test_w2_one_session_is_ended_or_all_of_somebodys(staffed: House, site: TestClient) -> None:
    tokens = [staffed.session("wang") for _ in range(3)]
    sec = by(site, staffed, "sec")
    page = sec.get("/admin/sessions").text
    assert not any(token in page for token in tokens)
    with read(staffed.engine) as conn:
        mine = [s.handle for s in open_sessions(conn, now=staffed.now()) if s.user_name == "wang"]
    assert sec.post("/admin/sessions/one", data={"session": mine[0]}).status_code == 303
    assert sec.post("/admin/sessions/one", data={"session": mine[0]}).status_code == 409
    assert sec.get("/admin/sessions").text.count("<td>wang</td>") == 2
    assert sec.post("/admin/sessions/all", data={"name": "wang"}).status_code == 303
    assert "<td>wang</td>" not in sec.get("/admin/sessions").text
    for handle in ("", "0" * 16, "%", "\u4e2d", HOSTILE):
        assert sec.post("/admin/sessions/one", data={"session": handle}).status_code == 409


def test_a_token_is_shown_once_reads_what_it_names_and_is_revoked(staffed: House, site: TestClient) -> None:
    staffed.picture(1, total="100")
    staffed.picture(1, scope=staffed.county, total="10")
    form = {"name": "报表系统", "scope": staffed.county, "routes": "snapshot", "days": "30"}
    page = by(site, staffed, "sec").post("/admin/tokens", data=form).text
    token = re.search(r"<code>(qq-[A-Za-z0-9_-]{43})</code>", page)[1]
    assert token not in site.get("/admin/tokens").text
    machine = TestClient(staffed.app(), base_url=ADDRESS, headers={"authorization": f"Bearer {token}"})
    own = f"/api/v1/snapshot/{staffed.county}"
    with machine:
        assert machine.get(own).json()["scope"] == staffed.county
        assert machine.get("/api/v1/snapshot").status_code == 403
        assert machine.get(f"/api/v1/stream/{staffed.county}").status_code == 403
        assert machine.get("/wall", follow_redirects=False).status_code == 303
    with read(staffed.engine) as conn:
        (kept,) = all_tokens(conn)
    assert (kept.made_by, kept.routes) == ("sec", {"snapshot"})
    assert (
        by(site, staffed, "sec").post("/admin/tokens/revoke", data={"token": kept.token_id}).status_code
        == 303
    )
    after = TestClient(staffed.app(), base_url=ADDRESS, headers={"authorization": f"Bearer {token}"})
    assert after.get(own).status_code == 401


def test_a_token_ends_by_itself_and_borrows_no_cookie(staffed: House, site: TestClient) -> None:
    staffed.picture(1, total="100")
    token = staffed.machine({"snapshot"})
    by(site, staffed, "wang")
    bearer = {"authorization": f"Bearer {token}"}
    assert site.get("/api/v1/snapshot", headers=bearer).status_code == 200
    assert site.get("/api/v1/snapshot", headers={"authorization": "Bearer nothing"}).status_code == 401
    staffed.now.move(days=31)
    fresh = TestClient(staffed.app(), base_url=ADDRESS, headers=bearer)
    assert fresh.get("/api/v1/snapshot").status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [{"scope": "140499"}, {"routes": "metrics"}, {"routes": ""}, {"days": "9999"}, {"days": "x"}, {"name": ""},
     {"name": "x" * 40}, {"scope": HOSTILE}],
)  # fmt: skip
def test_a_token_that_cannot_be_is_not_made(staffed: House, site: TestClient, wrong: dict[str, str]) -> None:
    form = {"name": "报表系统", "scope": staffed.city, "routes": "snapshot", "days": "30"} | wrong
    answer = by(site, staffed, "sec").post("/admin/tokens", data=form)
    assert answer.status_code == 422
    assert HOSTILE not in answer.text
    with read(staffed.engine) as conn:
        assert all_tokens(conn) == ()


@pytest.mark.parametrize("path", ["accounts", "grants", "sessions", "tokens"])
def test_an_act_nobody_knows_is_not_there(staffed: House, site: TestClient, path: str) -> None:
    name = "sys" if path == "accounts" else "sec"
    assert by(site, staffed, name).post(f"/admin/{path}/explode", data={"name": "wang"}).status_code == 404


def test_admin_leads_each_to_his_own_page(staffed: House, site: TestClient) -> None:
    where = {n: by(site, staffed, n).get("/admin").headers["location"] for n in ("sys", "sec", "wang")}
    assert where == {"sys": "/admin/accounts", "sec": "/admin/grants", "wang": "/login"}
    assert set(ROLES) >= {"system-admin", "security-admin"}


def log_of(house: House) -> list[tuple[str, str, str, str]]:
    with read(house.engine) as conn:
        rows = conn.execute(select(audit_log).order_by(audit_log.c.number))
        return [(row.who, row.action, row.subject, row.outcome) for row in rows]


def test_x4_every_act_is_in_the_audit_log_with_who_did_it(staffed: House, site: TestClient) -> None:
    sys = by(site, staffed, "sys")
    sys.post("/admin/accounts", data={"name": "li"})
    for action in ("reset", "disable", "enable"):
        sys.post(f"/admin/accounts/{action}", data={"name": "li"})
    sec = by(site, staffed, "sec")
    sec.post("/admin/grants/role", data={"name": "li", "role": "commerce"})
    sec.post("/admin/sessions/all", data={"name": "wang"})
    form = {"name": "报表系统", "scope": staffed.city, "routes": "snapshot", "days": "30"}
    token = re.search(r"<code>(qq-[^<]+)</code>", sec.post("/admin/tokens", data=form).text)[1]
    sec.post("/admin/tokens/revoke", data={"token": "1"})
    assert log_of(staffed) == [
        ("sys", "user-add", "li", "done"),
        ("sys", "user-reset", "li", "done"),
        ("sys", "user-disable", "li", "done"),
        ("sys", "user-enable", "li", "done"),
        ("sec", "user-role", "li", "done"),
        ("sec", "session-close", "wang", "done"),
        ("sec", "machine-access", "token 1", "done"),
        ("sec", "machine-access", "token 1", "done"),
    ]
    page = by(site, staffed, "aud").get("/admin/audit").text
    assert token not in page
    for words in ("启用用户", "变更角色", "原角色 待授权", "接口令牌 1", "有效天数 30", "会话 全部"):
        assert words in page, words


def test_x4_what_was_refused_is_not_told_as_done(staffed: House, site: TestClient) -> None:
    sys = by(site, staffed, "sys")
    for action, name in (("disable", "sys"), ("reset", "sec"), ("reset", "nobody"), ("explode", "wang")):
        sys.post(f"/admin/accounts/{action}", data={"name": name})
    sec = by(site, staffed, "sec")
    sec.post("/admin/grants/role", data={"name": "wang", "role": "root"})
    sec.post("/admin/sessions/one", data={"session": "0" * 16})
    sec.post("/admin/tokens/revoke", data={"token": "7"})
    assert log_of(staffed) == []


def test_x4_what_cannot_be_written_down_is_not_done(staffed: House, site: TestClient) -> None:
    with write(staffed.engine) as conn:
        conn.exec_driver_sql("ALTER TABLE audit_head RENAME TO away")
    sys = by(site, staffed, "sys")
    assert sys.post("/admin/accounts", data={"name": "li"}).status_code == 503
    assert sys.post("/admin/accounts/disable", data={"name": "wang"}).status_code == 503
    with read(staffed.engine) as conn:
        assert find_user(conn, "li") is None
        assert not find_user(conn, "wang").disabled
    form = {"name": "wang", "role": "commerce"}
    assert by(site, staffed, "sec").post("/admin/grants/role", data=form).status_code == 503
    assert role_of(staffed, "wang") == ("finance", None)


def test_who_was_granted_nothing_yet_reads_whom_to_ask(staffed: House, site: TestClient) -> None:
    staffed.add_user("new", role="unassigned")
    client = TestClient(site.app, base_url=ADDRESS, follow_redirects=False)
    client.cookies.set(SESSION_COOKIE, staffed.session("new"))
    page = client.get("/login").text
    assert "账号尚未授权，请联系安全管理员" in page
    assert "进入大屏" not in page
