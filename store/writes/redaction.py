"""A post's words where they were quoted: in walls' pictures, in alerts and whatever people noted beside them.

Published papers stay as they were published (promise I14); those that quote them are withheld: see `withholding`.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update

from domain.text import QUOTED
from store.schema import (
    alert_history,
    alerts,
    discrepancies,
    outbox,
    shift_notes,
    snapshot_changes,
    snapshots,
)
from store.writes.alert_history import take_turn

MARK = "—"
"""What stands in their place: unknown is shown as everywhere."""
_TELLING = 6
"""Shorter words are anybody's: they lead to no post, and would be found everywhere."""
_MASKED = re.compile(r"\[[^\[\]]*\]|[*…]+")
_QUOTING = (
    alerts.c.title, alerts.c.closed_why, alert_history.c.title, alert_history.c.note, outbox.c.title,
    shift_notes.c.text, discrepancies.c.note,
)  # fmt: skip


def redact(conn: Connection, posts: Sequence[tuple[str, str, str]]) -> int:
    """(title, text, link) of each. Returns in how many pictures something was found.

    A look at the alerts that had read them before would write the words back.
    """
    take_turn(conn)
    words = sorted({w for post in posts for w in post if len(w) >= _TELLING}, key=len, reverse=True)
    for word in words:
        for column in _QUOTING:
            where = column.contains(word, autoescape=True)
            values = {column: func.replace(column, word, MARK)}
            conn.execute(update(column.table).where(where).values(values))
    for table in (alerts, outbox):
        _in_reasons(conn, table, [f"{title}\n{text}" for title, text, _ in posts])
    return _in_pictures(conn, words) if words else 0


def _in_reasons(conn: Connection, table: Table, said: Sequence[str]) -> None:
    """Rules quote a post cut, and with masks in it: a quote is of a post that holds all that is left of it."""
    flat = [" ".join(post.split()) for post in said]
    (number,) = table.primary_key
    for row in conn.execute(select(number, table.c.reasons)).all():
        clean = [f"{QUOTED}{MARK}" if _is_quoted(reason, flat) else reason for reason in row.reasons]
        if clean != row.reasons:
            conn.execute(update(table).where(number == row[0]).values(reasons=clean))


def _is_quoted(reason: str, said: Sequence[str]) -> bool:
    if not reason.startswith(QUOTED):
        return False
    left = [part for part in _MASKED.split(reason.removeprefix(QUOTED)) if part.strip()]
    return any(all(part in post for part in left) for post in said)


def _in_pictures(conn: Connection, words: Sequence[str]) -> int:
    """Most pictures quote none of them, which their bytes tell without being read as JSON."""
    key = (snapshots.c.scope, snapshots.c.version)
    beginnings = {json.dumps(w[:_TELLING], ensure_ascii=a)[1:-1] for w in words for a in (True, False)}
    changed = 0
    for scope, version in conn.execute(select(*key)).all():
        which = (snapshots.c.scope == scope) & (snapshots.c.version == version)
        raw = gzip.decompress(conn.scalars(select(snapshots.c.body_gzip).where(which)).one()).decode()
        if not any(beginning in raw for beginning in beginnings):
            continue
        body = json.loads(raw)
        clean = _without(body, words)
        if clean != body:
            packed = gzip.compress(json.dumps(clean, ensure_ascii=False).encode(), compresslevel=6, mtime=0)
            conn.execute(update(snapshots).where(which).values(body_gzip=packed))
            conn.execute(delete(snapshot_changes).where(snapshot_changes.c.scope == scope))
            changed += 1
    return changed


def _without(found: Any, words: Sequence[str]) -> Any:
    """The same JSON; a text that holds one of the words, or is the cut beginning of one, loses it."""
    if isinstance(found, dict):
        return {key: _without(value, words) for key, value in found.items()}
    if isinstance(found, list):
        return [_without(value, words) for value in found]
    if not isinstance(found, str):
        return found
    begun = found.rstrip("…. ")
    if len(begun) >= _TELLING and any(word.startswith(begun) for word in words):
        return MARK
    for word in words:
        found = found.replace(word, MARK)
    return found
