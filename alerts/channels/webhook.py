"""A receiver of the house's own: JSON, signed as pushes to us are. Answers 200; a repetition has the same `key`.

`X-Timestamp: <seconds>`, `X-Signature: sha256=HMAC-SHA256(secret, "<X-Timestamp>." + body)`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import ClassVar, Literal

from pydantic import SecretStr

from alerts.channel import Addressed, Wire
from alerts.message import Told
from domain.errors import FetchError


def signature(secret: str, timestamp_s: str, body: bytes) -> str:
    """Hex."""
    return hmac.new(secret.encode(), timestamp_s.encode() + b"." + body, hashlib.sha256).hexdigest()


class Webhook(Addressed):
    limit_bytes: ClassVar[int] = 100_000
    per_minute: ClassVar[int] = 60

    kind: Literal["webhook"]
    secret: SecretStr

    def secrets(self) -> tuple[str, ...]:
        return (*super().secrets(), self.secret.get_secret_value())

    def send(self, message: Told, wire: Wire) -> None:
        told = {
            "key": message.key,
            "level": message.level.value,
            "title": message.title,
            "text": message.body,
        }
        body = json.dumps(told, ensure_ascii=False).encode()
        at = str(int(wire.now().timestamp()))
        signed = {
            "Content-Type": "application/json",
            "X-Timestamp": at,
            "X-Signature": f"sha256={signature(self.secret.get_secret_value(), at, body)}",
        }
        try:
            wire.post(self.id, self.url.get_secret_value(), body, signed)
        except FetchError as error:
            if error.cause != "empty":  # a 200 without a word is a yes here
                raise


CHANNEL = Webhook
