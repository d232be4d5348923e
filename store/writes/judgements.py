"""The flags as last worked out, kept for whoever cannot wait for a walk through all redemptions."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection

from domain.flags import FlagBoard
from store.queries.flags import versions_of
from store.schema import judgements
from store.writes.upsert import put


def keep_board(conn: Connection, board: FlagBoard) -> None:
    """Replace what was kept before."""
    by = versions_of(board.register)
    row = {
        "id": 1,
        "judged_at": board.as_of,
        "merchants_version": by.merchants,
        "sanctions_version": by.sanctions,
        "counts": [asdict(counted) for counted in board.counts],
    }
    put(conn, judgements, row)
