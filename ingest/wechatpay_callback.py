"""COUPON.USE: the pushed notice that a coupon was used. Verified over its raw body, decrypted, read: all pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError

from domain.records import Event, Payload
from ingest import strict_json
from ingest.rejects import BadFieldError
from ingest.times import rfc3339
from ingest.wechatpay_signing import PlatformKeys, SealError, signed_headers, unseal, verify
from ingest.wechatpay_stocks import Book, Number

NAME = "/callback"
"""The archive's name of a pushed payload."""
_ALGORITHM = "AEAD_AES_256_GCM"
_USED = "USED"


class CallbackError(ValueError):
    """Signed by the platform, but not what this connector was written for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackKeys:
    """What opens a callback: the pinned public keys and the APIv3 key, 32 characters."""

    platform: PlatformKeys
    api_v3: SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """`notice_id` is the platform's own: the same for every repetition, so it is what a replay memory keeps."""

    notice_id: str
    event_type: (
        str  # partner documents show TRANSACTION.SUCCESS: the decrypted shape decides, this is for the log
    )
    event: Event
    claimed_at: datetime


def open_callback(
    headers: Mapping[str, str], body: bytes, keys: CallbackKeys, *, book: Book, now: datetime
) -> Callback:
    """The redemption a callback tells.

    Raises SignatureError (answer 401, keep nothing), CallbackError (keep and quarantine it) or BadFieldError (a
    reject: unknown stock or merchant, another status than USED).
    """
    verify(headers, body, keys.platform, now=now)
    envelope = _read(_Envelope, body)
    resource = envelope.resource
    if resource.algorithm != _ALGORITHM:
        raise CallbackError("resource.algorithm: not AEAD_AES_256_GCM")
    try:
        plain = unseal(
            resource.ciphertext,
            nonce=resource.nonce,
            associated_data=resource.associated_data or "",
            key=keys.api_v3.get_secret_value().encode(),
        )
    except SealError as error:
        raise CallbackError(str(error)) from None
    coupon = _read(_Coupon, plain)
    if coupon.status != _USED:
        raise BadFieldError("status", "not USED", coupon.status)
    return Callback(
        notice_id=envelope.id,
        event_type=envelope.event_type,
        event=book.redemption(
            coupon.stock_id,
            coupon.coupon_id,
            merchant=coupon.consume_information.consume_mchid,
            face_fen=coupon.normal_coupon_information.coupon_amount,
            at=_moment("consume_time", coupon.consume_information.consume_time),
            order_no=coupon.consume_information.transaction_id,
        ),
        claimed_at=_moment("create_time", coupon.create_time),
    )


def message_id(body: bytes) -> str:
    """The notice's own id; of a body without one, its SHA-256: signed is signed, and kept."""
    try:
        return _read(_Notice, body).id
    except CallbackError:
        return hashlib.sha256(body).hexdigest()


def callback_payload(headers: Mapping[str, str], body: bytes, *, received_at: datetime) -> Payload:
    """A callback as the inbox keeps it: its raw bytes, and beside them what its signature needs."""
    beside = signed_headers(headers) | {"received_at": received_at.astimezone(UTC).isoformat()}
    return Payload(name=NAME, body=body, media_type="application/json", manifest=json.dumps(beside))


def received(payload: Payload) -> tuple[Mapping[str, str], datetime]:
    """Headers and time of arrival of a payload that `callback_payload` made. Raises CallbackError."""
    try:
        beside = json.loads(payload.manifest or "")
        return beside, datetime.fromisoformat(beside["received_at"])
    except (ValueError, KeyError, TypeError):
        raise CallbackError("a callback without its headers") from None


# ---------------------------------------------------------------- what the wire may hold


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


Item = TypeVar("Item", bound=_Wire)
Short = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class _Resource(_Wire):
    algorithm: Short
    ciphertext: Annotated[str, StringConstraints(max_length=100_000)]
    nonce: Annotated[str, StringConstraints(min_length=8, max_length=64)]
    associated_data: Annotated[str, StringConstraints(max_length=64)] | None = None


class _Notice(_Wire):
    id: Number  # printable ASCII: a key every store can hold


class _Envelope(_Notice):
    event_type: Short
    resource: _Resource


class _Normal(_Wire):
    coupon_amount: Annotated[int, Field(gt=0, lt=2**53)]


class _Consume(_Wire):
    consume_time: Short
    consume_mchid: Number
    transaction_id: Number


class _Coupon(_Wire):
    stock_id: Number
    coupon_id: Number
    status: Short
    create_time: Short
    normal_coupon_information: _Normal
    consume_information: _Consume


def _read(kind: type[Item], body: bytes) -> Item:
    try:
        content: Any = strict_json.loads(body.decode())
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise CallbackError(f"{where}: {first['msg']}") from None
    except ValueError as error:  # also UnicodeDecodeError
        raise CallbackError(f"not strict JSON: {error}"[:200]) from None


def _moment(field: str, text: str) -> datetime:
    try:
        return rfc3339(text)
    except ValueError as error:
        raise CallbackError(f"{field}: {error}") from None
