"""What came back: a body within its size limits, its declared type and encoding, and what to ask with next time."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime

import httpcore
import httpx

MAX_RETRY_AFTER_S = 3600.0
_GLANCE_BYTES = 65_536


class BodyError(Exception):
    """The body cannot be taken. `cut`: it arrived damaged, another try may bring it whole."""

    def __init__(self, message: str, *, cut: bool) -> None:
        super().__init__(message)
        self.cut = cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds of real time and bytes."""

    total_s: float = 20.0  # one try, redirects included, however slowly it drips
    connect_s: float = 3.0
    read_s: float = 10.0
    budget_s: float = 60.0  # all tries together
    tries: int = 3
    wait_s: float = 8.0  # longest pause between two tries
    decoded_bytes: int = 10_000_000
    compressed_bytes: int = 5_000_000


FILE = Limits(total_s=120.0, budget_s=240.0, decoded_bytes=100_000_000, compressed_bytes=20_000_000)
"""Of a platform's file of details: 500,000 coupons of one stock are 75 MB, and take a minute at 10 Mbit/s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a feed said about its state; kept in the source's cursor as a small JSON string."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None  # of the decoded body: many feeds send no ETag, or send 200 with the same body

    def as_cursor(self) -> str:
        fields = {"etag": self.etag, "last_modified": self.last_modified, "sha256": self.sha256}
        return json.dumps({k: v for k, v in fields.items() if v is not None}, separators=(",", ":"))

    @classmethod
    def from_cursor(cls, cursor: str | None) -> Validators:
        """What the cursor holds; nothing, if it is not ours: the feed is then simply read again."""
        try:
            fields = json.loads(cursor or "{}")
        except ValueError:
            return cls()
        if not isinstance(fields, dict):
            return cls()
        kept = {k: v for k, v in fields.items() if k in cls.__slots__ and isinstance(v, str)}
        return cls(**kept)

    @property
    def headers(self) -> dict[str, str]:
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A 200 with its body, or a 304 without one."""

    status: int
    body: bytes
    headers: httpx.Headers
    media_type: str
    encoding: str | None
    validators: Validators

    @property
    def unchanged(self) -> bool:
        return self.status == httpx.codes.NOT_MODIFIED


def read_body(chunks: Iterable[bytes], headers: httpx.Headers, limits: Limits) -> bytes:
    """The decoded body, never much more than the cap of it in memory. Raises BodyError."""
    encoding = headers.get("content-encoding", "identity").strip().lower() or "identity"
    if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
        raise BodyError(f"content encoding {encoding[:40]!r}", cut=False)
    inflate = None if encoding == "identity" else _Inflate()
    received, body = 0, bytearray()
    for chunk in chunks:
        received += len(chunk)
        room = limits.decoded_bytes - len(body) + 1
        body += chunk if inflate is None else inflate.feed(chunk, room)
        if len(body) > limits.decoded_bytes or (inflate and received > limits.compressed_bytes):
            raise BodyError("body over the size limit", cut=False)
    if inflate and received and not inflate.complete:
        raise BodyError(f"{encoding} body ends too early or goes on after its end", cut=True)
    return bytes(body)


def glance(chunks: Iterable[bytes], headers: httpx.Headers) -> bytes:
    """The body of a refusal, if it is a short one and arrives."""
    short = Limits(decoded_bytes=_GLANCE_BYTES, compressed_bytes=_GLANCE_BYTES)
    try:
        return read_body(chunks, headers, short)
    except (BodyError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.RemoteProtocolError):
        return b""


class _Inflate:
    """gzip or zlib or raw deflate, told apart by the first bytes, at most `room` bytes at a time."""

    def __init__(self) -> None:
        self._decoder: zlib._Decompress | None = None

    def feed(self, chunk: bytes, room: int) -> bytes:
        if self._decoder is None:
            wrapped = chunk[:2] == b"\x1f\x8b" or (chunk[:1] or b"\0")[0] & 0x0F == 8
            self._decoder = zlib.decompressobj(47 if wrapped else -15)
        try:
            return self._decoder.decompress(chunk, room)
        except zlib.error as error:
            raise BodyError("broken compressed body", cut=True) from error

    @property
    def complete(self) -> bool:
        return self._decoder is not None and self._decoder.eof and not self._decoder.unused_data


def answer(status: int, headers: httpx.Headers, body: bytes) -> Answer:
    """The answer with its headers read: media type, charset, validators."""
    content_type = Message()
    content_type["content-type"] = headers.get("content-type", "application/octet-stream")
    validators = Validators(
        etag=headers.get("etag"),
        last_modified=headers.get("last-modified"),
        sha256=hashlib.sha256(body).hexdigest() if body else None,
    )
    return Answer(
        status=status,
        body=body,
        headers=headers,
        media_type=content_type.get_content_type(),
        encoding=content_type.get_content_charset(),
        validators=validators,
    )


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds, at most an hour. A date is read against the server's own Date: our clocks may differ."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    try:
        wish = (parsedate_to_datetime(text) - parsedate_to_datetime(headers["date"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        return None
    return min(max(wish, 0.0), MAX_RETRY_AFTER_S)
