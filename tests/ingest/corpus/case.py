"""What a corpus file is, and the truth its rows are made from: events written down by hand, never by the parser."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from domain.records import Event, Kind
from tests.ingest.payloads import AUDIT_HEADER, AUDIT_ROWS, HEADER, ROWS, SUB

FIVE = tuple(
    Event(
        kind=Kind.REDEMPTION,
        platform="bank-a",
        sub_project=SUB,
        event_no=f"6222{n:016d}",
        template="xiangyuan.ret20",
        round_no=1,
        voucher_no=f"V{n:04d}",
        county="140423",
        face_fen=2000,
        occurred_at=datetime(2022, 10, 28, 1, n, tzinfo=UTC),
        user_ref=f"u{n}",
        merchant="M01",
        order_fen=100_050 + 100 * n,
        paid_fen=98_050 + 100 * n,
    )
    for n in range(1, 6)
)
CARS = tuple(
    Event(
        kind=kind,
        platform="bank-a",
        sub_project=SUB,
        event_no=event_no,
        template="xiangyuan.auto2",
        round_no=1,
        voucher_no=f"S{application}",
        county="140423",
        face_fen=face_fen,
        occurred_at=datetime(2022, 11, day, 2, tzinfo=UTC),
        user_ref=f"u{application}",
        merchant="M02",
        order_fen=8_000_000 if origin is None else None,
        origin_event_no=origin,
    )
    for kind, event_no, application, face_fen, day, origin in (
        (Kind.APPLICATION, "A1", 1, 200_000, 1, None),
        (Kind.APPLICATION, "A2", 2, 200_000, 1, None),
        (Kind.APPROVAL, "P1", 1, 150_000, 3, "A1"),
        (Kind.REJECTION, "J2", 2, 200_000, 4, "A2"),
        (Kind.PAYMENT, "F1", 1, 150_000, 8, "A1"),
    )
)
SHOP = "㐂㮾超市𠮷店"  # the last one needs four bytes in GB18030 and a surrogate pair in UTF-16
ROW_COUNT, SUM_FEN = 5, 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One file: quarantined whole (`broken`, part of the reason), or exactly these events and rejects."""

    name: str
    body: bytes
    form: str = "csv"
    letters: str = "HX"
    events: tuple[Event, ...] = FIVE
    rejects: tuple[tuple[str, str], ...] = ()  # row, field
    broken: str | None = None
    told: tuple[int, int] | None = None  # rows and fen of its flag, if it has one
    shop: str | None = None  # a cell that must arrive to the letter

    @property
    def file_name(self) -> str:
        return f"ZFXFQ_{SUB}_{self.letters}_20221028_01.{self.form}"

    @property
    def flag(self) -> str | None:
        if self.told is None:
            return None
        digest = hashlib.sha256(self.body).hexdigest()
        return f"rows={self.told[0]};sum_fen={self.told[1]};sha256={digest}"


def table(**changes: Any) -> list[list[object]]:
    """Header and five rows; `changes` by column name go into the first row."""
    first = [changes.get(name, cell) for name, cell in zip(HEADER, ROWS[0], strict=True)]
    return [[*HEADER], first, *([*row] for row in ROWS[1:])]


def first(**changes: Any) -> tuple[Event, ...]:
    """The five events with another first one."""
    return (replace(FIVE[0], **changes), *FIVE[1:])


def audited(row: int = 0, **changes: Any) -> list[list[object]]:
    """Header and the five steps of two applications; `changes` by column name go into `row`."""
    rows: list[list[object]] = [[*AUDIT_HEADER], *([*row] for row in AUDIT_ROWS)]
    for name, cell in changes.items():
        rows[row + 1][AUDIT_HEADER.index(name)] = cell
    return rows


def renamed(rows: Sequence[Sequence[object]], old: str, new: str) -> list[list[object]]:
    return [[new if cell == old else cell for cell in row] for row in rows]
