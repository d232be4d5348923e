"""W5: the site answers to its own names alone: no other site's name that is turned to this machine makes pages ours."""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dashboard.cli import main
from dashboard.commands import running
from dashboard.entry.hosts import PROXIED, Hosts, own_names
from dashboard.settings import read_settings
from domain.errors import ConfigError
from tests.conftest import DATA
from tests.dashboard.conftest import ADDRESS, House

BASE = "https://quanqing.example.gov.cn"
PUBLIC = ("quanqing.intra", "10.9.8.7")
CAME_TO = "192.168.1.5"


def asked(
    *hosts: str, version: str = "1.1", proxied: bool = False, kind: str = "http", **more: str
) -> tuple[int, bytes, str | None]:
    """(status, body, the host that who comes next reads)"""
    seen: list[Any] = []
    sent: list[Any] = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope["headers"]).get(b"host", b"").decode())

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", host.encode("latin-1")) for host in hosts]
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    scope = {
        "type": kind,
        "http_version": version,
        "headers": headers,
        "server": (CAME_TO, 8050),
        "path": "/x",
    }
    scope["extensions"] = {PROXIED: {}} if proxied else {}
    asyncio.run(Hosts(inside, names=own_names(BASE, PUBLIC))(scope, None, send))  # type: ignore[arg-type]
    if seen:
        return 200, b"", seen[0]
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent), None


@pytest.mark.parametrize(
    "host",
    ["quanqing.example.gov.cn", "QUANQING.Example.Gov.CN:443", "quanqing.example.gov.cn.", "quanqing.intra:8443",
     "10.9.8.7", "localhost:8050", "127.0.0.1", "127.8.9.1:1", "[::1]:8050", "192.168.1.5:8050", "[::ffff:192.168.1.5]",
     socket.gethostname(), f"{socket.gethostname()}.local"],
)  # fmt: skip
def test_w5_the_sites_own_names_are_answered_and_the_address_it_was_reached_at(host: str) -> None:
    assert asked(host)[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "quanqing.example.gov.cn.evil.example", "evil.example:8050", "192.168.1.6", "10.9.8.8",
     "[2001:db8::1]", "xquanqing.example.gov.cn", "127.0.0.1.evil.example", "2130706433", "0x7f000001",
     "localhost.evil.example", "[::]"],
)  # fmt: skip
def test_w5_another_name_gets_no_answer_and_hears_nothing(
    host: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        status, body, _ = asked(host)
    assert (status, body) == (421, b"")
    assert "put it into QUANQING_HOSTS" in caplog.text, "the operator reads what to set"


@pytest.mark.parametrize(
    "host",
    ["", " ", "a b", "quanqing.intra@evil.example", "evil.example@quanqing.intra", "quanqing.intra/x",
     "quanqing.intra:80:90", "quanqing.intra, evil.example", "[::1", "\xe5\x88\xb8", "quanqing.intra#",
     "a" * 5_000 + "\x00", "quanqing.intra\tx"],
)  # fmt: skip
def test_w5_what_is_no_host_is_no_request(host: str) -> None:
    assert asked(host)[:2] == (400, b"")


def test_w5_one_host_is_named_and_not_several_or_none() -> None:
    assert asked("quanqing.intra", "evil.example")[0] == 400
    assert asked("quanqing.intra", "quanqing.intra")[0] == 400
    assert asked()[0] == 400
    assert asked(version="1.0")[0] == 200, "a health check of a proxy"
    assert asked("evil.example", version="1.0")[0] == 421


def test_w5_a_proxy_that_was_named_says_for_whom_it_asks_and_nobody_else_does() -> None:
    told = {"x_forwarded_host": "quanqing.intra"}
    assert asked("upstream", proxied=True, **told) == (200, b"", "quanqing.intra")
    assert asked("upstream", **told)[0] == 421
    assert asked("quanqing.intra", x_forwarded_host="evil.example") == (200, b"", "quanqing.intra")
    assert asked("127.0.0.1", proxied=True, x_forwarded_host="evil.example")[0] == 421
    assert asked("127.0.0.1", proxied=True, x_forwarded_host="quanqing.intra, evil.example")[0] == 421
    assert asked("127.0.0.1", proxied=True, x_forwarded_host="evil.example, quanqing.intra")[0] == 200
    assert asked("upstream", proxied=True)[0] == 421
    assert asked("upstream", proxied=True, x_forwarded_host="")[0] == 400


def test_w5_a_page_of_another_name_is_no_page_of_ours(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """The whole application: also for a form that says it comes from where it goes to."""
    settings = replace(house.settings, hosts=("quanqing.intra",))
    house.settings = settings
    with TestClient(house.app(), base_url=ADDRESS, follow_redirects=False) as client:
        for host, status in (("quanqing.intra", 401), ("127.0.0.1:8050", 401), ("evil.example", 421)):
            said = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
            answer = client.post("/login", data={"name": "x", "password": "y"}, headers=said)
            assert answer.status_code == status, host
            assert "content-security-policy" in answer.headers
        assert client.get("/healthz", headers={"host": "evil.example"}).content == b""


@pytest.mark.parametrize(
    "given", ["https://a.example", "a.example:8050", "*", "*.example", "a b/c", "券.example", "a..b"]
)
def test_a_wrong_host_name_is_named(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigError, match="QUANQING_HOSTS"):
        read_settings({"QUANQING_HOSTS": given}, folder=tmp_path)


def test_host_names_are_read_as_a_list(tmp_path: Path) -> None:
    found = read_settings({"QUANQING_HOSTS": "A.example, b.example. 10.0.0.1"}, folder=tmp_path)
    assert found.hosts == ("a.example", "b.example", "10.0.0.1")
    assert read_settings({}, folder=tmp_path).hosts == ()


@pytest.mark.parametrize(("host", "is_told"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)])
def test_who_opens_it_to_the_network_reads_which_names_are_answered(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    host: str,
    is_told: bool,
) -> None:
    monkeypatch.setattr(running.uvicorn, "run", lambda *_, **__: None)
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUANQING_CAMPAIGN", str(DATA / "campaign-small.toml"))
    assert main(["serve", "--host", host]) == 0
    said = capsys.readouterr().err
    assert ("QUANQING_HOSTS" in said and socket.gethostname().lower() in said) is is_told
