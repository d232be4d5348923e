"""The bank profile's 对账 file: `ZFXFQ_<sub_project>_DZ_<yyyymmdd>_<seq>.csv|xlsx`, a day's totals in the bank's books.

One row a day, or one a day and 批次号. Columns by name, in any order; needed are 对账日期 and one total at least:

    对账日期, 子项目号, 批次号, 领取张数, 领取金额(元), 核销张数, 核销金额(元), 退款张数, 退回金额(元)

Amounts of claims and redemptions are face values, 退回金额 is what went back to the pool. A total that has no column,
or whose cell is empty or a dash, is not stated: that is no zero. A day without trade states zeros. 制表时间 above the
header says when the bank drew it up; of one day the newest holds. The flag's `sum_fen` is the sum of 核销金额.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from domain.statements import Metric, Statement
from domain.terms import business_day_start
from ingest.bank_cells import Fields, batch, folded
from ingest.bank_sheets import BATCH_NO, SUB_PROJECT, BankSheets, Found
from ingest.bank_table import BankTable
from ingest.cells import fen_of, text_of, time_of
from ingest.rejects import BadFieldError, reject
from ingest.tables import Cell, Row, TableError

STATEMENT = "DZ"
DAY, REDEEMED = "对账日期", "核销金额(元)"
TOTALS = {
    Metric.CLAIMED: ("领取张数", "领取金额(元)"),
    Metric.REDEEMED_GROSS: ("核销张数", REDEEMED),
    Metric.REFUNDED: ("退款张数", "退回金额(元)"),
}
_COUNT = re.compile(r"[0-9]{1,12}")


class BankStatement(BankSheets):
    """A day's totals. `revision` is of no account: of statements drawn up at one time the last received holds."""

    dated = re.compile(r"制表时间:\s*(.{8,40})")
    profile = frozenset((DAY, SUB_PROJECT, BATCH_NO, *(name for names in TOTALS.values() for name in names)))

    def __init__(
        self, *, platform: str, sub_project: str, letters: str = STATEMENT, revision: int = 0
    ) -> None:
        super().__init__(platform=platform, sub_project=sub_project, letters=letters, revision=revision)
        self._statements: list[Statement] = []
        self._rows = 0

    def found(self) -> Found:
        """Raises TableError if no sheet held the header."""
        if not self._found_header:
            raise TableError(f"no header row with {DAY}")
        # complete until nowhere: a total is no detail, the feed is as far as its files of events
        return Found(
            rejects=tuple(self._rejects),
            sum_fen=self._sum_fen,
            statements=tuple(self._statements),
            stated_rows=self._rows,
            unread=tuple(sorted(self._unread)),
        )

    def _header(self, cells: tuple[Cell, ...]) -> list[str]:
        named = [folded(text_of(cell)) for cell in cells]
        return named if DAY in named else []

    def _check(self, columns: Mapping[str, int]) -> None:
        if not any(name in columns for names in TOTALS.values() for name in names):
            raise TableError("no column with a total")

    def _take(self, row: Row, columns: Mapping[str, int]) -> None:
        fields = Fields(row.cells, columns)
        try:
            stated = list(self._stated(fields))
        except BadFieldError as error:
            self._rejects.append(reject(row.place, error))
            self._sum_fen = None
            return
        self._rows += 1
        self._statements += stated
        if self._sum_fen is not None:
            self._sum_fen += sum(s.value_fen or 0 for s in stated if s.metric is Metric.REDEEMED_GROSS)

    def _stated(self, fields: Fields) -> Iterator[Statement]:
        day = business_day_start(fields.read(DAY, time_of)).astimezone(UTC)
        sub_project = self._checked_sub_project(fields)
        lot = fields.maybe(BATCH_NO, batch)
        drawn_up = next(iter(self._dated), None) or day + timedelta(days=1)
        for metric, (count_name, fen_name) in TOTALS.items():
            count, fen = fields.maybe(count_name, _count), fields.maybe(fen_name, fen_of)
            if count is None and fen is None:
                continue
            yield Statement(
                platform=self.platform,
                sub_project=sub_project,
                metric=metric,
                stated_at=drawn_up,
                value_count=count,
                value_fen=fen,
                day=day,
                template=lot[0] if lot else None,
                round_no=lot[1] if lot else None,
            )


def _count(cell: Cell) -> int:
    text = unicodedata.normalize("NFKC", text_of(cell)).replace(",", "").removesuffix("张")
    if isinstance(cell, bool | datetime) or not _COUNT.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def table_of(*, platform: str, sub_project: str, letters: str, revision: int = 0) -> BankSheets:
    """What reads the files of these letters."""
    kind = BankStatement if letters == STATEMENT else BankTable
    return kind(platform=platform, sub_project=sub_project, letters=letters, revision=revision)
