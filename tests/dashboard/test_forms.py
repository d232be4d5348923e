"""Forms as they arrive: of any length, and from whoever leaves in their middle."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from starlette.requests import Request

from dashboard.forms import short_body
from domain.records import Pushed
from tests.dashboard.conftest import House


def taken(*messages: dict[str, Any], most: int = 10) -> bytes | None:
    left = list(messages)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    return asyncio.run(short_body(Request({"type": "http", "headers": []}, receive), most=most))


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_is_taken_up_to_its_bound() -> None:
    assert taken(part(b"")) == b""
    assert taken(part(b"12345", more=True), part(b"67890")) == b"1234567890"
    assert taken(part(b"12345", more=True), part(b"678901", more=True)) is None
    assert taken(part(b"12345", more=True), {"type": "http.disconnect"}) is None


@pytest.mark.parametrize("path", ["/login", "/hooks/pay"])
def test_x2_who_leaves_in_the_middle_of_a_form_writes_no_traceback(
    house: House, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As often as a stranger likes, each a page of the log with our paths in it."""

    def hook(*_: object, **__: object) -> Pushed:
        raise AssertionError("half a message is none")

    messages = [part(b"name=x&", more=True), {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "client": ("203.0.113.7", 1),
        "server": ("127.0.0.1", 8050), "headers": [(b"host", b"127.0.0.1"), (b"content-length", b"100")],
    }  # fmt: skip
    with caplog.at_level(logging.INFO):
        asyncio.run(house.app(hooks={"pay": hook})(scope, receive, send))
    assert messages == [], "nobody read it"
    assert sent[0]["status"] < 500
    assert [record for record in caplog.records if record.exc_info] == []
