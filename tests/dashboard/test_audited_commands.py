"""Promise X4 at the command line: what changes something or gives something out leaves its entry, or is not done."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import pytest

from dashboard.cli import main
from domain.audit import Action, Entry
from store.engine import open_store, read, write
from store.queries.access import all_users
from store.queries.audit import Wanted, audit_page, verify_audit
from tests.conftest import DATA
from tests.dashboard.test_eligibility import MERCHANTS
from tests.dashboard.test_sanctions_command import HEAD
from tests.store.posts import post, say, score

NEWS = """
[[source]]
id = "news"
kind = "rss"
name = "晚报"
every_s = 300
stale_after_s = 3600
url = "http://127.0.0.1:9/rss.xml"
"""
ACTS = (
    (("user", "add", "li", "--role", "commerce"), Action.USER_ADD, "li", {"role": "commerce", "county": None}),
    (("user", "reset", "zhao"), Action.USER_RESET, "zhao", {}),
    (("user", "disable", "zhao"), Action.USER_DISABLE, "zhao", {}),
    (("display", "pair", "三楼"), Action.DISPLAY_PAIR, "display 2", {"name": "三楼", "scope": "140400"}),
    (("display", "revoke", "1"), Action.DISPLAY_ACT, "display 1", {"order": "revoke"}),
    (("register", "load", "merchants.csv"), Action.REGISTER_LOAD, "register", {}),
    (("sanctions", "load", "ledger.csv"), Action.SANCTIONS_LOAD, "sanction ledger",
     {"files": ["ledger.csv"], "new": 1}),
    (("rebuild",), Action.REBUILD, "roll-ups", {"cells": 0}),
    (("sample", "--seed", "s", "--out", "sample.csv"), Action.EXPORT, "audit sample", {"seed": "s", "sampled": 0}),
    (("flags", "--list", "outside_area"), Action.VIEW_FLAGGED, "flags outside_area", {"rows": 0}),
    (("posts", "--county", "140403"), Action.VIEW_POSTS, "posts", {"county": "140403", "posts": 0}),
    (("forget", "link", "https://x.example/1"), Action.ERASE, "by link", {"posts": 0}),
    (("forget", "author", "某人", "--media", "forum"), Action.ERASE, "by author", {"posts": 0}),
    (("model", "use", "shipped"), Action.MODEL, "shipped", {}),
    (("briefing", "--day", "2022-10-28"), Action.EXPORT, "briefing", {"scope": "140400"}),
    (("audit", "export", "--out", "log.csv"), Action.EXPORT, "audit log", {"form": "csv", "rows": 0}),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite: Path) -> Path:
    """With a user, a paired display, a post, and lists to load; the log is as good as empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUANQING_CAMPAIGN", str(DATA / "campaign-small.toml"))
    monkeypatch.setenv("QUANQING_CLOCK", "2022-11-20T10:00:00+08:00@0 since 0")
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough word\n" * 3))
    (tmp_path / "quanqing.db").write_bytes(migrated_sqlite.read_bytes())
    (tmp_path / "sources.toml").write_text("", encoding="utf-8")
    (tmp_path / "merchants.csv").write_text(f"{MERCHANTS}M1,,甲,140403,零售,入统,,,,\r\n", encoding="gb18030")
    (tmp_path / "ledger.csv").write_text(
        HEAD + "P1,2022-11-19,潞州区,M1,暂扣,20,通报1号\r\n", encoding="gb18030"
    )
    engine = open_store(f"sqlite:///{tmp_path}/quanqing.db")
    with write(engine) as conn:
        conn.exec_driver_sql(
            "INSERT INTO users (name, role, password_hash, created_at) VALUES ('zhao', 'market', 'x', 0)"
        )
        conn.exec_driver_sql(
            "INSERT INTO displays (name, scope, token_hash, created_at) VALUES ('大厅', '140400', 'x', 0)"
        )
        say(conn, (post(1, "抢不到"), score()))
    engine.dispose()
    return tmp_path


def entries(folder: Path) -> list[Entry]:
    engine = open_store(f"sqlite:///{folder}/quanqing.db")
    with read(engine) as conn:
        assert verify_audit(conn).is_whole
        found = audit_page(conn, Wanted(), limit=100)
    engine.dispose()
    return list(reversed(found))


@pytest.mark.parametrize(
    ("command", "action", "subject", "detail"), ACTS, ids=lambda v: v[0] if type(v) is tuple else ""
)
def test_x4_every_act_of_the_command_line_leaves_its_entry(
    folder: Path, command: tuple[str, ...], action: Action, subject: str, detail: dict[str, object]
):
    assert main(command) == 0
    (entry,) = entries(folder)
    assert (entry.action, entry.subject, entry.outcome, entry.role) == (action, subject, "done", "console")
    assert entry.who
    told = json.loads(entry.detail)
    assert {name: told[name] for name in detail} == detail
    assert "long enough word" not in str(entry)


@pytest.mark.parametrize(
    ("command", "action", "subject", "detail"), ACTS, ids=lambda v: v[0] if type(v) is tuple else ""
)
def test_x4_what_cannot_be_noted_is_not_done(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    action: Action,
    subject: str,
    detail: dict[str, object],
):
    engine = open_store(f"sqlite:///{folder}/quanqing.db")
    with write(engine) as conn:
        conn.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        before = all_users(conn)
    assert main(command) == 1
    assert "the store does not answer" in capsys.readouterr().err
    with read(engine) as conn:
        assert all_users(conn) == before
        for table in ("merchants", "sanction_money"):
            assert conn.exec_driver_sql(f"SELECT COUNT(*) FROM {table}").scalar_one() == 0
        assert conn.exec_driver_sql("SELECT COUNT(*), COUNT(revoked_at) FROM displays").one() == (1, 0)
    engine.dispose()
    assert not {"sample.csv", "log.csv", "in-use"} & {path.name for path in folder.rglob("*")}


def test_x4_reading_a_source_and_bringing_a_file_by_hand_are_in_the_log(folder: Path):
    (folder / "sources.toml").write_text(NEWS, encoding="utf-8")
    (folder / "feed.xml").write_text("no feed", encoding="utf-8")
    main(["ingest", "news", "--once"])
    main(["import", "feed.xml", "--source", "news"])
    read_again, brought = entries(folder)
    assert (read_again.action, read_again.subject) == ("rerun", "news")
    assert (brought.action, brought.subject) == ("import", "news")
    sha256 = hashlib.sha256(b"no feed").hexdigest()
    assert json.loads(brought.detail) == {"file": "feed.xml", "sha256": sha256}
