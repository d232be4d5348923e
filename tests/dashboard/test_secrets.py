"""X1: a canary in every secret setting, a deployment at work among failures, and no canary in anything it leaves."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote

import httpx
import psutil
import pytest
from sqlalchemy import Engine, make_url, select

from alerts.channels import KINDS
from dashboard.cli import main
from dashboard.entry.identity import hash_password, metrics_token, new_token, token_hash
from domain.delivery import Outgoing
from domain.readings import Level
from store.engine import open_store, read, write
from store.schema import outbox, source_runs
from store.writes.access import add_user, pair_display
from store.writes.alerts import Alarm, settle
from store.writes.outbox import enqueue
from tests.dashboard.left_behind import Played, dump, found
from tests.dashboard.little_house import ROOT, Server
from tests.dashboard.planted import CHANNELS, SOURCES, canary, outside, plant

pytestmark = pytest.mark.slow  # two processes and a dozen commands, played once for all of them
GUESSABLE = 12
FACTORY = "dashboard.serving:app_from_env"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("planted")
    with outside() as (address, asked), ExitStack() as store:
        url = f"sqlite:///{folder / 'var' / 'quanqing.db'}"
        if request.param == "postgresql":
            url = store.enter_context(request.getfixturevalue("postgres_server").database())
        yield _play(folder, url, address, asked)


def _play(folder: Path, url: str, address: str, asked: list[str]) -> Played:
    environ, planted = plant(folder, address)
    environ["QUANQING_DATABASE_URL"] = url
    whole = {n: v for n, v in os.environ.items() if not n.startswith("QUANQING_")} | environ
    password = make_url(url).password
    if password is not None and len(password) > GUESSABLE:  # a server given by hand may have any
        planted["database password"] = password
    played = Played(planted)
    (folder / "var").mkdir()
    _command(played, whole, "migrate", where=folder)
    engine = open_store(url)
    planted |= (people := _people(engine, planted["SECRET_KEY"]))
    _owe_messages(engine)
    _serve(played, folder, environ, people)
    _work(played, whole, folder, engine)
    for words in (["check"], ["totals", "--json"], ["posts", "--json"], ["alerts", "--json"], ["user", "list"],
                  ["display", "list"], ["audit", "verify"], ["audit", "export", "--out", "audit.csv"],
                  ["audit", "export", "--out", "audit.jsonl"], ["nonsense"]):  # fmt: skip
        _command(played, whole, *words, where=folder / "var")
    _misconfigured(played, whole, folder)
    played.left |= dump(engine)
    played.failed = {*asked, *_tried(engine)}
    engine.dispose()
    played.left |= {f"file {p.name}": p.read_bytes() for p in (folder / "var").rglob("*") if p.is_file()}
    return played


def _people(engine: Engine, secret_key: str) -> dict[str, str]:
    """Secrets of people and screens: a password, and tokens as their browsers hold them."""
    password, screen = canary("password"), new_token()
    with write(engine) as conn:
        row = {"role": "task-force", "county": None, "password_hash": hash_password(password)}
        add_user(conn, "duty", now=datetime.now(UTC), **row)
        pair_display(conn, "大厅", scope="140400", token_hash=token_hash(screen), now=datetime.now(UTC))
    return {"password": password, "display token": screen, "metrics token": metrics_token(secret_key)}


def _owe_messages(engine: Engine) -> None:
    """One message for each channel, which none of them will take."""
    facts = {"reasons": (), "evidence": (), "evidence_count": 0, "county": None}
    alarm = Alarm(subject="1", level=Level.RED, title="预警", **facts)
    with write(engine) as conn:
        (news,) = settle(conn, "burst", [alarm], now=datetime.now(UTC)).announced
        row = {"alert_id": news.alert_id, "occasion": "level:red", "level": Level.RED, "title": "预警"}
        enqueue(conn, [Outgoing(channel=kind, reasons=(), **row) for kind in CHANNELS], now=datetime.now(UTC))


def _tried(engine: Engine) -> set[str]:
    with read(engine) as conn:
        return set(conn.scalars(select(outbox.c.channel).where(outbox.c.trouble.is_not(None))))


def _work(played: Played, environ: dict[str, str], folder: Path, engine: Engine) -> None:
    """The worker, until every channel was tried and every source was read at least once."""
    with (folder / "work.log").open("wb") as log:
        command = [sys.executable, "-m", "dashboard", "work"]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            played.left |= _arguments(process.pid)
            if _tried(engine) == set(CHANNELS) and _read(engine) >= len(SOURCES) - 1:  # one is only pushed to
                break
            time.sleep(0.2)
        process.terminate()
        process.wait(30)
    played.left["work.log"] = (folder / "work.log").read_bytes()


def _read(engine: Engine) -> int:
    with read(engine) as conn:
        return len(set(conn.scalars(select(source_runs.c.source))))


def _arguments(pid: int) -> dict[str, bytes]:
    """The command lines of a process and its children, as anybody on the machine may read them."""
    found: dict[str, bytes] = {}
    for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        try:
            found[f"arguments of {process.pid}"] = " ".join(process.cmdline()).encode()
        except psutil.Error:
            continue
    return found


def _serve(played: Played, folder: Path, environ: dict[str, str], people: Mapping[str, str]) -> None:
    """The web as it is served, asked rightly and wrongly by people, screens, monitoring and platforms."""
    log = (folder / "web.log").open("wb")
    server = Server(environ, factory=FACTORY, log=log)
    server.start()
    played.left |= _arguments(server.pid)
    screen, password, metrics = people["display token"], people["password"], people["metrics token"]
    forged = f"%0d%0a{quote(password)}%1b"
    with httpx.Client(base_url=server.address, trust_env=False, timeout=20) as client:
        asked = [
            client.get(f"/wall?token={screen}"),
            client.get(f"/wall?token={screen}x"),
            client.get("/metrics", headers={"authorization": f"Bearer {metrics}"}),
            client.get("/metrics", headers={"authorization": f"Bearer {metrics}x"}),
            client.post("/login", data={"name": "duty", "password": password + "x"}),
            client.post("/login", content=b"\xff" + password.encode()),
            client.post("/hooks/webhook-in", content=b"{}", headers={"x-signature": password}),
            client.post("/hooks/wechat", content=b"{}", headers={"wechatpay-signature": password}),
            client.get(f"/nowhere/{forged}?token={screen}"),
        ]
        client.post("/login", data={"name": password, "password": password})  # says the name again
        client.post("/login", data={"name": "duty", "password": password})
        played.planted["session token"] = client.cookies["quanqing-session"]
        pages = ("/wall", "/sources", "/displays", "/desk", "/desk/alerts", "/desk/ledger.csv", "/briefings",
                 "/flags", "/api/openapi.json", "/api/v1/snapshot", "/metrics", "/login", "/healthz", "/readyz",
                 "/sources/json-api/quarantine.csv", "/admin/audit")  # fmt: skip
        asked += [client.get(page) for page in pages]
    server.stop()
    log.close()
    for answer in asked:
        played.left[f"{answer.request.method} {answer.url.path} {answer.status_code}"] = answer.content
    played.left["web.log"] = (folder / "web.log").read_bytes()


def _command(played: Played, environ: dict[str, str], *words: str, where: Path) -> None:
    said = io.StringIO()
    given = patch.dict(os.environ, environ, clear=True)
    with redirect_stdout(said), redirect_stderr(said), suppress(SystemExit), chdir(where), given:
        main(words)
    played.left[f"quanqing {' '.join(words)} {len(played.left)}"] = said.getvalue().encode()


def _misconfigured(played: Played, environ: dict[str, str], folder: Path) -> None:
    """A secret where its name belongs, or where something else belongs: refused, and not repeated."""
    slip = played.planted["slip"] = canary("slip")[:31]  # too short for a key
    keyless = {n: v for n, v in environ.items() if n != "QUANQING_SECRET_KEY"}
    for name in ("DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FILE"):
        _command(played, keyless | {f"QUANQING_{name}": slip}, "check", where=folder)
    _command(
        played,
        environ | {"QUANQING_DATABASE_URL": f"postgresql://u:{slip}@127.0.0.1:1/q"},
        "totals",
        where=folder,
    )
    for file, right in (("sources", "JSON_TOKEN"), ("alerts", "WECOM_URL"), ("alerts", "SMTP_PASSWORD")):
        text = (folder / f"{file}.toml").read_text("utf-8")
        bad = folder / f"bad-{file}.toml"
        bad.write_text(text.replace(right, slip), "utf-8")
        _command(played, environ | {f"QUANQING_{file.upper()}": str(bad)}, "check", where=folder)
        bad.write_text(text.replace(f'{right}"', f'{right}"\nsecret = "{slip}"'), "utf-8")
        _command(played, environ | {f"QUANQING_{file.upper()}": str(bad)}, "check", where=folder)


def test_x1_no_secret_is_in_anything_a_deployment_leaves_behind(played: Played):
    out = found(played)
    assert not out, out


def test_x1_what_was_looked_through_is_what_there_is_to_look_through(played: Played):
    assert len(played.planted) > 20
    assert set(CHANNELS) == set(KINDS) - {"folder"}, "a new kind of channel may have a secret to plant"
    assert set(CHANNELS) <= played.failed, "every channel failed"
    for path in ("/json", "/weibo", "/unionpay", "/alipay", "/bot"):
        assert any(path in asked for asked in played.failed), path
    for place in ("work.log", "web.log", "table users", "table outbox", "file audit.csv", "POST /login 401"):
        assert played.left[place], place
    assert any(place.startswith("arguments") for place in played.left)


@pytest.mark.parametrize("place", ["work.log", "table archive", "GET /wall 403"])
def test_x1_a_canary_that_gets_out_is_found(played: Played, place: str):
    secret = played.planted["DINGTALK_SECRET"]
    for spelling in (secret, quote(secret), base64.b64encode(b"user:" + secret.encode()).decode()):
        leaky = Played(played.planted, {place: b"... " + spelling.encode() + b" ..."})
        assert found(leaky) == [("DINGTALK_SECRET", place)]


def test_x2_every_line_of_their_logs_is_one_entry(played: Played):
    works, web = (played.left[f"{name}.log"].splitlines() for name in ("work", "web"))
    assert works.pop(0).startswith(b"working: ")  # said to whoever started it, and no part of the log
    assert works
    assert web
    for line in works + web:
        assert json.loads(line)["level"] != "CRITICAL"
