"""The audit log's one door: an entry is written in the transaction of the act it proves.

So an act whose entry cannot be written does not happen, and an entry never tells of an act that was rolled back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from domain.audit import GENESIS, Action, Doer, Outcome, seal
from domain.text import clean_text, excerpt
from store.schema import audit_head, audit_log, to_micros
from store.writes.upsert import insert_new

DETAIL_CHARACTERS = 4000
_VALUE_CHARACTERS = 500
NAME_CHARACTERS, ROLE_CHARACTERS, ADDRESS_CHARACTERS, SUBJECT_CHARACTERS = 64, 32, 64, 200


def write_audit(
    conn: Connection,
    doer: Doer,
    action: Action,
    *,
    subject: str = "",
    outcome: Outcome = Outcome.DONE,
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Append an entry; returns its number. Call it last in the transaction: whoever else writes one waits till its end.

    `subject`: what it was done to. `detail`: what can be said in JSON, and times; never a secret. Long texts are cut.
    Numbers have no gaps, since the head is locked and moved in the same transaction.
    """
    number, previous = _locked_head(conn)
    number += 1
    words = (
        _cut(doer.name, NAME_CHARACTERS),
        _cut(doer.role, ROLE_CHARACTERS),
        _cut(doer.address, ADDRESS_CHARACTERS),
        action.value,
        _cut(subject, SUBJECT_CHARACTERS),
        outcome.value,
        _canonical(detail or {}),
    )
    sealed = seal(previous, number, to_micros(doer.at), words)
    told = ("who", "role", "address", "action", "subject", "outcome", "detail")
    row = {"number": number, "at": doer.at, "previous": previous, "hash": sealed}
    conn.execute(insert(audit_log).values(row | dict(zip(told, words, strict=True))))
    conn.execute(update(audit_head).where(audit_head.c.id == 1).values(number=number, hash=sealed))
    return number


def _locked_head(conn: Connection) -> tuple[int, str]:
    """Held until the transaction ends; SQLite's writers are alone anyway."""
    head = select(audit_head.c.number, audit_head.c.hash).where(audit_head.c.id == 1).with_for_update()
    found = conn.execute(head).one_or_none()
    if found is None:
        insert_new(conn, audit_head, [{"id": 1, "number": 0, "hash": GENESIS}], returning=[audit_head.c.id])
        found = conn.execute(head).one()
    return found.number, found.hash


def _cut(text: str, most: int) -> str:
    """On one line, without what no engine stores."""
    return excerpt(clean_text(text), most)


def _canonical(detail: Mapping[str, Any]) -> str:
    """Keys in order, no white space: the same bytes for the same content. Too much of it is said to be cut."""
    text = _json({key: _plain(value) for key, value in detail.items()})
    return text if len(text) <= DETAIL_CHARACTERS else _json({"cut": excerpt(text, DETAIL_CHARACTERS // 2)})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return _cut(value, _VALUE_CHARACTERS) if isinstance(value, str) else value


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
