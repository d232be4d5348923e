"""Writes the 对账 files under tests/data/bank_statement: `python -m tests.ingest.stated`. All of them say the same."""

from __future__ import annotations

from pathlib import Path

from tests.ingest.payloads import Table, csv_bytes, xlsx_bytes

DATA = Path(__file__).parents[1] / "data" / "bank_statement"
SUB = "xiangyuan-P1-R"
NAME = f"ZFXFQ_{SUB}_DZ_20221028_001"
HEADER = (
    "对账日期", "子项目号", "批次号",
    "领取张数", "领取金额(元)", "核销张数", "核销金额(元)", "退款张数", "退回金额(元)",
)  # fmt: skip
ROW = ("2022-10-28", SUB, "", "1204", "24080.00", "862", "17240.00", "3", "60.00")
SUM_FEN = 1_724_000


def awkward_table() -> Table:
    """As a clerk's spreadsheet has it: titles, full-width digits and brackets, units, a signature at the end."""
    blank = [""] * 9
    wide = tuple(name.replace("(", "（").replace(")", "）") for name in HEADER)
    row = ["2022年10月28日", f"'{SUB}", "", "1,204", "24,080.00元", "８６２", "￥17240", "3张", "60.0"]
    return [
        ["政府数字消费券日终对账单", *blank], ["制表单位：银行甲", "制表时间：2022-10-29 00:30:00", *blank],
        blank, wide, row, ["制表人：张三", "复核：李四"],
    ]  # fmt: skip


def files() -> dict[str, bytes]:
    titled = [["政府数字消费券日终对账单"], ["制表时间:2022-10-29 00:30:00"], HEADER, ROW]
    typed = [*titled[:3], ["2022-10-28", SUB, None, 1204, 24080, 862, 17240.0, 3, 60]]
    return {
        "plain.gb18030.csv": csv_bytes(titled),
        "awkward.gb18030.csv": csv_bytes(awkward_table()),
        "awkward.utf-16.csv": csv_bytes(awkward_table(), "utf-16", delimiter="\t"),
        "awkward.xlsx": xlsx_bytes(awkward_table(), merge="A1:I1"),
        "typed.xlsx": xlsx_bytes(typed, merge="A1:I1"),
    }


if __name__ == "__main__":
    DATA.mkdir(parents=True, exist_ok=True)
    for name, body in files().items():
        (DATA / name).write_bytes(body)
