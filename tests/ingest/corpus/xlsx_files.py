"""Awkward workbooks: what spreadsheets make of ids, amounts and times, their layouts, and hostile archives."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.ingest.corpus.case import FIVE, ROW_COUNT, SHOP, SUM_FEN, Case, first, renamed, table
from tests.ingest.corpus.csv_files import AT, FACE, SERIAL
from tests.ingest.payloads import awkward_table, csv_bytes, typed_table, xlsx_bytes

FLAGGED = (ROW_COUNT, SUM_FEN)

# the first row's cell as a spreadsheet keeps it -> it still means the same
SAME: tuple[tuple[str, object], ...] = (
    (AT, datetime.fromisoformat("2022-10-28T09:01")),
    (AT, datetime.fromisoformat("2022-10-28T09:00:59.999800")),
    (AT, SERIAL),
    (AT, f"{SERIAL:.9f}"),
    (AT, 20221028090100),
    (FACE, 20),
    (FACE, 20.0),
    (FACE, 19.999999999999996),
    ("订单金额(元)", 1001.5),
    ("订单金额(元)", 1001.4999999999999),
    ("县区代码", 140423),
    ("县区代码", 140423.0),
    (FACE, "20元"),
    ("子项目号", None),
    ("商户名称", "=cmd|'/c calc'!A0"),
    ("行业", True),
)
# ... -> the row is set aside for this field
SPOILT: tuple[tuple[str, object], ...] = (
    ("流水号", 62220000000000000001),
    ("流水号", 6.222e19),
    ("流水号", 1234567890123456),
    ("券码", True),
    ("流水号", datetime.fromisoformat("2022-10-28")),
    (AT, 9.5),
    (AT, True),
    (AT, 0.375),
    (FACE, "=10+10"),
    (FACE, "#N/A"),
    (FACE, 20.005),
    (FACE, -20),
    (FACE, datetime.fromisoformat("1900-01-20")),
    (FACE, None),
    ("县区代码", 140423.5),
    ("订单金额(元)", False),
)


def cases() -> Iterator[Case]:
    yield from _layouts()
    yield from _hostile()
    for number, (column, value) in enumerate(SAME):
        yield _case(f"xlsx-same-{number}-{column}-{value}", xlsx_bytes(table(**{column: value})))
    for number, (column, value) in enumerate(SPOILT):
        body = xlsx_bytes(table(**{column: value}))
        yield _case(
            f"xlsx-spoilt-{number}-{column}-{value}", body, events=FIVE[1:], rejects=(("row 2", column),)
        )


def _case(name: str, body: bytes, **more: Any) -> Case:
    return Case(name=name, body=body, form="xlsx", **more)


def _layouts() -> Iterator[Case]:
    rows = table()
    claims = renamed(rows, AT, "领取时间")
    yield _case("xlsx-plain", xlsx_bytes(rows), told=FLAGGED, shop=SHOP)
    yield _case("xlsx-awkward", xlsx_bytes(awkward_table(), merge="A1:N1"), told=FLAGGED, shop=SHOP)
    yield _case("xlsx-typed", xlsx_bytes(typed_table(), merge="A1:N1"), told=FLAGGED)
    yield _case("xlsx-one-sheet-a-kind", xlsx_bytes(claims, rows, [["说明"]]), told=FLAGGED)
    yield _case("xlsx-two-sheets-of-a-kind", xlsx_bytes(rows[:3], [rows[0], *rows[3:]]), told=FLAGGED)
    merged = tuple((f"row {n}", "批次号") for n in range(3, 7))  # who is meant below the first is not said
    yield _case("xlsx-merged-batch-numbers", xlsx_bytes(rows, merge="C2:C6"), events=FIVE[:1], rejects=merged)
    yield _case("xlsx-merged-title-over-the-data", xlsx_bytes([["标题"], *rows], merge="A1:N1"))
    yield _case("xlsx-1904", _book(_use_1904), events=FIVE)
    yield _case("xlsx-formatted-to-the-last-column", _book(_format_far))
    yield _case("xlsx-hidden-rows-and-sheet", _book(_hide))
    yield _case("xlsx-number-kept-as-text-with-a-quote", xlsx_bytes(table(流水号="'62220000000000000001")))
    yield _case("xlsx-short-numeric-voucher", xlsx_bytes(table(券码=12345)), events=first(voucher_no="12345"))
    stored = rewritten(rows, lambda name, xml: xml.replace(b"<v>20</v>", b"<f>10+10</f><v>20</v>"), face=20)
    yield _case("xlsx-formula-with-its-stored-value", stored)
    other = rewritten(
        rows, lambda name, xml: xml.replace(b'<dimension ref="A1:N6"', b'<dimension ref="A1:A1"')
    )
    yield _case("xlsx-lying-dimension", other, shop=SHOP)
    broken_lines = renamed(rows, SHOP, "一店_x000D_\n二店")
    yield _case("xlsx-escaped-line-breaks", xlsx_bytes(broken_lines))
    yield _case("xlsx-flag-with-other-rows", xlsx_bytes(rows), told=(6, SUM_FEN), broken="6 rows")
    yield _case("xlsx-no-header", xlsx_bytes(rows[1:]), broken="header")
    yield _case("xlsx-empty", xlsx_bytes([[]]), broken="header")


def _hostile() -> Iterator[Case]:
    good = xlsx_bytes(table())
    yield _case("xlsx-half", good[: len(good) // 2], told=FLAGGED, broken="workbook")
    yield _case(
        "xlsx-half-a-sheet",
        rewritten(table(), lambda n, x: x[: len(x) // 2] if "sheet1" in n else x),
        broken="broken",
    )
    yield _case("xlsx-csv-under-its-name", csv_bytes(table()), broken="workbook")
    yield _case("xlsx-encrypted", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096), broken="workbook")
    yield _case("xlsx-of-nothing", b"", broken="workbook")
    yield _case("xlsx-not-a-workbook", zipped({"a.txt": b"x"}), broken="workbook")
    yield _case("xlsx-ratio-bomb", zipped({"a": bytes(20_000_000)}), broken="packed")
    yield _case("xlsx-too-many-entries", zipped({f"f{n}": b"" for n in range(2_001)}), broken="size limit")
    yield _case("xlsx-macros", rewritten(table(), extra={"xl/vbaProject.bin": b"x"}), broken="macros")
    yield _case(
        "xlsx-links", rewritten(table(), extra={"xl/externalLinks/externalLink1.xml": b"x"}), broken="links"
    )
    yield _case("xlsx-entities", rewritten(table(), _with_entity), broken="broken")
    hidden = rewritten(table(), extra={"xl/media/a.xml": bytes(100_000)})
    yield _case("xlsx-lying-directory", lying(hidden))  # what nobody asks for is not unpacked
    yield _case("xlsx-lying-sheet-size", lying(good, "xl/worksheets/sheet1.xml", 100), broken=".")
    yield _case("xlsx-two-entries-of-one-name", _doubled(good), broken="twice")
    traversal = {"../../../tmp/evil.xml": b"x", "/etc/evil": b"x"}
    yield _case("xlsx-traversal-names", rewritten(table(), extra=traversal))  # nothing is unpacked to disk
    yield _case("xlsx-symlink-entry", _with_link(good))
    yield _case(
        "xlsx-last-row-of-all", _book(lambda book: book.active.__setitem__("A1048576", "x")), broken="rows"
    )
    yield _case("xlsx-far-right", _book(lambda book: book.active.__setitem__("XFD3", "x")), broken="columns")
    yield _case("xlsx-wrong-checksum", _flipped(good), broken=".")


# ---------------------------------------------------------------- making them


def _book(change: Callable[[Workbook], object]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in table():
        book.active.append(row)
    change(book)
    book.save(out)
    return out.getvalue()


def _use_1904(book: Workbook) -> None:
    book.epoch = CALENDAR_MAC_1904
    book.active["E2"] = datetime.fromisoformat("2022-10-28T09:01")


def _format_far(book: Workbook) -> None:
    book.active["XFD2"].number_format = "@"
    book.active["A300"].number_format = "@"


def _hide(book: Workbook) -> None:
    book.active.row_dimensions[3].hidden = True  # hidden is not deleted: the flag counts it too
    book.create_sheet("草稿").sheet_state = "hidden"


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def rewritten(
    rows: list[list[object]],
    change: Callable[[str, bytes], bytes] = lambda name, xml: xml,
    *,
    extra: dict[str, bytes] | None = None,
    face: object = "20.00",
) -> bytes:
    """A workbook of these rows with its parts changed."""
    whole = zipfile.ZipFile(io.BytesIO(xlsx_bytes(renamed(rows, "20.00", face))))  # type: ignore[arg-type]
    return zipped({name: change(name, whole.read(name)) for name in whole.namelist()} | (extra or {}))


def _with_entity(name: str, xml: bytes) -> bytes:
    return b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml[xml.index(b"<worksheet") :] if "sheet1" in name else xml


def lying(body: bytes, name: str = "xl/media/a.xml", size: int = 10) -> bytes:
    """The directory says that this entry unpacks to `size` bytes."""
    out = bytearray(body)
    at = -1
    while (at := out.find(b"PK\x01\x02", at + 1)) >= 0:
        length = struct.unpack_from("<H", out, at + 28)[0]
        if out[at + 46 : at + 46 + length].decode() == name:
            struct.pack_into("<I", out, at + 24, size)
    return bytes(out)


def _doubled(body: bytes) -> bytes:
    """Two sheets of one name: whoever looks at the first sees something else than whoever takes the last."""
    out = io.BytesIO(body)
    with zipfile.ZipFile(out, "a") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
        archive.writestr("xl/worksheets/SHEET1.xml", sheet.replace(b"V0001", b"V9999"))
    return out.getvalue()


def _with_link(body: bytes) -> bytes:
    out = io.BytesIO(body)
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("xl/media/link.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def _flipped(body: bytes) -> bytes:
    """One damaged bit in the sheet's packed bytes."""
    info = zipfile.ZipFile(io.BytesIO(body)).getinfo("xl/worksheets/sheet1.xml")
    at = info.header_offset + 30 + len(info.filename) + info.compress_size // 2
    return body[:at] + bytes([body[at] ^ 0x10]) + body[at + 1 :]


def hanging() -> bytes:
    """A number format that keeps the library's own pattern busy for hours: its cost grows with the square."""

    def change(book: Workbook) -> None:
        book.active["E2"].number_format = "[" * 400_000
        book.active["A8"] = os.urandom(8_000).hex()  # so that it is not packed suspiciously well

    return _book(change)


def swelling() -> bytes:
    """One text of 85 million characters, packed within every limit of the directory."""
    text = os.urandom(500_000).hex().encode() + "𠮷".encode() + b"a" * 84_000_000
    cell = b'<c r="H2" t="inlineStr"><is><t>' + text + b"</t></is></c>"

    def change(name: str, xml: bytes) -> bytes:
        return (
            xml.replace(b"</sheetData>", b'<row r="99">' + cell + b"</row></sheetData>")
            if "sheet1" in name
            else xml
        )

    return rewritten(table(), change, extra={"xl/media/noise.bin": os.urandom(500_000)})
