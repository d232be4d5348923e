"""Requests as bytes on the wire: no client in between that tidies addresses up."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sqlalchemy import func, select

from dashboard.entry.visitors import SESSION_COOKIE
from dashboard.permissions import TABLE
from dashboard.web import App
from store.engine import read
from store.schema import metadata
from tests.dashboard.conftest import House
from tests.dashboard.test_source_pages import SOURCES

ROLES = ("task-force", "cyberspace", "auditor", "system-admin", "security-admin")
"""Whose sessions together open every route there is."""
NOTED = {"audit_log", "audit_head", "sign_in_tries", "sessions", "pairings", "open_walls", "displays"}
"""Tables that tell who was here: being asked writes them."""
HTTP = tuple((method, path) for method, path, _ in TABLE if method != "WS")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass
class Wire:
    """An application, and the sessions it may be asked under; "" is a stranger."""

    app: App
    sessions: dict[str, str]
    runner: asyncio.Runner

    def ask(self, method: str, address: str, *, role: str = "", body: bytes = b"", **headers: str) -> Answer:
        return self.runner.run(self.asked(method, address, role=role, body=body, **headers))

    async def asked(
        self, method: str, address: str, *, role: str = "", body: bytes = b"", **headers: str
    ) -> Answer:
        """Raises whatever the application lets through: a server would answer 500."""
        path, _, query = address.partition("?")
        given = {"host": "127.0.0.1:8050"} | {n.replace("_", "-"): v for n, v in headers.items()}
        if role:
            given["cookie"] = f"{SESSION_COOKIE}={self.sessions[role]}"
        if body:
            given.setdefault("content-type", "application/x-www-form-urlencoded")
            given.setdefault("content-length", str(len(body)))
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
            "method": method, "scheme": "http", "path": unquote(path), "raw_path": path.encode(), "root_path": "",
            "query_string": query.encode(), "client": ("198.51.100.7", 1), "server": ("127.0.0.1", 8050),
            "headers": [(n.lower().encode(), v.encode()) for n, v in given.items()],
        }  # fmt: skip
        return await _answered(self.app, scope, body)

    def as_everybody(self, method: str, address: str, **more: Any) -> list[Answer]:
        async def all_of_them() -> list[Answer]:
            return [await self.asked(method, address, role=role, **more) for role in ("", *self.sessions)]

        return self.runner.run(all_of_them())


@contextmanager
def wired(house: House) -> Iterator[Wire]:
    """With sources and a picture, so that there is something to ask for."""
    house.settings.sources.write_text(SOURCES, encoding="utf-8")
    house.picture(1, total="1")
    for role in ROLES:
        house.add_user(role, role=role)
    with asyncio.Runner() as runner:
        yield Wire(house.app(), {role: house.session(role) for role in ROLES}, runner)


def says_nothing_of_the_inside(answer: Answer) -> None:
    for word in ("Traceback", 'File "', "site-packages", "/dashboard/", "sqlalchemy", "starlette", "uvicorn",
                 "sqlite3.", "OperationalError"):  # fmt: skip
        assert word not in answer.text, word


def rows(house: House) -> dict[str, int]:
    """How many rows each table has, those apart that note who was here."""
    with read(house.engine) as conn:
        return {
            table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if table.name not in NOTED
        }


def address_of(template: str, part: str) -> str:
    """A route's address with `part` wherever it takes anything."""
    return re.sub(r"<scope>|[{][a-z]+[}]|[*]", lambda _: part, template)


async def _answered(app: App, scope: dict[str, Any], body: bytes) -> Answer:
    parts: list[bytes] = []
    started: dict[str, Any] = {}
    first, heard = asyncio.Event(), False

    async def receive() -> dict[str, Any]:
        nonlocal heard
        if not heard:
            heard = True
            return {"type": "http.request", "body": body, "more_body": False}
        await first.wait()  # an endless stream is left after its first word
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
            return
        parts.append(message.get("body", b""))
        if b"text/event-stream" in dict(started["headers"]).get(b"content-type", b""):
            first.set()

    await app(scope, receive, send)
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in started["headers"]}
    return Answer(started["status"], headers, b"".join(parts))
