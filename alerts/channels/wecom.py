"""企业微信 group bot: the key in the address is all there is. Text of at most 2048 bytes, 20 messages a minute.

Plain text, not markdown: a title may quote a post.
"""

from __future__ import annotations

import json
from typing import ClassVar, Literal

from alerts.answers import must_be_zero
from alerts.channel import Addressed, Wire
from alerts.message import Told

_JSON = {"Content-Type": "application/json"}


class WeCom(Addressed):
    limit_bytes: ClassVar[int] = 2048

    kind: Literal["wecom"]

    def send(self, message: Told, wire: Wire) -> None:
        body = {"msgtype": "text", "text": {"content": message.body}}
        content = json.dumps(body, ensure_ascii=False).encode()
        answer = wire.post(self.id, self.url.get_secret_value(), content, _JSON)
        must_be_zero(self.id, answer, "errcode")


CHANNEL = WeCom
