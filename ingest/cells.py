"""One cell of somebody's table -> text, number, amount or time. Raises ValueError, guesses nothing."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta

from domain.money import fen_from_yuan
from domain.text import clean_text
from ingest.tables import Cell
from ingest.times import is_serial, local_time, serial_time

_FORMULA_GUARD = re.compile(r'="(.*)"', re.DOTALL)
_QUOTES = "'`‘’´\"“”"
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]{1,3}", re.IGNORECASE)
_NUMBER = re.compile(r"[!-~]{1,64}")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,2})?")
_EXACT_DIGITS = 15
"""Spreadsheets keep so many digits of a number; of a longer one the end is invented zeros."""


def text_of(cell: Cell) -> str:
    """Text without the marks people put before numbers so that a spreadsheet leaves them alone."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return format(cell, f".{_EXACT_DIGITS}g")
    text = clean_text(str(cell))
    guarded = _FORMULA_GUARD.fullmatch(text)
    return (guarded[1] if guarded else text).strip(_QUOTES + " \t")


def number_of(cell: Cell) -> str:
    """An id: visible ASCII, full-width folded. Raises ValueError for what a spreadsheet has spoilt."""
    if isinstance(cell, bool | datetime | date):
        raise ValueError("a number was expected")
    if isinstance(cell, int | float) and abs(cell) >= 10**_EXACT_DIGITS:
        raise ValueError("stored as a number: its last digits are lost")
    text = unicodedata.normalize("NFKC", text_of(cell))
    if _SCIENTIFIC.fullmatch(text):
        raise ValueError("scientific notation: its digits are lost")
    if not _NUMBER.fullmatch(text):
        raise ValueError("empty" if not text else "not a number of 1 to 64 visible characters")
    return text


def fen_of(cell: Cell) -> int:
    """Whole fen of an amount in yuan: 1,234.50 · 1234.5元 · ¥100 · full-width digits. Never negative."""
    if isinstance(cell, bool | datetime | date):
        raise ValueError("an amount was expected")
    text = unicodedata.normalize("NFKC", text_of(cell)).replace(" ", "")
    text = text.removeprefix("¥").removesuffix("元").removesuffix("圆")
    if not text:
        raise ValueError("empty")
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    try:
        fen = fen_from_yuan(text)
    except ValueError:
        raise ValueError("not an amount in yuan with at most two decimals") from None
    if fen < 0:
        raise ValueError("a negative amount")
    return fen


def time_of(cell: Cell) -> datetime:
    """UTC moment of a date cell, a day number or text in a known form."""
    if isinstance(cell, datetime):
        rounded = cell + timedelta(milliseconds=500)  # 8:59:59.9998 is how a spreadsheet keeps 9:00
        return local_time(rounded.isoformat(sep=" ", timespec="seconds"))
    if isinstance(cell, date):
        return local_time(cell.isoformat())
    if isinstance(cell, bool):
        raise ValueError("a time was expected")
    if isinstance(cell, int | float):
        # 20221028 and 20221028090001 kept as numbers are dates too, and far from any day number
        return serial_time(cell) if cell < 10**6 else local_time(text_of(cell))
    text = unicodedata.normalize("NFKC", text_of(cell))
    if not text:
        raise ValueError("empty")
    return serial_time(float(text)) if is_serial(text) else local_time(text)
