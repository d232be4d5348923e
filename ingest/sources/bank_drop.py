"""Files a bank drops into a folder, each complete once its `.ok` flag stands beside it and agrees with it.

`ZFXFQ_<sub_project>_<kind>_<yyyymmdd>_<seq>.csv|xlsx`, flag `rows=<n>;sum_fen=<n>;sha256=<hex>`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, PrivateAttr, ValidationInfo

from domain.errors import FetchError, ParseError
from domain.records import Grade, Parsed, Payload
from ingest.bank_table import BankTable
from ingest.http import Http
from ingest.source import Id, Source, deployment
from ingest.tables import MAX_FILE_BYTES, Row, TableError, csv_rows, xlsx_sheets

_NAME = re.compile(r"ZFXFQ_([A-Za-z0-9.-]{1,64})_(LQ|HX|TK|BT)_([0-9]{8})_([0-9]{1,6})\.(csv|xlsx)")
_FLAG = re.compile(r"rows=([0-9]{1,7});sum_fen=([0-9]{1,16});sha256=([0-9a-fA-F]{64})")
_ORDER = {"LQ": 0, "HX": 1, "TK": 2, "BT": 3}
_MEDIA_TYPE = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class BankDrop(Source):
    """One bank's folder. `cursor` is the set of files read, by name and content."""

    side: ClassVar[Literal["payment"]] = "payment"

    platform: Id
    folder: Annotated[Path, AfterValidator(lambda folder, info: _absolute(folder, info))]
    format: Literal["csv", "xlsx"]
    grade: Grade = Grade.DAILY

    _unsettled: dict[str, str] = PrivateAttr(default_factory=dict)  # file -> its state when last looked at

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        """New and replaced files. Raises FetchError last, for files that stay at odds with their flag."""
        seen = _seen(cursor)
        drops = sorted(self._drops(), key=lambda drop: drop.order)
        seen &= {drop.mark for drop in drops}  # what has left the folder need not be remembered
        troubles = []
        for drop in drops:
            if drop.mark in seen:
                continue
            body = _complete(drop)
            if body is None:
                troubles += [drop.name] * self._is_settled(drop)
                continue
            seen.add(drop.mark)
            yield Payload(
                name=drop.name,
                body=body,
                media_type=_MEDIA_TYPE[self.format],
                cursor=json.dumps(sorted(seen), separators=(",", ":")),
                manifest=drop.flag,
            )
        if troubles:
            raise FetchError(self.id, f"not as the flag says: {', '.join(troubles)}"[:500], cause="refused")

    def _drops(self) -> Iterator[_Drop]:
        """Every flagged file. A name comes from the listing and is never made from what a file says."""
        try:
            names = {
                entry.name for entry in self.folder.iterdir() if entry.is_file() and not entry.is_symlink()
            }
        except OSError as error:
            raise FetchError(self.id, f"the folder cannot be read: {error.strerror}") from error
        for name in names:
            stem, dot, ending = name.rpartition(".")
            flag = next((f for f in (f"{name}.ok", f"{stem}.ok") if f in names), None)
            if ending != "ok" and dot and flag is not None:
                yield _Drop(folder=self.folder, name=name, flag=_text(self.folder / flag))

    def _is_settled(self, drop: _Drop) -> bool:
        """True from the second look on at which neither file nor flag moved: nobody is writing any more."""
        state = drop.state
        before = self._unsettled.get(drop.name)
        self._unsettled[drop.name] = state
        return before == state

    def parse(self, payload: Payload) -> Parsed:
        named = _NAME.fullmatch(payload.name)
        if named is None or named[5] != self.format:
            raise ParseError(self.id, f"{payload.name[:80]}: not a file name of the profile")
        table = BankTable(platform=self.platform, sub_project=named[1], letters=named[2])
        try:
            for rows in self._sheets(payload.body):
                table.read(rows)
            table.finish()
            _compare(table, payload.manifest)
        except TableError as error:
            raise ParseError(self.id, f"{payload.name}: {error}") from error
        return Parsed(
            records=tuple(table.events),
            rejects=tuple(table.rejects),
            data_time=table.complete_until,
            grade=self.grade,
        )

    def _sheets(self, body: bytes) -> Iterable[Iterable[Row]]:
        return [csv_rows(body)] if self.format == "csv" else xlsx_sheets(body)


# ---------------------------------------------------------------- files and flags


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drop:
    folder: Path
    name: str
    flag: str

    @property
    def order(self) -> tuple[str, int, int, str]:
        """By day and number, claims before redemptions before refunds."""
        named = _NAME.fullmatch(self.name)
        return (named[3], int(named[4]), _ORDER[named[2]], named[1]) if named else ("~", 0, 0, self.name)

    @property
    def mark(self) -> str:
        """Name and content in eleven characters: the same name with new content is another mark."""
        digest = hashlib.sha256(f"{self.name}\n{self.flag}".encode()).digest()
        return base64.urlsafe_b64encode(digest[:8]).decode().rstrip("=")

    @property
    def state(self) -> str:
        try:
            stat = (self.folder / self.name).stat()
        except OSError:
            return "gone"
        return f"{stat.st_size} {stat.st_mtime_ns} {self.flag}"


def _complete(drop: _Drop) -> bytes | None:
    """The file's bytes, if they are what the flag describes."""
    flag = _FLAG.fullmatch(drop.flag)
    if flag is None or _NAME.fullmatch(drop.name) is None:
        return None
    try:
        with (drop.folder / drop.name).open("rb") as file:
            body = file.read(MAX_FILE_BYTES + 1)
    except OSError:
        return None
    whole = len(body) <= MAX_FILE_BYTES and hashlib.sha256(body).hexdigest() == flag[3].lower()
    return body if whole else None


def _compare(table: BankTable, flag: str | None) -> None:
    """A whole file that holds something else than its sender counted is not taken. Raises TableError."""
    told = _FLAG.fullmatch(flag or "")
    if told is None:
        return
    rows, sum_fen = int(told[1]), int(told[2])
    if table.rows != rows:
        raise TableError(f"the flag says {rows} rows, the file holds {table.rows}")
    if table.sum_fen is not None and table.sum_fen != sum_fen:
        raise TableError(f"the flag says {sum_fen} fen, the file holds {table.sum_fen}")


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(1000).decode("ascii", errors="strict").strip().strip(";")
    except (OSError, UnicodeDecodeError):
        return ""


def _seen(cursor: str | None) -> set[str]:
    """Nothing, if the cursor is not ours: files are read again then, and events count once anyway."""
    try:
        marks = json.loads(cursor or "[]")
    except ValueError:
        return set()
    return {mark for mark in marks if isinstance(mark, str)} if isinstance(marks, list) else set()


def _absolute(folder: Path, info: ValidationInfo) -> Path:
    return deployment(info).folder / folder


SOURCE = BankDrop
