"""CSV for people with a spreadsheet: posts and files are hostile text, so no cell may become a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?")
_FORMULA = re.compile(r"[\t\r\n]|[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]*[=+\-@＝＋－＠]")
"""Also after what nobody sees, and in full width: spreadsheets in Chinese read that alike."""


def csv_bytes(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with BOM, as Excel wants it. A cell a spreadsheet would take for a formula gets a leading apostrophe."""
    text = io.StringIO(newline="")
    write_csv(text, heads, rows)
    return text.getvalue().encode("utf-8-sig")


def write_csv(file: TextIO, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The same into a file opened with `newline=""`, a row at a time."""
    writer = csv.writer(file)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NEGATIVE.fullmatch(cell) else cell
