"""A licensed feed pushes to `/hooks/<id>` like the platforms do: stored before it is answered, once each."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from dashboard.clock import Clock
from dashboard.serving import app_from_env
from rehearsal.feeds.webhook import signed
from store import schema
from store.engine import read
from tests.dashboard.conftest import ADDRESS, House
from tests.ingest.sources.test_webhook_in import ITEM, NOW, SECRET, source

SMALL = Path(__file__).parents[1] / "data" / "campaign-small.toml"
CONFIGURATION = """
[[source]]
id = "vendor"
kind = "webhook_in"
name = "授权数据"
every_s = 60
stale_after_s = 600
secret_env = "VENDOR_SECRET"
"""


@pytest.fixture
def app(house: House) -> Any:
    return house.app(Clock.rehearsal(NOW, speed=0), hooks={"vendor": source().accept})


def test_a_message_is_stored_before_it_is_answered_and_a_replay_is_no_second_one(
    house: House, app: Any
) -> None:
    platform = TestClient(app, base_url=ADDRESS)
    body = json.dumps([ITEM]).encode()
    headers = signed(SECRET, body, at=NOW)
    for _ in range(3):
        assert platform.post("/hooks/vendor", headers=headers, content=body).status_code == 204
    with read(house.engine) as conn:
        assert [row.body for row in conn.execute(select(schema.inbox))] == [body]
    assert platform.post("/hooks/vendor", headers=headers, content=body + b" ").status_code == 401


def test_twenty_deliveries_at_once_are_one_row(house: House, app: Any) -> None:
    body = json.dumps([ITEM]).encode()
    headers = signed(SECRET, body, at=NOW)

    async def send() -> list[int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as client:
            sent = (client.post("/hooks/vendor", headers=headers, content=body) for _ in range(20))
            return [answer.status_code for answer in await asyncio.gather(*sent)]

    assert asyncio.run(send()) == [204] * 20
    with read(house.engine) as conn:
        assert len(conn.execute(select(schema.inbox)).all()) == 1


def test_the_served_application_takes_it_by_its_configuration(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "vendor.toml"
    config.write_text(CONFIGURATION, encoding="utf-8")
    environ = {
        "VENDOR_SECRET": SECRET.decode(),
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
    answer = platform.post("/hooks/vendor", headers=signed(SECRET, b"[]", at=NOW), content=b"[]")
    assert answer.status_code == 204
