"""UnionPay's open platform and file download: tokens that end, a quota that falls, a zlib file on the day after."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import io
import json
import secrets
import zlib
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.campaign import Campaign
from rehearsal.faults import Faults
from rehearsal.ledger import CLAIM, Happening
from rehearsal.platforms.activities import Book, table
from rehearsal.rsa import KeyPair, sorted_pairs
from rehearsal.wire import answer

_TOKEN_S = 7_200
_HEADER = (
    "交易流水号", "交易类型", "活动编号", "券编号", "交易时间", "面额(元)", "用户标识(已脱敏)", "商户号", "县区代码",
    "订单金额(元)", "实付金额(元)", "原交易流水号", "退回金额(元)",
)  # fmt: skip
_FILE_FIELDS = {
    "version": "5.1.0",
    "txnType": "76",
    "txnSubType": "01",
    "bizType": "000000",
    "fileType": "00",
}


class UnionPay:
    """`take` and `advance` come from one thread, answers from another. A token lives `token_s` of the clock."""

    def __init__(
        self,
        campaign: Campaign,
        platform: str,
        *,
        app_id: str,
        secret: str,
        mer_id: str,
        mer_key: KeyPair,
        own_key: KeyPair,
        faults: Faults,
        token_s: int = _TOKEN_S,
        counted: Callable[[str, str], int] | None = None,
    ) -> None:
        self.platform, self.app_id, self.mer_id = platform, app_id, mer_id
        self.faults = faults
        self.book = Book(campaign, platform, counted=counted)
        self._secret, self._mer_key, self._own_key = secret, mer_key, own_key
        self._token_s = token_s
        self._tokens: dict[str, int] = {}

    @property
    def published(self) -> list[Happening]:
        return self.book.published

    @property
    def counted(self) -> list[Happening]:
        return self.book.counted

    @property
    def withheld(self) -> list[Happening]:
        return self.book.withheld

    def take(self, happenings: Iterable[Happening]) -> None:
        self.book.take(happenings)

    def advance(self, now: datetime) -> None:
        self.book.advance(now)

    def expire_tokens(self) -> None:
        """All tokens end now, long before what was told of them."""
        self._tokens.clear()

    def routes(self) -> list[Route]:
        return [
            Route("/open/access/1.0/backendToken", self._token, methods=["POST"]),
            Route("/open/access/1.0/activity.quota", self._quota, methods=["POST"]),
            Route("/filedownload", self._file, methods=["POST"]),
        ]

    async def _token(self, request: Request) -> Response:
        content = await _content(request)
        signed = {k: str(v) for k, v in content.items() if k != "signature"} | {"secret": self._secret}
        expected = hashlib.sha256(sorted_pairs(signed).encode()).hexdigest()
        good = hmac.compare_digest(str(content.get("signature", "")).encode(), expected.encode())
        if content.get("appId") != self.app_id or len(str(content.get("nonceStr", ""))) != 16 or not good:
            return self._told("a10", "签名或应用标识不正确")
        token = secrets.token_urlsafe(24)
        self._tokens[token] = self.book.now + self._token_s
        return self._told("00", "成功", {"backendToken": token, "expiresIn": self._token_s})

    async def _quota(self, request: Request) -> Response:
        content = await _content(request)
        if self._tokens and self.faults.turn("token_expired", every=40):
            self.expire_tokens()
        if self._tokens.get(str(content.get("backendToken")), 0) <= self.book.now:
            return self._told("a31", "backendToken 无效或已过期")
        number = str(content.get("activityNo", ""))
        activity = next((a for a in self.book.activities if a.number == number), None)
        if activity is None or not content.get("transSeqId") or not content.get("activityType"):
            return self._told("01", "活动不存在或参数缺失")
        left = activity.configured - self.book.count(number, CLAIM)
        return self._told("00", "成功", {"activityNo": number, "remainQuota": str(left)})

    async def _file(self, request: Request) -> Response:
        fields = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        signature = fields.pop("signature", "")
        if not self._mer_key.verifies(_digest(fields), signature) or fields.get("merId") != self.mer_id:
            return self._answered(fields, respCode="11", respMsg="验证签名失败")
        if any(fields.get(name) != value for name, value in _FILE_FIELDS.items()):
            return self._answered(fields, respCode="10", respMsg="报文格式错误")
        rows = self._rows(fields.get("settleDate", ""))
        if not rows:
            return self._answered(fields, respCode="98", respMsg="文件不存在")
        packed = zlib.compress(settlement(table(rows, self.book, self.faults)))
        return self._answered(
            fields,
            respCode="00",
            respMsg="成功",
            fileContent=base64.b64encode(packed).decode(),
            fileName=f"{self.mer_id}_{fields['settleDate']}_{fields.get('txnTime', '')}.txt",
        )

    def _rows(self, month_day: str) -> list[Happening] | None:
        """The newest day of that name: the protocol knows no year."""
        today = self.book.moment.date()
        days: list[date] = [today - timedelta(days=n) for n in range(366)]
        day = next((d for d in days if f"{d:%m%d}" == month_day), None)
        return None if day is None else self.book.rows(day)

    def _answered(self, asked: dict[str, str], **told: str) -> Response:
        echoed = {k: v for k, v in asked.items() if k not in ("certId", "txnTime")}
        fields = echoed | {"signMethod": "01", "certId": "69026276696"} | told
        fields["signature"] = self._own_key.sign(_digest(fields))
        body = "&".join(f"{name}={value}" for name, value in fields.items())
        return answer(self.faults, body.encode(), media_type="text/html")

    def _told(self, resp: str, message: str, params: dict[str, Any] | None = None) -> Response:
        body = json.dumps({"resp": resp, "msg": message, "params": params or {}}, ensure_ascii=False)
        return answer(self.faults, body.encode(), media_type="application/json")


def settlement(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([_HEADER, *rows])
    return out.getvalue().encode("gbk")


def _digest(fields: dict[str, str]) -> bytes:
    return hashlib.sha256(sorted_pairs(fields).encode()).hexdigest().encode()


async def _content(request: Request) -> dict[str, Any]:
    try:
        content = json.loads(await request.body())
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
