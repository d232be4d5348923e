"""rehearse at the command line: what it refuses, so that nobody's figures are lost or stand beside made-up ones."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dashboard.cli import main
from dashboard.commands.rehearsal_room import clear
from dashboard.commands.rehearse import _open
from dashboard.settings import read_settings
from rehearsal.sources import CAMPAIGN
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


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is a deployment's: its `.env` names database, backups and whom to tell."""
    monkeypatch.delenv("QUANQING_DATA_DIR")
    (tmp_path / ".env").write_text(
        "QUANQING_DATABASE_URL=sqlite:///city.db\nQUANQING_BACKUP_DIR=backup\nQUANQING_ALERTS=alerts.toml\n"
        "QUANQING_SECRET_KEY=0123456789abcdef0123456789abcdef\n"
    )
    return tmp_path


def test_a_rehearsals_processes_go_by_its_own_settings_wherever_they_are_started(deployed: Path) -> None:
    folder = deployed / "rehearsed"
    args = argparse.Namespace(
        speed=600.0, seed=7, scenario="launch-day", faults="none", host="127.0.0.1", port=8050, database=None
    )
    clear(folder)
    with ExitStack() as stack:
        play, _ = _open(stack, args, folder)
    assert play.settings.database_url == f"sqlite:///{folder / 'quanqing.db'}"
    assert play.settings.alerts == folder / "alerts.toml"
    assert read_settings(play.environ) == play.settings  # as the worker and the web do, in the current folder


def test_what_looks_at_a_rehearsal_afterwards_reads_no_deployments_database(
    deployed: Path, migrated_sqlite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = deployed / "rehearsed"
    folder.mkdir()
    (folder / "quanqing.db").write_bytes(migrated_sqlite.read_bytes())
    (folder / "settings.env").write_text(
        f"QUANQING_DATABASE_URL='sqlite:///{folder / 'quanqing.db'}'\nQUANQING_CAMPAIGN='{CAMPAIGN}'\n"
    )
    assert main(["totals", "--data", str(folder), "--json"]) == 0
    assert '"version": 0' in capsys.readouterr().out
    assert not (deployed / "city.db").exists()


def test_a_deployments_own_data_folder_is_left_alone(
    deployed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anchors = deployed / "var" / "anchors" / "audit.jsonl"
    anchors.parent.mkdir(parents=True)
    anchors.touch()
    assert main(["rehearse"]) == 2
    assert "goes with the database that is set" in capsys.readouterr().err
    assert main(["rehearse", "--data", "var"]) == 2
    assert "holds a store that no rehearsal made" in capsys.readouterr().err
    assert anchors.exists()
    assert not (deployed / "var" / "settings.env").exists()
