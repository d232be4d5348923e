"""The cells of a bank's files, whichever of its tables they stand in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeVar

from domain.records import Kind
from ingest.cells import number_of, text_of
from ingest.rejects import BadFieldError
from ingest.tables import Cell

_BATCH = re.compile(r"([!-~]{1,60})#R([1-9][0-9]{0,2})")
_STEP = {"申请": Kind.APPLICATION, "通过": Kind.APPROVAL, "驳回": Kind.REJECTION, "已付": Kind.PAYMENT}
_TOTALS = ("合计", "总计", "小计", "共计", "本页", "累计")
_NOTES = ("制表", "填报", "打印", "审核人", "复核", "备注", "说明", "注:")

Value = TypeVar("Value")


class Fields:
    """The cells of one row by column name."""

    def __init__(self, cells: tuple[Cell, ...], columns: Mapping[str, int]) -> None:
        self._cells = cells
        self._columns = columns

    def cell(self, name: str) -> Cell:
        index = self._columns.get(name)
        return None if index is None or index >= len(self._cells) else self._cells[index]

    def read(self, name: str, read: Callable[[Cell], Value]) -> Value:
        cell = self.cell(name)
        try:
            return read(cell)
        except ValueError as error:
            raise BadFieldError(name, str(error), text_of(cell)) from None

    def maybe(self, name: str, read: Callable[[Cell], Value]) -> Value | None:
        """None for an empty cell, or one with a dash."""
        return None if text_of(self.cell(name)) in ("", "-", "—", "--", "/") else self.read(name, read)


def is_decoration(cells: tuple[Cell, ...]) -> bool:
    """Blank rows, totals, notes, and titles repeated on every printed page."""
    texts = [text for text in (text_of(cell) for cell in cells) if text]
    if not texts:
        return True
    first = folded(texts[0])
    alone = len(texts) == 1 and not first.isascii()
    return alone or first.startswith((*_TOTALS, *_NOTES))


def folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def batch(cell: Cell) -> tuple[str, int]:
    found = _BATCH.fullmatch(number_of(cell))
    if not found:
        raise ValueError("not <template>#R<round>")
    return found[1], int(found[2])


def step(cell: Cell) -> Kind:
    """Of an application for an audited subsidy."""
    kind = _STEP.get(folded(text_of(cell)))
    if kind is None:
        raise ValueError(f"none of {', '.join(_STEP)}")
    return kind
