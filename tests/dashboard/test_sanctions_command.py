"""sanctions at the command line: ledgers in, sums out, as of now or of earlier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.cli import main
from tests.conftest import DATA

HEAD = "凭证号,日期,发放主体,商户号,类型,金额(元),文号\r\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUANQING_CAMPAIGN", str(DATA / "campaign-small.toml"))
    monkeypatch.setenv("QUANQING_CLOCK", "2022-11-20T10:00:00+08:00@0 since 0")
    for name, text in (
        ("one.csv", "P1,2022-11-19,潞州区,M1,暂扣,20,通报1号\r\n"),
        ("two.csv", "P2,2022-11-19,潞州区,M1,追回,15.50,通报1号\r\n"),
        ("other.csv", "P1,2022-11-19,潞州区,M1,暂扣,21,通报1号\r\n"),
    ):
        (tmp_path / name).write_text(HEAD + text, encoding="gb18030", newline="")
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *args: str) -> dict:
    capsys.readouterr()
    assert main(["sanctions", *args, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_ledgers_are_loaded_once_and_summed(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert shown(capsys)["rows"] == []
    loaded = shown(capsys, "load", "one.csv", "two.csv")
    assert loaded["total"] == {"withheld_fen": 2_000, "recovered_fen": 1_550}
    assert loaded["rows"][0]["programme"] == "luzhou"
    assert shown(capsys, "load", "one.csv") == loaded
    assert shown(capsys, "show", "--as-of", "2022-11-20T09:59")["rows"] == []
    assert main(["sanctions"]) == 0
    said = capsys.readouterr().err
    assert "合计 暂扣 0.00 万元，追回 0.00 万元" in said
    assert "潞州区" in said


def test_a_number_told_otherwise_loads_nothing(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["sanctions", "load", "one.csv"]) == 0
    assert main(["sanctions", "load", "two.csv", "other.csv"]) == 2
    assert "booked with other content" in capsys.readouterr().err
    assert shown(capsys)["total"] == {"withheld_fen": 2_000, "recovered_fen": 0}
    assert main(["sanctions", "load"]) == 2
