"""channels at the command line: a test goes to the channel's own address, and its outcome is kept and shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dashboard.cli import main
from dashboard.desk.queue import queue_part
from domain.campaign import load_campaign
from domain.cases import record_of
from domain.terms import SHANGHAI
from store.engine import open_store, read, write
from store.queries.audit import Wanted, audit_page
from store.queries.outbox import channel_health, channels_used
from tests.conftest import DATA

TOKEN = "geheim-nobody-may-see"


class Bot(BaseHTTPRequestHandler):
    got: list[dict[str, Any]]
    answer: bytes

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).got.append(json.loads(body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(type(self).answer)

    def log_message(self, *args: object) -> None:
        """Nothing: the terminal is the test's."""


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Bot]]:
    kind = type("OneBot", (Bot,), {"got": [], "answer": b'{"errcode":0}'})
    server = HTTPServer(("127.0.0.1", 0), kind)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUANQING_CAMPAIGN", str(DATA / "campaign-small.toml"))
    monkeypatch.setenv("QUANQING_ALLOW_PRIVATE", address)
    monkeypatch.setenv("DUTY_URL", f"http://{address}/send?key={TOKEN}")
    (tmp_path / "alerts.toml").write_text(
        '[[channel]]\nid = "duty"\nkind = "wecom"\nname = "值班群"\nurl_env = "DUTY_URL"\n', encoding="utf-8"
    )
    yield kind
    server.shutdown()
    server.server_close()


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["channels", "list"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    return dict(json.loads(line))


def desk(folder: Path) -> str:
    campaign = load_campaign(DATA / "campaign-small.toml")
    engine = open_store(f"sqlite:///{folder}/quanqing.db")
    with read(engine) as conn:
        now = campaign.city.launch_at.astimezone(SHANGHAI)
        health = channel_health(conn, channels_used(conn), now=now)
    engine.dispose()
    return queue_part((), record_of(()), health, (), campaign, (), now=now)


def audited(folder: Path) -> list[tuple[str, str]]:
    engine = open_store(f"sqlite:///{folder}/quanqing.db")
    with read(engine) as conn:
        found = [(e.action, e.subject) for e in audit_page(conn, Wanted(), limit=10)]
    engine.dispose()
    return found


def test_x4_a_test_that_cannot_be_noted_is_not_sent(bot: type[Bot], tmp_path: Path) -> None:
    assert main(["migrate"]) == 0
    engine = open_store(f"sqlite:///{tmp_path}/quanqing.db")
    with write(engine) as conn:
        conn.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    engine.dispose()
    assert main(["channels", "test", "duty"]) == 1
    assert bot.got == []


def test_a_channel_that_takes_its_test_is_shown_so(
    bot: type[Bot], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listed(capsys)["test"] is None
    assert main(["channels", "test", "duty"]) == 0
    assert audited(tmp_path) == [("channel-test", "channel duty")]
    assert "通道自检" in bot.got[0]["text"]["content"]
    found = listed(capsys)
    assert (found["test"]["trouble"], found["waiting"], found["dead"]) == (None, 0, 0)
    assert "自检" in desk(tmp_path)
    assert "通知通道故障" not in desk(tmp_path)


def test_a_channel_that_refuses_its_test_is_shown_as_failing_and_without_its_token(
    bot: type[Bot], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bot.answer = b'{"errcode":93000,"errmsg":"<b>invalid</b> ' + TOKEN.encode() + b'"}'
    assert main(["channels", "test", "duty"]) == 1
    assert TOKEN not in capsys.readouterr().err
    assert "93000" in listed(capsys)["test"]["trouble"]
    page = desk(tmp_path)
    assert "通知通道故障" in page
    assert "&lt;b&gt;invalid" in page
    assert TOKEN not in page


def test_a_channel_nobody_knows_is_named(bot: type[Bot], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["channels", "test", "nobody"]) == 2
    assert "known: duty" in capsys.readouterr().err
