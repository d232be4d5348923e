"""What the deployment says of WeChat's stocks and merchants: which tranche a stock is, which county a merchant.

WeChat knows neither: a stock has an id, a use has a merchant id. What is not written down here is a reject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.records import Counter, Event, Kind
from ingest.cells import number_of
from ingest.rejects import BadFieldError
from ingest.tables import csv_rows

Number = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]
County = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class Stock(BaseModel):
    """One `stocks` entry: one stock is one (sub-project, template, round)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stock_id: Number
    sub_project: Number
    template: Number
    round: Annotated[int, Field(ge=1, le=999)]
    county: County | None = None  # a county programme's own: holds for merchants that are in no table
    face_fen: Annotated[int, Field(gt=0)] | None = None  # needed to tell a partial refund from another face


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Stocks by id, counties by merchant id."""

    platform: str
    stocks: Mapping[str, Stock]
    counties: Mapping[str, str]

    def claims(self, stock_id: str, count: int, *, at: datetime) -> Counter:
        """Raises BadFieldError."""
        stock = self.stock(stock_id)
        return Counter(
            platform=self.platform,
            sub_project=stock.sub_project,
            template=stock.template,
            round_no=stock.round,
            kind=Kind.CLAIM,
            value_count=count,
            counted_at=at,
        )

    def redemption(
        self,
        stock_id: str,
        coupon: str,
        *,
        merchant: str,
        face_fen: int,
        at: datetime,
        order_no: str | None,
        order_fen: int | None = None,
    ) -> Event:
        """The same event from the callback and from the file: numbered by its coupon, which is used once.

        To the second, since the file has no more. Raises BadFieldError.
        """
        stock = self.stock(stock_id)
        return Event(
            kind=Kind.REDEMPTION,
            platform=self.platform,
            sub_project=stock.sub_project,
            event_no=coupon,
            template=stock.template,
            round_no=stock.round,
            voucher_no=coupon,
            county=self._county(stock, merchant),
            face_fen=face_fen,
            occurred_at=at.replace(microsecond=0),
            merchant=merchant,
            order_no=order_no,
            order_fen=order_fen,
        )

    def refund(
        self,
        stock_id: str,
        coupon: str,
        *,
        number: str,
        merchant: str | None,
        returned_fen: int,
        at: datetime,
    ) -> Event:
        """Raises BadFieldError."""
        stock = self.stock(stock_id)
        return Event(
            kind=Kind.REFUND,
            platform=self.platform,
            sub_project=stock.sub_project,
            event_no=number,
            template=stock.template,
            round_no=stock.round,
            voucher_no=coupon,
            county=self._county(stock, merchant),
            face_fen=stock.face_fen
            or returned_fen,  # a part without a known face is refused at the campaign's door
            occurred_at=at.replace(microsecond=0),
            merchant=merchant,
            origin_event_no=coupon,
            returned_fen=returned_fen,
        )

    def stock(self, stock_id: str) -> Stock:
        """Raises BadFieldError: an unknown stock is shown, its tranche never guessed."""
        stock = self.stocks.get(stock_id)
        if stock is None:
            raise BadFieldError("stock_id", f"stock {stock_id[:32]} is not among the source's stocks")
        return stock

    def _county(self, stock: Stock, merchant: str | None) -> str:
        county = self.counties.get(merchant or "") or stock.county
        if county is None:
            named = f"merchant {merchant[:32]}" if merchant else "a row without a merchant"
            raise BadFieldError("merchant", f"{named} has no county: not in merchant_counties")
        return county


def read_merchant_counties(path: Path) -> dict[str, str]:
    """Merchant id -> division code, from a CSV with the columns `merchant` and `county`. Raises ValueError."""
    try:
        rows = csv_rows(path.read_bytes())
        header = [str(cell).strip() for cell in next(rows).cells]
        merchant, county = header.index("merchant"), header.index("county")
        found: dict[str, str] = {}
        for row in rows:
            if not any(row.cells):
                continue
            no, code = number_of(row.cells[merchant]), number_of(row.cells[county])
            if len(code) != 6 or not code.isdigit() or found.setdefault(no, code) != code:
                raise ValueError(f"{row.place}: a county that is no division code, or a merchant with two")
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except (StopIteration, IndexError):
        raise ValueError("a row is too short, or there is none") from None
    return found
