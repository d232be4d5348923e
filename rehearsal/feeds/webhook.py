"""A vendor of a licensed feed: what was written as signed arrays, again until it is answered, and signs of life."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from rehearsal.scenario import Written

A_MESSAGE = 50
EVERY_S = 60

Send = Callable[[Mapping[str, str], bytes], int]
"""Headers and body -> the status of the answer."""


class Vendor:
    """`advance` sends what is due. What is not answered with 2xx stays and is sent again with a new timestamp."""

    def __init__(self, posts: Sequence[Written], *, secret: bytes, send: Send) -> None:
        self._waiting = sorted(posts, key=lambda p: (p.published_at, p.external_id))
        self._secret, self._send = secret, send
        self._spoke_at: datetime | None = None

    def advance(self, now: datetime) -> None:
        while due := [p for p in self._waiting if p.published_at <= now][:A_MESSAGE]:
            if not self._said(due, now):
                return
            self._waiting = self._waiting[len(due) :]
        if self._spoke_at is None or (now - self._spoke_at).total_seconds() >= EVERY_S:
            self._said([], now)

    def _said(self, posts: Sequence[Written], now: datetime) -> bool:
        body = json.dumps([item(p) for p in posts], ensure_ascii=False).encode()
        taken = 200 <= self._send(signed(self._secret, body, at=now), body) < 300
        self._spoke_at = now if taken else self._spoke_at
        return taken


def item(p: Written) -> dict[str, object]:
    return {
        "id": p.external_id,
        "title": p.title,
        "content": f"<p>{p.text}</p>",
        "url": f"https://vendor.example/posts/{p.external_id}",
        "published_at": p.published_at.isoformat(),
        "author_id": f"u{p.external_id}",
        "media": "wechat",
        "likes": 3,
        "comments": "1.2万",
    }


def signed(secret: bytes, body: bytes, *, at: datetime) -> dict[str, str]:
    """The vendor's own arithmetic: nothing here is shared with who checks it."""
    told = str(int(at.timestamp()))
    digest = hmac.new(secret, f"{told}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Timestamp": told, "X-Signature": f"sha256={digest}", "Content-Type": "application/json"}
