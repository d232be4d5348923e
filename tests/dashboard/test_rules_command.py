"""rules at the command line: what is in force, as the file takes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alerts.configured import load_parameters
from dashboard.cli import main
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


def test_a_wrong_parameter_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "alerts.toml").write_text("[rules.opinion_burst]\nmin_count = -1\n", encoding="utf-8")
    assert main(["rules", "show"]) == 2
    assert "rules.opinion_burst.min_count: 超出允许范围" in capsys.readouterr().err
