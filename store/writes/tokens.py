"""Tokens that machines read with: made, seen, revoked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, insert, update

from domain.errors import StoreError
from store.schema import api_tokens


def make_token(
    conn: Connection,
    name: str,
    *,
    token_hash: str,
    scope: str,
    routes: Collection[str],
    by: str,
    now: datetime,
    until: datetime,
) -> int:
    """Returns the token's number. `routes`: names without spaces."""
    row = {"name": name, "token_hash": token_hash, "scope": scope, "routes": " ".join(sorted(routes))}
    told = {"made_by": by, "made_at": now, "until": until}
    done = conn.execute(insert(api_tokens).values(**row, **told).returning(api_tokens.c.token_id))
    token_id: int = done.scalar_one()
    return token_id


def revoke_token(conn: Connection, token_id: int, *, now: datetime) -> None:
    """Raises StoreError if there is none, or it was revoked before."""
    mine = (api_tokens.c.token_id == token_id) & api_tokens.c.revoked_at.is_(None)
    if conn.execute(update(api_tokens).where(mine).values(revoked_at=now)).rowcount == 0:
        raise StoreError(f"no token {token_id}")


def saw_token(conn: Connection, token_id: int, now: datetime) -> None:
    conn.execute(update(api_tokens).where(api_tokens.c.token_id == token_id).values(seen_at=now))
