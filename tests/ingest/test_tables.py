from __future__ import annotations

import io
import re
import zipfile

import pytest
from defusedxml import EntitiesForbidden
from openpyxl import Workbook

from ingest import tables
from ingest.tables import TableError, csv_rows, xlsx_sheets
from tests.ingest.payloads import DATA


def workbook(*rows: list[object]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_rows_say_where_they_stand() -> None:
    assert [row.place for row in csv_rows(b"a,b\r\n1,2\r\n")] == ["row 1", "row 2"]
    (sheet,) = (list(rows) for rows in xlsx_sheets(workbook(["a"], ["b"])))
    assert [(row.place, row.cells[0]) for row in sheet] == [("row 1", "a"), ("row 2", "b")]


@pytest.mark.parametrize("swallowed", ['1,"abc\n2,d\n3,e\n', '1,"abc\n2,"d"\n3,e\n', '1,"abc\n2,d\n3,"e\n'])
def test_a_quote_that_nobody_closed_swallows_no_rows_unseen(swallowed: str) -> None:
    with pytest.raises(TableError, match="row"):
        list(csv_rows(b"no,text\n" + swallowed.encode()))


def test_lines_within_a_cell_and_stray_quotes_are_text() -> None:
    told = b'no,text\n1,"a ""b""\nc"\n2,6" d\n3,"e"f\n'
    assert [row.cells[1] for row in csv_rows(told)] == ["text", 'a "b"\nc', '6" d', "ef"]


def test_the_end_of_a_line_that_a_workbook_spells_out_is_read() -> None:
    ((row,),) = (list(rows) for rows in xlsx_sheets(workbook(["抢不到_x000D_\n第二行_x000d_第三行", 7])))
    assert row.cells == ("抢不到\n第二行\n第三行", 7)


def test_lines_end_as_their_writer_ends_them_and_go_on_within_quotes() -> None:
    rows = list(csv_rows(b'a,b\r\n"1\r\n2",x\n\n3,"\r"\r4,y'))
    assert [row.cells for row in rows] == [("a", "b"), ("1\r\n2", "x"), (), ("3", "\r"), ("4", "y")]
    assert [row.place for row in rows] == ["row 1", "row 3", "row 4", "row 6", "row 7"]


def test_a_table_with_too_many_rows_or_columns_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 3)
    monkeypatch.setattr(tables, "MAX_COLUMNS", 4)
    for rows in ([["a"]] * 5, [list("abcde")]):
        text = "".join(",".join(row) + "\n" for row in rows).encode()
        with pytest.raises(TableError, match="more than"):
            list(csv_rows(text))
        with pytest.raises(TableError, match="more than"):
            [list(sheet) for sheet in xlsx_sheets(workbook(*rows))]
    assert len(list(csv_rows(b"a,,,,,,,,\n"))) == 1, "empty columns to the right are no columns"


def test_a_workbook_is_too_large_by_its_bytes_and_by_what_it_unpacks_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = workbook(["a"])
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    for limit, most in (("MAX_FILE_BYTES", len(body)), ("MAX_UNPACKED_BYTES", unpacked)):
        with monkeypatch.context() as patch:
            patch.setattr(tables, limit, most)
            assert [len(list(sheet)) for sheet in xlsx_sheets(body)] == [1]
            patch.setattr(tables, limit, most - 1)
            with pytest.raises(TableError, match="size limit"):
                list(xlsx_sheets(body))


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [(6, 84, "not a workbook"), (8, 1, "broken workbook"), (8, 32, "broken workbook"), (10, 99, "broken workbook")],
    ids=["needs version 8.4", "is encrypted", "is patched", "is packed somehow"],
)  # fmt: skip
def test_a_part_that_zipfile_does_not_unpack_is_a_broken_workbook(
    place: int, value: int, reason: str
) -> None:
    """What the directory says of each part, at that place of its entry."""
    body = bytearray(workbook(["a"]))
    for found in re.finditer(rb"PK\x01\x02", body):
        body[found.start() + place] = value
    with pytest.raises(TableError, match=reason):
        [list(sheet) for sheet in xlsx_sheets(bytes(body))]


def test_a_last_row_far_below_does_not_make_a_million_empty_ones() -> None:
    book = Workbook()
    book.active["A1048576"] = "x"
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(TableError, match="more than 200000 rows"):
        [list(sheet) for sheet in xlsx_sheets(out.getvalue())]


def test_entity_declarations_in_a_workbook_are_refused_for_what_they_are() -> None:
    whole, out = zipfile.ZipFile(DATA / "typed.xlsx"), io.BytesIO()
    with zipfile.ZipFile(out, "w") as changed:
        for name in whole.namelist():
            body = whole.read(name)
            if name.endswith("sheet1.xml"):
                body = b'<!DOCTYPE x [<!ENTITY a "b">]>' + body[body.index(b"<worksheet") :]
            changed.writestr(name, body)
    with pytest.raises(TableError) as caught:
        [list(sheet) for sheet in xlsx_sheets(out.getvalue())]
    assert caught.value.__cause__ is not None
    assert isinstance(caught.value.__cause__.__cause__, EntitiesForbidden)
