"""W2: a stream outlives nobody's rights: the gate sees only its beginning, so it asks again itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from dashboard.entry import visitors
from dashboard.entry.identity import token_hash
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE
from dashboard.live import stream
from store.engine import write
from store.schema import displays, users
from store.writes.access import close_session
from tests.dashboard.conftest import House


def heard(house: House, cookie: str, done: Callable[[], None], path: str = "/api/v1/stream") -> list[bytes]:
    """What a page hears from then on; `done` happens after the first hint. Fails where it never ends."""
    parts: list[bytes] = []

    async def play() -> None:
        app = house.app()

        async def receive() -> dict[str, Any]:
            return await asyncio.get_running_loop().create_future()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] == 200
            elif message.get("body", b"").startswith(b"data:"):
                parts.append(message["body"])
                if len(parts) == 1:
                    await asyncio.to_thread(done)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "client": ("10.0.0.1", 1),
            "server": ("127.0.0.1", 8050), "headers": [(b"host", b"127.0.0.1:8050"), (b"cookie", cookie.encode())],
        }  # fmt: skip
        await asyncio.wait_for(app(scope, receive, send), 10)

    asyncio.run(play())
    return parts


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BEAT_S", 0.02)
    monkeypatch.setattr(visitors, "FRESH_S", 0.0)


def test_w2_who_signs_out_before_a_screen_of_another_division_hears_no_more_of_the_city(house: House) -> None:
    """The browser is a paired screen, too: what it then is may see less than who sat there."""
    house.add_user(role="finance")
    token, (screen, _) = house.session(), house.display(house.county)
    cookie = f"{SESSION_COOKIE}={token}; {DISPLAY_COOKIE}={screen}"

    def sign_out() -> None:
        with write(house.engine) as conn:
            close_session(conn, token_hash(token))

    assert len(heard(house, cookie, sign_out)) >= 1


@pytest.mark.parametrize("change", [{"role": "unassigned"}, {"role": "county", "county": "140404"}])
def test_w2_whose_role_sees_less_hears_less(house: House, change: dict[str, str]) -> None:
    """Also where the session goes on: nothing in the table says that it ends."""
    house.add_user(role="finance")

    def demote() -> None:
        with write(house.engine) as conn:
            conn.execute(update(users).values(change))

    heard(house, f"{SESSION_COOKIE}={house.session()}", demote)


def test_w2_a_screen_of_another_division_by_now_hears_no_more_of_this_one(house: House) -> None:
    screen, _ = house.display(house.county)

    def move() -> None:
        with write(house.engine) as conn:
            conn.execute(update(displays).values(scope=house.city))

    heard(house, f"{DISPLAY_COOKIE}={screen}", move, f"/api/v1/stream/{house.county}")
