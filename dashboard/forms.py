"""What a posted form holds."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import Request

MAX_FORM_BYTES = 16_384


async def form_fields(request: Request) -> dict[str, list[str]] | None:
    """The fields of a posted form, each with all its values; None if it is too long for one of ours."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            return None
    return parse_qs(body.decode("utf-8", "replace"))
