"""The files that decide what is counted and who is told: a change of one is an act, though nobody has signed in."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sqlalchemy import Engine

from dashboard.settings import Settings
from domain.audit import Action, Doer
from store.engine import write
from store.queries.audit import newest_entry
from store.writes.audit import write_audit

ABSENT = "absent"


def note_configuration(engine: Engine, settings: Settings, doer: Doer) -> bool:
    """Whether they are not those of the last start. Their hashes go into the log, never what they hold."""
    files = {"campaign": settings.campaign, "sources": settings.sources, "alerts": settings.alerts}
    found = {name: _sha256(path) for name, path in files.items()}
    with write(engine) as conn:
        last = newest_entry(conn, Action.CONFIGURATION)
        if last is not None and json.loads(last.detail) == found:
            return False
        write_audit(conn, doer, Action.CONFIGURATION, subject="configuration", detail=found)
    return True


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ABSENT
