"""What a posted form holds."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from fastapi import Request
from starlette.requests import ClientDisconnect

MAX_FORM_BYTES = 16_384
HOME = "/"
"""Leads everybody on to the page of their role: where to, without a page that was asked for."""
_OWN_PAGE = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


async def form_fields(request: Request) -> dict[str, list[str]] | None:
    """The fields of a posted form, each with all its values; None if it is too long for one of ours."""
    body = await short_body(request, most=MAX_FORM_BYTES)
    return None if body is None else parse_qs(body.decode("utf-8", "replace"))


async def short_body(request: Request, *, most: int) -> bytes | None:
    """The raw bytes; None if they are more than `most`, or whoever sent them left before their end."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > most:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)


async def single_fields(request: Request) -> dict[str, str] | None:
    """The first value of each field; None if the form is too long for one of ours."""
    fields = await form_fields(request)
    return None if fields is None else {name: values[0] for name, values in fields.items()}


def own_page(target: str) -> str:
    """`target` if it is an address of ours, else the front door: a sign-in page must not lead to another site."""
    return target if _OWN_PAGE.fullmatch(target) else HOME
