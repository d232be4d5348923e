"""Every table of a published paper as CSV with BOM, in one archive: what its own JSON holds and no more."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

from dashboard.spreadsheet import csv_bytes
from domain.money import FEN_PER_WAN
from domain.terms import UNKNOWN

WORD, MEDIA_TYPE = "CSV", "application/zip"
_DAY = (1980, 1, 1, 0, 0, 0)
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


def tables_archive(body: bytes) -> bytes:
    """`body`: the paper's JSON. The same paper gives the same bytes."""
    out = io.BytesIO()
    tables = [table for section in json.loads(body)["sections"] for table in section["tables"]]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, table in enumerate(tables, start=1):
            name = f"{n:02}-{_NOT_IN_NAMES.sub('', table['title'])}.csv"
            archive.writestr(zipfile.ZipInfo(name, _DAY), _csv(table), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _csv(table: dict[str, Any]) -> bytes:
    kinds = [column["kind"] for column in table["columns"]]
    rows = (
        [_cell(kind, cell) for kind, cell in zip(kinds, row["cells"], strict=True)] for row in table["rows"]
    )
    return csv_bytes([column["name"] for column in table["columns"]], rows)


def _cell(kind: str, cell: str | float | None) -> str:
    """Money in 万元 to the fen; shares from 0 to 1."""
    if cell is None or isinstance(cell, str):
        return UNKNOWN if cell is None else cell
    return f"{cell / FEN_PER_WAN:.6f}" if kind == "wan" else str(cell)
