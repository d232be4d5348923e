"""UnionPay's two protocols: signed JSON to the open platform, a signed form to the file download."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import secrets
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from domain.records import Kind
from domain.terms import local
from domain.text import decode, excerpt
from ingest import strict_json
from ingest.detail import Detail, Layout, Lot
from ingest.rsa import sign, sorted_pairs, verifies
from ingest.tables import MAX_DETAIL_ROWS, MAX_RATIO, MAX_UNPACKED_BYTES, TableError, csv_rows

GOOD = "00"
NO_FILE = "98"
REMAINING = ("remainQuota", "remainNum", "remain")
"""UNVERIFIED: no public document names the field of the remaining quota; exactly one of these must be there."""
LAYOUT = Layout(  # UNVERIFIED: no public layout of a voucher settlement file; our reading, by column name
    columns={
        "event_no": ("交易流水号", "流水号"),
        "kind": ("交易类型", "业务类型"),
        "lot": ("活动编号", "活动ID"),
        "voucher_no": ("券编号", "券码"),
        "occurred_at": ("交易时间", "业务时间"),
        "face": ("面额(元)", "优惠金额(元)"),
        "user_ref": ("用户标识(已脱敏)",),
        "merchant": ("商户号", "商户代码"),
        "county": ("县区代码",),
        "order_no": ("订单号",),
        "order": ("订单金额(元)",),
        "paid": ("实付金额(元)",),
        "origin": ("原交易流水号", "原流水号"),
        "returned": ("退回金额(元)",),
    },
    kinds={
        "领取": Kind.CLAIM,
        "发放": Kind.CLAIM,
        "核销": Kind.REDEMPTION,
        "消费": Kind.REDEMPTION,
        "退款": Kind.REFUND,
        "退货": Kind.REFUND,
    },
)
_FIELD = re.compile(r"[A-Za-z0-9]{1,64}", re.ASCII)


class AnswerError(ValueError):
    """The answer is not what the protocol says."""


class RefusedError(Exception):
    """`resp` or `respCode` is not good."""

    def __init__(self, code: str) -> None:
        super().__init__(f"response code {excerpt(code, 40)!r}")
        self.code = code


def token_request(app_id: str, secret: str, *, now: datetime) -> dict[str, str]:
    fields = {
        "appId": app_id,
        "nonceStr": secrets.token_hex(8),
        "timestamp": str(int(now.timestamp())),
    }
    signed = hashlib.sha256(sorted_pairs({**fields, "secret": secret}).encode()).hexdigest()
    return {**fields, "signature": signed}


def params(body: bytes) -> dict[str, Any]:
    """What an answer of the open platform carries. Raises AnswerError and RefusedError."""
    try:
        content = strict_json.loads(decode(body))
    except ValueError as error:
        raise AnswerError(f"not strict JSON: {error}"[:200]) from None
    if not isinstance(content, dict) or not isinstance(content.get("resp"), str):
        raise AnswerError("no answer wrapper with resp")
    if content["resp"] != GOOD:
        raise RefusedError(content["resp"])
    if not isinstance(content.get("params"), dict):
        raise AnswerError("no params")
    return dict(content["params"])


def remaining(content: Mapping[str, Any]) -> int:
    found = [content[name] for name in REMAINING if name in content]
    if len(found) != 1:
        raise AnswerError(f"not exactly one of {', '.join(REMAINING)}")
    value = found[0]
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise AnswerError("the remaining quota is not a whole number")
    return value


def file_request(
    mer_id: str, month_day: str, *, cert_id: str, key: rsa.RSAPrivateKey, now: datetime
) -> dict[str, str]:
    fields = {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "certId": cert_id,
        "signMethod": "01",
        "txnType": "76",
        "txnSubType": "01",
        "bizType": "000000",
        "accessType": "0",
        "fileType": "00",
        "merId": mer_id,
        "settleDate": month_day,
        "txnTime": f"{local(now):%Y%m%d%H%M%S}",
    }
    return {**fields, "signature": sign(key, digest(fields))}


def digest(fields: Mapping[str, str]) -> bytes:
    """What version 5.1.0 signs: the hex SHA-256 of the sorted fields."""
    return hashlib.sha256(sorted_pairs(fields).encode()).hexdigest().encode()


def file_answer(body: bytes, *, key: rsa.RSAPublicKey) -> dict[str, str]:
    """The fields of a download answer, a refusal's too, its signature good. Raises AnswerError.

    `k=v` joined by `&`, nothing escaped: base64 keeps its plus signs and equals signs.
    """
    fields: dict[str, str] = {}
    for pair in decode(body).strip().split("&"):
        name, found, value = pair.partition("=")
        if not found or not _FIELD.fullmatch(name) or name in fields:
            raise AnswerError("not a list of fields")
        fields[name] = value
    signature = fields.pop("signature", "")
    if not verifies(key, digest(fields), signature):
        raise AnswerError("the signature is not UnionPay's over this answer")
    return fields


def read_settlement(packed: str, *, platform: str, lots: Mapping[str, Lot]) -> Detail:
    """The table in `fileContent`: base64 of zlib. Raises TableError."""
    try:
        body = base64.b64decode(packed, validate=True)
    except binascii.Error:
        raise TableError("fileContent is not base64") from None
    detail = Detail(LAYOUT, platform=platform, lots=lots)
    detail.read(csv_rows(_inflated(body), most_rows=MAX_DETAIL_ROWS))
    return detail


def _inflated(body: bytes) -> bytes:
    """Piece by piece, so that a small file cannot fill the memory."""
    decoder, limit = zlib.decompressobj(), min(MAX_UNPACKED_BYTES, MAX_RATIO * len(body))
    out = bytearray()
    try:
        for piece in _pieces(body):
            out += decoder.decompress(piece, limit - len(out) + 1)
            if len(out) > limit:
                raise TableError("a file over the size limit or packed suspiciously well")
    except zlib.error:
        raise TableError("fileContent is not zlib") from None
    if not decoder.eof or decoder.unused_data:
        raise TableError("the file ends too early or goes on after its end")
    return bytes(out)


def _pieces(body: bytes) -> Iterator[bytes]:
    stream = io.BytesIO(body)
    while piece := stream.read(65_536):
        yield piece
