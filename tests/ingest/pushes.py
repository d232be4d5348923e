"""A WeChat Pay source of the small campaign, and messages as its platform signs them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from domain.records import InboxMessage
from ingest.sources.wechatpay import WeChatPay
from rehearsal.platforms.wechatpay_wire import Keys, notice, signed
from tests.ingest.sources.test_wechatpay import COUPON, made

STOCK = {
    "stock_id": "9865000",
    "sub_project": "SP-CITY-R",
    "template": "city.ret20",
    "round": 1,
    "face_fen": 2000,
}
CONFIGURATION = """
[[source]]
id = "wechat"
kind = "wechatpay"
name = "微信支付"
every_s = 3600
stale_after_s = 180
platform = "city-pay"
mchid = "{keys.mchid}"
serial_no = "{keys.merchant_serial}"
private_key_file = "wechatpay-merchant.pem"
api_v3_key_env = "APIV3"
platform_keys = [{{ serial = "{keys.platform_serial}", file = "wechatpay-platform.pem" }}]
stocks = [{{ stock_id = "9865000", sub_project = "SP-CITY-R", template = "city.ret20", round = 1, face_fen = 2000 }}]
merchant_counties = "merchants.csv"
"""
FIRST_COUPON = 98_674_556


def pushing(keys: Keys, folder: Path) -> WeChatPay:
    return made(keys, folder, platform="city-pay", stocks=[STOCK])


def configure(keys: Keys, folder: Path) -> Path:
    """The same source as files: `sources.toml` and what it names. Its APIv3 key belongs into the environment: APIV3."""
    keys.write(folder)
    (folder / "merchants.csv").write_text("merchant,county\n1600000001,140403\n")
    path = folder / "sources.toml"
    path.write_text(CONFIGURATION.format(keys=keys), encoding="utf-8")
    return path


def push(
    keys: Keys, now: datetime, no: int = 1, *, message_id: str | None = None, **changes: Any
) -> tuple[dict[str, str], bytes]:
    """Headers and body of the use of coupon `no`; sealed and signed anew at each call, as the platform does."""
    at = int(now.timestamp())
    coupon = {**COUPON, "coupon_id": str(FIRST_COUPON + no), **changes}
    body = notice(keys, message_id or f"EV-{no}", coupon, at=at)
    return signed(keys, body, at=at), body


def message(source: WeChatPay, headers: dict[str, str], body: bytes, now: datetime) -> InboxMessage:
    """As the web stores it."""
    known = source.accept(headers, body, now=now)
    return InboxMessage(
        source=source.id, message_id=known.message_id, received_at=now, headers=known.headers, body=body
    )
