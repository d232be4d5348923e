"""飞书 group bot, signed in the body: HMAC-SHA256 of nothing, under "<seconds>\\n<secret>" as the key. 20 KB."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import ClassVar, Literal

from pydantic import SecretStr

from alerts.answers import must_be_zero
from alerts.channel import Addressed, Wire
from alerts.message import Told

_JSON = {"Content-Type": "application/json"}


def signature(secret: str, timestamp_s: str) -> str:
    """Base64."""
    key = f"{timestamp_s}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


class Feishu(Addressed):
    limit_bytes: ClassVar[int] = 18_000

    kind: Literal["feishu"]
    secret: SecretStr

    def secrets(self) -> tuple[str, ...]:
        return (*super().secrets(), self.secret.get_secret_value())

    def send(self, message: Told, wire: Wire) -> None:
        at = str(int(wire.now().timestamp()))
        body = {
            "timestamp": at,
            "sign": signature(self.secret.get_secret_value(), at),
            "msg_type": "text",
            "content": {"text": message.body},
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        answer = wire.post(self.id, self.url.get_secret_value(), content, _JSON)
        must_be_zero(self.id, answer, "code", "StatusCode")


CHANNEL = Feishu
