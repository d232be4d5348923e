"""钉钉 group bot with a signature: HMAC-SHA256 of "<ms>\\n<secret>" under the secret. 20 KB, 20 a minute."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import ClassVar, Literal
from urllib.parse import urlencode

from pydantic import SecretStr

from alerts.answers import must_be_zero
from alerts.channel import Addressed, Wire
from alerts.message import Told

_JSON = {"Content-Type": "application/json"}


def signature(secret: str, timestamp_ms: str) -> str:
    """Base64, before it is written into an address."""
    signed = f"{timestamp_ms}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


class DingTalk(Addressed):
    limit_bytes: ClassVar[int] = 18_000

    kind: Literal["dingtalk"]
    secret: SecretStr

    def secrets(self) -> tuple[str, ...]:
        return (*super().secrets(), self.secret.get_secret_value())

    def send(self, message: Told, wire: Wire) -> None:
        at = str(int(wire.now().timestamp() * 1000))
        sign = signature(self.secret.get_secret_value(), at)
        url = f"{self.url.get_secret_value()}&{urlencode({'timestamp': at, 'sign': sign})}"
        body = {"msgtype": "text", "text": {"content": message.body}, "at": {"isAtAll": False}}
        answer = wire.post(self.id, url, json.dumps(body, ensure_ascii=False).encode(), _JSON)
        must_be_zero(self.id, answer, "errcode")


CHANNEL = DingTalk
