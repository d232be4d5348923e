"""The audit log's head outside the database: once a day, never for a log that does not hold, and never half a line."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dashboard.anchoring import Anchoring
from dashboard.anchors import Anchors, anchors_file, append_anchor, read_anchors
from dashboard.commands.rehearsal_room import clear
from dashboard.live.publishing import IDLE
from dashboard.settings import OWN_SETTINGS
from domain.audit import Action, Anchor, Doer
from domain.errors import ConfigError, StoreError
from store.engine import read, write
from store.queries.audit import Wanted, audit_page, verify_audit
from store.writes.audit import write_audit
from tests.dashboard.conftest import RealTime

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HASH = "ab" * 32


def act(engine: Engine) -> None:
    with write(engine) as conn:
        write_audit(conn, Doer(name="wang", at=AT), Action.RERUN, subject="pay")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return anchors_file(tmp_path)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_the_head_is_written_down_once_a_day_and_said(
    engine: Engine, path: Path, caplog: pytest.LogCaptureFixture
):
    now = RealTime(AT)
    job = Anchoring(engine, path, now=now)
    act(engine)
    with caplog.at_level(logging.INFO):
        assert job.run(lambda conn: None) is not IDLE
    (first,) = read_anchors(path).known
    assert (first.number, first.at) == (2, AT)  # what was found is an entry itself
    assert f"anchored 2 {first.hash}" in caplog.text
    now.move(hours=7, minutes=59)  # 23:59 in Shanghai
    assert job.run(lambda conn: None) is IDLE
    now.move(minutes=1)
    act(engine)
    job.run(lambda conn: None)
    assert [anchor.number for anchor in read_anchors(path).known] == [2, 4]
    assert path.read_text().splitlines()[1].startswith('{"day": "2026-03-03", ')
    with read(engine) as conn:
        assert verify_audit(conn, read_anchors(path).known).checked == 4


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_log_that_does_not_hold_is_noted_once_a_day_and_not_anchored(engine: Engine, path: Path):
    now = RealTime(AT)
    job = Anchoring(engine, path, now=now)
    act(engine)
    job.run(lambda conn: None)
    with write(engine) as conn:
        conn.exec_driver_sql("DROP TRIGGER audit_log_is_never_changed")
        conn.exec_driver_sql("UPDATE audit_log SET who = 'li' WHERE number = 1")
    now.move(days=1)
    with pytest.raises(StoreError, match="entry 1 does not hold: edited"):
        job.run(lambda conn: None)
    for _ in range(2):  # it stays a failing job, and is an alert; the log is not walked again
        with pytest.raises(StoreError, match='"broken":1'):
            job.run(lambda conn: None)
    assert len(read_anchors(path).known) == 1
    with read(engine) as conn:
        entry, before = audit_page(conn, Wanted(action="verify"), limit=2)
    assert (before.outcome, entry.outcome) == ("done", "failed")
    assert '"broken":1' in entry.detail


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_day_whose_anchor_got_lost_is_made_up_for(engine: Engine, path: Path):
    job = Anchoring(engine, path, now=RealTime(AT))
    job.run(lambda conn: None)
    path.unlink()
    assert job.run(lambda conn: None) is not IDLE
    assert [anchor.number for anchor in read_anchors(path).known] == [2]


def test_a_torn_line_is_counted_and_spoils_no_other(path: Path):
    anchor = Anchor(at=AT, number=7, hash=HASH)
    append_anchor(path, anchor)
    with path.open("a") as file:
        file.write('{"day": "2026-03-03", "at": "2026')
    later = Anchor(at=AT + timedelta(days=1), number=9, hash=HASH)
    append_anchor(path, later)
    assert read_anchors(path) == Anchors(known=(anchor, later), unreadable=1)
    assert read_anchors(path).newest == later


@pytest.mark.parametrize(
    "line",
    ["nonsense", "[]", "null", '{"at": "2026-03-02T08:00:00", "number": 1, "hash": "x"}', "\x00\xff", '"at"',
     '{"at": "2026-03-02T08:00:00Z", "number": true, "hash": "x"}', '{"at": 7, "number": 1, "hash": "x"}',
     '{"at": "2026-03-02T08:00:00Z", "number": "1", "hash": "x"}'],
)  # fmt: skip
def test_what_is_no_anchor_is_not_passed_over(path: Path, line: str):
    path.parent.mkdir()
    path.write_text(line + "\n", encoding="latin-1")
    assert read_anchors(path) == Anchors(unreadable=1)


def test_a_new_rehearsal_begins_without_the_anchors_of_the_last_one(tmp_path: Path, path: Path):
    append_anchor(path, Anchor(at=AT, number=7, hash=HASH))
    (tmp_path / "quanqing.db").touch()
    with pytest.raises(ConfigError):  # somebody's own store
        clear(tmp_path)
    assert path.exists()
    (tmp_path / OWN_SETTINGS).touch()
    clear(tmp_path)
    assert not path.exists()


def test_without_a_file_there_are_none(path: Path):
    assert read_anchors(path) == Anchors()
