"""From a token to who brought it, asked of the store: a person, a paired screen, a machine."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import Engine

from dashboard.entry.identity import IDLE, Owes, Visitor, token_hash
from domain.displays import pairing_stands
from store.engine import read
from store.queries.access import Session, find_displays, find_sessions
from store.queries.tokens import find_token


def session_visitors(
    engine: Engine, token_hashes: Collection[str], now: datetime, owed: Callable[[Session], Owes | None]
) -> dict[str, Visitor]:
    """By its token's hash, the person behind each session. Those past their end or of a disabled user are not there."""
    with read(engine) as conn:
        found = find_sessions(conn, token_hashes)
    return {
        token_hash: Visitor(
            name=session.user_name,
            role=session.role,
            scope=session.county,
            awake=now - session.seen_at < IDLE,
            owes=owed(session),
        )
        for token_hash, session in found.items()
        if not session.disabled and now < session.until
    }


def display_visitors(engine: Engine, token_hashes: Collection[str], now: datetime) -> dict[str, Visitor]:
    """By its token's hash, each paired screen: it sees its own wall, and nothing else. Revoked and expired ones not."""
    with read(engine) as conn:
        found = find_displays(conn, token_hashes)
    return {
        token_hash: Visitor(name=d.name, role="display", scope=d.scope, display_id=d.display_id)
        for token_hash, d in found.items()
        if d.revoked_at is None and pairing_stands(d.created_at, d.seen_at, now=now)
    }


def machine_visitor(engine: Engine, token: str, now: datetime) -> Visitor | None:
    """The program behind an interface token: it reads what the token names of one division, and nothing else."""
    with read(engine) as conn:
        found = find_token(conn, token_hash(token))
    if found is None or not found.counts(now):
        return None
    who = {"name": found.name, "scope": found.scope, "token_id": found.token_id, "routes": found.routes}
    return Visitor(role="machine", **who)
