"""Detail files whose layout no document fixes: columns are found by name, anything else is quarantined."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.records import Event, Kind, Reject
from ingest.cells import fen_of, number_of, text_of, time_of
from ingest.rejects import BadFieldError, reject
from ingest.tables import Cell, Row, TableError

_NEEDED = ("event_no", "kind", "lot", "voucher_no", "occurred_at", "face")
_HEADER_WITHIN = 30
_COUNTY = re.compile(r"[0-9]{6}")

Value = TypeVar("Value")
Number = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What an activity stands for in the campaign. `county`: where all its vouchers are used, if that is one."""

    sub_project: str
    template: str
    round_no: int
    county: str | None = None


class LotSettings(BaseModel):
    """One activity in `sources.toml`: one template of one round."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sub_project: Number
    template: Number
    round: Annotated[int, Field(ge=1, le=999)]
    county: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None

    @property
    def lot(self) -> Lot:
        return Lot(
            sub_project=self.sub_project, template=self.template, round_no=self.round, county=self.county
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Our reading of a file: field -> the names its column may have, and words of the kind column -> kind."""

    columns: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, Kind]
    left: tuple[str, ...] = ()  # columns we know of and do not read


class Detail:
    """Reads tables; then `events`, `rejects` and `rows` hold what was found."""

    def __init__(self, layout: Layout, *, platform: str, lots: Mapping[str, Lot]) -> None:
        self.events: list[Event] = []
        self.rejects: list[Reject] = []
        self.unread: set[str] = set()  # columns the layout does not have
        self._layout, self._platform, self._lots = layout, platform, lots

    @property
    def rows(self) -> int:
        return len(self.events) + len(self.rejects)

    def read(self, rows: Iterable[Row], *, prefix: str = "") -> None:
        """One table. Raises TableError if it has no header of ours."""
        columns: dict[str, int] | None = None
        for place, row in enumerate(rows):
            if not any(text_of(cell) for cell in row.cells):
                continue
            if columns is None:
                columns = self._header(row)
                if columns is None and place >= _HEADER_WITHIN:
                    break
                continue
            try:
                self.events.append(self._event(_Fields(row.cells, columns)))
            except BadFieldError as error:
                self.rejects.append(reject(prefix + row.place, error))
        if columns is None:
            names = ", ".join(self._layout.columns[field][0] for field in _NEEDED)
            raise TableError(f"no header row with {names}")

    def _header(self, row: Row) -> dict[str, int] | None:
        named = [_folded(text_of(cell)) for cell in row.cells]
        columns: dict[str, int] = {}
        for field, names in self._layout.columns.items():
            found = [place for place, name in enumerate(named) if name in names]
            if len(found) > 1:
                raise TableError(f"more than one column for {names[0]}")
            if found:
                columns[field] = found[0]
        if not all(field in columns for field in _NEEDED):
            return None
        known = {name for names in self._layout.columns.values() for name in names}
        self.unread |= set(named) - known - {"", *self._layout.left}
        return columns

    def _event(self, fields: _Fields) -> Event:
        kind = fields.read("kind", self._kind)
        lot = fields.read("lot", self._lot)
        face_fen = fields.read("face", fen_of)
        if face_fen == 0:
            raise BadFieldError("face", "a voucher without value")
        refund = kind is Kind.REFUND
        returned = fields.maybe("returned", fen_of) if refund else None
        return Event(
            kind=kind,
            platform=self._platform,
            sub_project=lot.sub_project,
            event_no=fields.read("event_no", number_of),
            template=lot.template,
            round_no=lot.round_no,
            voucher_no=fields.read("voucher_no", number_of),
            county=None if kind is Kind.CLAIM else fields.maybe("county", _county) or lot.county,
            face_fen=face_fen,
            occurred_at=fields.read("occurred_at", time_of),
            user_ref=fields.maybe("user_ref", number_of),
            merchant=fields.maybe("merchant", number_of),
            order_no=fields.maybe("order_no", number_of),
            order_fen=fields.maybe("order", fen_of),
            paid_fen=fields.maybe("paid", fen_of),
            origin_event_no=fields.read("origin", number_of) if refund else None,
            # work plan 七(五): the full face goes back to the pool
            returned_fen=face_fen if refund and returned is None else returned,
        )

    def _kind(self, cell: Cell) -> Kind:
        kind = self._layout.kinds.get(_folded(text_of(cell)))
        if kind is None:
            raise ValueError("a kind of row we do not know")
        return kind

    def _lot(self, cell: Cell) -> Lot:
        lot = self._lots.get(number_of(cell))
        if lot is None:
            raise ValueError("no activity of sources.toml")
        return lot


class _Fields:
    def __init__(self, cells: tuple[Cell, ...], columns: Mapping[str, int]) -> None:
        self._cells, self._columns = cells, columns

    def read(self, field: str, read: Callable[[Cell], Value]) -> Value:
        cell = self._cell(field)
        try:
            return read(cell)
        except ValueError as error:
            raise BadFieldError(field, str(error), text_of(cell)) from None

    def maybe(self, field: str, read: Callable[[Cell], Value]) -> Value | None:
        """None for an empty cell, or one with a dash."""
        empty = text_of(self._cell(field)) in ("", "-", "—", "--", "/")
        return None if empty else self.read(field, read)

    def _cell(self, field: str) -> Cell:
        place = self._columns.get(field)
        return None if place is None or place >= len(self._cells) else self._cells[place]


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _county(cell: Cell) -> str:
    code = number_of(cell)
    if not _COUNTY.fullmatch(code):
        raise ValueError("not a six-digit division code")
    return code
