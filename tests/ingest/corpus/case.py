"""What a corpus file is, and the truth its rows are made from: events written down by hand, never by the parser."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from domain.records import Event, Kind
from tests.ingest.payloads import HEADER, ROWS, SUB

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


def renamed(rows: Sequence[Sequence[object]], old: str, new: str) -> list[list[object]]:
    return [[new if cell == old else cell for cell in row] for row in rows]
