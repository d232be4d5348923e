"""The use-flow and refund-flow files of a stock that has ended: CSV with back-ticks and a counting footer."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from domain.records import Event, Grade, Kind, Parsed, Reject
from domain.statements import Metric, Statement
from domain.terms import local
from ingest.cells import fen_of, number_of, text_of, time_of
from ingest.rejects import BadFieldError, reject
from ingest.tables import MAX_DETAIL_ROWS, Cell, Row, TableError, csv_rows
from ingest.wechatpay_stocks import Book

_STOCK, _COUPON = "批次id", "优惠id"
_FACE, _ORDER, _TRADE, _PAYMENT = "优惠金额(元)", "订单总金额(元)", "交易类型", "支付单号"
_USED_AT, _MERCHANT = "消耗时间", "消耗商户号"
_USE = (_STOCK, _COUPON, _FACE, _ORDER, _TRADE, _PAYMENT, _USED_AT, _MERCHANT)
_PAID = "支付"
_FOOTER = "总条数"

Value = TypeVar("Value")


def parse_flow(
    body: bytes, book: Book, *, stock_id: str, kind: Kind, asked_at: datetime | None = None
) -> Parsed:
    """Redemptions or refunds of one stock. Raises TableError: no such table, or its footer counts other rows.

    The footer of a use-flow is what the platform says was ever redeemed of the stock: it only comes once the stock
    has ended. A refund-flow's is none: a coupon may stand in it in parts.
    """
    header, rows = _sheet(body)
    if kind is Kind.REDEMPTION:
        missing = [name for name in _USE if name not in header]
        if missing:
            raise TableError(f"column {missing[0]} is missing")
        read: Callable[[Mapping[str, Cell]], Event] = lambda cells: _redemption(cells, book)  # noqa: E731
    else:
        columns = _refund_columns(header)
        read = lambda cells: _refund(cells, columns, book)  # noqa: E731
    records: list[Event] = []
    rejects: list[Reject] = []
    for row in rows:
        try:
            records.append(read(_cells(header, row, stock_id=stock_id)))
        except BadFieldError as error:
            rejects.append(reject(row.place, error))
    count = len(records) + len(rejects)
    stated = _total(book, stock_id, count, asked_at) if kind is Kind.REDEMPTION else ()
    return Parsed(records=(*records, *stated), rejects=tuple(rejects), grade=Grade.DAILY)


def _total(book: Book, stock_id: str, count: int, asked_at: datetime | None) -> tuple[Statement, ...]:
    """`count` is what the footer says: `_rows` holds it to that."""
    stock = book.stocks.get(stock_id)
    if stock is None or asked_at is None:
        return ()
    total = Statement(
        platform=book.platform,
        sub_project=stock.sub_project,
        metric=Metric.REDEEMED_GROSS,
        stated_at=asked_at,
        value_count=count,
        template=stock.template,
        round_no=stock.round,
    )
    return (total,)


def _sheet(body: bytes) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Header and rows, which are not all held at once."""
    rows = csv_rows(body, most_rows=MAX_DETAIL_ROWS)
    header = next(rows, None)
    if header is None:
        raise TableError("an empty file")
    names = tuple(_name(cell) for cell in header.cells)
    if len(set(names)) != len(names):
        raise TableError("a column stands twice")
    return names, _rows(rows)


def _rows(rows: Iterator[Row]) -> Iterator[Row]:
    """Up to a footer of two lines that must count them: a file cut short does not."""
    for counted, row in enumerate(rows):
        if _name(row.cells[0] if row.cells else "") == _FOOTER:
            _check_footer(rows, counted=counted)
            return
        yield row
    raise TableError("no footer: the file was cut short")


def _check_footer(rows: Iterator[Row], *, counted: int) -> None:
    told = [text_of(cell) for row in rows for cell in row.cells if text_of(cell)]
    if len(told) != 1 or not (told[0].isascii() and told[0].isdigit()):
        raise TableError("the footer is not one number")
    if int(told[0][:12]) != counted:
        raise TableError(f"the footer counts {told[0][:12]} rows, the file has {counted}")


def _name(cell: Cell) -> str:
    """Column names come with full-width brackets, now and then with a back-tick."""
    return unicodedata.normalize("NFKC", text_of(cell)).replace(" ", "")


def _cells(header: Sequence[str], row: Row, *, stock_id: str) -> Mapping[str, Cell]:
    if len(row.cells) != len(header):
        raise BadFieldError("row", f"{len(row.cells)} cells under {len(header)} columns")
    cells = dict(zip(header, row.cells, strict=True))
    if (told := _field(cells, _STOCK, number_of)) != stock_id:
        raise BadFieldError(_STOCK, "another stock than was asked for", told)
    return cells


def _redemption(cells: Mapping[str, Cell], book: Book) -> Event:
    trade = text_of(cells[_TRADE])
    if trade != _PAID:
        raise BadFieldError(_TRADE, f"not {_PAID}", trade)
    return book.redemption(
        _field(cells, _STOCK, number_of),
        _field(cells, _COUPON, number_of),
        merchant=_field(cells, _MERCHANT, number_of),
        face_fen=_positive(cells, _FACE),
        at=_field(cells, _USED_AT, time_of),
        order_no=_field(cells, _PAYMENT, number_of),
        order_fen=_field(cells, _ORDER, fen_of),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _RefundColumns:
    amount: str
    time: str
    merchant: str | None
    number: str | None


def _refund_columns(header: Sequence[str]) -> _RefundColumns:
    """By name. The columns of this file are in no document we found: unverified, so nothing ambiguous is taken."""
    for name in (_STOCK, _COUPON):
        if name not in header:
            raise TableError(f"column {name} is missing")
    amount = _one(header, "金额", prefer=("退", "优惠金额"))
    time = _one(header, "时间", prefer=("退", "消耗"))
    if amount is None or time is None:
        raise TableError("no amount or no time among the columns, or more than one")
    return _RefundColumns(
        amount=amount,
        time=time,
        merchant=_one(header, "商户号", prefer=("消耗", "退")),
        number=_one(header, "退款单号", prefer=("微信",)),
    )


def _one(header: Sequence[str], word: str, *, prefer: Sequence[str]) -> str | None:
    """The one column named so; of several, the one that also has the first preferred word that any has."""
    named = [name for name in header if word in name]
    for better in prefer if len(named) > 1 else ():
        chosen = [name for name in named if better in name]
        if chosen:
            named = chosen
            break
    return named[0] if len(named) == 1 else None


def _refund(cells: Mapping[str, Cell], columns: _RefundColumns, book: Book) -> Event:
    """Without a number of its own a refund is told apart by coupon and second: a coupon may come back in parts."""
    coupon, at = _field(cells, _COUPON, number_of), _field(cells, columns.time, time_of)
    own = _field(cells, columns.number, number_of) if columns.number else f"{coupon}.{local(at):%Y%m%d%H%M%S}"
    return book.refund(
        _field(cells, _STOCK, number_of),
        coupon,
        number=own,
        merchant=_field(cells, columns.merchant, number_of) if columns.merchant else None,
        returned_fen=_positive(cells, columns.amount),
        at=at,
    )


def _positive(cells: Mapping[str, Cell], column: str) -> int:
    fen = _field(cells, column, fen_of)
    if fen == 0:
        raise BadFieldError(column, "an amount of zero")
    return fen


def _field(cells: Mapping[str, Cell], column: str, read: Callable[[Cell], Value]) -> Value:
    try:
        return read(cells[column])
    except ValueError as error:
        raise BadFieldError(column, str(error), cells[column]) from None
