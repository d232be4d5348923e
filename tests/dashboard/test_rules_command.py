"""rules at the command line: what is in force, as the file takes it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from alerts.configured import load_parameters
from alerts.replay import PLAYED
from dashboard.cli import main
from store.engine import open_store, write
from store.migrations import migrate
from tests.alerts.test_backtest import COUNTY, told
from tests.conftest import DATA


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUANQING_CAMPAIGN", str(DATA / "campaign-small.toml"))
    return tmp_path


def test_what_is_shown_can_be_put_into_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "alerts.toml"
    path.write_text(
        "[rules.stale_feed]\non = false\n[rules.opinion_burst]\nmin_count = 12\n", encoding="utf-8"
    )
    assert main(["rules", "show"]) == 0
    shown = capsys.readouterr().out
    assert "已停用" in shown
    assert "min_count = 12  # 窗口内至少多少个独立声音（默认 8）" in shown
    before = load_parameters(path)
    path.write_text(shown, encoding="utf-8")
    assert load_parameters(path) == before
    assert main(["rules", "show", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["opinion_burst"]["changed"] == ["min_count"]
    assert document["opinion_burst"]["version"] == before.opinion_burst.version


def test_every_stored_level_can_be_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "recheck"]) == 0
    assert json.loads(capsys.readouterr().out) == {"same_count": 0, "others": [], "unknown": []}


def test_a_wrong_parameter_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "alerts.toml").write_text("[rules.opinion_burst]\nmin_count = -1\n", encoding="utf-8")
    assert main(["rules", "show"]) == 2
    assert "rules.opinion_burst.min_count: 超出允许范围" in capsys.readouterr().err


def test_a_backtest_shows_both_sides_as_table_and_json(
    folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUANQING_CLOCK", "2022-10-29T10:00:00+08:00@0 since 0")
    engine = open_store(f"sqlite:///{folder}/quanqing.db")
    migrate(engine)
    with write(engine) as conn:
        told(conn, now)
    engine.dispose()
    (folder / "other.toml").write_text("[rules.opinion_burst]\nmin_count = 15\n", encoding="utf-8")
    command = ["rules", "backtest", "--from", "2022-10-28", "--to", "2022-10-29", "--with", "other.toml"]
    assert main(command) == 0
    said = capsys.readouterr()
    assert f"{COUNTY}/redeem_fail\t10-28 10:07 橙色\t10-28 10:14 橙色\t" in said.out
    assert "stale_feed" in said.err  # what is not played again is named
    assert main([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    played = {one["rule"]: one for one in document["rules"]}
    assert set(played) == set(PLAYED)
    burst = played["opinion_burst"]
    (alert,) = burst["alerts"]
    assert alert["now"]["opened_at"] == "2022-10-28T10:07:00+08:00"
    assert burst["with"]["by_level"] == {"blue": 0, "yellow": 0, "orange": 1, "red": 0}


@pytest.mark.parametrize(
    "more", [[], ["--from", "2022-10-28"], ["--from", "28.10.2022", "--to", "2022-10-29"],
             ["--from", "2022-10-28", "--to", "2022-10-29", "--with", "none.toml"],
             ["--from", "2022-10-28", "--to", "2023-10-29"]],
)  # fmt: skip
def test_a_backtest_that_cannot_be_is_refused(folder: Path, more: list[str]) -> None:
    assert main(["rules", "backtest", *more]) == 2
