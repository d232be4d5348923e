"""What a published paper says of one figure or quote, read from its own JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dashboard.papers.evidence_asked import Asked


def told_in(body: bytes, asked: Asked) -> str | None:
    """As it is written there; None: the paper has no such figure."""
    wanted = ("figure", asked.figure) if asked.post is None else ("post", str(asked.post))
    for ref, words in _cited(json.loads(body)):
        if ref is not None and parse_qs(urlsplit(ref).query).get(wanted[0]) == [wanted[1]]:
            return words
    return None


def _cited(document: dict[str, Any]) -> Iterator[tuple[str | None, str]]:
    """Papers of before they had references have none."""
    for section in document["sections"]:
        for sentence in section.get("cited", ()):
            yield from ((c["ref"], c["text"]) for c in sentence if "&post=" in c["ref"])
        for figure in section.get("figures", ()):
            yield figure["ref"], figure["written"]
        for table in section["tables"]:
            for row in table["rows"]:
                yield from zip(row.get("refs", ()), row["written"], strict=False)
