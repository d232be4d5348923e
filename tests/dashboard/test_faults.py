"""W9: a fault inside says nothing about the inside, and is told in words to whoever meets it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from dashboard.desk import routes as desk_routes
from dashboard.entry.visitors import SESSION_COOKIE
from tests.dashboard.conftest import ADDRESS, House


@pytest.mark.parametrize(
    ("path", "kind"), [("/desk", "text/html; charset=utf-8"), ("/api/v1/desk", "application/json")]
)
def test_w9_whoever_meets_a_fault_is_told_so_in_words(
    house: House, monkeypatch: pytest.MonkeyPatch, path: str, kind: str
) -> None:
    def burst(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail in /some/path")

    monkeypatch.setattr(desk_routes, "open_cases", burst)
    house.add_user("wang", role="cyberspace")
    client = TestClient(house.app(), base_url=ADDRESS, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, house.session("wang"))
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (500, kind)
    assert "系统出错" in answer.text
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "content-security-policy" in answer.headers
