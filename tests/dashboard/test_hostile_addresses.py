"""W8 to W12: what is asked in every wrong way, of every route there is."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import distributions
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest

from dashboard.entry import identity
from dashboard.permissions import May, look_up
from dashboard.settings import read_settings
from domain.errors import ConfigError
from tests.dashboard.conftest import PASSWORD, House
from tests.dashboard.wire import HTTP, Answer, Wire, address_of, rows, says_nothing_of_the_inside, wired

REFUSED = {303, 400, 401, 403, 404, 405, 413, 422, 429}
SECRET_FILE = "-- not for the web: 7f3a --"


@pytest.fixture
def wire(house: House) -> Iterator[Wire]:
    with wired(house) as opened:
        yield opened


def test_w8_no_encoding_of_an_address_leads_out_of_the_folder(house: House, wire: Wire):
    house.settings.data_dir.joinpath("outside.css").write_text(SECRET_FILE)
    encodings = _encodings()
    assert len(encodings) >= 60
    for method, template in HTTP:
        if method != "GET" or template == address_of(template, ""):
            continue
        for encoding in encodings:
            answer = wire.ask(method, address_of(template, encoding), role="task-force")
            assert answer.status in REFUSED, (template, encoding, answer.status)
            assert "[project]" not in answer.text
            assert "root:" not in answer.text
            assert SECRET_FILE not in answer.text
            says_nothing_of_the_inside(answer)


def _encodings() -> list[str]:
    """Ways of saying "up and then down to another file"."""
    up = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "%252e%252e%252f", "..%252f", "%c0%ae%c0%ae/",
          "%uff0e%uff0e/", "..%c0%af", "....//", "..;/", ".%00./", "%ef%bc%8e%ef%bc%8e/", "..%e2%88%95", "./../",
          "x/../../")  # fmt: skip
    targets = ("pyproject.toml", "dashboard/web.py", "etc/passwd")
    climbing = [
        step * times + target for step in up for times, target in zip((1, 2, 9), targets, strict=True)
    ]
    return [*climbing, "/etc/passwd", "%2fetc%2fpasswd", "//etc/passwd", "file:%2f%2f/etc/passwd", "C:%5cboot.ini",
            "live.js%00.css", "%00", "live.js/../../pyproject.toml", "~root/.bashrc", "\\\\host\\share",
            "proc/self/environ%20", "%ff%fe"]  # fmt: skip


def test_w9_debugging_is_refused_at_start(tmp_path: Path):
    for value in ("1", "true", "yes", "on"):
        with pytest.raises(ConfigError, match="DASH_DEBUG"):
            read_settings({"DASH_DEBUG": value}, folder=tmp_path)


NOT_THERE = (
     "/.git/config", "/.git/HEAD", "/.env", "/.ssh/id_rsa", "/.htaccess", "/.DS_Store", "/pyproject.toml",
     "/var/quanqing.db",
     "/quanqing.db", "/secret.key", "/sources.toml", "/backup.zip", "/debug", "/console", "/__debug__/", "/_debug",
     "/docs", "/redoc", "/openapi.json", "/server-status", "/actuator/env", "/admin.php", "/wp-login.php",
     "/phpinfo.php",
     "/_alive_x", "/_dash-config", "/_dash-update-component", "/_dash-error", "/_reload-hash", "/trace", "/metrics/",
     "/swagger.json", "/graphql", "/config.json", "/robots.txt", "/assets/", "/assets", "/healthz/x",
)  # fmt: skip


def test_w9_nothing_but_the_site_is_there(wire: Wire):
    for path in NOT_THERE:
        for answer in wire.as_everybody("GET", path):
            assert answer.status in (303, 401, 403, 404), path
            says_nothing_of_the_inside(answer)


def test_w9_no_error_names_a_version(wire: Wire):
    versions = {d.version for d in distributions() if len(d.version) > 4}
    for path in (
        "/nowhere",
        "/api/v1/nothing",
        "/assets/none.css",
        "/api/v1/snapshot?at=x",
        "/_dash-layout/x",
        "/hooks/x",
    ):
        for method in ("GET", "POST", "TRACE", "PROPFIND"):
            for answer in wire.as_everybody(method, path):
                assert answer.status >= 300
                assert not {version for version in versions if version in answer.text}
                says_nothing_of_the_inside(answer)


def test_w9_a_body_of_more_than_twenty_megabytes_is_refused(wire: Wire):
    for method, template in HTTP:
        if (
            method == "POST"
            and look_up(method, address_of(template, "1"), city="140400").may is not May.NOBODY
        ):
            answer = wire.ask(method, address_of(template, "1"), role="task-force", content_length="20000001")
            assert answer.status == 413, template


DASHS = ("/_dash-update-component", "/_dash-layout", "/_dash-dependencies", "/_reload-hash",
                                  "/_dash-ws-callback", "/_dash-component-suites/dash/x.js")  # fmt: skip


def test_w10_dashs_callbacks_are_closed_whatever_is_sent(wire: Wire):
    bodies = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe\x00",
        b"[" * 50_000,
        json.dumps({"output": "x" * 100_000}).encode(),
    ]
    whole = {
        "output": "total.children",
        "outputs": {"id": "total", "property": "children"},
        "changedPropIds": ["x.y"],
    }
    bodies += [
        json.dumps(whole | {"inputs": nasty}).encode() for nasty in ([], None, {"a": 1}, [{"id": {"$": []}}])
    ]
    for path, body in product(DASHS, bodies):
        for answer in wire.as_everybody("POST", path, body=body, content_type="application/json"):
            assert answer.status == 404, path
            says_nothing_of_the_inside(answer)


def test_w11_no_text_becomes_sql(house: House, wire: Wire):
    before = rows(house)
    for nasty in INJECTIONS:
        told = quote(nasty, safe="")
        query = "&".join(f"{name}={told}" for name in FIELDS)
        for method, template in HTTP:
            address = address_of(template, told) + ("?" + query if method == "GET" else "")
            for role in ("task-force", "cyberspace", "auditor"):
                body = query.encode() if method == "POST" and template != "/logout" else b""
                if template != "/logout":
                    answer = wire.ask(method, address, role=role, body=body)
                    assert answer.status < 500 or template == "/readyz", (template, nasty)
                    says_nothing_of_the_inside(answer)
    after = rows(house)
    assert after["users"] == before["users"]
    assert after.keys() == before.keys(), "no table was dropped"


INJECTIONS = ("'", "' OR '1'='1", "'; DROP TABLE users; --", '" OR ""="', "1) UNION SELECT password_hash FROM users --",
              "\\'; --", "%' OR 1=1 --", "$$; DELETE FROM users; $$", ":name %(name)s ? {0}", "\x00'",
              "９'")  # fmt: skip
FIELDS = ("at", "since", "build", "scope", "day", "page", "who", "action", "before", "next", "token", "name",
          "password",
          "title", "level", "note", "cause", "code", "county", "relevance", "label", "issue", "number",
          "known")  # fmt: skip


MOMENTS = ("0001-01-01T00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59", "9999-12-31T23:59:59.999999Z",
           "9999-12-31T23:59:59-14:00", "0001-01-01T00:00+14:00", "0001-01-01", "9999-12-31", "2022-02-30", "24:00",
           "-1", "99999999999999999999", "1e400", "٢٠٢٢-10-28")  # fmt: skip
TIMES = (
    "at",
    "as_of",
    "known_by",
    "since",
    "until",
    "day",
    "before",
    "hinted",
    "known",
    "page",
    "span",
    "month",
)


def test_w10_no_end_of_any_calendar_breaks_a_page(wire: Wire):
    for moment in MOMENTS:
        told = quote(moment, safe="")
        query = "&".join(f"{name}={told}" for name in TIMES)
        for method, template in HTTP:
            if method == "GET":
                asked = [f"{name}={told}" for name in TIMES[:6]] if "<scope>" in template else []
                for each in (query, *asked):
                    for role in ("task-force", "cyberspace", "auditor"):
                        answer = wire.ask(method, f"{address_of(template, '140400')}?{each}", role=role)
                        assert answer.status < 500 or template == "/readyz", (template, each)


def test_w12_two_hundred_at_once_are_answered_or_told_to_wait(
    house: House, wire: Wire, monkeypatch: pytest.MonkeyPatch
):
    lock, most, now = threading.Lock(), [0], [0]

    def counted(kept: str, given: str) -> bool:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        hashlib.pbkdf2_hmac("sha256", given.encode(), kept.encode(), 50_000)
        with lock:
            now[0] -= 1
        return False

    monkeypatch.setattr(identity, "_matches", counted)

    async def crowd() -> list[Answer]:
        tries = [
            wire.asked("POST", "/login", body=f"name=user{n}&password={PASSWORD}".encode())
            for n in range(200)
        ]
        looks = [wire.asked("GET", "/api/v1/snapshot", role="task-force") for _ in range(200)]
        return await asyncio.gather(*tries, *looks)

    answers = wire.runner.run(crowd())
    tries, looks = answers[:200], answers[200:]
    told = Counter(a.status for a in tries)
    assert told.keys() <= {401, 429, 503}
    assert 1 <= told[401] <= identity.TRIES_PER_ADDRESS
    assert {a.status for a in looks} <= {200, 503}
    assert 200 in {a.status for a in looks}
    assert 1 <= most[0] <= identity.HASHES_AT_ONCE
