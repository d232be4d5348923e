"""The columns of a hotline's or a message board's list: rows of cells -> tickets and rejects.

Columns about the citizen (name, number, address) are not among them: they are never read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.records import Reject, TicketState
from domain.text import clean_text
from ingest.cells import number_of, text_of, time_of
from ingest.plain import MAX_TEXT
from ingest.rejects import BadFieldError, reject
from ingest.tables import Cell, Row, TableError

NUMBER, AT, CHANNEL, COUNTY, CATEGORY, TITLE, TEXT, UNIT, STATE, ANSWERED_AT = (
    "工单编号", "受理时间", "受理渠道", "所属县区", "诉求类别", "诉求标题", "诉求内容", "承办单位", "办理状态",
    "答复时间",
)  # fmt: skip
NAMES = {
    NUMBER: ("工单号", "受理编号", "诉求编号", "留言编号", "工单流水号", "信件编号", "编号"),
    AT: ("来电时间", "诉求时间", "登记时间", "留言时间", "提交时间", "来信时间", "创建时间", "受理日期"),
    CHANNEL: ("渠道", "来源渠道", "诉求来源", "来源", "受理方式"),
    COUNTY: ("县区", "所属区域", "所属区县", "区县", "事发区域", "行政区划", "属地", "留言地区", "区域"),
    CATEGORY: ("问题分类", "类别", "诉求类型", "问题类别", "留言类型", "工单类型"),
    TITLE: ("标题", "主题", "工单标题", "留言标题"),
    TEXT: ("内容", "工单内容", "问题描述", "诉求描述", "留言内容", "来电内容", "主要内容"),
    UNIT: ("办理单位", "责任单位", "回复单位", "主办单位", "处置单位"),
    STATE: ("状态", "工单状态", "处理状态", "留言状态", "当前状态"),
    ANSWERED_AT: ("回复时间", "办结时间", "办理时间", "更新时间", "反馈时间"),
}
_COLUMN = {name: column for column, names in NAMES.items() for name in (column, *names)}
_STATES = {
    TicketState.RECEIVED: ("待受理", "已受理", "受理", "待派单", "已登记", "待审核", "待处理", "未处理",
                           "待回复", "未回复"),
    TicketState.HANDLING: ("办理中", "处理中", "已派单", "已转办", "转办", "交办", "待办", "已签收", "处置中",
                           "待办理", "延期办理"),
    TicketState.ANSWERED: ("已答复", "已回复", "已办理", "待评价", "待回访", "已反馈"),
    TicketState.CLOSED: ("已办结", "办结", "已结案", "已完成", "已归档", "已关闭", "已评价", "结案"),
    TicketState.REOPENED: ("重办", "重新办理", "退回重办", "督办", "二次办理", "不满意重办"),
}  # fmt: skip
_STATE_OF = {word: state for state, words in _STATES.items() for word in words}
_HEADER_WITHIN = 30
_TOTALS = ("合计", "总计", "小计", "制表", "填报", "打印", "备注", "说明", "注:")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTicket:
    """One row. `county` is the list's own word for it: a name or a code."""

    number: str
    at: datetime | None
    title: str
    text: str
    county: str
    channel: str
    category: str
    unit: str
    told_state: str
    state: TicketState | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTickets:
    """What a file held."""

    tickets: tuple[FoundTicket, ...]
    rejects: tuple[Reject, ...]


class TicketTable:
    """Reads sheet after sheet; then `found()` is what they held."""

    def __init__(self) -> None:
        self._tickets: list[FoundTicket] = []
        self._rejects: list[Reject] = []
        self._found_header = False

    def read(self, rows: Iterable[Row]) -> None:
        """One sheet; a sheet without our header is none of ours. Raises TableError."""
        columns: dict[str, int] | None = None
        for place, row in enumerate(rows):
            named = _columns(row.cells)
            if named is not None:  # once, or again at the top of every printed page
                columns, self._found_header = named, True
            elif columns is None:
                if place >= _HEADER_WITHIN:
                    return
            elif not _is_decoration(row.cells, columns[NUMBER]):
                self._take(row, columns)

    def found(self) -> FoundTickets:
        """Raises TableError if no sheet held the header."""
        if not self._found_header:
            raise TableError(f"no header row with {NUMBER}, {TEXT} and {AT}")
        return FoundTickets(tickets=tuple(self._tickets), rejects=tuple(self._rejects))

    def _take(self, row: Row, columns: Mapping[str, int]) -> None:
        try:
            self._tickets.append(_ticket(row.cells, columns))
        except BadFieldError as error:
            self._rejects.append(reject(row.place, error))


def _columns(cells: tuple[Cell, ...]) -> dict[str, int] | None:
    """Our names for the columns of a header row; None for any other row. Raises TableError."""
    if not any(isinstance(cell, str) and ("号" in cell) for cell in cells):
        return None
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        column = _COLUMN.get(_folded(text_of(cell)))
        if column is not None and column in found and _folded(text_of(cell)) == column:
            raise TableError(f"the column {column} stands twice in the header")
        if column is not None:
            found.setdefault(column, index)
    return found if NUMBER in found and AT in found and (TEXT in found or TITLE in found) else None


def _ticket(cells: tuple[Cell, ...], columns: Mapping[str, int]) -> FoundTicket:
    def cell(column: str) -> Cell:
        index = columns.get(column)
        return None if index is None or index >= len(cells) else cells[index]

    def said(column: str, limit: int) -> str:
        return clean_text(text_of(cell(column)))[:limit]

    number = _read(NUMBER, cell(NUMBER))
    title, text = said(TITLE, 300).replace("\n", " "), said(TEXT, MAX_TEXT)
    if not title and not text:
        raise BadFieldError(TEXT, "neither title nor words", number)
    told_state = said(STATE, 64)
    return FoundTicket(
        number=number,
        at=_moment(AT, cell(AT)),
        title=title,
        text=text,
        county=said(COUNTY, 40),
        channel=said(CHANNEL, 64),
        category=said(CATEGORY, 120),
        unit=said(UNIT, 120),
        told_state=told_state,
        state=_STATE_OF.get(_folded(told_state)),
        told_at=_moment(ANSWERED_AT, cell(ANSWERED_AT)),
    )


def _read(column: str, cell: Cell) -> str:
    try:
        return number_of(cell)
    except ValueError as error:
        raise BadFieldError(column, str(error), text_of(cell)) from None


def _moment(column: str, cell: Cell) -> datetime | None:
    """None for an empty cell, or one with a dash; a time nobody can read is no time but a bad row."""
    if text_of(cell) in ("", "-", "—", "--", "/"):
        return None
    try:
        return time_of(cell)
    except ValueError as error:
        raise BadFieldError(column, str(error), text_of(cell)) from None


def _is_decoration(cells: tuple[Cell, ...], number: int) -> bool:
    """Blank rows, totals, notes, and titles repeated on every printed page. `number`: the column of a ticket's number,
    which says more than a title that begins with 说明 or 打印.
    """
    texts = [text for text in (text_of(cell) for cell in cells) if text]
    if not texts:
        return True
    first = _folded(texts[0])
    if first in _TOTALS or (len(texts) == 1 and not first.isascii()):
        return True
    return first.startswith(_TOTALS) and not _is_number(cells[number] if number < len(cells) else None)


def _is_number(cell: Cell) -> bool:
    try:
        return bool(number_of(cell))
    except ValueError:
        return False


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
