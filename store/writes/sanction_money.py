"""Loading an office's sanction ledger: what is known stays, what is new is added, nothing is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from domain.errors import StoreError
from domain.sanctions import SanctionEntry
from store.schema import sanction_money
from store.writes.upsert import insert_new


def book_sanctions(conn: Connection, entries: Sequence[SanctionEntry], *, now: datetime) -> int:
    """Returns how many were new. Raises StoreError for a known number with other content: then nothing is booked."""
    known = {(row.programme, row.entry_no): row for row in conn.execute(select(sanction_money))}
    rows = [_row(entry) for entry in entries]
    for row in rows:
        stands = known.get((row["programme"], row["entry_no"]))
        if stands is not None and any(getattr(stands, name) != value for name, value in row.items()):
            raise StoreError(
                f"entry {row['entry_no']!r} of {row['programme']!r} is booked with other content"
            )
    key = (sanction_money.c.programme, sanction_money.c.entry_no)
    return len(insert_new(conn, sanction_money, [row | {"recorded_at": now} for row in rows], returning=key))


def _row(entry: SanctionEntry) -> dict[str, Any]:
    return {
        "programme": entry.programme,
        "entry_no": entry.entry_no,
        "tranche": entry.tranche,
        "merchant": entry.merchant,
        "kind": entry.kind.value,
        "amount_fen": entry.amount_fen,
        "booked_on": entry.booked_on,
        "document": entry.document,
    }
