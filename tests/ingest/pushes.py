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
FIRST_COUPON = 98_674_556


def pushing(keys: Keys, folder: Path) -> WeChatPay:
    return made(keys, folder, platform="city-pay", stocks=[STOCK])


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
