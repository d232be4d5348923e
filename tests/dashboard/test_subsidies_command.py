"""`quanqing subsidies`: where every programme's applications stand, and what does not add up."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.commands import ledger as commands
from dashboard.settings import read_settings
from domain.campaign import Campaign
from domain.records import Grade, Kind
from store.engine import open_store, write
from store.migrations import migrate
from store.writes.ledger import save_batch
from tests.audited import audited_toml
from tests.store.events import OPENING, entries, step

LATER = OPENING + timedelta(days=9)


def test_a_person_reads_counts_and_days_and_a_program_every_listed_step(
    audited: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign, database = tmp_path / "campaign.toml", f"sqlite:///{tmp_path}/quanqing.sqlite3"
    campaign.write_text(audited_toml(), encoding="utf-8")
    first = step(audited, "shangdang", Kind.APPROVAL, 1)
    told = entries(
        audited,
        step(audited, "shangdang", Kind.APPLICATION, 1),
        first,
        replace(first, event_no="other", kind=Kind.REJECTION, occurred_at=LATER),
    )
    engine = open_store(database)
    migrate(engine)
    with write(engine) as conn:
        save_batch(conn, told, source="bank", grade=Grade.DAILY, raw_sha256="0" * 64, now=LATER)
    engine.dispose()
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUANQING_DATABASE_URL", database)
    monkeypatch.setenv("QUANQING_CAMPAIGN", str(campaign))
    assert commands.run_subsidies(argparse.Namespace(json=False), read_settings()) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("长治市本级: 申请 0 笔")
    assert "通过 1, 驳回 0 (通过率 100.0%)" in said[1]
    assert "审核用时中位数 1.0 天; 1 笔待核" in said[1]
    assert said[2].strip().startswith("contradiction: rejection other of application A000001")
    assert commands.run_subsidies(argparse.Namespace(json=True), read_settings()) == 0
    city, county = json.loads(capsys.readouterr().out)
    assert (city["programme"], city["median_decision_s"], city["approval_rate"]) == ("city", None, None)
    assert (county["applied_count"], county["median_decision_s"]) == (1, 86_400)
    assert [one["trouble"] for one in county["listed"]] == ["contradiction"]
