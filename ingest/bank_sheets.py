"""What the tables of our bank profile have in common: titles, a header of names, rows, and decoration between them."""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from domain.records import Event, Reject
from domain.statements import Statement
from ingest.bank_cells import Fields, is_decoration
from ingest.cells import number_of, text_of
from ingest.rejects import BadFieldError
from ingest.tables import Cell, Row, TableError
from ingest.times import local_time

SUB_PROJECT, BATCH_NO = "子项目号", "批次号"
_WHOLE_DAY = re.compile(
    r"\s*(\d{8}|\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?)[\sT]*(?:24\s*[:时点][\s:0分秒]*)?",
    re.ASCII,
)
"""A day alone, or with 24:00 as its time."""
_HEADER_WITHIN = 30
"""Rows of titles and 制表单位 that may stand above the header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a file held."""

    events: tuple[Event, ...] = ()
    rejects: tuple[Reject, ...]
    sum_fen: int | None  # None: a face could not be read, so there is no sum
    complete_until: datetime | None = None  # None: it does not say how far its events go
    since: datetime | None = None  # None: nor from when on
    statements: tuple[Statement, ...] = ()
    stated_rows: int = 0  # rows of totals: each holds several statements
    unread: tuple[str, ...] = ()  # columns the profile does not have

    @property
    def rows(self) -> int:
        return len(self.events) + len(self.rejects) + self.stated_rows


class BankSheets(ABC):
    """Reads the sheets of one file, one after the other; then `found()` is what they held."""

    dated: ClassVar[re.Pattern[str]]  # the title whose groups are times: `_dated`, once it was read
    profile: ClassVar[frozenset[str]]  # every column there may be, read or not

    def __init__(self, *, platform: str, sub_project: str, letters: str, revision: int = 0) -> None:
        self.platform, self.sub_project, self.letters = platform, sub_project, letters
        self.revision = revision
        self._rejects: list[Reject] = []
        self._sum_fen: int | None = 0
        self._dated: tuple[datetime | None, ...] = ()
        self._found_header = False
        self._unread: set[str] = set()

    def read(self, rows: Iterable[Row]) -> None:
        """One sheet; a sheet without our header is none of ours. Raises TableError."""
        columns: dict[str, int] | None = None
        dated = self._dated
        for place, row in enumerate(rows):
            named = self._header(row.cells)
            if named:  # once, or again at the top of every printed page
                if self._is_other_kind(named):
                    return
                columns = self._columns(named)
                self._dated = dated  # of a sheet of ours alone: a summary may be of the whole month
            elif columns is None:
                dated = self._title(row.cells) or dated
                if place >= _HEADER_WITHIN:
                    return
            elif not is_decoration(row.cells):
                self._take(row, columns)

    @abstractmethod
    def found(self) -> Found:
        """Raises TableError if no sheet held the header."""

    @abstractmethod
    def _header(self, cells: tuple[Cell, ...]) -> list[str]:
        """The column names, full-width forms folded and spaces out, if this is the header row; else nothing."""

    def _is_other_kind(self, named: list[str]) -> bool:
        """A workbook may hold one sheet per kind; the file's name says which one is meant."""
        return False

    @abstractmethod
    def _check(self, columns: Mapping[str, int]) -> None:
        """Raises TableError where a column is missing."""

    @abstractmethod
    def _take(self, row: Row, columns: Mapping[str, int]) -> None:
        """One row below the header, with each column's place."""

    def _columns(self, named: list[str]) -> dict[str, int]:
        columns = {name: index for index, name in enumerate(named) if name}
        if len(columns) != sum(1 for name in named if name):
            raise TableError("a column name stands twice in the header")
        self._check(columns)
        self._found_header = True
        self._unread |= columns.keys() - self.profile
        return columns

    def _title(self, cells: tuple[Cell, ...]) -> tuple[datetime | None, ...]:
        """The times that stand in it, the last of them a readable one; else nothing."""
        found: tuple[datetime | None, ...] = ()
        for cell in cells:
            told = self.dated.search(unicodedata.normalize("NFKC", text_of(cell)))
            first, *rest = told.groups() if told else ("",)
            times = (_time(first), *map(_end, rest))
            found = found if times[-1] is None else times
        return found

    def _checked_sub_project(self, fields: Fields) -> str:
        """Work plan 九(四): tranches never mix, so a row that names another one than its file is not taken."""
        named = fields.maybe(SUB_PROJECT, number_of)
        if named not in (None, self.sub_project):
            raise BadFieldError(SUB_PROJECT, "not the sub-project of the file's name", named)
        return self.sub_project


def _time(text: str) -> datetime | None:
    try:
        return local_time(text)
    except ValueError:
        return None


def _end(text: str) -> datetime | None:
    """Of a day that is named alone as the last one, its end is meant."""
    day = _WHOLE_DAY.fullmatch(text)
    found = _time(day[1] if day else text)
    return found + timedelta(days=1) if day and found else found
