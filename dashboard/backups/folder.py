"""The folder of backups: each a copy and its receipt beside it. A copy without a receipt was never finished."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from domain.backups import superseded
from domain.errors import StoreError
from store.backup import SUFFIX, put_in_place

PART, RECEIPT = ".part", ".json"
SCRATCH = ".drill-"
"""How the name of a drill's own folder begins."""
_LEFTOVERS_AFTER = timedelta(hours=6)  # no copying takes so long


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a copy is. `drilled_at`: when it last was a store again and every check held; None: never yet."""

    file: str
    taken_at: datetime
    size: int  # bytes
    sha256: str
    revision: str  # of the tables
    build: str  # of the program
    drilled_at: datetime | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises StoreError for what is none."""
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            times = {
                name: said[name] and datetime.fromisoformat(said[name]) for name in ("taken_at", "drilled_at")
            }
            return cls(**(said | times))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise StoreError(f"{path.name}: is no receipt") from error


def name_at(taken_at: datetime, engine: str) -> str:
    return f"quanqing-{taken_at:%Y%m%dT%H%M%S}Z{SUFFIX[engine]}"


def receipts(folder: Path) -> tuple[Receipt, ...]:
    """Of every copy that is there, oldest first."""
    found = []
    for path in folder.glob(f"quanqing-*{RECEIPT}"):
        try:
            receipt = Receipt.read(path)
        except StoreError:
            continue
        if (folder / receipt.file).exists():
            found.append(receipt)
    return tuple(sorted(found, key=lambda one: one.taken_at))


def put_receipt(folder: Path, receipt: Receipt) -> None:
    """Whole or not at all, on the disk when it returns."""
    words = json.dumps(asdict(receipt), default=datetime.isoformat, indent=1)
    part = folder / f"{receipt.file}{RECEIPT}{PART}"
    with part.open("w", encoding="utf-8") as file:
        file.write(words + "\n")
        file.flush()
        os.fsync(file.fileno())
    put_in_place(part, _receipt_of(folder / receipt.file))


def note_drill(folder: Path, receipt: Receipt, *, at: datetime) -> None:
    put_receipt(folder, replace(receipt, drilled_at=at))


def check_bytes(path: Path) -> None:
    """Are they those of the receipt? A copy without one is taken as it is. Raises StoreError."""
    beside = _receipt_of(path)
    if beside.exists() and Receipt.read(beside).sha256 != sha256_of(path):
        raise StoreError(f"{path.name}: its bytes are not those of its receipt")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def thin_out(folder: Path, *, now: datetime, days: int) -> int:
    """Take away what is superseded, and what was never finished. Returns how many backups went."""
    kept = receipts(folder)
    gone = superseded((one.taken_at for one in kept), now=now, days=days)
    for one in kept:
        if one.taken_at in gone:
            _receipt_of(folder / one.file).unlink(missing_ok=True)
            (folder / one.file).unlink(missing_ok=True)
    _drop_leftovers(folder, {one.file for one in kept})
    return len(gone)


def _drop_leftovers(folder: Path, finished: Iterable[str]) -> None:
    oldest = time.time() - _LEFTOVERS_AFTER.total_seconds()
    for path in folder.glob("quanqing-*"):
        is_copy = path.suffix in {PART, *SUFFIX.values()} and path.name not in finished
        with suppress(FileNotFoundError):  # another process tidies up, too
            if is_copy and path.stat().st_mtime < oldest:
                path.unlink()
    for scratch in folder.glob(f"{SCRATCH}*"):  # of a drill that was killed: a whole store
        with suppress(FileNotFoundError):
            if scratch.stat().st_mtime < oldest:
                shutil.rmtree(scratch, ignore_errors=True)


def _receipt_of(path: Path) -> Path:
    return path.with_name(path.name + RECEIPT)
