"""Our own drawings as PNG, by typst: no browser. For programs that show no SVG."""

from __future__ import annotations

import json
import struct
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import typst

from briefing.fonts import fitted, font_folders

DOTS_PER_INCH = 200
_PAGES = """#set page(width: auto, height: auto, margin: 2pt, fill: white)
#for (n, drawing) in json(bytes(sys.inputs.drawings)).enumerate() {
  if n > 0 { pagebreak() }
  image(bytes(drawing), format: "svg")
}
"""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LEAST_SHADES = 8
"""Paper, ink and what lies between at an edge: of a drawing there are more."""


def as_png(drawings: Sequence[str], *, fonts: Path | None = None) -> list[bytes]:
    """One picture a drawing, in their order; the same drawing gives the same bytes."""
    if not drawings:
        return []
    folders = font_folders(fonts)
    return compiled(
        _PAGES, {"drawings": fitted(json.dumps(list(drawings), ensure_ascii=False), folders)}, folders
    )


def compiled(
    source: str, inputs: dict[str, str], folders: Sequence[str], *, ppi: float = DOTS_PER_INCH
) -> list[bytes]:
    """A picture a page. All text is data in `inputs`; one empty folder is all that can be read."""
    with tempfile.TemporaryDirectory() as folder:
        main = Path(folder) / "main.typ"
        main.write_text(source, encoding="utf-8")
        found = typst.compile(
            str(main),
            root=folder,
            font_paths=list(folders),
            ignore_system_fonts=True,
            sys_inputs=inputs,
            format="png",
            ppi=ppi,
        )
    return [found] if isinstance(found, bytes) else list(found)


def is_blank(png: bytes) -> bool:
    """Whether it is no picture, or one of hardly any shades."""
    if not png.startswith(_SIGNATURE):
        return True
    packed = b"".join(body for name, body in _chunks(png) if name == b"IDAT")
    return len(set(zlib.decompress(packed))) < _LEAST_SHADES


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height in dots."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], len(_SIGNATURE)
    while at + 8 <= len(png):
        (length,) = struct.unpack_from(">I", png, at)
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += length + 12
    return found
