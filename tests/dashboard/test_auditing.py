"""Promise X4: every kind of act leaves its entry, one that cannot is refused, and no flood fills the disk."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.configuration import note_configuration
from dashboard.entry.doors import EXPIRED
from dashboard.entry.identity import ONE_TIME_LASTS, SignIn
from dashboard.entry.second_factor import SecondFactors, new_secret
from dashboard.entry.throttle import MOST, OTHERS, Throttle
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE
from dashboard.permissions import TABLE, May, roles_with
from domain.audit import ACTION, OUTCOME, Action, Doer, Entry, Outcome
from domain.readings import Level
from store import schema
from store.engine import read, write
from store.queries.audit import Wanted, audit_page, verify_audit
from store.queries.cases import open_cases
from store.writes.access import change_password
from store.writes.alerts import Alarm, settle
from store.writes.factors import keep_factor
from store.writes.shifts import hand_over
from tests.dashboard.conftest import ADDRESS, PASSWORD, PASSWORD_HASH, House
from tests.dashboard.desk_day import trouble
from tests.dashboard.test_briefings import work
from tests.dashboard.test_discrepancy_pages import differing, shown  # noqa: F401
from tests.dashboard.test_source_pages import SOURCES, set_aside
from tests.store.posts import post, say, score

NOW = datetime(2022, 10, 28, 4, 0, tzinfo=UTC)
FULL = "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'disk full'); END"


def enter(
    house: House, role: str = "task-force", *, county: str | None = None, name: str = "wang"
) -> TestClient:
    house.add_user(name, role=role, county=county)
    app = house.app(Clock.rehearsal(NOW, speed=0))
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, house.session(name))
    return client


def entries(house: House, action: Action | None = None) -> list[Entry]:
    """Oldest first."""
    with read(house.engine) as conn:
        assert verify_audit(conn).is_whole
        return list(reversed(audit_page(conn, Wanted(action=action), limit=1000)))


def a_post(house: House) -> int:
    with write(house.engine) as conn:
        return say(conn, (post(1, "抢不到"), score()))[0]


def an_alert(house: House) -> int:
    trouble(house)
    with read(house.engine) as conn:
        (case,) = open_cases(conn, now=NOW)
    return case.alert_id


def a_lead(house: House) -> None:
    found = Alarm(
        subject="city/M1", level=Level.BLUE, title="t", reasons=("r",), evidence=("M1",), evidence_count=1, county=None,
        facts={"programme": "city", "merchant": "M1", "since": NOW.isoformat(), "until": NOW.isoformat()},
    )  # fmt: skip
    with write(house.engine) as conn:
        settle(conn, "quick_refund", [found], now=NOW)


def with_sources(house: House) -> None:
    house.settings.sources.write_text(SOURCES, encoding="utf-8")
    set_aside(house, "one", "two")


def a_note(house: House) -> None:
    with write(house.engine) as conn:
        hand_over(conn, "等回复", who="li", now=NOW)


def a_paper(client: TestClient, house: House) -> None:
    client.post("/briefings", data={"scope": house.city, "day": "2022-10-28"})
    work(house, NOW)


def a_pairing(client: TestClient, house: House, *, wrong: bool = False) -> object:
    screen = TestClient(client.app, base_url=ADDRESS)
    code = "AAAAAA" if wrong else screen.post("/pair").json()["code"]
    form = {"name": "三楼大厅", "scope": house.city, "inches": "65", "metres": "5"}
    return client.post("/displays", data={"code": code} | form)


def a_phone(client: TestClient, house: House) -> object:
    secret = new_secret()
    sealed = SecondFactors(house.settings.secret_key).sealed(secret, user_name="wang")
    return client.post("/account/factor", data={"sealed": sealed, "code": pyotp.TOTP(secret).at(house.now())})


def a_code(client: TestClient, house: House) -> object:
    code = "ABCDEFGHIJKLMNOP"
    hashes = [SecondFactors(house.settings.secret_key).code_hash(code)]
    with write(house.engine) as conn:
        keep_factor(conn, "wang", sealed="x", step=0, code_hashes=hashes, now=house.now())
    return client.post("/account/code", data={"code": code})


@dataclass(frozen=True)
class Act:
    """What is done over the web, and what the log says of it."""

    route: str
    action: Action
    subject: str
    do: Callable[[TestClient, House], object]
    detail: dict[str, object]
    outcome: Outcome = Outcome.DONE
    before: Callable[[House], object] = lambda house: None

    @property
    def role(self) -> str:
        """The first that may do it."""
        may = next(may for _, path, may in TABLE if path == self.route)
        return next(iter(roles_with(may)), "task-force")

    def __str__(self) -> str:
        return f"{self.action} {self.subject} {self.outcome} {self.route}".replace(" ", "-")


NEW = "一句新的口令 battery 9"
READS = {"routes": "snapshot"}
VERIFIED = {"action": "verify", "note": "据实"}
A_BACKTEST = {"rule": "opinion_burst", "since": "2022-10-27T00:00", "until": "2022-10-28T00:00"}

ACTS = (
    Act("/desk/alerts/{number}/act", Action.ALERT_ACT, "alert 1",
        lambda c, h: c.post("/desk/alerts/1/act", data=VERIFIED), {"action": "verify"}, before=an_alert),
    Act("/desk/alerts", Action.ALERT_OPEN, "alert 1",
        lambda c, h: c.post("/desk/alerts", data={"title": "商户罢市", "level": "red"}),
        {"level": "red", "county": None}),
    Act("/desk/alerts/{number}", Action.VIEW_POSTS, "alert 1",
        lambda c, h: c.get("/desk/alerts/1"), {"posts": 20}, before=an_alert),
    Act("/desk/alerts/{number}/split", Action.ALERT_ACT, "alert 1",
        lambda c, h: c.post("/desk/alerts/1/split", data={"title": "另一件", "post": ["1", "2"]}),
        {"action": "split", "target": 2, "posts": 2}, before=an_alert),
    Act("/desk/posts", Action.VIEW_POSTS, "posts",
        lambda c, h: c.get("/desk/posts?q=张三的券&county=none"), {"county": "none", "searched": "yes", "posts": 0}),
    Act("/evidence/<scope>", Action.VIEW_POSTS, "post 1",
        lambda c, h: c.get(f"/evidence/{h.city}?as_of=2022-10-28T12:00&post=1"),
        {"posts": 1, "scope": "140400"}, before=a_post),
    Act("/desk/shift", Action.SHIFT, "shift note 1",
        lambda c, h: c.post("/desk/shift", data={"text": "等回复"}), {"taken": False}),
    Act("/desk/shift/{number}/take", Action.SHIFT, "shift note 1",
        lambda c, h: c.post("/desk/shift/1/take"), {"taken": True}, before=a_note),
    Act("/desk/ledger.{form}", Action.EXPORT, "desk ledger",
        lambda c, h: c.get("/desk/ledger.csv"),
        {"form": "csv", "scope": "140400", "as_of": NOW.isoformat(), "rows": 1}, before=an_alert),
    Act("/sources/{source}/quarantine.csv", Action.EXPORT, "quarantine of pay",
        lambda c, h: c.get("/sources/pay/quarantine.csv"), {"form": "csv", "as_of": NOW.isoformat(), "rows": 2},
        before=with_sources),
    Act("/sources/{source}/rerun", Action.RERUN, "pay",
        lambda c, h: c.post("/sources/pay/rerun"), {}, before=with_sources),
    Act("/posts/labelling", Action.VIEW_POSTS, "posts to judge",
        lambda c, h: c.get("/posts/labelling"), {"posts": 2}, before=a_post),
    Act("/posts/{post}/judgement", Action.JUDGE_POST, "post 1",
        lambda c, h: c.post("/posts/1/judgement", data={"relevance": "campaign", "label": "pos", "issue": ["praise"]}),
        {"relevance": "campaign", "label": "pos", "issues": ["praise"], "county": None}, before=a_post),
    Act("/posts/forgetting", Action.ERASE, "by link",
        lambda c, h: c.post("/posts/forgetting", data={"by": "link", "what": "https://x.example/1"}), {"posts": 0}),
    Act("/flags/{reason}", Action.VIEW_FLAGGED, "flags outside_area",
        lambda c, h: c.get("/flags/outside_area"), {"page": 1, "rows": 0}),
    Act("/flags/leads/{number}", Action.VIEW_FLAGGED, "lead 1",
        lambda c, h: c.get("/flags/leads/1"), {"rows": 0}, before=a_lead),
    Act("/briefings", Action.BRIEFING_ASK, "briefing",
        lambda c, h: c.post("/briefings", data={"scope": h.city, "day": "2022-10-28"}),
        {"scope": "140400", "day": "2022-10-28"}),
    Act("/briefings/{number}.{form}", Action.EXPORT, "briefing 1",
        lambda c, h: (a_paper(c, h), c.get("/briefings/1.json")),
        {"form": "json", "scope": "140400", "edition": 1, "as_of": NOW.isoformat()}),
    Act("/desk/rules/backtests", Action.BACKTEST, "rule opinion_burst",
        lambda c, h: c.post("/desk/rules/backtests", data=A_BACKTEST),
        {"since": "2022-10-27T00:00:00+08:00", "until": "2022-10-28T00:00:00+08:00"}),
    Act("/displays", Action.DISPLAY_PAIR, "display 1", a_pairing, {"name": "三楼大厅", "scope": "140400"}),
    Act("/displays", Action.DISPLAY_PAIR, "", lambda c, h: a_pairing(c, h, wrong=True),
        {"name": "三楼大厅", "scope": "140400"}, outcome=Outcome.REFUSED),
    Act("/admin/audit.{form}", Action.EXPORT, "audit log",
        lambda c, h: c.get("/admin/audit.jsonl?action=export&day=2022-10-28"),
        {"form": "jsonl", "rows": 0, "action": "export", "since": "2022-10-28T00:00:00+08:00"}),
    Act("/displays/{display}/{action}", Action.DISPLAY_ACT, "display 1",
        lambda c, h: c.post("/displays/1/pin", data={"scene": "overview"}), {"order": "pin", "scene": "overview"},
        before=lambda h: h.display()),
    Act("/admin/accounts", Action.USER_ADD, "li",
        lambda c, h: c.post("/admin/accounts", data={"name": "li"}), {"role": "unassigned"}),
    Act("/admin/accounts/{action}", Action.USER_DISABLE, "li",
        lambda c, h: c.post("/admin/accounts/disable", data={"name": "li"}), {}, before=lambda h: h.add_user("li")),
    Act("/admin/grants/{action}", Action.USER_ROLE, "li",
        lambda c, h: c.post("/admin/grants/role", data={"name": "li", "role": "commerce"}),
        {"role": "commerce", "county": None, "before": "publicity"}, before=lambda h: h.add_user("li")),
    Act("/admin/sessions/{action}", Action.SESSION_CLOSE, "li",
        lambda c, h: c.post("/admin/sessions/all", data={"name": "li"}), {"sessions": "all"},
        before=lambda h: (h.add_user("li"), h.session("li"))),
    Act("/admin/tokens", Action.MACHINE_ACCESS, "token 1",
        lambda c, h: c.post("/admin/tokens", data={"name": "报表", "scope": h.city, "days": "30", **READS}),
        {"order": "make", "name": "报表", "scope": "140400", "routes": ["snapshot"]}),
    Act("/admin/tokens/{action}", Action.MACHINE_ACCESS, "token 1",
        lambda c, h: c.post("/admin/tokens/revoke", data={"token": "1"}), {"order": "revoke"},
        before=lambda h: h.machine({"snapshot"})),
    Act("/logout", Action.SIGN_OUT, "", lambda c, h: c.post("/logout"), {}),
    Act("/account/password", Action.PASSWORD_CHANGE, "wang",
        lambda c, h: c.post("/account/password", data={"old": PASSWORD, "new": NEW, "again": NEW}), {}),
    Act("/account/factor", Action.SECOND_FACTOR, "wang", a_phone, {"factor": "bound"}),
    Act("/account/code", Action.SECOND_FACTOR, "wang", a_code, {"factor": "recovery code"}),
)  # fmt: skip
ELSEWHERE = {
    "/login",  # below
    "/pair", "/api/v1/display", "/hooks/{source}", "/_dash-update-component",  # no person does these
    "/discrepancies/{number}/close",  # below
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_x4_every_act_of_the_web_leaves_its_entry(house: House, act: Act):
    act.before(house)
    client = enter(house, act.role)
    act.do(client, house)
    (entry,) = entries(house, act.action)
    assert (entry.who, entry.role, entry.address) == ("wang", act.role, "testclient")
    assert (entry.subject, entry.outcome) == (act.subject, act.outcome)
    told = json.loads(entry.detail)
    assert {name: told[name] for name in act.detail} == act.detail


def test_x4_a_difference_that_is_closed_is_in_the_log(differing: House):  # noqa: F811
    client, fields = enter(differing), {"cause": "gap_accepted", **shown(differing)}
    assert client.post("/discrepancies/1/close", data=fields).status_code == 303
    (entry,) = entries(differing, Action.DISCREPANCY_CLOSE)
    assert (entry.who, entry.subject, entry.detail) == ("wang", "discrepancy 1", '{"cause":"gap_accepted"}')
    assert client.post("/discrepancies/1/close", data=fields).status_code == 409
    assert len(entries(differing)) == 1


def test_x4_no_route_that_changes_something_is_forgotten():
    changing = {path for method, path, may in TABLE if method == "POST" and may is not May.NOBODY}
    assert changing <= {act.route for act in ACTS} | ELSEWHERE
    given_out = {path for _, path, _ in TABLE if path.endswith((".csv", ".{form}"))}
    assert given_out <= {act.route for act in ACTS}


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_x4_what_cannot_be_noted_is_not_done_and_not_given_out(house: House, act: Act):
    act.before(house)
    client = enter(house, act.role)
    if act.subject == "briefing 1":
        a_paper(client, house)
    with write(house.engine) as conn:
        conn.exec_driver_sql(FULL)
    before = _content(house)
    answer = act.do(client, house)
    answer = answer[-1] if isinstance(answer, tuple) else answer
    assert answer.status_code == 503  # type: ignore[attr-defined]
    assert "数据库暂时连不上" in answer.text  # type: ignore[attr-defined]
    assert _content(house) == before


def _content(house: House) -> dict[str, int]:
    """How many rows each table has that an act writes to."""
    names = ("alert_history", "alerts", "reruns", "scores", "corrections", "briefings_asked", "displays",
             "display_actions", "sessions", "users", "api_tokens")  # fmt: skip
    with read(house.engine) as conn:
        count = {name: select(func.count()).select_from(schema.metadata.tables[name]) for name in names}
        return {name: conn.execute(query).scalar_one() for name, query in count.items()}


def sign_in(house: House, name: str = "wang", word: str = PASSWORD) -> int:
    client = TestClient(house.app(), base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
    return client.post("/login", data={"name": name, "password": word}).status_code


def test_x4_signing_in_and_failing_to_are_in_the_log(house: House):
    house.add_user("wang", role="market")
    client = TestClient(house.app(), base_url=ADDRESS, follow_redirects=False)
    for word in ("wrong", PASSWORD, *["wrong"] * 7):
        client.post("/login", data={"name": "wang", "password": word})
    client.post("/login", data={"name": "my secret word", "password": "x"})
    told = [(e.who, e.role, e.outcome, e.detail) for e in entries(house, Action.SIGN_IN)]
    wrong = [("wang", "market", "refused", f'{{"times":{n},"why":"wrong"}}') for n in range(1, 8)]
    too_many = ("wang", "market", "refused", '{"times":1,"why":"too many tries"}')
    mark = json.loads(entries(house, Action.SIGN_IN)[-1].detail)["name"]
    strange = ("", "", "refused", f'{{"name":"{mark}","times":7,"why":"wrong"}}')
    assert re.fullmatch("[0-9a-f]{8}", mark)
    assert told == [wrong[0], ("wang", "market", "done", "{}"), *wrong[1:6], too_many, strange]
    assert "my secret word" not in str(entries(house))


def test_x4_a_name_that_is_tried_from_everywhere_is_told_from_many_names(house: House):
    """By a mark that only this deployment makes of it, not by what was typed."""
    house.add_user("wang")

    async def tries(key: str) -> None:
        sign_in = SignIn(house.engine, secret_key=key)
        for n, name in enumerate(("root", "root", "wang", "guest", "root")):
            await sign_in.attempt(name, "x", address=f"198.51.100.{n}", now=house.now())

    asyncio.run(tries("a" * 40))
    asyncio.run(tries("b" * 40))
    told = [(e.who, json.loads(e.detail).get("name")) for e in entries(house, Action.SIGN_IN)]
    root, _, wang, guest, _ = told[:5]
    assert wang == ("wang", None)
    assert [who for who, _ in told] == ["", "", "wang", "", ""] * 2
    assert told[:5] == [root, root, wang, guest, root]
    assert len({root, guest, told[5], told[8]}) == 4
    assert not [e for e in entries(house) if "root" in str(e) or "guest" in str(e)]


def test_x4_the_right_one_time_password_too_late_is_refused_and_in_the_log(house: House):
    house.add_user("wang")
    with write(house.engine) as conn:
        change_password(conn, "wang", PASSWORD_HASH, now=house.now(), must_change=True)
    house.now.move(seconds=ONE_TIME_LASTS.total_seconds() + 1)
    client = TestClient(house.app(), base_url=ADDRESS, follow_redirects=False)
    answer = client.post("/login", data={"name": "wang", "password": PASSWORD})
    assert (answer.status_code, EXPIRED in answer.text) == (401, True)
    assert "set-cookie" not in answer.headers
    assert EXPIRED not in client.post("/login", data={"name": "wang", "password": "x"}).text
    expired, wrong = entries(house, Action.SIGN_IN)
    assert (expired.who, expired.outcome, expired.detail) == (
        "wang", "refused", '{"why":"one-time password expired"}')  # fmt: skip
    assert json.loads(wrong.detail)["why"] == "wrong"


def test_x4_codes_beyond_the_tries_are_in_the_log_without_filling_it(house: House):
    secret = new_secret()
    sealed = SecondFactors(house.settings.secret_key).sealed(secret, user_name="wang")
    client = enter(house)
    with write(house.engine) as conn:
        keep_factor(conn, "wang", sealed=sealed, step=0, code_hashes=["0" * 64], now=house.now())
    statuses = [client.post("/account/code", data={"code": "000000"}).status_code for _ in range(25)]
    assert statuses == [403] * 5 + [429] * 20
    told = [json.loads(e.detail) for e in entries(house, Action.SECOND_FACTOR)]
    assert told[5:] == [{"why": "too many tries", "times": 1}, {"why": "too many tries", "times": 10}]


def test_x4_nobody_gets_in_unnoted(house: House):
    house.add_user("wang")
    with write(house.engine) as conn:
        conn.exec_driver_sql(FULL)
    assert sign_in(house) == 503
    assert _content(house)["sessions"] == 0


def test_x4_who_is_turned_away_is_in_the_log_without_the_tokens_of_the_address(house: House):
    client = enter(house, "market", name="li")
    assert client.get("/sources?token=secret").status_code == 403
    assert client.post("/displays", headers={"origin": "https://evil.example"}).status_code == 403
    client.cookies.clear()
    client.cookies.set(DISPLAY_COOKIE, house.display()[0])
    assert client.get("/desk").status_code == 403
    told = [(e.who, e.role, e.subject, e.outcome) for e in entries(house, Action.DENIED)]
    assert told == [
        ("li", "market", "GET /sources", "refused"),
        ("", "", "POST /displays", "refused"),
        ("大厅", "display", "GET /desk", "refused"),
    ]
    assert "secret" not in str(entries(house))


def test_x4_a_hundred_refusals_are_a_handful_of_entries_that_say_how_many(house: House):
    client = enter(house, "market")
    for _ in range(100):
        assert client.get("/sources").status_code == 403
    details = [entry.detail for entry in entries(house)]
    assert details == ["{}", "{}", "{}", '{"times":10}', '{"times":100}']


def test_turned_away_is_turned_away_noted_or_not(house: House):
    client = enter(house, "market")
    with write(house.engine) as conn:
        conn.exec_driver_sql(FULL)
    assert client.get("/sources").status_code == 403


def test_however_many_kinds_of_refusal_there_are_a_window_stays_bounded():
    throttle, now = Throttle(first=3), datetime(2026, 3, 2, tzinfo=UTC)
    written = [nth for n in range(100_000) if (nth := throttle.weigh(n, now)) is not None]
    assert len(written) <= MOST + 6
    assert written[-1] == 10_000  # of the others
    again = [nth for n in range(100_000) if (nth := throttle.weigh(n % 100, now)) is not None]
    assert again == [100_000]  # those that were known are others now, too
    assert throttle.weigh("new", now + timedelta(minutes=15)) == 1
    assert len(throttle._seen) == 1
    assert OTHERS not in throttle._seen


def test_x4_a_changed_configuration_is_noted_once(house: House):
    doer = Doer(name="root", role="console", at=NOW)
    house.settings.sources.write_text("one", encoding="utf-8")
    assert note_configuration(house.engine, house.settings, doer)
    assert not note_configuration(house.engine, house.settings, doer)
    house.settings.sources.write_text("two", encoding="utf-8")
    assert note_configuration(house.engine, house.settings, doer)
    first, second = entries(house, Action.CONFIGURATION)
    assert json.loads(first.detail)["sources"] != json.loads(second.detail)["sources"]
    assert json.loads(first.detail)["campaign"] == "absent"


def test_every_action_and_outcome_has_its_word():
    assert set(ACTION) == set(Action)
    assert set(OUTCOME) == set(Outcome)
