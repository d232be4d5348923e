"""The rule workbench: what is in force, a backtest asked for, run by the worker, shown; and what is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Browser, Request, Route
from sqlalchemy import select
from starlette.testclient import TestClient

from alerts.backtest import backtest
from alerts.parameters import Parameters
from alerts.replay import PLAYED
from alerts.rules import RULES
from alerts.watch import watch
from dashboard.apart import CutShort
from dashboard.commands.backtesting import document
from dashboard.commands.house import as_json
from dashboard.desk.backtesting import Backtesting, in_a_process
from dashboard.permissions import May, roles_with
from domain.audit import Action
from store import schema
from store.engine import read, write
from store.queries.backtests import latest_backtests
from tests.dashboard.conftest import ADDRESS, House
from tests.dashboard.desk_day import NOW, SCRIPT, trouble
from tests.dashboard.test_desk import SIZES, enter

RULE = "opinion_burst"
DAY = {"rule": RULE} | {"since": "2022-10-28T00:00", "until": "2022-10-28T12:00"}


def ask(client: TestClient, **fields: str) -> int:
    posted = client.post("/desk/rules/backtests", data=DAY | fields, headers={"origin": ADDRESS})
    return posted.status_code


def runs(house: House, *, status: int = 0, said: str = "") -> Backtesting:
    """The worker's turn, the process played by the function it would run."""

    def run(arguments: Sequence[str]) -> tuple[int, str, str]:
        with read(house.engine) as conn:
            asked = latest_backtests(conn, limit=1)[0]
            other = Parameters.model_validate({RULE: {"min_count": 25}})
            until = asked.until + timedelta(minutes=1)  # `trouble` is known from the last moment on
            found = backtest(
                conn, house.campaign, Parameters(), other, since=asked.since, until=until, rules=(RULE,)
            )
        assert arguments[arguments.index("--rule") + 1] == asked.rule
        assert "min_count = 25" in Path(arguments[arguments.index("--with") + 1]).read_text(encoding="utf-8")
        return status, as_json(document(found)), said

    return Backtesting(house.engine, clock=lambda: NOW, run=run)


@pytest.mark.parametrize("role", roles_with(May.DUTY))
def test_who_works_on_alerts_sees_the_rules(house: House, role: str) -> None:
    page = enter(house, role).get("/desk/rules")
    assert page.status_code == 200
    assert page.text.count("后台尚未用过") == len(RULES)


def test_the_parameters_are_those_the_worker_uses(house: House) -> None:
    strict = Parameters.model_validate({"stale_feed": {"on": False}, RULE: {"min_count": 13}})
    watch(house.engine, RULES, house.campaign, (), clock=lambda: NOW, parameters=strict)
    page = enter(house).get("/desk/rules").text
    assert strict.opinion_burst.version in page
    assert "<td>13</td><td>8</td>" in page
    assert page.count("已停用") == 1


def test_a_backtest_is_asked_for_run_and_shown(house: House) -> None:
    trouble(house)
    client = enter(house)
    assert ask(client, changes="min_count = 25") == 303
    assert "最近一次回放（等待" in client.get("/desk/rules").text
    assert ask(client, changes="min_count = 26") == 409
    assert runs(house).run(lambda conn: None) is True
    assert runs(house).run(lambda conn: None) is False
    page = client.get("/desk/rules").text
    assert "最近一次回放（完成" in page
    assert "核销失败</td>" in page
    assert "<td>无</td>" in page  # the other parameters would not have raised it
    with read(house.engine) as conn:
        entries = conn.scalars(select(schema.audit_log.c.action)).all()
    assert entries.count(Action.BACKTEST.value) == 1


@pytest.mark.parametrize("rule", PLAYED)
def test_each_rule_that_can_be_played_again_is_asked_for_by_itself(house: House, rule: str) -> None:
    client = enter(house)
    assert ask(client, rule=rule, changes="hold_minutes = 3") == 303
    assert ask(client, rule=rule) == 409
    assert f"回放（等待）：{Parameters().of(rule).name}" in client.get("/desk/rules").text  # type: ignore[union-attr]


def test_what_was_typed_is_still_there_after_a_mistake(house: House) -> None:
    posted = enter(house).post(
        "/desk/rules/backtests", data=DAY | {"rule": "red_line", "changes": "orange_voices = 1"},
        headers={"origin": ADDRESS},
    )  # fmt: skip
    assert '<option value="red_line" selected>' in posted.text
    assert "orange_voices = 1</textarea>" in posted.text


def test_what_went_wrong_is_said_and_a_lost_worker_is_not_waited_for(house: House) -> None:
    client = enter(house)
    assert ask(client, changes="min_count = 25") == 303
    runs(house, status=2, said=f"quanqing rules: {SCRIPT}").run(lambda conn: None)
    page = client.get("/desk/rules").text
    assert "未完成" in page
    assert SCRIPT not in page
    assert ask(client, changes="min_count = 25") == 303
    with write(house.engine) as conn:
        conn.execute(
            schema.backtests.update()
            .where(schema.backtests.c.taken_at.is_(None))
            .values(taken_at=NOW - timedelta(hours=1))
        )
    assert "未完成" in client.get("/desk/rules").text
    assert ask(client, changes="min_count = 25") == 303


def test_a_run_that_does_not_end_is_ended(house: House) -> None:
    def run(arguments: Sequence[str]) -> tuple[int, str, str]:
        raise CutShort("not done within 5 minutes")

    ask(enter(house))
    Backtesting(house.engine, clock=lambda: NOW, run=run).run(lambda conn: None)
    with read(house.engine) as conn:
        (found,) = latest_backtests(conn, limit=9)
    assert "not done within" in (found.trouble or "")


def test_the_process_is_a_real_one_and_has_an_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path))
    status, printed, _ = in_a_process(["rules", "show", "--json"], ending=Event())
    assert (status, RULE in json.loads(printed)) == (0, True)
    monkeypatch.setattr("dashboard.apart.LOOK_EVERY_S", 0.01)
    ended = Event()
    ended.set()
    with pytest.raises(CutShort, match="stopped with the worker"):
        in_a_process(["rules", "show"], ending=ended)
    monkeypatch.setattr("dashboard.desk.backtesting.WITHIN_S", 0)
    with pytest.raises(CutShort, match="not done within"):
        in_a_process(["rules", "show"], ending=Event())


@pytest.mark.parametrize(
    "fields",
    [
        {"changes": "min_count = -1"}, {"changes": "min_count = '9'"}, {"changes": "no_such = 1"},
        {"changes": "min_count"}, {"changes": "a = " + "[" * 1500}, {"changes": "#" * 2001},
        {"changes": f"'{SCRIPT}' = 1"}, {"since": ""}, {"since": "yesterday"}, {"since": "2023-01-01T00:00"},
        {"since": "2022-01-01T00:00"}, {"until": "2022-10-27T00:00"}, {"since": "0001-01-01T00:00"},
        {"rule": "stale_feed"}, {"rule": SCRIPT}, {"rule": "red_line", "changes": "min_count = 9"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(house: House, fields: dict[str, str]) -> None:
    client = enter(house)
    posted = client.post("/desk/rules/backtests", data=DAY | fields, headers={"origin": ADDRESS})
    assert posted.status_code == 400
    assert "不对" in posted.text
    assert SCRIPT not in posted.text
    with read(house.engine) as conn:
        assert latest_backtests(conn, limit=1) == ()


def test_a_person_of_another_office_sees_no_rules(house: House) -> None:
    client = enter(house, "commerce")
    assert client.get("/desk/rules").status_code in (403, 404)
    assert ask(client) in (403, 404)


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_the_workbench_fits_and_runs_no_script(house: House, browser: Browser, size: tuple[int, int]) -> None:
    trouble(house)
    watch(house.engine, RULES, house.campaign, (), clock=lambda: NOW)
    client, ran = enter(house), []
    ask(client, changes="min_count = 25")
    runs(house).run(lambda conn: None)
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))

    def serve(route: Route, request: Request) -> None:
        if "/api/v1/stream" in request.url:  # never ends
            return route.abort()
        answer = client.get(request.url.removeprefix(ADDRESS))
        return route.fulfill(status=answer.status_code, body=answer.content, headers=dict(answer.headers))

    page.route("**/*", serve)
    page.goto(ADDRESS + "/desk/rules")
    page.locator("summary").first.click()
    assert page.get_by_text("窗口内至少多少个独立声音").first.is_visible()
    if shots := os.environ.get("QUANQING_SHOTS"):
        page.screenshot(path=f"{shots}/desk-rules-{size[0]}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert ran == []
    page.close()
