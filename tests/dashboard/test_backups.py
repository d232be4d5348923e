"""Backups as they are made, drilled, listed and brought back; and the worker's word when one of them fails."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, update

from dashboard.backups import jobs
from dashboard.backups.folder import Receipt, put_receipt, receipts, sha256_of, thin_out
from dashboard.backups.jobs import BackingUp
from dashboard.backups.plan import Plan
from dashboard.cli import main
from dashboard.commands.backup import run_backup
from dashboard.live.publishing import IDLE
from dashboard.settings import read_settings
from domain.campaign import Campaign
from domain.errors import ConfigError, StoreError
from domain.records import Kind
from store.engine import open_store, read, write
from store.queries.audit import Wanted, audit_page
from store.schema import rollup_total
from tests.conftest import DATA
from tests.dashboard.conftest import RealTime
from tests.store.events import event
from tests.store.stated_day import save

NOW = datetime(2022, 10, 28, 4, 0, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a machine's backups; its store holds one claim."""
    shutil.copyfile(migrated_sqlite, tmp_path / "quanqing.db")
    for name, value in {
        "DATA_DIR": tmp_path, "DATABASE_URL": f"sqlite:///{tmp_path}/quanqing.db", "BACKUP_DIR": tmp_path / "kept",
        "CAMPAIGN": DATA / "campaign-small.toml",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"QUANQING_{name}", str(value))
    return tmp_path / "kept"


@pytest.fixture
def store(kept: Path, small_campaign: Campaign) -> Engine:
    engine = open_store(f"sqlite:///{kept.parent}/quanqing.db")
    with write(engine) as conn:
        save(conn, small_campaign, event(small_campaign, "city", Kind.CLAIM, 1))
    return engine


@pytest.fixture
def niceness(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What an unattended command asks for. It takes no more of this process than it would give back by ending."""
    asked: list[int] = []
    monkeypatch.setattr(os, "nice", asked.append)
    before = signal.getsignal(signal.SIGTERM)
    yield asked
    signal.signal(signal.SIGTERM, before)


def test_it_is_made_drilled_listed_and_brought_back(
    store: Engine, kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", "make", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["sha256"] == sha256_of(kept / made["file"])
    assert main(["backup", "drill"]) == 0
    assert "已恢复到临时库，总账与明细相符" in capsys.readouterr().err
    assert main(["backup", "list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert listed["drilled_at"] is not None
    assert {path.name for path in kept.iterdir()} == {
        made["file"],
        f"{made['file']}.json",
    }  # the drill left nothing
    for path in (kept, kept / made["file"]):
        assert path.stat().st_mode & 0o077 == 0  # nobody else's to read
    monkeypatch.setenv("QUANQING_DATABASE_URL", f"sqlite:///{kept.parent}/new/quanqing.db")
    assert main(["restore", str(kept / made["file"])]) == 0
    capsys.readouterr()
    assert main(["totals", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["claimed_count"] == 1
    with read(open_store(f"sqlite:///{kept.parent}/new/quanqing.db")) as conn:
        said = [(entry.action, entry.subject) for entry in audit_page(conn, Wanted(), limit=9)]
    assert ("import", "restore") in said


def test_who_takes_a_copy_along_is_noted_and_the_worker_is_not(
    store: Engine, kept: Path, niceness: list[int]
) -> None:
    assert main(["backup", "make", "--unattended"]) == 0
    assert niceness == [10]
    with read(store) as conn:
        assert [e for e in audit_page(conn, Wanted(), limit=9) if e.subject == "backup"] == []
    time.sleep(1.01)  # a copy's name has its second
    assert main(["backup", "make"]) == 0
    with read(store) as conn:
        (entry,) = (e for e in audit_page(conn, Wanted(), limit=9) if e.subject == "backup")
    assert entry.action == "export"


def test_a_drill_finds_a_ledger_that_is_not_what_its_events_say(
    store: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    with write(store) as conn:
        conn.execute(update(rollup_total).values(claimed_count=2))
    assert main(["backup", "make"]) == 0
    assert main(["backup", "drill"]) == 1
    assert "stored 2, expected 1" in capsys.readouterr().err
    assert main(["backup", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["drilled_at"] is None


def test_a_drill_finds_a_copy_that_is_not_what_was_written(
    store: Engine, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", "make"]) == 0
    (receipt,) = receipts(kept)
    path = kept / receipt.file
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    assert main(["backup", "drill"]) == 2
    assert f"{receipt.file}: its bytes are not those of its receipt" in capsys.readouterr().err
    assert main(["restore", str(path)]) == 2


@pytest.mark.parametrize("words", ["", "[]", "{}", '{"taken_at": 1}', "\xff"])
def test_a_receipt_that_cannot_be_read_is_said(
    kept: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.mkdir()
    (kept / "quanqing-a.db").write_bytes(b"copy")
    (kept / "quanqing-a.db.json").write_bytes(words.encode("latin-1"))
    assert main(["restore", str(kept / "quanqing-a.db")]) == 2
    assert "quanqing-a.db.json: is no receipt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"QUANQING_BACKUP_DIR": ""}, "QUANQING_BACKUP_DIR: not set"),
        ({"QUANQING_BACKUP_DAYS": "36"}, "QUANQING_BACKUP_DAYS: '36' is not 1 to 35"),
        ({"QUANQING_BACKUP_MINUTES": "0"}, "QUANQING_BACKUP_MINUTES: '0' is not 1 to 1440"),
        ({"QUANQING_BACKUP_MINUTES": "１５"}, "QUANQING_BACKUP_MINUTES"),
    ],
)
def test_a_wrong_setting_is_named(
    store: Engine,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    words: str,
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=words):
        run_backup(Namespace(action="make", unattended=False, json=False), read_settings())


def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_left(
    store: Engine, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.write_text("a file in the way")
    assert main(["backup", "make"]) == 2
    assert "no backup can be written" in capsys.readouterr().err


def receipt(folder: Path, at: datetime, *, drilled_at: datetime | None = None) -> Receipt:
    folder.mkdir(exist_ok=True)
    name = f"quanqing-{at:%Y%m%dT%H%M%S}Z.db"
    (folder / name).write_bytes(b"copy")
    made = Receipt(
        file=name, taken_at=at, size=4, sha256="0" * 64, revision="r", build="b", drilled_at=drilled_at
    )
    put_receipt(folder, made)
    return made


def test_older_ones_are_thinned_out_and_what_was_never_finished_goes(tmp_path: Path) -> None:
    old, older, new = (receipt(tmp_path, NOW - timedelta(days=n)) for n in (34, 36, 0))
    for name, age_s in (
        ("quanqing-a.db.part", 7 * 3600),
        ("quanqing-b.db.part", 60),
        ("quanqing-c.db", 7 * 3600),
    ):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    for name, age_s in ((".drill-killed", 7 * 3600), (".drill-at-work", 60)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "drill.db").touch()
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    (tmp_path / "notes.txt").touch()  # somebody's
    assert thin_out(tmp_path, now=NOW, days=35) == 1
    assert receipts(tmp_path) == (old, new)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {
        "notes.txt",
        ".drill-at-work",
        "quanqing-b.db.part",
        *(f"{r.file}{end}" for r in (old, new) for end in ("", ".json")),
    }
    assert older.file not in left


def test_what_another_process_has_taken_away_meanwhile_is_no_trouble(tmp_path: Path) -> None:
    made = receipt(tmp_path, NOW)
    (tmp_path / "quanqing-a.db.part").symlink_to("gone")  # listed, and not there when it is looked at
    assert thin_out(tmp_path, now=NOW, days=35) == 0
    assert receipts(tmp_path) == (made,)


def test_the_worker_makes_one_when_it_is_time_and_drills_one_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(jobs, "_run", lambda action, ending: asked.append(action))
    now = RealTime(NOW)
    job = BackingUp(Plan(folder=tmp_path, every=timedelta(minutes=15), days=35), now=now, ending=Event())
    assert job.drill() is IDLE  # there is nothing to drill
    job.make()
    receipt(tmp_path, NOW)
    assert job.make() is IDLE
    job.drill()
    receipt(tmp_path, NOW, drilled_at=NOW)
    assert job.drill() is IDLE
    now.move(minutes=15)
    job.make()
    now.move(hours=24)
    job.drill()
    assert asked == ["make", "drill", "make", "drill"]


def test_what_fails_in_the_process_of_its_own_is_the_jobs_failure(
    store: Engine, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(folder=kept, every=timedelta(minutes=15), days=35)
    job = BackingUp(plan, now=RealTime(datetime.now(UTC)), ending=Event())
    job.make()
    assert len(receipts(kept)) == 1
    monkeypatch.setenv("QUANQING_DATABASE_URL", "sqlite:////dev/null/quanqing.db")
    with pytest.raises(StoreError, match=r"^backup drill: "):
        job.drill()
