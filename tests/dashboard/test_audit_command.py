"""`quanqing audit`: says where the log stops holding, and gives it out as files no spreadsheet can be tricked by."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.anchors import anchors_file, append_anchor, read_anchors
from dashboard.cli import main
from domain.audit import Action, Anchor, Doer
from store.engine import open_store, read, write
from store.queries.audit import audit_head_of
from store.writes.audit import write_audit
from tests.conftest import DATA, REPOSITORY

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUANQING_CAMPAIGN", str(DATA / "campaign-small.toml"))
    (tmp_path / "quanqing.db").write_bytes(migrated_sqlite.read_bytes())
    engine = open_store(f"sqlite:///{tmp_path}/quanqing.db")
    with write(engine) as conn:
        for n in range(3):
            doer = Doer(
                name="=cmd|'/c calc'!A0", role="market", address="10.0.0.7", at=AT + timedelta(hours=n)
            )
            write_audit(conn, doer, Action.EXPORT, subject='@SUM(1),"', detail={"rows": n, "note": "一\n二"})
    with read(engine) as conn:
        number, hashed = audit_head_of(conn)
    append_anchor(anchors_file(tmp_path), Anchor(at=AT + timedelta(days=1), number=number, hash=hashed))
    engine.dispose()
    return tmp_path


def behind_its_back(folder: Path, *statements: str) -> None:
    engine = open_store(f"sqlite:///{folder}/quanqing.db")
    with write(engine) as conn:
        for name in ("changed", "deleted"):
            conn.exec_driver_sql(f"DROP TRIGGER audit_log_is_never_{name}")
        for statement in statements:
            conn.exec_driver_sql(statement)
    engine.dispose()


def test_a_whole_log_is_said_to_be_whole(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["audit", "verify", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["whole"] is True
    assert "审计日志完好：3 条" in err
    assert "库外锚点 1 个，最近 2026-03-03 16:00:00 第 3 条" in err


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (("UPDATE audit_log SET subject = 'x' WHERE number = 2",), "自第 2 条起不可信：像是内容被改"),
        (("DELETE FROM audit_log WHERE number = 2",), "自第 2 条起不可信：像是记录被删"),
        (("DELETE FROM audit_log WHERE number = 3",), "自第 3 条起不可信：像是末尾被截去"),
        (
            (
                "DELETE FROM audit_log WHERE number = 3",
                "UPDATE audit_head SET number = 2, hash = (SELECT hash FROM audit_log WHERE number = 2)",
            ),
            "自第 3 条起不可信：像是恢复了旧备份",
        ),
    ],
)
def test_where_it_stops_to_hold_and_what_it_looks_like(
    folder: Path, capsys: pytest.CaptureFixture[str], statements: tuple[str, ...], said: str
):
    behind_its_back(folder, *statements)
    assert main(["audit", "verify"]) == 1
    assert said in capsys.readouterr().err


def test_an_anchor_that_cannot_be_read_is_no_good_news(folder: Path, capsys: pytest.CaptureFixture[str]):
    with anchors_file(folder).open("a") as file:
        file.write("nonsense\n")
    assert main(["audit", "verify"]) == 1
    assert "锚点文件有 1 行读不出来" in capsys.readouterr().err


def test_a_copy_of_the_anchors_kept_elsewhere_is_as_good(folder: Path, capsys: pytest.CaptureFixture[str]):
    anchors_file(folder).rename(folder / "mine")
    assert main(["audit", "verify"]) == 0
    assert "没有库外锚点" in capsys.readouterr().err
    assert main(["audit", "verify", "--anchors", "mine"]) == 0
    assert "库外锚点 1 个" in capsys.readouterr().err
    assert main(["audit", "verify", "--anchors", "none"]) == 2


def test_the_csv_opens_in_a_spreadsheet_and_no_cell_is_a_formula(folder: Path):
    assert main(["audit", "export", "--out", "log.csv"]) == 0
    body = Path("log.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    heads, *lines = csv.reader(body.decode("utf-8-sig").splitlines())
    assert heads[:3] == ["编号", "时间", "操作人"]
    assert [line[0] for line in lines] == ["1", "2", "3"]
    assert lines[0][1:7] == [
        "2026-03-02 16:00:00",
        "'=cmd|'/c calc'!A0",
        "market",
        "10.0.0.7",
        "导出下载",
        "'@SUM(1),\"",
    ]
    assert {cell[0] for line in lines for cell in line if cell} & set("=+-@\t\r") == set()


def test_the_lines_can_be_checked_without_us_as_the_paper_for_auditors_says(folder: Path):
    paper = (REPOSITORY / "docs" / "audit.md").read_text(encoding="utf-8")
    (folder / "check.py").write_text(paper.split("```python\n")[1].split("```")[0], encoding="utf-8")

    def checked(name: str) -> subprocess.CompletedProcess[str]:
        python = [sys.executable, "-I", "-X", "utf8", "check.py", name]
        return subprocess.run(
            python, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
        )

    assert main(["audit", "export", "--out", "log.jsonl"]) == 0
    (anchor,) = read_anchors(anchors_file(folder)).known
    assert checked("log.jsonl").stdout == f"3 条完好，链尾 {anchor.hash}\n"
    lines = Path("log.jsonl").read_text(encoding="utf-8")
    Path("edited.jsonl").write_text(lines.replace("10.0.0.7", "10.0.0.8", 1), encoding="utf-8")
    assert checked("edited.jsonl").stderr == "第 1 条不可信\n"


def test_who_took_the_log_is_in_the_log(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["audit", "export", "--out", "a.csv", "--who", "nobody", "--act", "export", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["entry"], told["rows"], told["who"], told["action"]) == (4, 0, "nobody", "export")
    assert main(["audit", "export", "--out", "b.jsonl", "--since", "2026-03-02T17:30"]) == 0
    subjects = [json.loads(line) for line in Path("b.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["number"], line["subject"]) for line in subjects] == [(3, '@SUM(1),"'), (4, "audit log")]
    assert subjects[1]["role"] == "console"
    assert main(["audit", "verify"]) == 0


def test_what_cannot_be_noted_is_not_given_out(folder: Path):
    behind_its_back(
        folder, "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    (folder / "taken").mkdir()
    assert main(["audit", "export", "--out", "taken/log.csv"]) == 1
    assert list((folder / "taken").iterdir()) == []


def test_a_file_of_no_known_kind_is_refused(folder: Path):
    assert main(["audit", "export", "--out", "log.pdf"]) == 2
    assert main(["audit", "export"]) == 2
