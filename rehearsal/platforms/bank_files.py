"""One bank file as bytes: the columns of our profile, as a GB18030 CSV or as a workbook.

Both carry what banks add of their own: a title, a line with the period, a total at the end.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from openpyxl import Workbook

from domain.terms import SHANGHAI
from rehearsal.ledger import (
    APPLICATION,
    APPROVAL,
    AUDITED,
    CLAIM,
    PAYMENT,
    REDEMPTION,
    REFUND,
    REJECTION,
    Happening,
)
from rehearsal.platforms.strays import BAD_MONEY, UNKNOWN_SUB_PROJECT

TOTALS_CODE = "DZ"
SUBSIDY = "subsidy"
"""One file tells of all four steps of applications."""
CODES = {CLAIM: "LQ", REDEMPTION: "HX", REFUND: "TK", SUBSIDY: "BT"}
_WORDS = {CLAIM: "领取", REDEMPTION: "核销", REFUND: "退款", SUBSIDY: "补贴审核"}
_STATES = {APPLICATION: "申请", APPROVAL: "通过", REJECTION: "驳回", PAYMENT: "已付"}
_VOUCHER_COLUMNS = {"no": "券码", "face": "面额(元)"}
_SUBSIDY_COLUMNS = {"no": "申请编号", "face": "补贴金额(元)"}
_SUB_PROJECT_COLUMN, _FACE_COLUMN = 3, 10
_STRAYS = {
    "row_unmapped": (_SUB_PROJECT_COLUMN, UNKNOWN_SUB_PROJECT),
    "row_bad_money": (_FACE_COLUMN, BAD_MONEY),
}

Cell = str | Decimal | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What one file says: rows of one of CODES, of one sub-project, of one hour."""

    kind: str
    bank: str
    since: datetime
    until: datetime
    rows: tuple[Happening, ...]
    sectors: dict[str, str]  # id -> Chinese name
    strays: tuple[str, ...] = ()  # faults of rows that stand at the end and never happened

    @property
    def counted_rows(self) -> int:
        return len(self.rows) + len(self.strays)

    @property
    def word(self) -> str:
        return _WORDS[self.kind]

    @property
    def sum_fen(self) -> int:
        """The sum of the faces; a stray counts like the row it was made of."""
        return sum(h.face_fen for h in [*self.rows, *self.rows[-1:] * len(self.strays)])

    def table(self) -> list[list[Cell]]:
        """Title, period, header, rows, total."""
        period = f"{_clock(self.since)} 至 {_clock(self.until)}"
        named = _SUBSIDY_COLUMNS if self.kind == SUBSIDY else _VOUCHER_COLUMNS
        time = "办理" if self.kind == SUBSIDY else _WORDS[self.kind]
        header = [
            "流水号", named["no"], "批次号", "子项目号", f"{time}时间", "用户标识(已脱敏)", "商户号",
            "商户名称", "县区代码", "行业", named["face"], "订单金额(元)", "实付金额(元)", "原流水号",
        ]  # fmt: skip
        header += _MORE_COLUMNS.get(self.kind, ())
        total: list[Cell] = ["合计", *[None] * (len(header) - 1)]
        total[_FACE_COLUMN] = _yuan(self.sum_fen)
        return [
            [f"政府数字消费券{_WORDS[self.kind]}明细表", *[None] * (len(header) - 1)],
            [f"制表单位:{self.bank}", f"统计时段:{period}", *[None] * (len(header) - 2)],
            list(header),
            *(self._row(h) for h in self.rows),
            *(self._stray(fault) for fault in self.strays),
            total,
        ]

    def _stray(self, fault: str) -> list[Cell]:
        """The last row once more under a number of its own, and wrong."""
        row = self._row(self.rows[-1])
        place, wrong = _STRAYS[fault]
        row[0] = row[1] = f"X{place}{self.rows[-1].event_no[1:]}"
        row[place] = wrong
        return row

    def _row(self, h: Happening) -> list[Cell]:
        lot, shop = h.lot, h.shop
        row: list[Cell] = [
            h.event_no,
            h.voucher_no,
            f"{lot.template.id}#R{lot.round_no}",
            lot.programme.sub_projects.redeem,
            datetime.fromtimestamp(h.at, SHANGHAI).replace(tzinfo=None),
            h.user_ref,
            shop.no if shop else None,
            shop.name if shop else None,
            shop.county if shop else None,
            self.sectors[lot.template.sector],
            _yuan(h.face_fen),
            _yuan(h.order_fen),
            _yuan(h.paid_fen),
            h.origin_event_no,
        ]
        if self.kind == REFUND:
            return [*row, _yuan(h.returned_fen)]
        return [*row, *_desk(h)] if self.kind == SUBSIDY else row


_MORE_COLUMNS = {REFUND: ("退回金额(元)",), SUBSIDY: ("办理状态", "凭证", "审核人")}


def _desk(h: Happening) -> list[Cell]:
    """Step, evidence, and who decided: the last is a person's name, which nobody may keep."""
    evidence = "、".join(h.lot.template.evidence) if h.kind == APPLICATION else None
    return [_STATES[h.kind], evidence, None if h.kind == APPLICATION else "王审核"]


def file_kind(h: Happening) -> str:
    """Which of CODES' files tells of it."""
    return SUBSIDY if h.kind in AUDITED else h.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A 对账 file: one day of one sub-project in the bank's books."""

    bank: str
    sub_project: str
    day: date
    drawn_up: datetime
    booked: Sequence[tuple[int, int]]  # vouchers and fen claimed, redeemed, refunded

    @property
    def rows(self) -> tuple[Happening, ...]:
        """No event stands in it."""
        return ()

    @property
    def counted_rows(self) -> int:
        return 1

    @property
    def sum_fen(self) -> int:
        return self.booked[1][1]

    @property
    def word(self) -> str:
        return "对账"

    def table(self) -> list[list[Cell]]:
        header: list[Cell] = [
            "对账日期", "子项目号", "领取张数", "领取金额(元)", "核销张数", "核销金额(元)", "退款张数", "退回金额(元)",
        ]  # fmt: skip
        rest = [None] * (len(header) - 2)
        return [
            ["政府数字消费券日终对账单", None, *rest],
            [f"制表单位:{self.bank}", f"制表时间:{_clock(self.drawn_up)}", *rest],
            header,
            [
                f"{self.day:%Y-%m-%d}",
                self.sub_project,
                *(cell for n, fen in self.booked for cell in (str(n), _yuan(fen))),
            ],
        ]


def csv_bytes(sheet: Sheet | Totals) -> bytes:
    """GB18030 with CRLF, as a Chinese bank's counter system writes it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([_text(cell) for cell in row] for row in sheet.table())
    return out.getvalue().encode("gb18030")


def xlsx_bytes(sheet: Sheet | Totals) -> bytes:
    """One sheet named after the kind; numbers and dates are Excel's own, numbers of vouchers are text."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.word)
    for row in sheet.table():
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FORMATS: dict[str, Callable[[Sheet | Totals], bytes]] = {"csv": csv_bytes, "xlsx": xlsx_bytes}


def flag_bytes(body: bytes, sheet: Sheet | Totals) -> bytes:
    """What stands in the `.ok` file."""
    digest = hashlib.sha256(body).hexdigest()
    return f"rows={sheet.counted_rows};sum_fen={sheet.sum_fen};sha256={digest}".encode()


def garbled(body: bytes) -> bytes:
    """As it comes through a transfer in text mode: two thirds, and then bytes of no encoding."""
    return body[: len(body) * 2 // 3] + b"\x81\xff\xff\xfe\r\n"


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen).scaleb(-2)


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return "" if cell is None else str(cell)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
