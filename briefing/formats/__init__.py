"""Briefing -> bytes, one format a file. Text that came from outside is data in every one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from briefing.formats import docx, html, json, pdf, xlsx
from briefing.paper import Briefing

Formats = dict[str, Callable[[Briefing], bytes]]

FORMATS: Formats = {
    "pdf": pdf.render,
    "docx": docx.render,
    "xlsx": xlsx.render,
    "html": html.render,
    "json": json.render,
}
"""By the file name's ending."""


def formats_with(fonts: Path | None, base: str | None = None) -> Formats:
    """The same, the PDF in the office's own fonts where that folder is, figures and quotes as links to the desk.

    `base`: the desk's address as people open it; None: nothing is a link. JSON has the references themselves.
    """
    return {
        "pdf": partial(pdf.render, fonts=fonts, base=base),
        "docx": partial(docx.render, fonts=fonts, base=base),
        "xlsx": partial(xlsx.render, base=base),
        "html": partial(html.render, base=base),
        "json": json.render,
    }
