"""Alipay's gateway: a form in, verified; one signed node of JSON out; a ZIP in GBK on the day after."""

from __future__ import annotations

import csv
import io
import json
import secrets
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.campaign import Campaign
from rehearsal.faults import Faults
from rehearsal.ledger import CLAIM, REDEMPTION, Happening
from rehearsal.platforms.activities import Book, table
from rehearsal.rsa import KeyPair, sorted_pairs
from rehearsal.wire import answer

_LINK_S = 30  # of the rehearsal's clock
_COMMON = ("app_id", "method", "charset", "sign_type", "sign", "timestamp", "version")
_HEADER = (
    "业务流水号", "业务类型", "活动ID", "券ID", "业务时间", "面额(元)", "用户标识(已脱敏)", "门店编号", "县区代码",
    "订单金额(元)", "实付金额(元)", "原业务流水号", "退回金额(元)",
)  # fmt: skip


class Alipay:
    """`take` and `advance` come from one thread, answers from another. `app_key` is the app's, `own_key` Alipay's.

    A bill's address lives `link_s` of the clock.
    """

    def __init__(
        self,
        campaign: Campaign,
        platform: str,
        *,
        app_id: str,
        app_key: KeyPair,
        own_key: KeyPair,
        faults: Faults,
        link_s: float = _LINK_S,
        counted: Callable[[str, str], int] | None = None,
    ) -> None:
        self.platform, self.app_id = platform, app_id
        self.faults = faults
        self.book = Book(campaign, platform, counted=counted)
        self._app_key, self._own_key = app_key, own_key
        self._link_s = link_s
        self._links: dict[str, tuple[date, float]] = {}

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

    def routes(self) -> list[Route]:
        return [Route("/gateway.do", self._gateway, methods=["POST"]), Route("/bill", self._download)]

    async def _gateway(self, request: Request) -> Response:
        fields = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        method = fields.get("method", "")
        name, node = "error_response", self._refusal(fields)
        if node is None and method == "alipay.marketing.activity.voucher.query":
            name, node = _name(method), self._activity(json.loads(fields["biz_content"]))
        elif node is None and method == "alipay.data.dataservice.bill.downloadurl.query":
            name, node = _name(method), self._bill_address(json.loads(fields["biz_content"]), request)
        body = self._signed(name, node or _no("40002", "Invalid Arguments", "isv.invalid-method"))
        return answer(self.faults, body, media_type="application/json")

    def _refusal(self, fields: dict[str, str]) -> dict[str, Any] | None:
        """What is wrong with the common parameters, before anything else is looked at."""
        missing = next((name for name in _COMMON if not fields.get(name)), None)
        if missing:
            return _no("40001", "Missing Required Arguments", f"isv.missing-{missing.replace('_', '-')}")
        if fields["app_id"] != self.app_id:
            return _no("40002", "Invalid Arguments", "isv.invalid-app-id")
        try:
            datetime.strptime(fields["timestamp"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - local, as the protocol has it
        except ValueError:
            return _no("40002", "Invalid Arguments", "isv.invalid-timestamp")
        signed = sorted_pairs({k: v for k, v in fields.items() if k != "sign" and v}).encode()
        if fields["sign_type"] != "RSA2" or not self._app_key.verifies(signed, fields["sign"]):
            return _no("40002", "Invalid Arguments", "isv.invalid-signature")
        return None

    def _activity(self, content: dict[str, str]) -> dict[str, Any]:
        number = content.get("activity_id", "")
        activity = next((a for a in self.book.activities if a.number == number), None)
        if activity is None:
            return _no("40004", "Business Failed", "ACTIVITY_NOT_EXIST")
        return _good() | {
            "activity_base_info": {"activity_id": number, "activity_name": f"消费券{activity.template}"},
            "voucher_send_mode_info": {"voucher_send_rule_info": {"quantity": activity.configured}},
            "voucher_inventory_info": {
                "send_count": self.book.count(number, CLAIM),
                "use_count": self.book.count(number, REDEMPTION),
            },
        }

    def _bill_address(self, content: dict[str, str], request: Request) -> dict[str, Any]:
        try:
            day = date.fromisoformat(content.get("bill_date", ""))
        except ValueError:
            return _no("40002", "Invalid Arguments", "isv.invalid-parameter")
        if self.book.rows(day) is None:
            return _no("40004", "Business Failed", "isp.bill_not_exist")
        token = secrets.token_urlsafe(16)
        self._links[token] = day, self.book.now + self._link_s
        base = str(request.url).partition("?")[0].removesuffix("/gateway.do")
        return _good() | {"bill_download_url": f"{base}/bill?token={token}", "bill_file_code": token[:8]}

    async def _download(self, request: Request) -> Response:
        day, until = self._links.pop(request.query_params.get("token", ""), (date.min, 0.0))
        expired = self.book.now > until or self.faults.turn("bill_link_expired", every=4)
        rows = None if expired else self.book.rows(day)
        if rows is None:
            return Response("<html>链接已失效</html>", status_code=403, media_type="text/html")
        body = bill_zip(day, table(rows, self.book, self.faults))
        return answer(self.faults, body, media_type="application/zip")

    def _signed(self, name: str, node: dict[str, Any]) -> bytes:
        """Blanks and escaped slashes as no JSON writer of ours would put them: only the exact characters verify."""
        text = json.dumps(node, ensure_ascii=False, separators=(", ", ":")).replace("/", "\\/")
        return f'{{"{name}":{text},"sign":"{self._own_key.sign(text.encode())}"}}'.encode()


def bill_zip(day: date, rows: list[list[str]]) -> bytes:
    """Details and totals, each a GBK table between `#` lines."""
    period = f"[{day:%Y年%m月%d日} 00:00:00]   终止日期：[{day:%Y年%m月%d日} 24:00:00]"
    out = io.StringIO(newline="")
    out.write(f"#支付宝营销活动明细账单\r\n#起始日期：{period}\r\n#-----------业务明细列表-----------\r\n")
    csv.writer(out, lineterminator="\r\n").writerows([_HEADER, *([f"{cell}\t" for cell in r] for r in rows)])
    out.write(f"#-----------业务明细列表结束-----------\r\n#业务合计：{len(rows)}笔\r\n")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{day:%Y%m%d}_业务明细.csv", out.getvalue().encode("gbk"))
        archive.writestr(
            f"{day:%Y%m%d}_业务明细(汇总).csv", f"#合计\r\n笔数\r\n{len(rows)}\r\n".encode("gbk")
        )
    return packed.getvalue()


def _name(method: str) -> str:
    return method.replace(".", "_") + "_response"


def _good() -> dict[str, Any]:
    return {"code": "10000", "msg": "Success"}


def _no(code: str, message: str, sub_code: str) -> dict[str, Any]:
    return {"code": code, "msg": message, "sub_code": sub_code, "sub_msg": "请求未被受理"}
