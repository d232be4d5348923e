"""register and flags at the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dashboard.cli import main
from store.engine import open_store, write
from store.migrations import migrate
from tests.conftest import DATA
from tests.store.judged import save, used

MERCHANTS = "商户号,平台,商户名称,县区代码,行业,入册依据,批准文号,批准日期,入册日期,退出日期\r\n"
SANCTIONS = "商户号,平台,生效时间,类型,文号\r\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_campaign) -> Path:
    shutil.copy(DATA / "campaign-small.toml", tmp_path / "campaign.toml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path))
    engine = open_store(f"sqlite:///{tmp_path / 'quanqing.db'}")
    migrate(engine)
    with write(engine) as conn:
        save(
            conn,
            small_campaign,
            used(small_campaign, order_fen=1),
            used(small_campaign, 2, "city", order_fen=2),
        )
    engine.dispose()
    for name, text in (
        ("one.csv", f"{MERCHANTS}M1,,甲,140403,零售,入统,,,,\r\n"),
        ("two.csv", f"{MERCHANTS}M9,,乙,140403,零售,入统,,,,\r\n"),
        ("bad.csv", f"{MERCHANTS}M9,,乙,140403,零售,不知,,,,\r\n"),
        ("bans.csv", f"{SANCTIONS}M1,,2022-10-28,失信,名单\r\n"),
    ):
        (tmp_path / name).write_text(text, encoding="gb18030", newline="")
    return tmp_path


def flags(capsys: pytest.CaptureFixture[str], *args: str) -> dict:
    capsys.readouterr()
    assert main(["flags", "--json", *args]) == 0
    return json.loads(capsys.readouterr().out)


def test_flags_are_counted_by_what_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]):
    found = flags(capsys)
    assert found["register"] == {"merchants": None, "sanctions": None}
    assert found["unknown"] == ["unknown_merchant", "sanctioned", "wrong_sector"]
    assert found["cross_sector"] is None
    assert found["rows"] == [
        {"reason": "below_minimum", "programme": "city", "count": 1, "fen": 2_000},
        {"reason": "below_minimum", "programme": "luzhou", "count": 1, "fen": 2_000},
    ]
    assert flags(capsys, "--by", "reason")["rows"] == [{"reason": "below_minimum", "count": 2, "fen": 4_000}]


def test_lists_are_loaded_in_versions_and_earlier_ones_can_be_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["register", "load", "one.csv", "bans.csv"]) == 0
    loaded = json.loads(capsys.readouterr().out)
    assert (loaded["merchants"]["rows_count"], loaded["sanctions"]["rows_count"]) == (1, 1)
    first = loaded["merchants"]["version"]
    counted = {row["reason"]: row["count"] for row in flags(capsys, "--by", "reason")["rows"]}
    assert counted == {"sanctioned": 2, "below_minimum": 2}
    assert main(["register", "load", "two.csv"]) == 0
    found = flags(capsys, "--by", "reason")
    assert {row["reason"] for row in found["rows"]} == {"unknown_merchant", "sanctioned", "below_minimum"}
    assert found["cross_sector"]["share"] is None
    earlier = flags(capsys, "--by", "reason", "--merchants", first[:8])
    assert {row["reason"]: row["count"] for row in earlier["rows"]} == counted
    assert earlier["register"]["merchants"]["version"] == first


def test_a_wrong_file_loads_nothing_of_the_others_either(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["register", "load", "one.csv", "bad.csv"]) == 2
    assert "bad.csv: row 2: 入册依据: none of" in capsys.readouterr().err
    assert flags(capsys)["register"]["merchants"] is None


def test_a_list_of_one_reason_is_printed_line_by_line_without_persons(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    capsys.readouterr()
    assert main(["flags", "--list", "below_minimum"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["event_no"], line["order_fen"], line["min_spend_fen"]) for line in lines] == [
        ("R000001", 1, 10_000),
        ("R000002", 2, 10_000),
    ]
    assert not {"user_ref", "voucher_no", "order_no"} & lines[0].keys()


def test_for_people_the_unknown_is_said_in_words(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["flags"]) == 0
    said = capsys.readouterr().err
    assert "商户名册 未载入" in said
    assert "低于最低消费/潞州区" in said
    assert said.count("未载入名单，无从判断") == 3


@pytest.mark.parametrize("args", [["--by", "person"], ["--merchants", "beef"], ["--sanctions", "%"]])
def test_what_is_not_there_is_refused(folder: Path, capsys: pytest.CaptureFixture[str], args: list[str]):
    assert main(["flags", *args]) == 2
