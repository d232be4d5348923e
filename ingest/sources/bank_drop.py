"""Files a bank drops into a folder, each complete once its `.ok` flag stands beside it and agrees with it.

`ZFXFQ_<sub_project>_<kind>_<yyyymmdd>_<seq>.csv|xlsx`; kinds are LQ 领取, HX 核销, TK 退款, BT 审核补贴, and DZ 对账:
a day's totals (`ingest.bank_statement`). Flag `rows=<n>;sum_fen=<n>;sha256=<hex>`.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import PrivateAttr

from domain.errors import FetchError, ParseError
from domain.records import Grade, Parsed, Payload, Span
from domain.text import clean_text
from ingest.bank_sheets import BankSheets, Found
from ingest.bank_statement import table_of
from ingest.drop_child import CutOffError, read_workbook
from ingest.drop_folder import Drop, Listed
from ingest.drop_source import MEDIA_TYPE, DropSource, digest, marks_of
from ingest.http import Http
from ingest.source import Id
from ingest.tables import MAX_FILE_BYTES, TableError, csv_rows

_NAME = re.compile(r"ZFXFQ_([A-Za-z0-9.-]{1,64})_(LQ|HX|TK|BT|DZ)_([0-9]{8})_([0-9]{1,6})\.(csv|xlsx)")
_FLAG = re.compile(r"rows=([0-9]{1,7});sum_fen=([0-9]{1,16});sha256=([0-9a-fA-F]{64})")
_ORDER = {"LQ": 0, "HX": 1, "TK": 2, "BT": 3, "DZ": 4}

SESSION_S = 300.0
"""A run that has taken so long begins no further file; the next one goes on from the cursor."""
GONE_KEPT = 2_000
"""So many files that are in the folder no more are still known by their names: a month of any bank's."""
UNFLAGGED_S = 3_600.0
"""A file that nobody has touched for so long is written to its end: its flag was forgotten, or lost on the way."""
_FLAG_BYTES = 1_000
_NAME_MARK = 11


class BankDrop(DropSource):
    """One bank's folder, here (`folder`) or at the bank's (`sftp`). `cursor` lists the files read, in that order."""

    side: ClassVar[Literal["payment"]] = "payment"
    tells_subsidies: ClassVar[bool] = True

    platform: Id
    format: Literal["csv", "xlsx"]
    grade: Grade = Grade.DAILY

    _unsettled: dict[str, str] = PrivateAttr(default_factory=dict)  # file -> its state when last looked at
    _unflagged: dict[Listed, float] = PrivateAttr(default_factory=dict)  # -> since when it has looked so

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        """New and replaced files. Raises FetchError last, for files that stay at odds with their flag or without."""
        with self._drop(http) as drop:
            yield from self._new(drop, marks_of(cursor))

    def _new(self, drop: Drop, seen: list[str]) -> Iterator[Payload]:
        started = time.monotonic()
        listing = drop.listing()
        files = sorted(_flagged(drop, listing), key=lambda file: file.order)
        seen = _remembered(seen, {digest(listed.name) for listed in listing})
        newest = {mark[:_NAME_MARK]: mark for mark in seen}
        troubles = []
        for file in files:
            if file.mark == newest.get(file.name_mark):  # not any mark: a bank may take a replacement back
                continue
            if time.monotonic() - started > SESSION_S:
                break
            body = _complete(file, drop)
            if body is None:
                troubles += [file.shown] * self._is_settled(file)
                continue
            replaced = sum(mark.startswith(file.name_mark) for mark in seen)
            seen.append(file.mark)
            yield Payload(
                name=file.name,
                body=body,
                media_type=MEDIA_TYPE[self.format],
                cursor=json.dumps(seen, separators=(",", ":")),
                manifest=file.flag,
                revision=replaced,
            )
        without = self._long_unflagged(listing, {file.name for file in files}, read=newest)
        told = (("not as the flag says", troubles), ("no flag for an hour", without))
        if troubles or without:
            message = "; ".join(f"{what}: {', '.join(names)}" for what, names in told if names)
            raise FetchError(self.id, message[:500], cause="refused")

    def _is_settled(self, file: _File) -> bool:
        """True from the second look on at which neither file nor flag moved: nobody is writing any more."""
        before = self._unsettled.get(file.name)
        self._unsettled[file.name] = file.state
        return before == file.state

    def _long_unflagged(
        self, listing: list[Listed], flagged: set[str], *, read: Mapping[str, str]
    ) -> list[str]:
        """Names of the profile. One that was read once is known: its bank may clear flags away."""
        now = time.monotonic()
        waiting = [
            listed
            for listed in listing
            if listed.name not in flagged and _NAME.fullmatch(listed.name) and digest(listed.name) not in read
        ]
        self._unflagged = {listed: self._unflagged.get(listed, now) for listed in waiting}
        return [listed.name for listed, since in self._unflagged.items() if now - since >= UNFLAGGED_S]

    def parse(self, payload: Payload) -> Parsed:
        named = _NAME.fullmatch(payload.name)
        if named is None or named[5] != self.format:
            raise ParseError(self.id, f"{payload.name[:80]}: not a file name of the profile")
        table = table_of(
            platform=self.platform, sub_project=named[1], letters=named[2], revision=payload.revision
        )
        try:
            found = (
                _read_csv(table, payload.body) if self.format == "csv" else read_workbook(table, payload.body)
            )
            _compare(found, payload.manifest)
        except TableError as error:
            raise ParseError(self.id, f"{payload.name}: {error}") from error
        except CutOffError as error:
            raise FetchError(self.id, f"{payload.name}: {error}") from error
        return Parsed(
            records=(*found.events, *found.statements),
            rejects=found.rejects,
            data_time=found.complete_until,
            grade=self.grade,
            spans=tuple(_spans(found, sub_project=named[1], letters=named[2])),
            unread=found.unread,
        )


def _spans(found: Found, *, sub_project: str, letters: str) -> Iterator[Span]:
    """Claims and refunds have files of their own, and none where there were none: they speak for no redemptions."""
    if letters in ("HX", "BT") and found.since is not None and found.complete_until is not None:
        yield Span(
            since=found.since,
            until=found.complete_until,
            sub_project=sub_project,
            of_subsidies=letters == "BT",
        )


def _read_csv(table: BankSheets, body: bytes) -> Found:
    table.read(csv_rows(body))
    return table.found()


# ---------------------------------------------------------------- files and flags


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    listed: Listed
    flag: str

    @property
    def name(self) -> str:
        return self.listed.name

    @property
    def shown(self) -> str:
        return clean_text(self.name)[:120]

    @property
    def order(self) -> tuple[str, int, int, str]:
        """By day and number, claims before redemptions before refunds."""
        named = _NAME.fullmatch(self.name)
        return (named[3], int(named[4]), _ORDER[named[2]], named[1]) if named else ("~", 0, 0, self.name)

    @property
    def mark(self) -> str:
        """Name and content, eleven characters each: the same name with new content is another mark."""
        return self.name_mark + digest(f"{self.name}\n{self.flag}")

    @property
    def name_mark(self) -> str:
        return digest(self.name)

    @property
    def state(self) -> str:
        return f"{self.listed.size} {self.listed.mtime} {self.flag}"


def _flagged(drop: Drop, listing: list[Listed]) -> list[_File]:
    """Every file with its flag. A name comes from the listing and is never made from what a file says."""
    files = {listed.name: listed for listed in listing}
    flags = {name[:-3]: name for name in sorted(files) if name.lower().endswith(".ok")}
    flag_of: dict[str, str] = {}
    for name in files.keys() - flags.values():
        stem, dot, _ = name.rpartition(".")
        flag = flags.get(name) or flags.get(stem)
        if dot and flag is not None:
            flag_of[name] = flag
    told = drop.read_all(sorted(set(flag_of.values())), _FLAG_BYTES)
    return [_File(listed=files[name], flag=_text(told.get(flag, b""))) for name, flag in flag_of.items()]


def _complete(file: _File, drop: Drop) -> bytes | None:
    """The file's bytes, if they are what the flag describes."""
    flag = _FLAG.fullmatch(file.flag)
    if flag is None or _NAME.fullmatch(file.name) is None or file.listed.size > MAX_FILE_BYTES:
        return None
    body = drop.read(file.name, MAX_FILE_BYTES)
    whole = body is not None and len(body) <= MAX_FILE_BYTES
    return body if whole and hashlib.sha256(body or b"").hexdigest() == flag[3].lower() else None


def _compare(table: Found, flag: str | None) -> None:
    """A whole file that holds something else than its sender counted is not taken. Raises TableError."""
    told = _FLAG.fullmatch(flag or "")
    if told is None:
        return
    rows, sum_fen = int(told[1]), int(told[2])
    if table.rows != rows:
        raise TableError(f"the flag says {rows} rows, the file holds {table.rows}")
    if table.sum_fen is not None and table.sum_fen != sum_fen:
        raise TableError(f"the flag says {sum_fen} fen, the file holds {table.sum_fen}")


def _text(flag: bytes) -> str:
    try:
        return flag.decode("ascii").strip().strip(";")
    except UnicodeDecodeError:
        return ""


def _remembered(seen: list[str], here: set[str]) -> list[str]:
    """Without the names that left the folder longest ago: of the others a corrected file may still come."""
    gone = [mark[:_NAME_MARK] for mark in seen if mark[:_NAME_MARK] not in here]
    forgotten = set(gone[:-GONE_KEPT])
    return [mark for mark in seen if mark[:_NAME_MARK] not in forgotten]


SOURCE = BankDrop
