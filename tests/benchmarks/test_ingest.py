"""The benchmarks' own honesty: the workload's truth, and goals that a missing or slower arm cannot meet."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from benchmarks.ingest import COPY, HOT, goals
from benchmarks.ingest_arms import Inexact, check, ours
from benchmarks.report import Arm, Cost, Goal, Report, Verdict
from benchmarks.workload import cold, hot
from domain.campaign import Campaign
from store.engine import write


def arm(name: str, cpu_s: float) -> Arm:
    return Arm(name=name, passes=(Cost(units=1, wall_s=1.0, cpu_s=cpu_s),))


def test_the_same_seed_gives_the_same_rows_and_one_in_ten_comes_again(campaign: Campaign) -> None:
    once, again = hot(campaign, 2_000, batch=500), hot(campaign, 2_000, batch=500)
    assert once == again
    assert (once.rows, once.oracle["events"], len(once.batches)) == (2_000, 1_800, 4)


@pytest.mark.parametrize("made", [hot, cold])
def test_our_arm_comes_to_what_the_workload_says(engine: Engine, campaign: Campaign, made) -> None:
    work = made(campaign, 2_000, batch=500)
    assert ours(engine, work).units == 2_000
    with write(engine) as conn:
        conn.execute(text("UPDATE rollup_day SET direct_spend_fen = direct_spend_fen + 1"))
    with pytest.raises(Inexact, match="rollup_day"):
        check(engine, work)


def test_a_missing_arm_is_skipped_with_its_reason_and_never_met() -> None:
    found = [goal for goal in goals({}, "no server here") if goal.id == "I1"]
    assert [(goal.verdict, goal.note) for goal in found] == [(Verdict.SKIPPED, "no server here")]


@pytest.mark.parametrize(("cpu_s", "verdict"), [(9.0, Verdict.MET), (11.0, Verdict.MISSED)])
def test_a_goal_is_measured_by_cpu(cpu_s: float, verdict: Verdict) -> None:
    measured = {"PostgreSQL": {HOT: arm(HOT, cpu_s), COPY: arm(COPY, 1.0)}}
    assert next(goal for goal in goals(measured, "") if goal.id == "I1").verdict is verdict


def test_the_exit_tells_met_missed_and_skipped_apart(capsys: pytest.CaptureFixture[str]) -> None:
    met = Goal(id="X", what="x", value=2.0, goal=1.0, stretch=3.0)
    missed, skipped = replace(met, value=0.5), replace(met, value=None, note="why")
    ends = [
        Report(name="x", unit="row", goals=found).show(as_json=True)
        for found in ([met], [met, missed, skipped], [met, skipped])
    ]
    assert ends == [0, 1, 2]
    printed = capsys.readouterr().out
    assert [g["verdict"] for g in json.loads(printed[printed.rindex('{\n "name"') :])["goals"]] == [
        "met",
        "skipped",
    ]
