"""Addresses asked for: which may be, and how messages show them."""

from __future__ import annotations

import httpx

from domain.errors import FetchError


def checked(source: str, url: str, previous: httpx.URL | None = None) -> httpx.URL:
    """The address, if it is http or https, carries no password and does not lead from https to http."""
    try:
        target = httpx.URL(url) if previous is None else previous.join(url)
    except httpx.InvalidURL:
        raise FetchError(source, "not an address", cause="refused", permanent=True) from None
    downgrade = previous is not None and previous.scheme == "https" and target.scheme == "http"
    if target.scheme not in ("http", "https") or not target.host or target.userinfo or downgrade:
        message = f"{shown(target)}: only http and https, no user name, no way back from https"
        raise FetchError(source, message, cause="refused", permanent=True)
    return target


def shown(url: httpx.URL) -> str:
    """The address as messages show it: no query and no user name, they may hold secrets."""
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme}://{url.host}{port}{url.path}"[:200]


def origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.host}:{url.port}"
