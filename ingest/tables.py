"""CSV and XLSX files from outside -> rows of cells. Sizes are checked before anything is unpacked."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError as XmlError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from domain.text import decode

MAX_FILE_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 100_000_000
MAX_RATIO = 100
MAX_ENTRIES = 2_000
MAX_ROWS = 200_000
MAX_DETAIL_ROWS = 600_000
"""Of a platform's file of details: a stock or an activity may have 500,000 coupons."""
MAX_COLUMNS = 64

_ESCAPED = re.compile(r"(?:_x000[Dd]_\n?|_x000[Aa]_)")

Cell = object  # str from CSV; also int, float, datetime, bool or None from XLSX

# what openpyxl is known to raise on broken workbooks; DefusedXmlException is a ValueError, and a RuntimeError is what
# zipfile raises for parts that are encrypted or packed as it does not know
_BROKEN = (InvalidFileException, zipfile.BadZipFile, zlib.error, XmlError, OSError, EOFError, RuntimeError)
_CONFUSED = (KeyError, ValueError, TypeError, AttributeError, IndexError)


_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class TableError(ValueError):
    """The file is no readable table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    place: str  # as people find it: "row 17", "sheet 2 row 17"
    cells: tuple[Cell, ...]


def csv_rows(body: bytes, *, most_rows: int | None = None) -> Iterator[Row]:
    """Rows of a CSV file in UTF-8, UTF-16 or GB18030; of a tab-separated one too. Raises TableError."""
    if body.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise TableError("a workbook under a csv name")
    try:
        text = decode(body)
    except UnicodeDecodeError as error:
        raise TableError("neither utf-8 nor utf-16 nor gb18030") from error
    del body  # of a large file there is the text alone from here on, and its rows
    head = text[:4_000]
    # a spreadsheet's "Unicode text" is UTF-16 with tabs; some locales write semicolons
    delimiter, lines = max(",	;", key=head.count), list[str]()  # of the row that is being read
    reader = csv.reader(_noted(_lines(text), lines), delimiter=delimiter)
    try:
        for count, cells in enumerate(reader):
            if len(lines) > 1:  # a quote that nobody closed would take the rows after it for its cell
                list(csv.reader(lines, delimiter=delimiter, strict=True))
            lines.clear()
            _check_size(count, cells, most_rows or MAX_ROWS)
            yield Row(place=f"row {reader.line_num}", cells=tuple(cells))
    except csv.Error as error:
        raise TableError(f"row {reader.line_num}: {error}") from error


def _noted(lines: Iterable[str], noted: list[str]) -> Iterator[str]:
    for line in lines:
        noted.append(line)
        yield line


def _lines(text: str) -> Iterator[str]:
    """With their ends, as csv wants them. `io.StringIO` would keep four bytes of every character beside the text."""
    return (line[0] for line in _LINE.finditer(text))


def xlsx_sheets(body: bytes) -> Iterator[Iterator[Row]]:
    """Rows sheet by sheet: stored values only, formulas are neither shown nor worked out. Raises TableError."""
    _check_archive(body)
    try:
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
    except (*_BROKEN, *_CONFUSED) as error:
        raise TableError(f"broken workbook: {type(error).__name__}") from error
    try:
        for number, sheet in enumerate(book.worksheets, start=1):
            yield _sheet_rows(sheet, prefix=f"sheet {number} " if len(book.worksheets) > 1 else "")
    finally:
        book.close()


def _sheet_rows(sheet: object, *, prefix: str) -> Iterator[Row]:
    sheet.reset_dimensions()  # type: ignore[attr-defined]  # some writers put a wrong one there: rows would be cut
    rows = sheet.iter_rows(values_only=True)  # type: ignore[attr-defined]
    number = 0
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except (*_BROKEN, *_CONFUSED) as error:
            raise TableError(f"{prefix}row {number + 1}: broken workbook: {type(error).__name__}") from error
        number += 1
        _check_size(number, cells, MAX_ROWS)
        yield Row(place=f"{prefix}row {number}", cells=tuple(map(_unescaped, cells)))


def _unescaped(cell: Cell) -> Cell:
    """A line's end that a writer had to spell out, since XML would not keep it."""
    return _ESCAPED.sub("\n", cell) if isinstance(cell, str) and "_x000" in cell else cell


def _check_size(count: int, cells: Sequence[Cell], most_rows: int) -> None:
    if count > most_rows:
        raise TableError(f"more than {most_rows} rows")
    if len(cells) > MAX_COLUMNS and any(cell not in (None, "") for cell in cells[MAX_COLUMNS:]):
        raise TableError(f"more than {MAX_COLUMNS} columns")


def _check_archive(body: bytes) -> None:
    """The directory alone: cheap. It cannot lie usefully, since zipfile reads no entry past its stated size."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(body)).infolist()
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise TableError("not a workbook") from error
    unpacked = sum(entry.file_size for entry in entries)
    if len(body) > MAX_FILE_BYTES or len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES:
        raise TableError("a workbook over the size limit")
    if unpacked > MAX_RATIO * len(body):
        raise TableError("a workbook packed suspiciously well")
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) != len(names):  # which of the two counts depends on who looks
        raise TableError("a workbook in which a part stands twice")
    if any(name.endswith("vbaproject.bin") or "externallinks/" in name for name in names):
        raise TableError("a workbook with macros or links to other files")
