"""The merchant register and the sanction list as CSV files: all of a file or none of it.

A register with a line missing would flag whoever stands on that line, so that one wrong cell refuses the file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.register import Basis, Merchant, Sanction, SanctionKind
from domain.terms import local
from ingest.cells import number_of, text_of, time_of
from ingest.tables import MAX_FILE_BYTES, Row, TableError, csv_rows

NO, PLATFORM, NAME, DIVISION = "商户号", "平台", "商户名称", "县区代码"
SECTOR, BASIS = "行业", "入册依据"
APPROVAL_NO, APPROVED_ON, LISTED_FROM, LISTED_UNTIL = "批准文号", "批准日期", "入册日期", "退出日期"
STARTS_AT, KIND, DOCUMENT = "生效时间", "类型", "文号"

MERCHANT_COLUMNS = (
    NO, PLATFORM, NAME, DIVISION, SECTOR, BASIS, APPROVAL_NO, APPROVED_ON, LISTED_FROM, LISTED_UNTIL,
)  # fmt: skip
SANCTION_COLUMNS = (NO, PLATFORM, STARTS_AT, KIND, DOCUMENT)
BASES = {"入统": Basis.IN_STATISTICS, "总部型": Basis.HEADQUARTERS, "申请审核": Basis.APPROVED}
KINDS = {"失信": SanctionKind.DISCREDITED, "取消资格": SanctionKind.BANNED}

_DIVISION = re.compile(r"[0-9]{6}")
_LONGEST_TEXT = 200
_DAY = timedelta(days=1)
_PROBLEMS_SHOWN = 20

Value = TypeVar("Value")
Read = TypeVar("Read", Merchant, Sanction)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFile:
    """What a file of merchants held."""

    version: str  # sha256 of its bytes
    merchants: tuple[Merchant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SanctionFile:
    """What a file of sanctions held. May be empty: then nobody is under sanction."""

    version: str
    sanctions: tuple[Sanction, ...]


def read_list(path: Path, campaign: Campaign) -> RegisterFile | SanctionFile:
    """Whichever of the two the header says it is. Raises ConfigError naming the file, row and field of every fault."""
    body = _bytes(path)
    version = hashlib.sha256(body).hexdigest()
    head, rows = _open(path, body)
    if STARTS_AT in head:
        banned = _read(path.name, rows, head, SANCTION_COLUMNS, lambda cells: _sanction(cells, campaign))
        return SanctionFile(version=version, sanctions=banned)
    listed = _read(path.name, rows, head, MERCHANT_COLUMNS, lambda cells: _merchant(cells, campaign))
    if not listed:
        raise ConfigError(f"{path.name}: no merchants: an empty register would flag everybody")
    return RegisterFile(version=version, merchants=listed)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if len(body) > MAX_FILE_BYTES:
        raise ConfigError(f"{path.name}: over {MAX_FILE_BYTES} bytes")
    return body


def _open(path: Path, body: bytes) -> tuple[list[str], Iterator[Row]]:
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


def _read(
    name: str, rows: Iterator[Row], head: Sequence[str], columns: Sequence[str], one: Callable[[_Cells], Read]
) -> tuple[Read, ...]:
    problems: list[str] = []
    found: list[Read] = []
    seen: dict[object, str] = {}
    places = _places(name, head, columns)
    try:
        for row in rows:
            try:
                value = one(_Cells(row, places))
                _once(value, row.place, seen)
                found.append(value)
            except _Wrong as wrong:
                problems.append(f"{name}: {row.place}: {wrong}")
    except TableError as error:
        problems.append(f"{name}: {error}")
    if problems:
        more = len(problems) - _PROBLEMS_SHOWN
        tail = [f"{name}: and {more} more"] if more > 0 else []
        raise ConfigError("\n".join(problems[:_PROBLEMS_SHOWN] + tail))
    return tuple(found)


class _Wrong(ValueError):
    """A cell, by its column."""

    def __init__(self, field: str, reason: object) -> None:
        super().__init__(f"{field}: {reason}")


@dataclass(frozen=True, slots=True)
class _Cells:
    """One row, cell by column."""

    row: Row
    places: Mapping[str, int]

    def text(self, field: str) -> str:
        place = self.places[field]
        text = text_of(self.row.cells[place]) if place < len(self.row.cells) else ""
        if len(text) > _LONGEST_TEXT:
            raise _Wrong(field, f"more than {_LONGEST_TEXT} characters")
        return text

    def must(self, field: str, read: Callable[[str], Value]) -> Value:
        try:
            return read(self.text(field))
        except _Wrong:
            raise
        except ValueError as error:
            raise _Wrong(field, error) from None

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


def _once(value: Merchant | Sanction, place: str, seen: dict[object, str]) -> None:
    """A merchant stands once, and its number either for every platform or for named ones: never a choice of two."""
    if isinstance(value, Sanction):
        own: object = (value.no, value.platform, value.starts_at, value.kind)
    else:
        own = (value.no, value.platform)
    every, named = ("every", value.no), ("named", value.no)
    mine, others = (every, named) if value.platform is None else (named, every)
    if own in seen:
        raise _Wrong(NO, f"stands in {seen[own]} already")
    if others in seen:
        raise _Wrong(PLATFORM, f"{seen[others]} has it with and this row without a platform, or the reverse")
    seen[own] = place
    seen.setdefault(mine, place)


def _merchant(cells: _Cells, campaign: Campaign) -> Merchant:
    basis = cells.must(BASIS, lambda text: _one_of(text, BASES))
    must = cells.must if basis is Basis.APPROVED else cells.maybe
    listed_from, last = cells.maybe(LISTED_FROM, _midnight), cells.maybe(LISTED_UNTIL, _midnight)
    if listed_from and last and last < listed_from:
        raise _Wrong(LISTED_UNTIL, f"before {LISTED_FROM}")
    approved = must(APPROVED_ON, _midnight)
    return Merchant(
        no=cells.must(NO, number_of),
        platform=cells.maybe(PLATFORM, lambda text: _id(text, campaign.platforms)),
        name=cells.must(NAME, _some),
        division=cells.must(DIVISION, _division),
        sector=cells.maybe(SECTOR, lambda text: _id(text, campaign.sectors)),
        basis=basis,
        approval_no=must(APPROVAL_NO, _some),
        approved_on=local(approved).date() if approved else None,
        listed_from=listed_from,
        listed_until=last + _DAY if last else None,  # the last day is still on the list
    )


def _sanction(cells: _Cells, campaign: Campaign) -> Sanction:
    return Sanction(
        no=cells.must(NO, number_of),
        platform=cells.maybe(PLATFORM, lambda text: _id(text, campaign.platforms)),
        starts_at=cells.must(STARTS_AT, time_of),  # a date alone: from its midnight on
        kind=cells.must(KIND, lambda text: _one_of(text, KINDS)),
        document=cells.must(DOCUMENT, _some),
    )


def _some(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def _one_of(text: str, words: Mapping[str, Value]) -> Value:
    if text not in words:
        raise ValueError(f"none of {'、'.join(words)}")
    return words[text]


def _id(text: str, known: Mapping[str, object]) -> str:
    """By id or by name, as the campaign file has them."""
    for id, entry in known.items():
        if text in (id, getattr(entry, "name", None)):
            return id
    raise ValueError(f"neither id nor name of any in the campaign file: {text[:40]!r}")


def _division(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    if not _DIVISION.fullmatch(text):
        raise ValueError("not a six-digit division code")
    return text


def _midnight(text: str) -> datetime:
    at = time_of(text)
    here = local(at)
    if (here.hour, here.minute, here.second, here.microsecond) != (0, 0, 0, 0):
        raise ValueError("a date without a time was expected")
    return at
