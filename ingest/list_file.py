"""Lists that offices keep as CSV: all of a file or none of it, and every fault named by file, row and column.

A list with a line missing would be another list, so that one wrong cell refuses the file.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from domain.errors import ConfigError
from domain.terms import local
from ingest.cells import text_of, time_of
from ingest.tables import MAX_FILE_BYTES, Row, TableError, csv_rows

_LONGEST_TEXT = 200
_PROBLEMS_SHOWN = 20

Value = TypeVar("Value")
Line = TypeVar("Line")


def file_bytes(path: Path) -> bytes:
    """Raises ConfigError for a file that cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            body = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if len(body) > MAX_FILE_BYTES:
        raise ConfigError(f"{path.name}: over {MAX_FILE_BYTES} bytes")
    return body


def opened(path: Path, body: bytes) -> tuple[list[str], Iterator[Row]]:
    """The header, and the rows below it that are not blank."""
    rows = (row for row in csv_rows(body) if any(text_of(cell) for cell in row.cells))
    try:
        head = next(rows, None)
    except TableError as error:
        raise ConfigError(f"{path.name}: {error}") from error
    if head is None:
        raise ConfigError(f"{path.name}: empty")
    names = [unicodedata.normalize("NFKC", text_of(cell)).replace(" ", "") for cell in head.cells]
    while names and not names[-1]:
        names.pop()
    return names, rows


def read_lines(
    name: str,
    rows: Iterator[Row],
    head: Sequence[str],
    columns: Sequence[str],
    once: Callable[[Line, str, dict[object, str]], None],
    one: Callable[[Cells], Line],
) -> tuple[Line, ...]:
    """Every row as `one` reads it; `once` refuses what stands in another row already. Raises ConfigError."""
    problems: list[str] = []
    found: list[Line] = []
    seen: dict[object, str] = {}
    places = _places(name, head, columns)
    try:
        for row in rows:
            try:
                value = one(Cells(row, places))
                once(value, row.place, seen)
                found.append(value)
            except Wrong as wrong:
                problems.append(f"{name}: {row.place}: {wrong}")
    except TableError as error:
        problems.append(f"{name}: {error}")
    if problems:
        more = len(problems) - _PROBLEMS_SHOWN
        tail = [f"{name}: and {more} more"] if more > 0 else []
        raise ConfigError("\n".join(problems[:_PROBLEMS_SHOWN] + tail))
    return tuple(found)


class Wrong(ValueError):
    """A cell, by its column."""

    def __init__(self, field: str, reason: object) -> None:
        super().__init__(f"{field}: {reason}")


@dataclass(frozen=True, slots=True)
class Cells:
    """One row, cell by column."""

    row: Row
    places: Mapping[str, int]

    def text(self, field: str) -> str:
        place = self.places[field]
        text = text_of(self.row.cells[place]) if place < len(self.row.cells) else ""
        if len(text) > _LONGEST_TEXT:
            raise Wrong(field, f"more than {_LONGEST_TEXT} characters")
        return text

    def must(self, field: str, read: Callable[[str], Value]) -> Value:
        try:
            return read(self.text(field))
        except Wrong:
            raise
        except ValueError as error:
            raise Wrong(field, error) from None

    def maybe(self, field: str, read: Callable[[str], Value]) -> Value | None:
        return self.must(field, read) if self.text(field) else None


def _places(name: str, head: Sequence[str], columns: Sequence[str]) -> dict[str, int]:
    """A misspelt column must not pass for an absent one: every column is there, once, and no other."""
    if wrong := [column for column in head if column not in columns]:
        raise ConfigError(f"{name}: header: unknown column {wrong[0][:40]!r}")
    if missing := [column for column in columns if column not in head]:
        raise ConfigError(f"{name}: header: no column {missing[0]}")
    if len(set(head)) != len(head):
        raise ConfigError(f"{name}: header: a column stands twice")
    return {column: place for place, column in enumerate(head)}


def some(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def one_of(text: str, words: Mapping[str, Value]) -> Value:
    if text not in words:
        raise ValueError(f"none of {'、'.join(words)}")
    return words[text]


def id_of(text: str, known: Mapping[str, object]) -> str:
    """By id or by name, as the campaign file has them."""
    for id, entry in known.items():
        if text in (id, getattr(entry, "name", None)):
            return id
    raise ValueError(f"neither id nor name of any in the campaign file: {text[:40]!r}")


def midnight(text: str) -> datetime:
    """00:00 Asia/Shanghai of a date. Raises ValueError where a time is given with it."""
    at = time_of(text)
    here = local(at)
    if (here.hour, here.minute, here.second, here.microsecond) != (0, 0, 0, 0):
        raise ValueError("a date without a time was expected")
    return at
