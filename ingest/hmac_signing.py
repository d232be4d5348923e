"""HMAC-SHA256 over a pushed body: `X-Timestamp: <seconds>`, `X-Signature: sha256=<hex>`."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from domain.errors import RefusedError

WINDOW_S = 300
TIMESTAMP, SIGNATURE = "x-timestamp", "x-signature"
Covers = Literal["timestamp.body", "body"]
"""What is signed. With "body" the timestamp is anybody's word: a repetition is known by its body alone."""

_SIGNATURE = re.compile(r"(?:sha256=)?([0-9a-fA-F]{64})", re.ASCII)
_SECONDS = re.compile(r"[0-9]{10}(?:[0-9]{3})?", re.ASCII)


def signature(secret: bytes, timestamp: str, body: bytes, covers: Covers = "timestamp.body") -> str:
    """Hex. `timestamp` exactly as its header has it."""
    return hmac.new(secret, _signed(timestamp, body, covers), hashlib.sha256).hexdigest()


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Iterable[bytes], *, covers: Covers, now: datetime
) -> str:
    """The id of a message that was signed with one of the secrets, within five minutes of now. Raises RefusedError.

    The same signed bytes have the same id: whoever sends them again is known.
    """
    told, claimed = headers.get(TIMESTAMP, ""), _SIGNATURE.fullmatch(headers.get(SIGNATURE, ""))
    if _SECONDS.fullmatch(told) is None or claimed is None:
        raise RefusedError("no timestamp or no signature")
    if abs(int(told[:10]) - now.timestamp()) > WINDOW_S:
        raise RefusedError("signed at another time")
    wanted = claimed[1].lower().encode()
    # every secret is tried: how long it takes tells nothing
    fits = [hmac.compare_digest(signature(s, told, body, covers).encode(), wanted) for s in secrets]
    if not any(fits):
        raise RefusedError("another signature")
    return hashlib.sha256(_signed(told, body, covers)).hexdigest()


def _signed(timestamp: str, body: bytes, covers: Covers) -> bytes:
    return body if covers == "body" else timestamp.encode() + b"." + body
