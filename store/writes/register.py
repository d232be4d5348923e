"""Loading a list: a new version beside the earlier ones, which stay, so that flags can be worked out as of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, exists, insert, select

from domain.register import ListKind, Merchant, Sanction
from store.schema import merchants, register_loads, sanctions
from store.writes.upsert import chunks


def load_merchants(conn: Connection, rows: Sequence[Merchant], *, version: str, now: datetime) -> None:
    """From now on this version counts. `version`: sha256 of the file."""
    _keep(conn, merchants, [_merchant(row, version) for row in rows], version)
    _count_from_now(conn, ListKind.MERCHANTS, version, len(rows), now)


def load_sanctions(conn: Connection, rows: Sequence[Sanction], *, version: str, now: datetime) -> None:
    """From now on this version counts; an empty one says that nobody is under sanction."""
    _keep(conn, sanctions, [_sanction(row, version) for row in rows], version)
    _count_from_now(conn, ListKind.SANCTIONS, version, len(rows), now)


def _keep(conn: Connection, table: Table, rows: Sequence[dict[str, Any]], version: str) -> None:
    """The same bytes are the same version: kept once however often they are loaded."""
    if not conn.execute(select(exists().where(table.c.version == version))).scalar_one():
        for some in chunks(rows, 1000):
            conn.execute(insert(table), list(some))


def _count_from_now(conn: Connection, kind: ListKind, version: str, rows_count: int, now: datetime) -> None:
    row = {"kind": kind.value, "version": version, "rows_count": rows_count, "loaded_at": now}
    conn.execute(insert(register_loads).values(row))


def _merchant(m: Merchant, version: str) -> dict[str, Any]:
    return {
        "version": version,
        "no": m.no,
        "platform": m.platform or "",
        "name": m.name,
        "division": m.division,
        "sector": m.sector,
        "basis": m.basis.value,
        "approval_no": m.approval_no,
        "approved_on": m.approved_on.isoformat() if m.approved_on else None,
        "listed_from": m.listed_from,
        "listed_until": m.listed_until,
    }


def _sanction(s: Sanction, version: str) -> dict[str, Any]:
    return {
        "version": version,
        "no": s.no,
        "platform": s.platform or "",
        "starts_at": s.starts_at,
        "kind": s.kind.value,
        "document": s.document,
    }
