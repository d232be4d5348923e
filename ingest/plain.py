"""Markup from outside -> plain text, and addresses that may stand on a page."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit, urlunsplit

import nh3

from domain.text import clean_text

MAX_TEXT = 20_000
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|/tr)\b[^>]{0,200}>", re.IGNORECASE)
_FACE = re.compile(r"<img\b[^<>]{0,2000}?\balt=\"(\[[^\"\]]{1,20}\])\"[^<>]{0,2000}>", re.IGNORECASE)


def plain_text(markup: str) -> str:
    """Text without tags, scripts and styles; line breaks and the names of emoji pictures ([泪]) stay."""
    # sites cut text inside an emoji, and nh3 takes no half of one
    whole = markup[: 4 * MAX_TEXT].encode("utf-8", "ignore").decode()
    spaced = _FACE.sub(r"\1", _BREAK.sub("\n", whole))
    return clean_text(html.unescape(nh3.clean(spaced, tags=set())))[:MAX_TEXT]


def web_address(link: str, base: str = "") -> str | None:
    """The absolute http or https address without credentials, or None: no javascript:, no data:, no nonsense."""
    text = clean_text(link).replace("\n", "")
    if not text or len(text) > 2_000:
        return None
    try:
        joined = urljoin(base, text)
        parts = urlsplit(joined)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
