"""W1 and W12: who comes from where, and how many may be at the sign-in page at once."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from dashboard.cli import main
from dashboard.entry import identity
from dashboard.entry.addresses import line_of
from dashboard.entry.doors import CROWDED
from dashboard.entry.identity import HASHES_AT_ONCE, MOST_SIGNING_IN, TRIES_PER_ADDRESS, SignIn, TooManyTries
from dashboard.entry.waiting_room import Full
from dashboard.settings import read_settings
from domain.errors import ConfigError
from tests.conftest import DATA
from tests.dashboard.conftest import ADDRESS, House

CROWD = 200


def test_w12_of_two_hundred_from_everywhere_a_few_wait_and_the_others_are_told_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each from an address of its own, so that none has used up its tries; the hash ends when all were answered."""
    told, most, now, lock = threading.Event(), [0], [0], threading.Lock()

    def counted(kept: str, given: str) -> bool:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        assert told.wait(30)
        with lock:
            now[0] -= 1
        return False

    monkeypatch.setattr(identity, "_matches", counted)
    sign_in = SignIn(house.engine, secret_key=house.settings.secret_key)

    async def one(n: int, ended: Counter[str]) -> None:
        try:
            await sign_in.attempt(f"user{n}", "x", address=f"198.51.{n}.1", now=house.now())
            ended["wrong"] += 1
        except Full:
            ended["full"] += 1
        if ended["full"] == CROWD - MOST_SIGNING_IN:
            told.set()

    async def crowd() -> Counter[str]:
        ended = Counter[str]()
        await asyncio.gather(*(one(n, ended) for n in range(CROWD)))
        return ended

    assert asyncio.run(crowd()) == {"wrong": MOST_SIGNING_IN, "full": CROWD - MOST_SIGNING_IN}
    assert 1 <= most[0] <= HASHES_AT_ONCE


def test_w12_who_finds_the_room_full_reads_when_to_come_again(
    house: House, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object, **__: object) -> str:
        raise Full

    monkeypatch.setattr(SignIn, "attempt", full)
    answer = client.post("/login", data={"name": "duty", "password": "x"})
    assert answer.status_code == 503
    assert CROWDED in answer.text


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_w1_a_line_with_more_addresses_than_stars_is_one(address: str, line: str) -> None:
    assert line_of(address) == line


def test_w1_no_number_of_ipv6_addresses_gives_more_tries(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(identity, "_matches", lambda kept, _: bool(made.append(kept)))
    sign_in = SignIn(house.engine, secret_key=house.settings.secret_key)

    async def tries() -> list[object]:
        each = (
            sign_in.attempt(f"user{n}", "x", address=f"2001:db8::{n:x}", now=house.now()) for n in range(60)
        )
        return [await _ended(one) for one in each]

    ended = asyncio.run(tries())
    assert len(made) == TRIES_PER_ADDRESS
    assert sum(isinstance(end, TooManyTries) for end in ended) == 60 - TRIES_PER_ADDRESS


async def _ended(coroutine: Any) -> object:
    try:
        return await coroutine
    except TooManyTries as error:
        return error


def test_w1_only_a_proxy_that_was_named_says_where_people_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `quanqing serve` hands it to uvicorn, whose own word it is that is tried here."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda *_, **named: given.update(named))
    monkeypatch.setenv("QUANQING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUANQING_CAMPAIGN", str(DATA / "campaign-small.toml"))
    monkeypatch.setenv("QUANQING_TRUSTED_PROXIES", "10.1.0.0/16, 127.0.0.1")
    assert main(["serve"]) == 0
    seen = {
        proxy: _seen_from(proxy, given["forwarded_allow_ips"])
        for proxy in ("10.1.2.3", "127.0.0.1", "10.2.0.1", "203.0.113.9")
    }
    assert seen == {"10.1.2.3": "198.51.100.7", "127.0.0.1": "198.51.100.7", "10.2.0.1": "10.2.0.1",
                    "203.0.113.9": "203.0.113.9"}  # fmt: skip


def _seen_from(client: str, trusted: list[str]) -> str:
    """Who the application sees where `client` says that it brings somebody who himself claims a third address."""
    found: list[str] = []

    async def app(scope: Any, *_: Any) -> None:
        found.append(scope["client"][0])

    headers = [(b"x-forwarded-for", b"192.0.2.1, 198.51.100.7")]
    scope = {"type": "http", "client": (client, 1), "headers": headers, "scheme": "http"}
    asyncio.run(ProxyHeadersMiddleware(app, trusted)(scope, None, None))  # type: ignore[arg-type]
    return found[0]


@pytest.mark.parametrize("given", ["*", "0.0.0.0/0", "::/0", "proxy.example", "10.0.0.1/8"])
def test_w1_everybody_is_no_proxy(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigError, match="QUANQING_TRUSTED_PROXIES"):
        read_settings({"QUANQING_TRUSTED_PROXIES": given}, folder=tmp_path)


def test_a_token_is_only_good_as_what_it_was_given_out_for(house: House) -> None:
    """Also in the second in which it is remembered."""
    house.add_user(role="finance")
    session, (screen, _) = house.session(), house.display(house.county)
    machine = house.machine({"snapshot"}, house.county)
    path = f"/api/v1/snapshot/{house.county}"
    with TestClient(house.app(), base_url=ADDRESS, follow_redirects=False) as client:

        def asked(where: str, **headers: str) -> int:
            client.cookies.clear()
            return client.get(where, headers=headers).status_code

        right = {"cookie": f"quanqing-session={session}"}, {"cookie": f"quanqing-display={screen}"}
        bearer = {"authorization": f"Bearer {machine}"}
        assert [asked(path, **headers) for headers in (*right, bearer)] == [503] * 3  # no picture yet
        assert asked(f"/wall?token={session}") == 403
        assert asked(path, authorization=f"Bearer {session}") == 401
        assert asked(path, authorization=f"Bearer {screen}") == 401
        assert asked(path, cookie=f"quanqing-display={session}") == 401
        assert asked(path, cookie=f"quanqing-session={screen}") == 401
        assert asked(path, cookie=f"quanqing-session={machine}") == 401
        assert asked(path, cookie=f"quanqing-display={machine}") == 401
