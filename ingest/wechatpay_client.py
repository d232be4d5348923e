"""The platform's wire: signed requests, verified answers, and the unsigned flow files, checked by their SHA-1."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from domain.errors import FetchError
from domain.records import Payload
from ingest import strict_json
from ingest.answers import FILE, Answer, Limits
from ingest.http import Http
from ingest.times import rfc3339
from ingest.wechatpay_signing import (
    MerchantKey,
    PlatformKeys,
    SignatureError,
    authorization,
    signed_headers,
    verify,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One source's view of the platform. `clock` dates the requests and judges the answers' timestamps."""

    source: str
    http: Http
    base_url: str
    merchant: MerchantKey
    platform_keys: PlatformKeys
    clock: Callable[[], datetime]

    def get(self, target: str, *, cursor: str | None) -> Payload:
        """A signed answer; its signature headers stand in the manifest. Raises FetchError."""
        answer = self._ask(self.base_url.rstrip("/") + target)
        try:
            verify(answer.headers, answer.body, self.platform_keys, now=self.clock())
        except SignatureError as error:
            raise FetchError(self.source, f"{_path(target)}: {error}", cause="refused") from None
        return Payload(
            name=target,
            body=answer.body,
            media_type=answer.media_type,
            cursor=cursor,
            manifest=json.dumps(signed_headers(answer.headers)),
        )

    def flow(self, target: str) -> Payload:
        """The file behind a flow: asked for at once, its address lives 30 s. Raises FetchError.

        Neither answer is signed (the vendor: 需要跳过验签); the manifest carries the announced SHA-1 and the
        moment of asking.
        """
        told = self._ask(self.base_url.rstrip("/") + target)
        try:
            announced = strict_json.loads(told.body.decode())
            url, kind, digest = announced["url"], announced["hash_type"], announced["hash_value"]
            if kind != "SHA1" or not isinstance(url, str) or not isinstance(digest, str):
                raise ValueError("not an address with a SHA1")
        except (ValueError, KeyError, TypeError):
            raise FetchError(self.source, f"{target}: no address with a SHA1", cause="refused") from None
        if _origin(url) != _origin(self.base_url):  # unsigned: whoever wrote it gets none of our signatures
            raise FetchError(self.source, f"{target}: its file lies on another host", cause="refused")
        answer = self._ask(url, limits=FILE)
        manifest = json.dumps(
            {"sha1": digest.lower(), "asked_at": self.clock().isoformat(timespec="seconds")}
        )
        return Payload(name=target, body=answer.body, media_type="text/csv", manifest=manifest)

    def _ask(self, url: str, *, limits: Limits | None = None) -> Answer:
        try:
            target = httpx.URL(url).raw_path.decode()  # as it goes over the wire, escapes and all
        except httpx.InvalidURL:
            raise FetchError(self.source, "not an address", cause="refused", permanent=True) from None
        at = int(self.clock().timestamp())
        header = authorization(self.merchant, "GET", target, at=at, nonce=secrets.token_hex(16).upper())
        headers = {"Authorization": header, "Accept": "application/json"}
        return self.http.get(self.source, url, headers=headers, limits=limits)


def said_at(payload: Payload) -> datetime:
    """When the platform signed an answer: the only time a counter has. Raises ValueError."""
    beside = json.loads(payload.manifest or "{}")
    try:
        return datetime.fromtimestamp(int(beside["wechatpay-timestamp"]), UTC)
    except (KeyError, TypeError):
        raise ValueError("the answer's signed timestamp is missing") from None


def is_whole(payload: Payload) -> bool:
    """Whether a flow file is the one whose SHA-1 was announced. Raises ValueError without an announcement."""
    announced = json.loads(payload.manifest or "{}").get("sha1")
    if not isinstance(announced, str):
        raise ValueError("no SHA-1 was announced")
    digest = hashlib.sha1(payload.body, usedforsecurity=False).hexdigest()
    return hmac.compare_digest(digest.encode(), announced.encode())


def asked_at(payload: Payload) -> datetime | None:
    """When a flow file was asked for; None of one that was brought by hand."""
    told = json.loads(payload.manifest or "{}").get("asked_at")
    return rfc3339(told) if isinstance(told, str) else None


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return ("", "", None)
    return parts.scheme, parts.host, parts.port


def _path(target: str) -> str:
    return target.partition("?")[0]
