"""Briefing -> bytes, one format a file. Text that came from outside is data in every one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from briefing.formats import docx, html, json, pdf, xlsx
from briefing.paper import Briefing

FORMATS: dict[str, Callable[[Briefing], bytes]] = {
    "pdf": pdf.render,
    "docx": docx.render,
    "xlsx": xlsx.render,
    "html": html.render,
    "json": json.render,
}
"""By the file name's ending."""


def formats_with(fonts: Path | None) -> dict[str, Callable[[Briefing], bytes]]:
    """The same, the PDF in the office's own fonts where that folder is."""
    return {**FORMATS, "pdf": partial(pdf.render, fonts=fonts)}
