"""Files that never change under a running process, compressed once and kept: plotly's bundle takes half a second."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

import brotli
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDERS = ("/assets/", "/_dash-component-suites/")
PAGES = ("/_dash-layout", "/_dash-dependencies")
"""What Dash asks for once a page, and answers anew each time although it stays the same as long as the process."""

MOST_FILES = 400
_TEXT = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/manifest+json")
_SMALL = 600  # bytes: below, compressing gains nothing
_YEAR = "private, max-age=31536000, immutable"
_DAY = "private, max-age=86400"


@dataclass(frozen=True, slots=True)
class _File:
    media_type: str
    etag: str
    variants: dict[str, bytes]  # content-encoding -> bytes; "" is the file as it is


class PackedFiles:
    """Serves what the application answered once for a file from memory, in the encoding the browser takes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._files: dict[str, _File] = {}
        self._by_body: dict[
            bytes, _File
        ] = {}  # Dash answers any version in a file's name: one file, many names
        self._packing: dict[str, asyncio.Lock] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not _is_file(scope["path"]):
            await self._app(scope, receive, send)
            return
        file = self._files.get(scope["path"])
        if file is None:
            lock = self._packing.setdefault(scope["path"], asyncio.Lock())
            async with lock:  # a room of screens starting together packs a file once
                file = self._files.get(scope["path"]) or await self._pack(scope, receive, send)
            self._packing.pop(scope["path"], None)
        if file is not None:
            await _serve(file, scope)(scope, receive, send)

    async def _pack(self, scope: Scope, receive: Receive, send: Send) -> _File | None:
        """None: the application's answer was no file and went out as it was."""
        caught = await _catch(self._app, scope)
        media_type = Headers(raw=caught.headers).get("content-type", "application/octet-stream")
        if caught.status != 200 or not caught.is_whole:
            await caught.answer()(scope, receive, send)
            return None
        key = hashlib.sha256(media_type.encode() + b"\0" + caught.body).digest()
        file = self._by_body.get(key)
        if file is None:
            if len(self._by_body) >= MOST_FILES:
                await caught.answer()(scope, receive, send)
                return None
            file = self._by_body[key] = await asyncio.to_thread(_packed, caught.body, media_type)
        if len(self._files) < MOST_FILES:
            self._files[scope["path"]] = file
        return file


@dataclass(frozen=True, slots=True)
class _Caught:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    is_whole: bool  # the application came to the end of it

    def answer(self) -> Response:
        response = Response(self.body, self.status)
        kept = [(name, value) for name, value in self.headers if name != b"content-length"]
        response.raw_headers = [*kept, (b"content-length", str(len(self.body)).encode())]
        return response


def _patient() -> Receive:
    """A request without a body, of somebody who never leaves: a file is packed for everybody, so that the application
    must not stop in its middle because who happened to ask first is gone."""
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else await asyncio.get_running_loop().create_future()

    return receive


async def _catch(app: ASGIApp, scope: Scope) -> _Caught:
    """What the application answers to a plain, unconditional GET of the file."""
    status, headers, parts, is_whole = 500, [], [], False

    async def take(message: Message) -> None:
        nonlocal status, headers, is_whole
        if message["type"] == "http.response.start":
            status, headers = message["status"], list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))
            is_whole = not message.get("more_body", False)

    left_out = (b"range", b"if-none-match", b"if-modified-since", b"accept-encoding")
    asked = [(name, value) for name, value in scope["headers"] if name not in left_out]
    await app(scope | {"method": "GET", "headers": asked}, _patient(), take)
    return _Caught(status, headers, b"".join(parts), is_whole)


def _packed(body: bytes, media_type: str) -> _File:
    variants = {"": body}
    if media_type.startswith(_TEXT) and len(body) >= _SMALL:
        # 9: of plotly's 1.2 MB it takes 0.4 s and leaves 0.36 MB; 11 takes ten times as long for 8 % less
        variants["br"] = brotli.compress(body, quality=9)
        variants["gzip"] = gzip.compress(body, compresslevel=9, mtime=0)
    return _File(media_type, f'"{hashlib.sha256(body).hexdigest()[:20]}"', variants)


def _serve(file: _File, scope: Scope) -> Callable[[Scope, Receive, Send], object]:
    asked = Headers(scope=scope)
    accepted = {part.split(";")[0].strip() for part in asked.get("accept-encoding", "").split(",")}
    encoding = next((name for name in ("br", "gzip") if name in accepted and name in file.variants), "")
    is_known = file.etag in asked.get("if-none-match", "")
    response = Response(b"" if is_known else file.variants[encoding], 304 if is_known else 200)
    headers = MutableHeaders(raw=response.raw_headers)
    headers["etag"] = file.etag
    headers["vary"] = "accept-encoding"
    headers["cache-control"] = _lasts(scope)
    if not is_known:
        headers["content-type"] = file.media_type
        if encoding:
            headers["content-encoding"] = encoding
    return response


def _lasts(scope: Scope) -> str:
    """Dash names our files with their time of change, its own with their version: both may be kept for good."""
    path, query = scope["path"], parse_qs(scope["query_string"].decode("latin-1"))
    if "m" in query or ".v" in path.rsplit("/", 1)[-1]:
        return _YEAR
    return _DAY if path.endswith((".woff2", ".ttf")) else "private, no-cache"


def _is_file(path: str) -> bool:
    return path.startswith(FOLDERS) or path in PAGES
