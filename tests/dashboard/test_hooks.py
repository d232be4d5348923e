"""Where platforms push: signed messages are stored before they are answered, once each; nothing else is kept."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.serving import app_from_env
from dashboard.sources import hooks
from dashboard.web import App
from ingest.sources.wechatpay import WeChatPay
from ingest.wechatpay_signing import SIGNED
from rehearsal.platforms.wechatpay_wire import PROBE, Keys, signed
from store.engine import read, write
from store.schema import inbox
from tests.dashboard.conftest import ADDRESS, House
from tests.ingest.pushes import configure, push, pushing

SMALL = Path(__file__).parents[1] / "data" / "campaign-small.toml"
NUL = b'{"id": "a\\u0000b"}'  # PostgreSQL holds no such text
OTHER = """
[[source]]
id = "pay"
kind = "json_api"
name = "另一平台"
every_s = 15
stale_after_s = 180
base_url = "https://pay.example/api"
platform = "city-pay"
token_env = "ONLY_THE_WORKER_HAS_IT"
"""
NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys.made()


@pytest.fixture
def source(keys: Keys, tmp_path: Path) -> WeChatPay:
    return pushing(keys, tmp_path)


@pytest.fixture
def app(house: House, source: WeChatPay) -> App:
    return house.app(Clock.rehearsal(NOW, speed=0), hooks={source.id: source.accept})


@pytest.fixture
def platform(app: App) -> TestClient:
    return TestClient(app, base_url=ADDRESS)


def kept(house: House) -> list[tuple[str, bytes]]:
    with read(house.engine) as conn:
        return [(row.message_id, row.body) for row in conn.execute(select(inbox).order_by(inbox.c.inbox_id))]


def test_a_signed_message_is_stored_as_it_came_before_it_is_answered(
    house: House, platform: TestClient, keys: Keys
) -> None:
    headers, body = push(keys, NOW)
    answer = platform.post("/hooks/wechat", headers=headers, content=body)
    assert (answer.status_code, answer.content) == (204, b"")
    assert kept(house) == [("EV-1", body)]
    with read(house.engine) as conn:
        row = conn.execute(select(inbox)).one()
    assert (row.source, row.received_at, row.drained_at) == ("wechat", NOW, None)
    sent = {name.lower(): value for name, value in headers.items()}
    assert row.headers == {name: sent[name] for name in SIGNED}


def test_a_repetition_sealed_anew_is_taken_and_kept_once(
    house: House, platform: TestClient, keys: Keys
) -> None:
    first, second = push(keys, NOW), push(keys, NOW)
    assert first[1] != second[1]
    for headers, body in (first, second, first):
        assert platform.post("/hooks/wechat", headers=headers, content=body).status_code == 204
    assert kept(house) == [("EV-1", first[1])]


def test_twenty_deliveries_at_once_of_one_message_and_twenty_of_others_are_twenty_one_rows(
    house: House, app: App, keys: Keys
) -> None:
    pushes = [push(keys, NOW, 0) for _ in range(20)] + [push(keys, NOW, no) for no in range(1, 21)]

    async def send() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            sent = (client.post("/hooks/wechat", headers=headers, content=body) for headers, body in pushes)
            return [answer.status_code for answer in await asyncio.gather(*sent)]

    assert asyncio.run(send()) == [204] * 40
    assert sorted(message_id for message_id, _ in kept(house)) == sorted(f"EV-{no}" for no in range(21))


@pytest.mark.parametrize("late_s", [-301, 301])
def test_a_signature_of_another_time_is_refused(
    house: House, platform: TestClient, keys: Keys, late_s: int
) -> None:
    headers, body = push(keys, NOW + timedelta(seconds=late_s))
    answer = platform.post("/hooks/wechat", headers=headers, content=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "FAIL")
    assert kept(house) == []


def test_a_changed_body_a_probe_and_no_signature_are_refused(
    house: House, platform: TestClient, keys: Keys
) -> None:
    headers, body = push(keys, NOW)
    probe = {**headers, "Wechatpay-Signature": PROBE + headers["Wechatpay-Signature"][len(PROBE) :]}
    for these, content in ((headers, body + b" "), (probe, body), ({}, body)):
        assert platform.post("/hooks/wechat", headers=these, content=content).status_code == 401
    assert kept(house) == []


def test_signed_is_signed_whatever_it_says(house: House, platform: TestClient, keys: Keys) -> None:
    for body in (b"{}", b"\xff\x00", b'{"id": "' + b"x" * 65 + b'"}', NUL):
        headers = signed(keys, body, at=int(NOW.timestamp()))
        assert platform.post("/hooks/wechat", headers=headers, content=body).status_code == 204
    assert [body for _, body in kept(house)] == [b"{}", b"\xff\x00", b'{"id": "' + b"x" * 65 + b'"}', NUL]
    assert {len(message_id) for message_id, _ in kept(house)} == {64}


def test_a_body_that_is_too_large_is_refused_declared_or_not(
    house: House, platform: TestClient, keys: Keys
) -> None:
    body = b"x" * (hooks.MAX_MESSAGE_BYTES + 1)
    headers = signed(keys, body, at=int(NOW.timestamp()))
    assert platform.post("/hooks/wechat", headers=headers, content=body).status_code == 413
    assert platform.post("/hooks/wechat", headers=headers, content=iter([body])).status_code == 413
    assert kept(house) == []


@pytest.mark.parametrize("name", ["other", "wechat/x", ""])
def test_a_source_that_nobody_configured_has_no_address(platform: TestClient, keys: Keys, name: str) -> None:
    headers, body = push(keys, NOW)
    assert platform.post(f"/hooks/{name}", headers=headers, content=body).status_code == 404


def test_while_the_store_is_locked_the_platform_is_told_to_come_again_and_nothing_is_kept_twice(
    house: House, app: App, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "PATIENCE_S", 0.05)
    headers, body = push(keys, NOW)
    with TestClient(app, base_url=ADDRESS) as platform:
        locked, release = threading.Event(), threading.Event()

        def lock() -> None:
            with write(house.engine):
                locked.set()
                release.wait()

        other = threading.Thread(target=lock)
        other.start()
        locked.wait()
        answer = platform.post("/hooks/wechat", headers=headers, content=body)
        release.set()
        other.join()
        assert answer.status_code == 503
        monkeypatch.setattr(hooks, "PATIENCE_S", 20.0)
        assert platform.post("/hooks/wechat", headers=headers, content=body).status_code == 204
    assert [message_id for message_id, _ in kept(house)] == ["EV-1"]


def test_who_comes_while_too_many_wait_is_told_to_come_again(
    house: House, platform: TestClient, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "MOST_WAITING", 0)
    headers, body = push(keys, NOW)
    assert platform.post("/hooks/wechat", headers=headers, content=body).status_code == 503
    assert kept(house) == []


def test_the_served_application_takes_pushes_for_the_sources_of_the_configuration(
    house: House, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configure(keys, tmp_path)
    with config.open("a") as more:
        more.write(OTHER)
    environ = {
        "APIV3": keys.api_v3,
        "QUANQING_DATA_DIR": str(tmp_path),
        "QUANQING_DATABASE_URL": house.settings.database_url,
        "QUANQING_CAMPAIGN": str(SMALL),
        "QUANQING_SOURCES": str(config),
        "QUANQING_SECRET_KEY": "geheim" * 6,
        "QUANQING_CLOCK": str(Clock.rehearsal(NOW, speed=0)),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    platform = TestClient(app_from_env(), base_url=house.settings.base_url)
    headers, body = push(keys, NOW)
    assert platform.post("/hooks/wechat", headers=headers, content=body).status_code == 204
    assert platform.post("/hooks/pay", headers=headers, content=body).status_code == 404
    assert [message_id for message_id, _ in kept(house)] == ["EV-1"]
