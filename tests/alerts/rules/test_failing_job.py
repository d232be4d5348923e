"""A job of the worker that does not get to its end is an alert of its own, graver the longer it lasts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from alerts.parameters import Parameters
from alerts.rules import RULES, failing_job
from alerts.watch import watch
from domain.campaign import Campaign
from domain.jobs import FailingJob
from domain.readings import Level
from store.engine import read, write
from store.queries.alerts import open_alerts
from store.queries.sources import Expected
from store.writes.jobs import job_failed, job_succeeded
from tests.alerts.windows import window

MINUTE = timedelta(minutes=1)


def job(now: datetime, **changes: Any) -> FailingJob:
    fields: dict[str, Any] = {
        "name": "reconcile", "failures_in_row": 3, "last_ok_at": now - 10 * MINUTE, "trouble": "StoreError: x",
    }  # fmt: skip
    return FailingJob(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({}, Level.YELLOW, "上次成功"),
        ({"ago": 59}, Level.YELLOW, "上次成功"),
        ({"ago": 60}, Level.ORANGE, "上次成功"),
        ({"last_ok_at": None}, Level.ORANGE, "尚未成功过"),
    ],
)
def test_the_level_is_how_long_nothing_came_of_it(
    campaign: Campaign, now: datetime, changes: dict[str, Any], level: Level, words: str
) -> None:
    if "ago" in changes:
        changes = {"last_ok_at": now - MINUTE * changes["ago"]}
    (found,) = failing_job.findings(window(campaign, now, jobs=(job(now, **changes),)))
    assert (found.subject, found.level) == ("reconcile", level)
    assert found.title.startswith("系统任务“对账”执行失败，")
    assert words in found.title
    assert "连续失败 3 次" in found.reasons
    assert failing_job.level(found.facts or {}, Parameters()) == level


def test_a_source_is_named_by_its_id(campaign: Campaign, now: datetime) -> None:
    (found,) = failing_job.findings(window(campaign, now, jobs=(job(now, name="source bank-a"),)))
    assert "读取来源 bank-a" in found.title


def watched(
    engine: Engine, campaign: Campaign, expected: tuple[Expected, ...], *, now: datetime
) -> list[str]:
    """The jobs there is an alert of, once the rules have looked."""
    watch(engine, RULES, campaign, expected, clock=lambda: now)
    with read(engine) as conn:
        return [alert.subject for alert in open_alerts(conn) if alert.rule == failing_job.ID]


def test_a_stumble_is_no_alert_and_a_fall_is_until_it_is_over(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    def alerts_at(minutes: int) -> list[str]:
        return watched(engine, small_campaign, (), now=now + MINUTE * minutes)

    with write(engine) as conn:
        job_succeeded(conn, "publish papers", now=now)
        job_failed(conn, "publish papers", trouble="StoreError: the disk is full")
    assert alerts_at(-60) == []
    assert alerts_at(-1) == []  # an hourly job that stumbled once
    with write(engine) as conn:
        job_failed(conn, "publish papers", trouble="StoreError: the disk is full")
    assert alerts_at(0) == []
    assert alerts_at(4) == []
    assert alerts_at(6) == ["publish papers"]
    with write(engine) as conn:
        job_succeeded(conn, "publish papers", now=now + 7 * MINUTE)
    assert alerts_at(30) == []


def test_what_is_run_no_more_is_over_and_stops_no_other_rule(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    """A source that was taken out of the configuration while it failed, and a job that was renamed."""
    bank = Expected(source="bank-a", name="甲银行", side="payment", stale_after_s=600.0)

    def alerts_at(minutes: int, *expected: Expected) -> list[str]:
        return watched(engine, small_campaign, expected, now=now + MINUTE * minutes)

    with write(engine) as conn:
        for name in ("source bank-a", "a name of yesterday") * 2:
            job_failed(conn, name, trouble="StoreError: x")
    assert alerts_at(0, bank) == []
    assert alerts_at(6, bank) == ["source bank-a"]
    assert alerts_at(7) == ["source bank-a"]  # it may come back: gone for a while before it is over
    assert alerts_at(60) == []
