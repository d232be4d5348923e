"""The marketing bill of one day: a ZIP of GBK tables with `#` lines before and after -> events and rejects.

A table without a `#` line after it is taken for cut short: nothing else says where it ends.

UNVERIFIED: no public document gives the columns of the `merchant_act` bill. `LAYOUT` is our reading, by column name;
a file it does not fit is quarantined whole, a row it does not fit alone.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import date

from domain.records import Kind
from domain.text import clean_text, excerpt
from ingest.cells import text_of
from ingest.detail import Detail, Layout, Lot
from ingest.tables import (
    MAX_DETAIL_ROWS,
    MAX_FILE_BYTES,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    Row,
    TableError,
    csv_rows,
)

LAYOUT = Layout(
    columns={
        "event_no": ("业务流水号", "流水号"),
        "kind": ("业务类型",),
        "lot": ("活动ID", "活动编号"),
        "voucher_no": ("券ID", "券编号"),
        "occurred_at": ("业务时间", "发生时间"),
        "face": ("面额(元)", "券面额(元)"),
        "user_ref": ("用户标识(已脱敏)",),
        "merchant": ("门店编号", "商户号"),
        "county": ("县区代码",),
        "order_no": ("订单号", "交易号"),
        "order": ("订单金额(元)",),
        "paid": ("实付金额(元)",),
        "origin": ("原业务流水号", "原流水号"),
        "returned": ("退回金额(元)",),
    },
    kinds={
        "发放": Kind.CLAIM,
        "领取": Kind.CLAIM,
        "核销": Kind.REDEMPTION,
        "使用": Kind.REDEMPTION,
        "退款": Kind.REFUND,
        "退券": Kind.REFUND,
    },
    left=("用户ID",),  # the account number
)
MAX_ENTRIES = 50
_COUNT = re.compile(r"#.{0,40}?(?:合计|总条数)[:：]\s*\[?([0-9]{1,9})\]?\s*[笔条]")
_BEGINS = re.compile(r"#.{0,40}?起始日期[:：]\s*\[?([0-9]{4})\D([0-9]{1,2})\D([0-9]{1,2})(?![0-9])")
_SUMMARY = "汇总"
"""In the name of the table of totals beside the details."""


def is_whole(body: bytes) -> bool:
    """Whether it came as it was sent: cut short, altered on the way, or a page in its place, it does not unpack.

    Of what is sent as it is and cannot be read, the same may come again.
    """
    try:
        for _ in _entries(body):
            pass
    except TableError as error:
        return not isinstance(error, _DamagedError)
    return True


def read_bill(body: bytes, *, platform: str, lots: Mapping[str, Lot], day: date | None = None) -> Detail:
    """Raises TableError for what is no bill, or says that it begins with another day than `day`."""
    detail = Detail(LAYOUT, platform=platform, lots=lots)
    tables = 0
    for number, (name, content) in enumerate(_entries(body), start=1):
        if _SUMMARY in name:
            continue
        # Alipay ends cells with a tab: spreadsheets keep digits
        rows = csv_rows(content.replace(b"\t", b""), most_rows=MAX_DETAIL_ROWS)
        del content  # 70 MB of the largest bill
        try:
            _read_table(detail, rows, prefix=f"file {number} ", day=day)
        except ValueError as error:
            raise TableError(f"{excerpt(clean_text(name), 80)}: {error}") from None
        tables += 1
    if not tables:
        raise TableError("no table of details in the archive")
    return detail


def _read_table(detail: Detail, rows: Iterator[Row], *, prefix: str, day: date | None) -> None:
    lines, before = _Lines(rows), detail.rows
    detail.read(lines, prefix=prefix)
    if not lines.closed:
        raise TableError("no # line after the table: it was cut short")
    if lines.told is not None and lines.told != detail.rows - before:
        raise TableError(f"the file says {lines.told} rows, it holds {detail.rows - before}")
    if day is not None and lines.begins not in (None, day):
        raise TableError(f"the bill of {lines.begins}, not of {day}")


class _Lines:
    """The rows of the table without the `#` lines around it; `told` and `begins` are what those give, and `closed`
    whether one of them is the last.

    Raises ValueError for a beginning that is no day.
    """

    def __init__(self, rows: Iterator[Row]) -> None:
        self.told: int | None = None
        self.begins: date | None = None
        self.closed = False
        self._rows = rows

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            if not text_of(row.cells[0] if row.cells else None).startswith("#"):
                self.closed = self.closed and not any(row.cells)
                yield row
                continue
            self.closed = True
            line = ",".join(text_of(cell) for cell in row.cells)
            if count := _COUNT.match(line):
                self.told = int(count[1])
            if begins := _BEGINS.match(line):
                self.begins = date(*map(int, begins.groups()))


def _entries(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file, once the directory was found harmless. A name is never used as a path."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(body), metadata_encoding="gbk")
    # NotImplementedError: of a format not thought of yet
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise _DamagedError("no ZIP archive") from None
    with archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        unpacked = sum(entry.file_size for entry in entries)
        if (
            len(body) > MAX_FILE_BYTES
            or len(archive.infolist()) > MAX_ENTRIES
            or unpacked > MAX_UNPACKED_BYTES
        ):
            raise TableError("an archive over the size limit")
        if unpacked > MAX_RATIO * len(body):
            raise TableError("an archive packed suspiciously well")
        for entry in entries:
            if entry.flag_bits & 1:
                raise TableError("an encrypted archive")
            try:  # zipfile reads no entry past its stated size, and compares its checksum at the end
                yield entry.filename, archive.read(entry)
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, RuntimeError):
                raise _DamagedError("a broken archive") from None


class _DamagedError(TableError):
    """Not the archive that was sent."""
