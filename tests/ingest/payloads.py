"""Writes the bank files under tests/data/bank_drop: `python -m tests.ingest.payloads`. All of them say the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook

DATA = Path(__file__).parents[1] / "data" / "bank_drop"
HEADER = (
    "流水号", "券码", "批次号", "子项目号", "核销时间", "用户标识(已脱敏)", "商户号", "商户名称", "县区代码", "行业",
    "面额(元)", "订单金额(元)", "实付金额(元)", "原流水号",
)  # fmt: skip
BATCH, SUB = "xiangyuan.ret20#R1", "xiangyuan-P1-R"
ROWS: tuple[tuple[str, ...], ...] = tuple(
    (f"6222{n:016d}", f"V{n:04d}", BATCH, SUB, f"2022-10-28 09:{n:02d}:00", f"u{n}", "M01", "㐂㮾超市𠮷店", "140423",
     "零售", "20.00", f"1,{n:03d}.50", f"{980 + n}.50", "")
    for n in range(1, 6)
)  # fmt: skip
AUDIT_HEADER = (
    "流水号", "申请编号", "批次号", "子项目号", "办理时间", "用户标识(已脱敏)", "商户号", "商户名称", "县区代码",
    "行业", "补贴金额(元)", "订单金额(元)", "实付金额(元)", "原流水号", "办理状态", "凭证", "审核人",
)  # fmt: skip
CAR = "xiangyuan.auto2#R1"
AUDIT_ROWS: tuple[tuple[str, ...], ...] = tuple(
    (no, f"S{application}", CAR, SUB, f"2022-11-0{day} 10:00:00", f"u{application}", "M02", "太行4S店", "140423",
     "汽车", yuan, "80,000.00" if state == "申请" else "", "", origin, state, evidence, clerk)
    for no, application, day, yuan, origin, state, evidence, clerk in (
        ("A1", 1, 1, "2,000.00", "", "申请", "发票、行驶证", ""),
        ("A2", 2, 1, "2000元", "", "申请", "发票、身份证140423199001011234", ""),
        ("P1", 1, 3, "1500", "A1", "通过", "", "李审核"),
        ("J2", 2, 4, "2000", "A2", "驳回", "", "李审核"),
        ("F1", 1, 8, "1500.00", "A1", "已付", "", "李审核"),
    )
)  # fmt: skip
AUDIT_NAME, AUDIT_FEN = f"ZFXFQ_{SUB}_BT_20221108_01", 900_000
NAME = f"ZFXFQ_{SUB}_HX_20221028_01"
SUM_FEN = 5 * 2000

Table = Sequence[Sequence[object]]


def awkward_table() -> Table:
    """The same five rows as a counter clerk's spreadsheet has them: titles, pages, guards, full-width digits."""
    one, two, three, four, five = ([*row] for row in ROWS)
    one[0], one[4], one[10] = f'="{one[0]}"', "2022/10/28 9:01", "２０．００"
    two[0], two[4], two[11] = f"'{two[0]}", "2022年10月28日 9时02分", "1002.5元"
    three[0], three[4], three[10] = f"`{three[0]}", "20221028090300", "￥20"
    four[4], four[10] = "44862.37777777778", " 20.0 "
    five[4], five[8] = "2022-10-28T09:05:00+08:00", "１４０４２３"
    wide = tuple(name.replace("(", "（").replace(")", "）") for name in HEADER)
    blank = [""] * 20
    return [
        ["政府数字消费券核销明细表", *blank],
        ["制表单位：银行甲", "统计时段：2022-10-28 09:00:00 至 2022-10-28 10:00:00", *blank],
        blank, [*wide, "", "", ""], [*one, "", ""], two, three, ["本页小计", *[""] * 9, "60.00"], blank,
        ["政府数字消费券核销明细表"], wide, four, five, ["合计", *[""] * 9, "100.00"], ["制表人：张三", "复核：李四"],
    ]  # fmt: skip


def csv_bytes(table: Table, encoding: str = "gb18030", delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(table)
    return out.getvalue().encode(encoding)


def xlsx_bytes(*sheets: Table, merge: str | None = None) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for number, table in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"表{number}")
        for row in table:
            sheet.append(list(row))
            for cell in sheet[sheet.max_row]:
                if str(cell.value).startswith('="'):
                    cell.data_type = "s"  # a guard kept as text, not a formula
        if merge:
            sheet.merge_cells(merge)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def typed_table() -> Table:
    """What Excel makes of the rows: dates, numbers and formulas are cells of their own type."""
    typed = [[*row] for row in ROWS]
    typed_rows: list[list[object]] = [
        [*row[:4], datetime.fromisoformat(row[4]), *row[5:8], int(row[8]), row[9], 20, float(row[11].replace(",", "")),
         float(row[12]), None]
        for row in typed
    ]  # fmt: skip
    return [["政府数字消费券核销明细表"], [], HEADER, *typed_rows, ["合计", *[None] * 9, "=SUM(K4:K8)"]]


def files() -> dict[str, bytes]:
    plain = [HEADER, *ROWS]
    return {
        "plain.gb18030.csv": csv_bytes(plain),
        "awkward.gb18030.csv": csv_bytes(awkward_table()),
        "awkward.utf-8-bom.csv": csv_bytes(awkward_table(), "utf-8-sig"),
        "awkward.utf-16.csv": csv_bytes(awkward_table(), "utf-16", delimiter="\t"),
        "awkward.xlsx": xlsx_bytes(awkward_table(), merge="A1:N1"),
        "typed.xlsx": xlsx_bytes(typed_table(), merge="A1:N1"),
    }


if __name__ == "__main__":
    DATA.mkdir(parents=True, exist_ok=True)
    for name, body in files().items():
        (DATA / name).write_bytes(body)
