"""Group bots as 企业微信, 钉钉 and 飞书 run them, and a signed receiver: they check what the real ones check.

Refusals come with status 200 and a code, as theirs do. Codes that no public source confirms: 310000 and 19021 for a bad
signature, 130101 and 11232 for too many messages, 40058 for a text too long.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

A_MINUTE_S = 60
MESSAGES_A_MINUTE = 20
SKEW_S = 3600  # 钉钉 takes an hour
WECOM_BYTES, DINGTALK_BYTES, FEISHU_BYTES = 2048, 20_000, 20_000


class Bots:
    """All four behind one address. `taken` holds what got through, as (bot, text)."""

    def __init__(self, *, key: str, secret: str, now: Callable[[], datetime]) -> None:
        self._key, self._secret, self._now = key, secret, now
        self._lately: dict[str, deque[float]] = {}
        self.taken: list[tuple[str, str]] = []
        self.refused: list[tuple[str, int]] = []

    def app(self) -> Starlette:
        posts = {
            "/cgi-bin/webhook/send": self._wecom,
            "/robot/send": self._dingtalk,
            "/open-apis/bot/v2/hook/{token}": self._feishu,
            "/receive": self._receive,
        }
        return Starlette(routes=[Route(path, act, methods=["POST"]) for path, act in posts.items()])

    async def _wecom(self, request: Request) -> Response:
        text = _text(await request.body(), "msgtype", "text", "content")
        if request.query_params.get("key") != self._key:
            return self._no("wecom", 93000, "invalid webhook url")
        if text is None:
            return self._no("wecom", 40008, "invalid message type")
        if len(text.encode()) > WECOM_BYTES:
            return self._no("wecom", 40058, "content exceed max length")
        if self._too_often("wecom"):
            return self._no("wecom", 45009, "api freq out of limit")
        return self._yes("wecom", text, {"errcode": 0, "errmsg": "ok"})

    async def _dingtalk(self, request: Request) -> Response:
        body, told = await request.body(), request.query_params
        text = _text(body, "msgtype", "text", "content")
        at = told.get("timestamp", "")
        if told.get("access_token") != self._key:
            return self._no("dingtalk", 300001, "token is not exist")
        if not at.isdigit() or abs(int(at) / 1000 - self._now().timestamp()) > SKEW_S:
            return self._no("dingtalk", 310000, "timestamp out of range")
        wanted = hmac.new(self._secret.encode(), f"{at}\n{self._secret}".encode(), "sha256").digest()
        if told.get("sign") != base64.b64encode(wanted).decode():
            return self._no("dingtalk", 310000, "sign not match")
        if text is None or len(body) > DINGTALK_BYTES:
            return self._no("dingtalk", 40035, "invalid parameter")
        if self._too_often("dingtalk"):
            return self._no("dingtalk", 130101, "send too fast")
        return self._yes("dingtalk", text, {"errcode": 0, "errmsg": "ok"})

    async def _feishu(self, request: Request) -> Response:
        body = await request.body()
        text = _text(body, "msg_type", "content", "text")
        if request.path_params["token"] != self._key:
            return self._no("feishu", 19001, "param invalid: incoming webhook access token invalid")
        if text is None or len(body) > FEISHU_BYTES:
            return self._no("feishu", 9499, "Bad Request")
        fields = json.loads(body)
        at = str(fields.get("timestamp", ""))
        wanted = hmac.new(f"{at}\n{self._secret}".encode(), b"", hashlib.sha256).digest()
        fresh = at.isdigit() and abs(int(at) - self._now().timestamp()) <= SKEW_S
        if not fresh or fields.get("sign") != base64.b64encode(wanted).decode():
            return self._no("feishu", 19021, "sign match fail or timestamp is not within one hour")
        if self._too_often("feishu"):
            return self._no("feishu", 11232, "frequency limited")
        return self._yes("feishu", text, {"code": 0, "msg": "success", "data": {}})

    async def _receive(self, request: Request) -> Response:
        body, at = await request.body(), request.headers.get("x-timestamp", "")
        wanted = hmac.new(self._secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        if request.headers.get("x-signature") != f"sha256={wanted}":
            self.refused.append(("webhook", 401))
            return Response("bad signature", 401)
        self.taken.append(("webhook", json.loads(body)["key"]))
        return Response(status_code=200)

    def _too_often(self, bot: str) -> bool:
        now, lately = self._now().timestamp(), self._lately.setdefault(bot, deque())
        while lately and now - lately[0] >= A_MINUTE_S:
            lately.popleft()
        lately.append(now)
        return len(lately) > MESSAGES_A_MINUTE

    def _yes(self, bot: str, text: str, answer: dict[str, Any]) -> Response:
        self.taken.append((bot, text))
        return JSONResponse(answer)

    def _no(self, bot: str, code: int, words: str) -> Response:
        self.refused.append((bot, code))
        return JSONResponse(
            {"code": code, "msg": words} if bot == "feishu" else {"errcode": code, "errmsg": words}
        )


def _text(body: bytes, kind: str, holder: str, key: str) -> str | None:
    """The words of a text message; None for anything else."""
    try:
        fields = json.loads(body)
        text = fields[holder][key] if fields[kind] == "text" else None
    except (ValueError, KeyError, TypeError):
        return None
    return text if isinstance(text, str) and text else None
