"""Where the audit log's head is written down outside the database: one line a day, only ever appended.

Append-only in the plain sense: the file is opened for appending and each line is one write, so that an operator may
hold it to that (`chattr +a`) or keep the folder on another machine. Copies kept elsewhere are as good.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from domain.audit import Anchor
from domain.terms import local

FOLDER, FILE = "anchors", "audit.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """In the order they were written. `unreadable`: lines that are none, so that not even a torn one is passed over."""

    known: tuple[Anchor, ...] = ()
    unreadable: int = 0

    @property
    def newest(self) -> Anchor | None:
        return max(self.known, key=lambda anchor: anchor.at, default=None)


def anchors_file(data_dir: Path) -> Path:
    return data_dir / FOLDER / FILE


def read_anchors(path: Path) -> Anchors:
    """No file: none yet."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return Anchors()
    found = [_anchor(line) for line in lines if line.strip()]
    known = tuple(anchor for anchor in found if anchor is not None)
    return Anchors(known=known, unreadable=len(found) - len(known))


def append_anchor(path: Path, anchor: Anchor) -> None:
    """On the disk when it returns. A line torn by a power cut is closed first: it must not spoil the next one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({
        "day": f"{local(anchor.at):%Y-%m-%d}",
        "at": anchor.at.isoformat(),
        "number": anchor.number,
        "hash": anchor.hash,
    })  # fmt: skip
    is_new = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        size = os.fstat(file).st_size
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        os.write(file, (("\n" if torn else "") + line + "\n").encode())
        os.fsync(file)
    finally:
        os.close(file)
    if is_new:
        _sync(path.parent)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _anchor(line: str) -> Anchor | None:
    try:
        told = json.loads(line)
        at, number, hashed = datetime.fromisoformat(told["at"]), told["number"], told["hash"]
    except (ValueError, TypeError, KeyError):
        return None
    is_one = type(number) is int and number > 0 and type(hashed) is str and at.tzinfo is not None
    return Anchor(at=at, number=number, hash=hashed) if is_one else None
