"""Alipay's gateway protocol: a signed form out, a signed node of JSON back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import rsa

from domain.terms import local
from domain.text import excerpt
from ingest import strict_json
from ingest.rsa import sign, sorted_pairs, verifies

SUCCESS = "10000"
BUSY = frozenset({"20000"})
"""Answer codes that pass by themselves: the service behind the gateway is not available."""

_HEAD = re.compile(r'\s*\{\s*"([a-z_]{1,120})"\s*:\s*', re.ASCII)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}]', re.DOTALL)
"""A string that never ends is a token too, up to the end of the text: sought again from each of its quotes, it would
cost its length squared, and nobody has signed it yet."""
_TAIL = re.compile(
    r'\s*,\s*(?:"alipay_cert_sn"\s*:\s*"[^"\\]*"\s*,\s*)?"sign"\s*:\s*"([^"]{1,2000})"\s*\}\s*', re.ASCII
)


class AnswerError(ValueError):
    """The answer is no signed answer of the method that was asked."""


class RefusedError(Exception):
    """The gateway says no: its code, and the more telling one behind it."""

    def __init__(self, code: str, sub_code: str) -> None:
        super().__init__(excerpt(f"code {code} {sub_code}".strip(), 100))
        self.code, self.sub_code = code, sub_code


def form(
    method: str, content: Mapping[str, str], *, app_id: str, key: rsa.RSAPrivateKey, now: datetime
) -> bytes:
    """The body of a POST: common parameters, the content as JSON, RSA2 over all of them by name."""
    fields = {
        "app_id": app_id,
        "method": method,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": f"{local(now):%Y-%m-%d %H:%M:%S}",
        "version": "1.0",
        "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
    }
    fields["sign"] = sign(key, sorted_pairs(fields).encode())
    return urlencode(fields).encode()


def opened(body: bytes, method: str, *, key: rsa.RSAPublicKey) -> dict[str, Any]:
    """The response node of this method, once its signature was found good. Raises AnswerError and RefusedError.

    The signature covers the exact characters of the node, so they are cut out and verified before anything is parsed:
    the same values written otherwise would not verify, and an unverified parser input never exists.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise AnswerError("not utf-8") from None
    name, node, signature = _cut(text)
    if not verifies(key, node.encode(), signature.replace("\\/", "/")):
        raise AnswerError("the signature is not Alipay's over this answer")
    try:
        content = strict_json.loads(node)
    except ValueError as error:
        raise AnswerError(f"not strict JSON: {error}"[:200]) from None
    code = content.get("code")
    if code != SUCCESS or name == "error_response":
        raise RefusedError(str(code), str(content.get("sub_code", "")))
    if name != method.replace(".", "_") + "_response":
        raise AnswerError(f"an answer to another method: {name}")
    assert isinstance(content, dict)
    return content


def _cut(text: str) -> tuple[str, str, str]:
    """(name of the node, its exact characters, signature); nothing else may stand in the answer."""
    head = _HEAD.match(text)
    if head is None or not text.startswith("{", head.end()):
        raise AnswerError("no response node")
    depth = 0
    for token in _TOKEN.finditer(text, head.end()):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            break
    else:
        raise AnswerError("the response node does not end")
    tail = _TAIL.fullmatch(text, token.end())
    if tail is None:
        raise AnswerError("no signature after the response node")
    return head[1], text[head.end() : token.end()], tail[1]
