"""The fonts a PDF is set in, the office's own first, and which characters they can draw."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn as shipped

SUFFIXES = (".otf", ".ttf")
MISSING = "〓"
"""Printers' mark for a character no font has."""


def font_folders(office: Path | None) -> list[str]:
    """The shipped fonts, and the office's folder where there is one (仿宋_GB2312, 方正小标宋)."""
    own = [str(office)] if office is not None and office.is_dir() else []
    return [*own, str(shipped.sans_path().parent)]


def fitted(text: str, folders: Sequence[str]) -> str:
    """The text with a mark in the place of what none of the fonts can draw."""
    known = drawn(tuple(folders))
    return "".join(c if ord(c) in known or c.isspace() else MISSING for c in text)


@cache
def drawn(folders: tuple[str, ...]) -> frozenset[int]:
    """Code points that some font of the folders has. A broken file has none; typst leaves it out too."""
    found: set[int] = set()
    for path in sorted(p for folder in folders for p in Path(folder).iterdir()):
        if path.suffix.lower() in SUFFIXES:
            try:
                found.update(_mapped(path.read_bytes()))
            except (struct.error, KeyError, OSError):
                continue
    return frozenset(found)


def _mapped(font: bytes) -> Iterator[int]:
    """Of the tables that map Unicode: format 12 has every plane, format 4 the first one (OpenType, cmap)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    places = {font[12 + 16 * i :][:4]: struct.unpack_from(">I", font, 20 + 16 * i)[0] for i in range(tables)}
    cmap = places[b"cmap"]
    (subtables,) = struct.unpack_from(">H", font, cmap + 2)
    for i in range(subtables):
        platform, _, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * i)
        (form,) = struct.unpack_from(">H", font, cmap + offset)
        if platform in (0, 3) and form == 12:
            yield from _groups(font, cmap + offset)
        elif platform in (0, 3) and form == 4:
            yield from _segments(font, cmap + offset)


def _groups(font: bytes, at: int) -> Iterator[int]:
    (groups,) = struct.unpack_from(">I", font, at + 12)
    for i in range(groups):
        first, last, glyph = struct.unpack_from(">III", font, at + 16 + 12 * i)
        yield from range(first + (glyph == 0), last + 1)


def _segments(font: bytes, at: int) -> Iterator[int]:
    """Glyphs are not looked up: a segment of a real font maps what it spans, but 0xFFFF closes the list."""
    (twice,) = struct.unpack_from(">H", font, at + 6)
    ends = struct.unpack_from(f">{twice // 2}H", font, at + 14)
    starts = struct.unpack_from(f">{twice // 2}H", font, at + 16 + twice)
    for first, last in zip(starts, ends, strict=True):
        yield from (code for code in range(first, last + 1) if code != 0xFFFF)
