"""rehearse at the command line: what it refuses, so that nobody's figures are lost or stand beside made-up ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from dashboard.cli import main
from store.engine import open_store
from store.migrations import migrate


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path / "elsewhere"))


def test_a_store_that_no_rehearsal_made_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "quanqing.db"
    engine = open_store(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    before = path.read_bytes()
    assert main(["rehearse", "--data", str(tmp_path)]) == 2
    assert "holds a store that no rehearsal made" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_database_that_holds_a_store_is_refused_before_anything_is_cleared(
    engine: Engine, store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "truth.json"
    kept.write_text("{}", encoding="utf-8")
    assert main(["rehearse", "--data", str(tmp_path), "--database", store_url]) == 2
    assert "it holds a store already" in capsys.readouterr().err
    assert kept.exists()
