"""What a deployment left behind, and looking through it for its secrets."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from sqlalchemy import Engine, MetaData, select

from store.engine import read


@dataclass
class Played:
    """What a deployment left behind, by where it was found, and every secret it was given."""

    planted: dict[str, str]
    left: dict[str, bytes] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)


def dump(engine: Engine) -> dict[str, bytes]:
    """Every row of every table; what is packed, unpacked."""
    metadata = MetaData()
    metadata.reflect(engine)
    with read(engine) as conn:
        return {
            f"table {table.name}": "\n".join(
                _cell(cell) for row in conn.execute(select(table)) for cell in row
            ).encode("utf-8", "surrogatepass")
            for table in metadata.sorted_tables
        }


def _cell(cell: object) -> str:
    if isinstance(cell, bytes):
        return (gzip.decompress(cell) if cell[:2] == b"\x1f\x8b" else cell).decode("latin-1")
    return json.dumps(cell, ensure_ascii=False, default=str)


def _spellings(secret: str) -> Iterator[bytes]:
    """A secret as it may stand somewhere: plain, in an address, in JSON, in base64 at each offset."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    for shift in range(3):
        whole = base64.b64encode(b"x" * shift + secret.encode()).decode().rstrip("=")
        yield whole[4 if shift else 0 : -2].encode()


def found(played: Played) -> list[tuple[str, str]]:
    """(secret, place) of every canary that got out."""
    return [
        (name, place)
        for name, secret in played.planted.items()
        for place, content in played.left.items()
        if any(spelling in content for spelling in _spellings(secret))
    ]
