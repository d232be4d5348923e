"""Stock list and stock detail: how many coupons were given out, and until when they can be used."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.records import Counter, Parsed, Payload, Reject
from domain.text import decode
from ingest import strict_json
from ingest.rejects import BadFieldError, reject
from ingest.times import rfc3339
from ingest.wechatpay_client import said_at
from ingest.wechatpay_progress import flows_ready_at
from ingest.wechatpay_stocks import Book, Number

PAGE = 10
"""The platform's largest page."""


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


Item = TypeVar("Item", bound=_Wire)


class _StockPage(_Wire):
    total_count: Annotated[int, Field(ge=0)]
    data: list[Any] = Field(default=[], max_length=PAGE)


class _Stock(_Wire):
    stock_id: Number
    distributed_coupons: Annotated[int, Field(ge=0, lt=2**53)]  # claims, not redemptions
    available_end_time: str


def parse_list(payload: Payload, book: Book) -> Parsed:
    """A counter for every stock that is written down, a reject for every other. Raises ValueError."""
    return _claims(payload, _read(_StockPage, _json(payload)).data, book)


def parse_detail(payload: Payload, book: Book) -> Parsed:
    """Raises ValueError."""
    return _claims(payload, [_json(payload)], book)


def total_count(page: Payload) -> int:
    """Raises ValueError."""
    return _read(_StockPage, _json(page)).total_count


def flows_ready(answer: Payload) -> dict[str, datetime]:
    """By stock, of a page of the list or a detail, when its files may be asked for.

    What cannot be read is left out: `parse` says why.
    """
    ready: dict[str, datetime] = {}
    for item in _items(answer):
        with suppress(ValueError):
            stock = _read(_Stock, item)
            ready[stock.stock_id] = flows_ready_at(rfc3339(stock.available_end_time))
    return ready


def _items(answer: Payload) -> list[Any]:
    try:
        content = _json(answer)
    except ValueError:
        return []
    try:
        return _read(_StockPage, content).data
    except ValueError:
        return [content]


def _claims(payload: Payload, stocks: list[Any], book: Book) -> Parsed:
    at = said_at(payload)
    records: list[Counter] = []
    rejects: list[Reject] = []
    for place, item in enumerate(stocks):
        stock = _read(_Stock, item)
        try:
            records.append(book.claims(stock.stock_id, stock.distributed_coupons, at=at))
        except BadFieldError as error:
            rejects.append(reject(f"data[{place}]", error))
    return Parsed(records=tuple(records), rejects=tuple(rejects), data_time=at)


def _json(payload: Payload) -> Any:
    return strict_json.loads(decode(payload.body))


def _read(kind: type[Item], content: Any) -> Item:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise ValueError(f"{where}: {first['msg']}") from None
