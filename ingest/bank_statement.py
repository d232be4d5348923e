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
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from domain.records import Reject
from domain.statements import Metric, Statement
from domain.terms import business_day_start
from ingest.bank_cells import Fields, batch, folded, is_decoration
from ingest.bank_table import BATCH_NO, SUB_PROJECT, BankTable, Found
from ingest.cells import fen_of, number_of, text_of, time_of
from ingest.rejects import BadFieldError, reject
from ingest.tables import Cell, Row, TableError
from ingest.times import local_time

STATEMENT = "DZ"
DAY, REDEEMED = "对账日期", "核销金额(元)"
TOTALS = {
    Metric.CLAIMED: ("领取张数", "领取金额(元)"),
    Metric.REDEEMED_GROSS: ("核销张数", REDEEMED),
    Metric.REFUNDED: ("退款张数", "退回金额(元)"),
}
_DRAWN_UP = re.compile(r"制表时间:\s*(.{8,40})")
_COUNT = re.compile(r"[0-9]{1,12}")
_HEADER_WITHIN = 30


class BankStatement:
    """Reads sheet after sheet, as `BankTable` does; then `found()` is what they held."""

    def __init__(
        self, *, platform: str, sub_project: str, letters: str = STATEMENT, revision: int = 0
    ) -> None:
        self.platform, self.sub_project, self.letters = platform, sub_project, letters
        self.revision = revision  # of no account: of statements drawn up at one time the last received holds
        self._statements: list[Statement] = []
        self._rejects: list[Reject] = []
        self._rows = 0
        self._sum_fen: int | None = 0
        self._drawn_up: datetime | None = None
        self._found_header = False

    def read(self, rows: Iterable[Row]) -> None:
        """One sheet; one without our header is none of ours. Raises TableError."""
        columns: dict[str, int] | None = None
        for place, row in enumerate(rows):
            named = [folded(text_of(cell)) for cell in row.cells]
            if DAY in named:
                columns = self._columns(named)
            elif columns is None:
                self._read_title(row.cells)
                if place >= _HEADER_WITHIN:
                    return
            elif not is_decoration(row.cells):
                self._take(row, columns)

    def found(self) -> Found:
        """Raises TableError if no sheet held the header."""
        if not self._found_header:
            raise TableError(f"no header row with {DAY}")
        return Found(
            events=(),
            rejects=tuple(self._rejects),
            sum_fen=self._sum_fen,
            complete_until=None,  # a total is no detail: the feed is as far as its files of events
            statements=tuple(self._statements),
            stated_rows=self._rows,
        )

    def _columns(self, named: list[str]) -> dict[str, int]:
        columns = {name: index for index, name in enumerate(named) if name}
        if len(columns) != sum(1 for name in named if name):
            raise TableError("a column name stands twice in the header")
        if not any(name in columns for names in TOTALS.values() for name in names):
            raise TableError("no column with a total")
        self._found_header = True
        return columns

    def _read_title(self, cells: tuple[Cell, ...]) -> None:
        for cell in cells:
            told = _DRAWN_UP.search(unicodedata.normalize("NFKC", text_of(cell)))
            if told:
                try:
                    self._drawn_up = local_time(told[1])
                except ValueError:
                    continue

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
        named = fields.maybe(SUB_PROJECT, number_of)
        if named not in (None, self.sub_project):
            raise BadFieldError(SUB_PROJECT, "not the sub-project of the file's name", named)
        lot = fields.maybe(BATCH_NO, batch)
        for metric, (count_name, fen_name) in TOTALS.items():
            count, fen = fields.maybe(count_name, _count), fields.maybe(fen_name, fen_of)
            if count is None and fen is None:
                continue
            yield Statement(
                platform=self.platform,
                sub_project=self.sub_project,
                metric=metric,
                stated_at=self._drawn_up or day + timedelta(days=1),
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


def table_of(
    *, platform: str, sub_project: str, letters: str, revision: int = 0
) -> BankTable | BankStatement:
    """What reads the files of these letters."""
    kind: Callable[..., BankTable | BankStatement] = BankStatement if letters == STATEMENT else BankTable
    return kind(platform=platform, sub_project=sub_project, letters=letters, revision=revision)
